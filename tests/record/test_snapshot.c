/*
 * tests/record/test_snapshot.c -- one value out of those of all CPUs; losses out of two readings.
 */
#include "record/snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "format/reader.h"
#include "record/bpf/capture_abi.h"
#include "record/counters.h"

static struct snap_agg merge(enum agg_kind kind, bool is_signed, const struct cap_agg *v, u32 n)
{
	const struct type t = { .kind = TYPE_AGG, .agg = kind, .is_signed = is_signed };

	return snapshot_merge(&t, v, n);
}

static void counts_and_sums_add_up(void **state)
{
	const struct cap_agg v[] = { { 5, 5 }, { 0, 0 }, { 7, 7 } };
	const struct cap_agg s[] = { { -10, 2 }, { 4, 1 }, { 0, 0 } };
	struct snap_agg r = merge(AGG_COUNT, false, v, 3);

	(void)state;
	assert_int_equal(r.cnt, 12);
	r = merge(AGG_AVG, true, s, 3);
	assert_int_equal(r.cnt, 3);
	assert_int_equal(r.sum, -6);
}

static void extremes_ignore_cpus_without_values(void **state)
{
	const struct cap_agg v[] = { { 0, 0 }, { 7, 2 }, { -3, 1 } };
	struct snap_agg r = merge(AGG_MIN, true, v, 3);

	(void)state;
	assert_int_equal(r.min, -3);
	assert_int_equal(r.cnt, 3);
	r = merge(AGG_MAX, true, v, 3);
	assert_int_equal(r.max, 7);
	r = merge(AGG_MAX, false, v, 3); /* -3 is a large unsigned number */
	assert_int_equal(r.max, -3);
	r = merge(AGG_MIN, true, v, 1);
	assert_int_equal(r.cnt, 0);
	assert_int_equal(r.min, 0);
}

/* What a reader sees of the losses handed over. */
static const struct tape_state *write_and_read(struct handover *h, struct tape_reader **ret)
{
	const struct tape_writer_opts o = { .uuid = { 1 } };
	int fd = memfd_create("tape", 0);
	struct tape_writer *w;
	struct tape_item item;
	struct err err;

	assert_int_equal(tape_writer_open(fd, &o, &w, &err), 0);
	assert_int_equal(handover_write(h, w, 0, &err), 0);
	assert_int_equal(tape_writer_finish(w, 0, NULL, 0, &err), 0);
	tape_writer_close(w);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(tape_reader_open(fd, &(struct tape_reader_opts){ 0 }, ret, &err), 0);
	while (tape_reader_next(*ret, &item, &err) > 0)
		;
	return tape_reader_state(*ret);
}

static void differences_of_counters_are_losses(void **state)
{
	const struct cap_counters before[4] = { { .lost = { 1, 0, 0, 0 } } };
	struct cap_counters after[4] = { { .lost = { 4, 0, 0, 0 } } };
	struct handover *h = handover_new();
	const struct tape_state *st;
	struct tape_reader *t;
	u64 lost, late;

	(void)state;
	after[3].lost[CAP_LOST_MAP_FULL] = 9; /* table 1, CPU 1 */
	counters_diff(before, after, 2, 2, 100, 200, h);
	handover_losses(h, &lost, &late);
	assert_int_equal(lost, 12);
	assert_int_equal(late, 0);
	st = write_and_read(h, &t);
	assert_int_equal(st->loss_cnt, 2);
	assert_int_equal(st->losses[0].cause, TAPE_LOSS_RING);
	assert_int_equal(st->losses[0].table, 0);
	assert_int_equal(st->losses[0].cpu, 0);
	assert_int_equal(st->losses[0].count, 3);
	assert_int_equal(st->losses[0].first_ts, 100);
	assert_int_equal(st->losses[0].last_ts, 200);
	assert_int_equal(st->losses[1].cause, TAPE_LOSS_MAP);
	assert_int_equal(st->losses[1].table, 1);
	assert_int_equal(st->losses[1].cpu, 1);
	assert_int_equal(st->losses[1].count, 9);
	tape_reader_close(t);
	handover_free(h);
}

static void texts_are_copied_and_maps_keep_their_order(void **state)
{
	char comm[] = "make", note[] = "@m";
	struct handover *h = handover_new();
	const struct tape_state *st;
	struct tape_reader *t;

	(void)state;
	handover_put_task(h, &(struct tape_task){ .tid = 1, .comm = str_of(comm) });
	handover_put_log(h, TAPE_LOG_WARN, "careful");
	handover_put_loss(h, &(struct tape_loss){
				     .cause = TAPE_LOSS_LATE, .count = 1, .note = str_of(note) });
	memset(comm, 'x', 4);
	memset(note, 'x', 2);
	st = write_and_read(h, &t);
	assert_int_equal(st->task_cnt, 1);
	assert_true(str_is(st->tasks[0].comm, "make"));
	assert_true(str_is(st->logs[0].text, "careful"));
	assert_true(str_is(st->losses[0].note, "@m"));
	tape_reader_close(t);
	handover_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_and_sums_add_up),
		cmocka_unit_test(extremes_ignore_cpus_without_values),
		cmocka_unit_test(differences_of_counters_are_losses),
		cmocka_unit_test(texts_are_copied_and_maps_keep_their_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * tests/record/test_spool.c -- rings in memory, drained, queued, encoded onto a tape, read back.
 *
 * Two producers play two CPUs that fire one clause; what finds no room they count as lost, as the
 * kernel does.
 */
#include "record/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "format/reader.h"
#include "record/clock.h"
#include "record/drain.h"
#include "tests/support/fake_ring.h"
#include "tests/support/planned.h"

#define CPUS 2u

struct rig {
	struct planned p;
	struct schema_out out;
	struct row_layout layout;
	struct tape_writer *writer;
	struct handover *handover;
	struct queue *queue;
	struct spool *spool;
	struct drain *drain;
	struct fake_ring *fakes[CPUS];
	struct ring rings[CPUS];
	u64 quantum, guard_ns;
	int fd;
	struct err err;
};

struct cpu {
	struct fake_ring *f;
	const struct row_layout *layout;
	u64 seq, sent, lost, calls;
	bool waits; /* for room, instead of losing */
};

static void rig_open_rounded(struct rig *r, u64 ring_sz, u32 pieces, u64 flush_ns, u64 quantum)
{
	const struct tape_writer_opts wo = { .uuid = { 1 } };
	struct spool_opts so;

	memset(r, 0, sizeof(*r));
	r->quantum = quantum;
	r->guard_ns = 1000000;
	planned_init(&r->p, "tracepoint a:b u64 x\n", "tracepoint:a:b { printf(\"%d\", args.x); }");
	assert_int_equal(schema_out_build(r->p.plan, quantum, &r->p.arena, &r->out, &r->err), 0);
	assert_int_equal(row_layout_init(r->p.plan->tables, &r->p.arena, &r->layout, &r->err), 0);
	r->fd = memfd_create("tape", MFD_ALLOW_SEALING);
	assert_int_equal(tape_writer_open(r->fd, &wo, &r->writer, &r->err), 0);
	assert_int_equal(tape_writer_put_schemas(r->writer, 0, r->out.schemas, 1, &r->err), 0);
	r->handover = handover_new();
	handover_set_control_ts(r->handover, UINT64_MAX);
	r->queue = queue_new(pieces);
	for (u32 i = 0; i < CPUS; i++) {
		r->fakes[i] = fake_ring_new(ring_sz);
		r->rings[i] = r->fakes[i]->ring;
	}
	so = (struct spool_opts){ .plan = r->p.plan,
				  .out = &r->out,
				  .layouts = &r->layout,
				  .writer = r->writer,
				  .handover = r->handover,
				  .queue = r->queue,
				  .cpu_cnt = CPUS,
				  .quantum = quantum,
				  .flush_ns = flush_ns,
				  .fail_fd = -1 };
	assert_int_equal(spool_new(&so, &r->spool, &r->err), 0);
}

static void rig_open(struct rig *r, u64 ring_sz, u32 pieces, u64 flush_ns)
{
	rig_open_rounded(r, ring_sz, pieces, flush_ns, 1);
}

static void rig_start(struct rig *r)
{
	const struct drain_opts o = { .rings = r->rings,
				      .ring_cnt = CPUS,
				      .queue = r->queue,
				      .guard_ns = r->guard_ns,
				      .slow_ns = 2000000 };

	assert_int_equal(spool_start(r->spool, &r->err), 0);
	assert_int_equal(drain_start(&o, &r->drain, &r->err), 0);
}

static void rig_stop(struct rig *r)
{
	drain_stop(r->drain);
	spool_join(r->spool);
	assert_int_equal(spool_stop(r->spool, clock_now_ns(), &r->err), 0);
	assert_int_equal(tape_writer_finish(r->writer, 0, NULL, 0, &r->err), 0);
}

static void rig_close(struct rig *r)
{
	spool_free(r->spool);
	tape_writer_close(r->writer);
	queue_free(r->queue);
	handover_free(r->handover);
	for (u32 i = 0; i < CPUS; i++)
		fake_ring_free(r->fakes[i]);
	planned_fini(&r->p);
}

/* One firing; false: it was lost. */
static bool fire(struct cpu *c, u64 x)
{
	u32 words = c->layout->word_cnt, *head = fake_ring_reserve(c->f, words * 8);
	struct cap_row row = { .size = words * 8, .seq = c->seq++, .pid = 1, .tid = 2 };
	u64 *w;

	if (!head)
		return false;
	row.ts = clock_now_ns();
	w = (u64 *)(head + 2);
	memcpy(w, &row, sizeof(row));
	w[c->layout->set_word] = 1;
	w[c->layout->word_cnt - 1] = x;
	fake_ring_finish(head, 0);
	c->sent++;
	return true;
}

static void *produce(void *arg)
{
	struct cpu *c = arg;

	for (u64 i = 0; i < c->calls; i++) {
		if (fire(c, i))
			continue;
		c->lost += !c->waits;
		c->seq -= c->waits;
		i -= c->waits;
		sched_yield();
	}
	return NULL;
}

static void run_producers(struct rig *r, u64 calls, bool waits, u64 *ret_sent, u64 *ret_lost)
{
	struct cpu cpus[CPUS];
	pthread_t threads[CPUS];

	*ret_sent = *ret_lost = 0;
	for (u32 i = 0; i < CPUS; i++) {
		cpus[i] = (struct cpu){
			.f = r->fakes[i], .layout = &r->layout, .calls = calls, .waits = waits
		};
		pthread_create(&threads[i], NULL, produce, &cpus[i]);
	}
	for (u32 i = 0; i < CPUS; i++) {
		pthread_join(threads[i], NULL);
		*ret_sent += cpus[i].sent;
		*ret_lost += cpus[i].lost;
	}
}

/* Reads the tape: rows; x of each CPU must grow, and no row may come behind a promise. */
static u64 count_rows(struct rig *r, u64 *ret_checkpoints)
{
	struct tape_batch *b = tape_batch_new();
	u64 rows = 0, next[CPUS] = { 0 }, promised = 0;
	struct tape_reader *t;
	struct tape_item item;

	lseek(r->fd, 0, SEEK_SET);
	assert_int_equal(tape_reader_open(r->fd, &(struct tape_reader_opts){ 0 }, &t, &r->err), 0);
	*ret_checkpoints = 0;
	while (tape_reader_next(t, &item, &r->err) > 0) {
		if (item.kind == TAPE_ITEM_CHECKPOINT) {
			promised = item.checkpoint.watermark;
			++*ret_checkpoints;
		}
		if (item.kind != TAPE_ITEM_ROWS)
			continue;
		assert_true(item.ts_min > promised);
		assert_int_equal(tape_reader_decode(t, b, &r->err), 1);
		for (u32 i = 0; i < tape_batch_cnt(b); i++) {
			const struct tape_col *c = tape_batch_cols(b);
			u64 cpu = (u64)c[OUT_CPU].v[i], x = (u64)c[OUT_FIXED_CNT].v[i];

			assert_true(cpu < CPUS);
			assert_int_equal((u64)c[OUT_TS].v[i] % r->quantum, 0);
			assert_true(x >= next[cpu]);
			next[cpu] = x + 1;
			rows++;
		}
	}
	assert_int_equal(tape_reader_state(t)->loss_cnt, 0);
	tape_batch_free(b);
	tape_reader_close(t);
	return rows;
}

static void nothing_is_lost_between_ring_and_tape(void **state)
{
	u64 sent, lost, checkpoints;
	struct rig r;

	(void)state;
	rig_open(&r, 1 << 16, 64, 50000000);
	rig_start(&r);
	run_producers(&r, 60000, true, &sent, &lost);
	rig_stop(&r);
	assert_int_equal(sent, 2 * 60000);
	assert_int_equal(count_rows(&r, &checkpoints), sent);
	assert_true(checkpoints > 0);
	assert_int_equal(spool_stats(r.spool).rows, sent);
	rig_close(&r);
}

/* Each promise is of a time that no row which comes later can be rounded down to. */
static void rounded_rows_come_behind_no_promise(void **state)
{
	static const u64 quanta[] = { 1000, 1000000 };

	(void)state;
	for (size_t i = 0; i < countof(quanta); i++) {
		u64 sent, lost, late, checkpoints;
		struct rig r;

		rig_open_rounded(&r, 1 << 16, 64, 5000000, quanta[i]);
		r.guard_ns = 0; /* here a time is read behind the reservation */
		rig_start(&r);
		run_producers(&r, 60000, true, &sent, &lost);
		rig_stop(&r);
		assert_int_equal(count_rows(&r, &checkpoints), sent);
		assert_true(checkpoints > 0);
		handover_losses(r.handover, &lost, &late);
		assert_int_equal(late, 0);
		rig_close(&r);
	}
}

static void small_rings_lose_and_the_rest_arrives(void **state)
{
	u64 sent, lost, checkpoints;
	struct rig r;

	(void)state;
	rig_open(&r, 4096, 4, 50000000);
	rig_start(&r);
	run_producers(&r, 60000, false, &sent, &lost);
	rig_stop(&r);
	assert_int_equal(sent + lost, 2 * 60000);
	assert_int_equal(count_rows(&r, &checkpoints), sent);
	rig_close(&r);
}

static void full_queue_leaves_rows_in_the_ring(void **state)
{
	struct cpu c;
	u64 sent = 0, checkpoints;
	struct rig r;

	(void)state;
	rig_open(&r, 1 << 16, 2, 50000000);
	c = (struct cpu){ .f = r.fakes[0], .layout = &r.layout };
	/* Only the drain runs: two pieces, then nothing more is taken. */
	assert_int_equal(drain_start(&(struct drain_opts){ .rings = r.rings,
							   .ring_cnt = CPUS,
							   .queue = r.queue,
							   .guard_ns = 1000000,
							   .slow_ns = 2000000 },
				     &r.drain, &r.err),
			 0);
	for (int i = 0; i < 20000; i++) {
		sent += fire(&c, (u64)i);
		if (i % 200 == 0)
			usleep(500);
	}
	assert_true(sent < 20000);
	assert_int_equal(spool_start(r.spool, &r.err), 0);
	rig_stop(&r);
	assert_int_equal(count_rows(&r, &checkpoints), sent);
	rig_close(&r);
}

static void failed_write_is_told_and_rows_are_counted(void **state)
{
	u64 sent, lost, late;
	struct rig r;

	(void)state;
	rig_open(&r, 1 << 16, 16, 10000000);
	/* From here on the memory file takes nothing more. */
	assert_int_equal(fcntl(r.fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
	rig_start(&r);
	run_producers(&r, 1000, true, &sent, &lost);
	drain_stop(r.drain);
	spool_join(r.spool);
	assert_int_equal(spool_stop(r.spool, clock_now_ns(), &r.err), -EPERM);
	assert_int_equal(spool_write_rest(r.spool, &r.err), -EPERM);
	handover_losses(r.handover, &lost, &late);
	assert_int_equal(lost, sent);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_lost_between_ring_and_tape),
		cmocka_unit_test(rounded_rows_come_behind_no_promise),
		cmocka_unit_test(small_rings_lose_and_the_rest_arrives),
		cmocka_unit_test(full_queue_leaves_rows_in_the_ring),
		cmocka_unit_test(failed_write_is_told_and_rows_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

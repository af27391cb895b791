/* tests/format/test_reader.c -- reading in order, by entry, in part, from pipes. */
#include "tests/format/make_stacks.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>

#include "base/io.h"
#include "format/block.h"
#include "format/crc32c.h"

#define SEED 11

static const struct make_opts small = {
	.seed = SEED, .tables = 3, .rows = 900, .block_rows = 250, .repeat_bytes = 1 << 20
};
static const struct make_opts mixed = {
	.seed = SEED, .tables = 6, .rows = 600, .mixed_every = 50, .repeat_bytes = 1 << 20
};

/* ---- opening ---- */

static int open_bytes(const void *p, size_t sz, struct err *err)
{
	struct tape_reader *r;
	int fd = make_fd_of(p, sz);
	int rc = tape_reader_open(fd, NULL, &r, err);

	if (rc)
		close(fd);
	else
		tape_reader_close(r);
	return rc;
}

static void open_refuses_what_is_not_a_tape(void **state)
{
	char zeros[100000] = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(open_bytes("", 0, &err), -ENODATA);
	assert_int_equal(open_bytes("PERFILE2", 8, &err), -EPROTO);
	assert_string_equal(err.msg, "not a tape");
	assert_int_equal(open_bytes(zeros, sizeof(zeros), &err), -EPROTO);
	assert_int_equal(open_bytes(TAPE_MAGIC, 8, &err), -ENODATA);
}

static void open_refuses_a_newer_major_version(void **state)
{
	struct tape_file_header h = { .uuid = { 1 } };
	struct err err;

	(void)state;
	block_seal_file(&h);
	assert_int_equal(open_bytes(&h, sizeof(h), &err), 0);
	h.minor = 77;
	h.crc = crc32c(0, &h, 60);
	assert_int_equal(open_bytes(&h, sizeof(h), &err), 0);
	h.major = 2;
	h.crc = crc32c(0, &h, 60);
	assert_int_equal(open_bytes(&h, sizeof(h), &err), -ENOTSUP);
	assert_int_equal(open_bytes(&h, sizeof(h), NULL), -ENOTSUP);
	assert_string_equal(err.msg, "format version 2.77 is newer than this program's (1)");
}

/* ---- unknown blocks ---- */

static size_t put_unknown(u8 *tape, size_t sz, u16 type, const u8 *uuid)
{
	struct tape_block_header h = { .type = type, .stored_len = 16, .raw_len = 16, .codec = 9 };
	u8 payload[16] = "later";

	h.seq = 0;
	block_seal(&h, crc32c(0, uuid, 16), payload);
	memcpy(tape + sz, &h, sizeof(h));
	memcpy(tape + sz + sizeof(h), payload, 16);
	return sz + sizeof(h) + 16;
}

static void unknown_blocks_are_skipped_or_refused_by_their_number(void **state)
{
	struct tape_file_header fh = { .uuid = { 3 } };
	u8 tape[1024];
	struct tape_reader *r;
	struct tape_item it;
	struct err err;
	size_t sz;

	(void)state;
	block_seal_file(&fh);
	memcpy(tape, &fh, sizeof(fh));
	sz = put_unknown(tape, sizeof(fh), 0x4077, fh.uuid);
	assert_int_equal(tape_reader_open(make_fd_of(tape, sz), NULL, &r, NULL), 0);
	assert_int_equal(tape_reader_next(r, &it, NULL), 1);
	assert_int_equal(it.kind, TAPE_ITEM_OTHER);
	assert_int_equal(tape_reader_next(r, &it, NULL), 0);
	assert_int_equal(tape_reader_load(r, NULL), 0);
	tape_reader_close(r);

	sz = put_unknown(tape, sizeof(fh), 0x0077, fh.uuid);
	assert_int_equal(tape_reader_open(make_fd_of(tape, sz), NULL, &r, NULL), 0);
	assert_int_equal(tape_reader_next(r, &it, &err), -ENOTSUP);
	assert_string_equal(err.msg,
			    "the tape has blocks of type 0x0077, which this program does not know");
	assert_string_equal(err.hint, "a newer bpftape has written it: read it with that");
	assert_int_equal(tape_reader_load(r, &err), -ENOTSUP);
	assert_string_equal(err.hint, "a newer bpftape has written it: read it with that");
	tape_reader_close(r);
}

/* ---- tables ---- */

static void tables_say_what_was_written(void **state)
{
	const struct tape_state *s;
	struct tape_reader *r;
	int fd = make_memfd();

	(void)state;
	make_tape(fd, &small);
	assert_int_equal(tape_reader_open(fd, NULL, &r, NULL), 0);
	assert_int_equal(tape_reader_load(r, NULL), 0);
	s = tape_reader_state(r);
	assert_true(str_is(tape_state_text(s, TAPE_KEY_TOOL), "bpftape 0.1"));
	assert_int_equal(tape_state_num(s, TAPE_KEY_NCPUS, 0), 4);
	assert_int_equal(tape_state_num(s, "nothing", 9), 9);
	assert_null(tape_state_meta(s, "nothing"));
	assert_int_equal(s->header.real_ns, 42);
	assert_int_equal(s->schema_cnt, 3);
	assert_true(str_is(tape_state_schema(s, 2)->name, "sys_exit_read"));
	assert_null(tape_state_schema(s, 3));
	assert_int_equal(s->schemas[0]->col_cnt, MAKE_COLS);
	assert_true(str_is(s->schemas[0]->cols[MAKE_TS].unit, "ns"));
	assert_null(s->schemas[0]->cols[MAKE_RET].unit.s);
	assert_true(str_is(s->schemas[0]->probes[0].name, "tracepoint:syscalls:sys_exit_read"));
	assert_true(str_is(s->plan->tables[0].cols[0].leaf, "args.ret"));
	assert_null(s->plan->tables[0].filter.s);
	assert_true(str_is(s->plan->maps[0].why, "read by the predicate"));
	assert_true(str_is(s->types->facts[0].val, "root"));
	assert_int_equal(s->clocks[0].tai, 9);
	assert_int_equal(s->task_cnt, 1);
	assert_true(str_is(s->tasks[0].comm, "cat"));
	assert_int_equal(s->loss_cnt, 1);
	assert_int_equal(s->losses[0].count, 10);
	assert_true(str_is(s->logs[0].text, "slow disk"));
	assert_true(s->has_end);
	assert_int_equal(s->end.rows, 2700);
	assert_true(s->checkpoint.watermark > 0);
	tape_reader_close(r);
}

static void map_snapshots_carry_their_bytes(void **state)
{
	struct tape_reader *r;
	struct tape_item it;
	bool seen = false;
	int fd = make_memfd();

	(void)state;
	make_tape(fd, &small);
	assert_int_equal(tape_reader_open(fd, NULL, &r, NULL), 0);
	while (tape_reader_next(r, &it, NULL) > 0) {
		if (it.kind != TAPE_ITEM_MAPSNAP)
			continue;
		seen = true;
		assert_int_equal(it.cnt, 1);
		assert_true(str_is(it.snaps[0].map, "@start"));
		assert_int_equal(it.snaps[0].entry_cnt, 2);
		assert_true(str_is(it.snaps[0].entries[0].key, "k1"));
		assert_int_equal(it.snaps[0].entries[1].val.len, 2);
		assert_memory_equal(it.snaps[0].entries[1].val.s, "\0\1", 2);
	}
	assert_true(seen);
	tape_reader_close(r);
}

/* ---- entries ---- */

static u64 read_entries(struct tape_reader *r, u64 seed)
{
	struct tape_access *a = tape_access_new(r);
	struct tape_batch *b = tape_batch_new();
	const struct tape_index_entry *e;
	u64 rows = 0;
	u32 n;

	e = tape_reader_entries(r, &n);
	for (u32 i = n; i-- > 0;) {
		if (tape_access_read(a, &e[i], b, NULL) != 1)
			continue;
		assert_int_equal(tape_batch_cnt(b), e[i].n_rows);
		for (u32 k = 0; k < e[i].n_rows; k++)
			check_row(b, k, seed, NULL);
		rows += e[i].n_rows;
	}
	tape_batch_free(b);
	tape_access_free(a);
	return rows;
}

static void rows_are_found_by_the_index_and_without_it(void **state)
{
	const struct make_opts *opts[] = { &small, &mixed };

	(void)state;
	for (int i = 0; i < 2; i++) {
		const struct tape_index_entry *e, *e2;
		struct tape_reader *r, *r2;
		u32 n, n2;
		size_t sz;
		u8 *p = make_bytes(opts[i], &sz);

		assert_int_equal(tape_reader_open(make_fd_of(p, sz), NULL, &r, NULL), 0);
		assert_int_equal(tape_reader_load(r, NULL), 0);
		assert_int_equal(read_entries(r, SEED), opts[i]->tables * opts[i]->rows);
		/* Without the TAIL. */
		assert_int_equal(tape_reader_open(make_fd_of(p, sz - 64), NULL, &r2, NULL), 0);
		assert_int_equal(tape_reader_load(r2, NULL), 0);
		assert_int_equal(read_entries(r2, SEED), opts[i]->tables * opts[i]->rows);
		e = tape_reader_entries(r, &n);
		e2 = tape_reader_entries(r2, &n2);
		assert_int_equal(n, n2);
		assert_memory_equal(e, e2, n * sizeof(*e));
		assert_int_equal(tape_reader_state(r)->loss_cnt, tape_reader_state(r2)->loss_cnt);
		tape_reader_close(r);
		tape_reader_close(r2);
		free(p);
	}
}

static void *read_entries_thread(void *r)
{
	return (void *)(uintptr_t)read_entries(r, SEED);
}

static void threads_read_entries_side_by_side(void **state)
{
	struct tape_reader *r;
	pthread_t threads[4];
	int fd = make_memfd();

	(void)state;
	make_tape(fd, &mixed);
	assert_int_equal(tape_reader_open(fd, NULL, &r, NULL), 0);
	assert_int_equal(tape_reader_load(r, NULL), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_entries_thread, r), 0);
	for (int i = 0; i < 4; i++) {
		void *rows;

		assert_int_equal(pthread_join(threads[i], &rows), 0);
		assert_int_equal((uintptr_t)rows, mixed.tables * mixed.rows);
	}
	tape_reader_close(r);
}

static void loading_first_adds_nothing_twice(void **state)
{
	struct make_counts n;
	int fd = make_memfd();

	(void)state;
	make_tape(fd, &small);
	n = read_all_as(fd, SEED, true);
	assert_int_equal(n.rc, 0);
	assert_int_equal(n.rows, 2700);
	assert_int_equal(n.losses, 1);
	assert_int_equal(n.logs, 1);
	assert_int_equal(n.damage_items, 0);
}

/* ---- parts ---- */

static void only_the_columns_asked_for_are_decoded(void **state)
{
	u8 want[MAKE_COLS] = { [MAKE_SEQ] = 1, [MAKE_TID] = 1, [MAKE_ARGV] = 1 };
	struct tape_batch *b = tape_batch_new();
	struct tape_reader *r;
	struct tape_item it;
	u64 rows = 0;
	int fd = make_memfd();

	(void)state;
	make_tape(fd, &small);
	assert_int_equal(tape_reader_open(fd, NULL, &r, NULL), 0);
	assert_int_equal(tape_reader_select(r, 0, want, MAKE_COLS), 0);
	assert_int_equal(tape_reader_select(r, 1, want, 0), 0);
	while (tape_reader_next(r, &it, NULL) > 0) {
		if (it.kind != TAPE_ITEM_ROWS)
			continue;
		assert_int_not_equal(it.schema->id, 1);
		assert_int_equal(tape_reader_decode(r, b, NULL), 1);
		for (u32 i = 0; i < it.n_rows; i++)
			check_row(b, i, SEED, it.schema->id == 0 ? want : NULL);
		rows += it.n_rows;
	}
	assert_int_equal(rows, 1800);
	tape_batch_free(b);
	tape_reader_close(r);
}

static void blocks_outside_the_range_are_passed_over(void **state)
{
	struct tape_reader *r;
	struct tape_item it;
	u64 rows = 0;
	int fd = make_memfd();

	(void)state;
	make_tape(fd, &small);
	assert_int_equal(tape_reader_open(fd, NULL, &r, NULL), 0);
	tape_reader_set_range(r, 1000000000 + 300000, 1000000000 + 310000);
	while (tape_reader_next(r, &it, NULL) > 0)
		rows += it.kind == TAPE_ITEM_ROWS ? it.n_rows : 0;
	assert_int_equal(rows, 3 * 250); /* the second block of each table */
	assert_int_equal(tape_reader_state(r)->rows, 2700);
	tape_reader_close(r);
}

static void zones_exclude_blocks_without_the_value(void **state)
{
	struct tape_batch *b = tape_batch_new();
	struct tape_reader *r;
	struct tape_item it;
	u64 hits = 0, misses = 0;
	int fd = make_memfd();

	(void)state;
	make_tape(fd, &small);
	assert_int_equal(tape_reader_open(fd, NULL, &r, NULL), 0);
	assert_int_equal(tape_reader_set_zone(r, 2, MAKE_SEQ, 600, 700), 0);
	while (tape_reader_next(r, &it, NULL) > 0) {
		if (it.kind != TAPE_ITEM_ROWS || it.schema->id != 2)
			continue;
		if (tape_reader_decode(r, b, NULL))
			hits++;
		else
			misses++;
	}
	assert_int_equal(hits, 1);
	assert_int_equal(misses, 3);
	tape_batch_free(b);
	tape_reader_close(r);
}

/* ---- pipes ---- */

struct feed {
	int fd;
	const u8 *p;
	size_t sz;
};

static void *feed_pipe(void *arg)
{
	struct feed *f = arg;

	for (size_t at = 0; at < f->sz;) {
		size_t n = 1 + mix(at) % 3000;

		n = n < f->sz - at ? n : f->sz - at;
		if (io_write_full(f->fd, f->p + at, n))
			break;
		at += n;
	}
	close(f->fd);
	return NULL;
}

static void a_pipe_is_read_like_a_file(void **state)
{
	struct make_counts a, b;
	struct feed f;
	pthread_t thread;
	int p[2];
	u8 *bytes = make_bytes(&mixed, &f.sz);

	(void)state;
	for (int damaged = 0; damaged < 2; damaged++) {
		if (damaged)
			memset(bytes + f.sz / 2, 0, 3000);
		f.p = bytes;
		assert_int_equal(pipe(p), 0);
		f.fd = p[1];
		assert_int_equal(pthread_create(&thread, NULL, feed_pipe, &f), 0);
		a = read_all(p[0], SEED);
		pthread_join(thread, NULL);
		b = read_all(make_fd_of(bytes, f.sz), SEED);
		assert_int_equal(a.rc, 0);
		assert_memory_equal(&a, &b, offsetof(struct make_counts, rc));
		assert_int_equal(a.damage_items > 0, damaged);
	}
	free(bytes);
}

static void loading_a_pipe_is_refused(void **state)
{
	struct tape_reader *r;
	size_t sz;
	u8 *bytes = make_bytes(&(struct make_opts){ .seed = 1, .tables = 1 }, &sz);
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(io_write_full(p[1], bytes, sz), 0);
	close(p[1]);
	assert_int_equal(tape_reader_open(p[0], NULL, &r, NULL), 0);
	assert_false(tape_reader_is_seekable(r));
	assert_int_equal(tape_reader_load(r, NULL), -ESPIPE);
	tape_reader_close(r);
	free(bytes);
}

/* ---- earlier versions ---- */

/* Made by the first version of the writer, seed 51; it must stay readable for ever. */
static void the_golden_tape_of_each_version_is_read(void **state)
{
	struct make_counts n;
	int fd = open("tests/tapes/good/v1_0.tape", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	n = read_all_as(fd, 51, true);
	assert_int_equal(n.rc, 0);
	assert_int_equal(n.rows, 5 * 600);
	assert_int_equal(n.sum, 5 * (600 * 599 / 2));
	assert_int_equal(n.damage_items, 0);
	assert_int_equal(n.losses, 1);
	assert_int_equal(n.snaps, 1);
	assert_int_equal(n.ends, 1);
}

/* The first with stacks: made of seed 52 and make_stacks(). */
static void the_golden_tape_with_stacks_is_read(void **state)
{
	struct make_counts n;
	struct tape_reader *r;
	int fd = open("tests/tapes/good/v1_1.tape", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	n = read_all_as(dup(fd), 52, true);
	assert_int_equal(n.rc, 0);
	assert_int_equal(n.rows, 3 * 300);
	assert_int_equal(n.damage_items, 0);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(tape_reader_open(fd, NULL, &r, NULL), 0);
	assert_int_equal(tape_reader_load(r, NULL), 0);
	check_all_stacks(tape_reader_state(r), 3 * MAKE_STACKS_STEP);
	tape_reader_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(open_refuses_what_is_not_a_tape),
		cmocka_unit_test(open_refuses_a_newer_major_version),
		cmocka_unit_test(unknown_blocks_are_skipped_or_refused_by_their_number),
		cmocka_unit_test(tables_say_what_was_written),
		cmocka_unit_test(map_snapshots_carry_their_bytes),
		cmocka_unit_test(rows_are_found_by_the_index_and_without_it),
		cmocka_unit_test(threads_read_entries_side_by_side),
		cmocka_unit_test(loading_first_adds_nothing_twice),
		cmocka_unit_test(only_the_columns_asked_for_are_decoded),
		cmocka_unit_test(blocks_outside_the_range_are_passed_over),
		cmocka_unit_test(zones_exclude_blocks_without_the_value),
		cmocka_unit_test(a_pipe_is_read_like_a_file),
		cmocka_unit_test(loading_a_pipe_is_refused),
		cmocka_unit_test(the_golden_tape_of_each_version_is_read),
		cmocka_unit_test(the_golden_tape_with_stacks_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

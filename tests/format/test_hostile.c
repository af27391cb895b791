/*
 * tests/format/test_hostile.c -- tapes made to be slow: what is read, moved, searched and checked
 * is counted (no clock), and must stay within a few times their size.
 */
#include "tests/format/make_limits.h"

#include "format/crc32c.h"
#include "format/reader_priv.h"
#include "format/verify.h"

#define TAPE_SZ	 (2u << 20)
#define WORK_MAX 64 /* times the size */

/* A header that is good, of a payload that is not there as it says. */
static void put_lie(struct forge *f, u16 type, u64 seq, u32 stored_len)
{
	struct tape_block_header h = {
		.type = type,
		.codec = type == TAPE_EVENTS ? TAPE_CODEC_COLUMNS : TAPE_CODEC_NONE,
		.seq = seq,
		.stored_len = stored_len,
		.raw_len = stored_len,
		.ts_max = 1,
	};

	memcpy(h.sync, TAPE_SYNC, sizeof(h.sync));
	h.session_tag = f->file.session_tag;
	h.payload_crc = 0x12345678;
	h.header_crc = crc32c(0, &h, offsetof(struct tape_block_header, header_crc));
	buf_put(&f->tape, &h, sizeof(h));
}

static void put_junk(struct forge *f, u32 sz)
{
	while (sz--)
		buf_put_u8(&f->tape, 0x55);
}

enum shape { SYNCS, NESTED_READ, NESTED_PASSED, PAIRS, REPEATED, LIES_CNT };

static void make_hostile(struct forge *f, enum shape shape)
{
	forge_begin(f);
	put_stored(f, 64);
	for (u64 seq = f->seq; f->tape.len < TAPE_SZ; seq++) {
		switch (shape) {
		case SYNCS:
			buf_put(&f->tape, TAPE_SYNC, 8);
			break;
		case NESTED_READ: /* each goes over all that follow */
			put_lie(f, TAPE_LOG, seq, TAPE_SZ / 2);
			break;
		case NESTED_PASSED:
			put_lie(f, TAPE_EVENTS, seq, TAPE_SZ / 2);
			put_junk(f, 8);
			break;
		case PAIRS: /* a short one before each long one */
			put_lie(f, TAPE_LOG, seq++, 64);
			put_lie(f, TAPE_LOG, seq, TAPE_SZ / 2);
			put_junk(f, 16);
			break;
		case REPEATED:
			put_lie(f, TAPE_LOG, 0, 0);
			break;
		case LIES_CNT:
			break;
		}
	}
}

static int open_pipe(const struct forge *f)
{
	int p[2];

	assert_int_equal(pipe(p), 0);
	if (!fork()) {
		close(p[0]);
		for (size_t at = 0; at < f->tape.len;) {
			ssize_t n = write(p[1], f->tape.data + at, f->tape.len - at);

			if (n <= 0)
				break;
			at += (size_t)n;
		}
		_exit(0);
	}
	close(p[1]);
	return p[0];
}

static void check_work(const struct forge *f, int fd, enum shape shape, bool load)
{
	struct tape_reader *r;
	struct tape_item it;
	u64 work;

	assert_int_equal(tape_reader_open(fd, NULL, &r, NULL), 0);
	if (load)
		assert_int_equal(tape_reader_load(r, NULL), 0);
	while (tape_reader_next(r, &it, NULL) > 0)
		;
	work = r->walk.work + r->walk.in.work + (load ? r->load_work : 0);
	if (work > WORK_MAX * (u64)f->tape.len)
		print_error("shape %d, load %d: %llu bytes of work, the tape has %zu\n", shape,
			    load, (unsigned long long)work, f->tape.len);
	assert_true(work <= WORK_MAX * (u64)f->tape.len);
	assert_true(work >= f->tape.len / 2);
	tape_reader_close(r);
}

static void no_byte_is_looked_at_often(void **state)
{
	(void)state;
	for (int shape = 0; shape < LIES_CNT; shape++) {
		struct forge f;

		make_hostile(&f, (enum shape)shape);
		check_work(&f, make_fd_of(f.tape.data, f.tape.len), (enum shape)shape, false);
		check_work(&f, make_fd_of(f.tape.data, f.tape.len), (enum shape)shape, true);
		check_work(&f, open_pipe(&f), (enum shape)shape, false);
		buf_fini(&f.tape);
	}
}

/* An INDEX whose every entry is the one long block there is: it is not believed. */
static void an_index_cannot_have_a_block_read_again_and_again(void **state)
{
	struct tape_index_entry e = { .off = 64, .stored_len = 1 << 20, .type = TAPE_LOG };
	struct tape_index head = { .n_entries = 50000 };
	struct tape_end end = { 0 };
	struct tape_reader *r;
	struct forge f;
	struct buf b;
	u64 index_off, end_off;

	(void)state;
	forge_begin(&f);
	put_stored(&f, 1 << 20);
	index_off = f.tape.len;
	buf_init(&b, 4 << 20);
	buf_put(&b, &head, sizeof(head));
	for (u32 i = 0; i < head.n_entries; i++)
		buf_put(&b, &e, sizeof(e));
	put_block(&f, (struct tape_block_header){ .type = TAPE_INDEX, .n_rows = head.n_entries },
		  &b);
	buf_reset(&b);
	buf_put(&b, &end, sizeof(end));
	end_off = f.tape.len;
	put_block(&f, (struct tape_block_header){ .type = TAPE_END }, &b);
	buf_reset(&b);
	put_block(&f,
		  (struct tape_block_header){
			  .type = TAPE_TAIL, .ts_min = index_off, .ts_max = end_off },
		  &b);
	assert_int_equal(tape_reader_open(make_fd_of(f.tape.data, f.tape.len), NULL, &r, NULL), 0);
	assert_int_equal(tape_reader_load(r, NULL), 0);
	assert_int_equal(tape_reader_state(r)->log_cnt, 1);
	assert_true(r->load_work <= WORK_MAX * (u64)f.tape.len);
	tape_reader_close(r);
	buf_fini(&f.tape);
	buf_fini(&b);
}

/* Each column says the same as the first, among as many parts of columns that there are not. */
static void columns_that_are_others_are_found_at_once(void **state)
{
	enum { COLS = 512, OTHERS = 50000 };
	struct tape_part *parts = calloc(COLS + OTHERS, sizeof(*parts));
	struct tape_batch *batch = tape_batch_new();
	struct tape_reader *r;
	struct tape_item it;
	struct forge f;
	u32 rows = 0;

	(void)state;
	parts[0] = (struct tape_part){ .enc = TAPE_ENC_CONST, .aux = 7 };
	for (u32 i = 1; i < COLS; i++)
		parts[i] = (struct tape_part){ .col_id = (u16)i, .enc = TAPE_ENC_SAMEAS };
	for (u32 i = 0; i < OTHERS; i++)
		parts[COLS + i] = (struct tape_part){ .col_id = (u16)(COLS + i) };
	forge_begin(&f);
	put_schema(&f, 0, COLS, (struct tape_column){ 0 });
	put_rows(&f, parts, COLS + OTHERS, 0, 3);
	assert_int_equal(tape_reader_open(make_fd_of(f.tape.data, f.tape.len), NULL, &r, NULL), 0);
	while (tape_reader_next(r, &it, NULL) > 0) {
		if (it.kind != TAPE_ITEM_ROWS)
			continue;
		assert_int_equal(tape_reader_decode(r, batch, NULL), 1);
		for (u32 i = 0; i < COLS; i++)
			assert_int_equal(tape_batch_cols(batch)[i].v[2], 7);
		rows += it.n_rows;
	}
	assert_int_equal(rows, 3);
	tape_batch_free(batch);
	tape_reader_close(r);
	buf_fini(&f.tape);
	free(parts);
}

enum pile { SIDE_BY_SIDE, OVER_EACH_OTHER };

/* 100 runs of a row, each with a list of the most elements there may be, which takes no bytes. */
static void put_pile(struct forge *f, enum pile pile)
{
	struct tape_part parts[] = { { .enc = TAPE_ENC_CONST, .aux = 1 },
				     { .col_id = 1, .enc = TAPE_ENC_LIST, .aux = TAPE_MAX_ELEMS },
				     { .col_id = 1, .enc = TAPE_ENC_CONST } };
	struct tape_mixed head = { .n_runs = 100 };
	struct tape_mixed_run run = { .n_rows = 1, .ts_min = 1, .ts_max = 1 };
	struct buf rows, b;

	put_schema(f, 0, 2, (struct tape_column){ .flags = TAPE_COL_LIST });
	make_rows(&rows, parts, countof(parts), 0);
	run.len = (u32)rows.len;
	buf_init(&b, 1 << 20);
	buf_put(&b, &head, sizeof(head));
	for (u32 i = 0; i < head.n_runs; i++) {
		run.off = (u32)(sizeof(head) + head.n_runs * sizeof(run));
		run.off += pile == SIDE_BY_SIDE ? i * run.len : 0;
		buf_put(&b, &run, sizeof(run));
	}
	for (u32 i = 0; i < (pile == SIDE_BY_SIDE ? head.n_runs : 1); i++)
		buf_put(&b, rows.data, rows.len);
	put_block(f,
		  (struct tape_block_header){
			  .type = TAPE_MIXED, .n_rows = head.n_runs, .ts_min = 1, .ts_max = 1 },
		  &b);
	buf_fini(&rows);
	buf_fini(&b);
}

/* How many of the runs have their list. */
static u32 count_lists(const struct forge *f, bool load)
{
	struct tape_batch *batch = tape_batch_new();
	const struct tape_index_entry *e = NULL;
	struct tape_access *a = NULL;
	struct tape_reader *r;
	struct tape_item it;
	u32 lists = 0, n = 0;

	assert_int_equal(tape_reader_open(make_fd_of(f->tape.data, f->tape.len), NULL, &r, NULL),
			 0);
	if (load) {
		assert_int_equal(tape_reader_load(r, NULL), 0);
		a = tape_access_new(r);
		e = tape_reader_entries(r, &n);
	}
	for (u32 i = 0; i < n; i++)
		if (tape_access_read(a, &e[i], batch, NULL) == 1)
			lists += !tape_batch_info(batch)[1].is_damaged;
	while (!load && tape_reader_next(r, &it, NULL) > 0)
		if (it.kind == TAPE_ITEM_ROWS && tape_reader_decode(r, batch, NULL) == 1)
			lists += !tape_batch_info(batch)[1].is_damaged;
	tape_access_free(a);
	tape_batch_free(batch);
	tape_reader_close(r);
	return lists;
}

static void runs_of_a_block_share_its_memory(void **state)
{
	u32 most = TAPE_MAX_BATCH / (TAPE_MAX_ELEMS * sizeof(u64));
	struct tape_verify_opts o = { .report = NULL };
	struct tape_verify_result res;
	struct forge f;
	int fd;

	(void)state;
	forge_begin(&f);
	put_pile(&f, SIDE_BY_SIDE);
	for (int load = 0; load < 2; load++) {
		u32 lists = count_lists(&f, load);

		assert_true(lists > 0 && lists <= most);
	}
	fd = make_fd_of(f.tape.data, f.tape.len);
	assert_int_equal(tape_verify(fd, &o, &res, NULL), 0);
	assert_true(res.breaches >= 100 - most);
	close(fd);
	buf_fini(&f.tape);
}

static void runs_that_lie_over_each_other_are_damage(void **state)
{
	struct forge f;

	(void)state;
	forge_begin(&f);
	put_pile(&f, OVER_EACH_OTHER);
	assert_int_equal(count_lists(&f, false), 0);
	assert_int_equal(count_lists(&f, true), 0);
	buf_fini(&f.tape);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_byte_is_looked_at_often),
		cmocka_unit_test(an_index_cannot_have_a_block_read_again_and_again),
		cmocka_unit_test(columns_that_are_others_are_found_at_once),
		cmocka_unit_test(runs_of_a_block_share_its_memory),
		cmocka_unit_test(runs_that_lie_over_each_other_are_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

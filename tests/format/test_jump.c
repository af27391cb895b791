/*
 * tests/format/test_jump.c -- which blocks are passed over by the INDEX: those that nobody wants,
 * and no others.
 */
#include "tests/format/make.h"

#define BUSY  3
#define QUIET 6

/* Rows of tables 1 and 2, then as many checkpoints as QUIET; and that BUSY times. */
static int make_quiet_tape(void)
{
	static struct tape_column col = { .role = TAPE_ROLE_TS,
					  .ref = TAPE_NONE,
					  .name = { "ts", 2 } };
	struct tape_schema s[2] = { { .id = 1, .name = STR("a"), .cols = &col, .col_cnt = 1 },
				    { .id = 2, .name = STR("b"), .cols = &col, .col_cnt = 1 } };
	struct tape_writer_opts o = { .uuid = { 1 } };
	struct tape_writer *w;
	int fd = make_memfd();
	u64 ts = 1000;

	assert_int_equal(tape_writer_open(fd, &o, &w, NULL), 0);
	assert_int_equal(tape_writer_put_schemas(w, 1, s, 2, NULL), 0);
	for (u32 i = 0; i < BUSY; i++) {
		for (u32 t = 0; t < 2; t++) {
			struct row_batch *b;

			assert_int_equal(row_batch_new(&s[t], NULL, &b, NULL), 0);
			assert_int_equal(row_batch_add_words(b, &ts), 0);
			assert_int_equal(tape_writer_put_rows(w, b, NULL), 0);
			row_batch_free(b);
		}
		for (u32 k = 0; k < QUIET; k++, ts += 1000)
			assert_int_equal(tape_writer_checkpoint(w, ts, ts, NULL), 0);
	}
	assert_int_equal(tape_writer_finish(w, ts, NULL, 0, NULL), 0);
	tape_writer_close(w);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

struct counts {
	u32 checkpoints, rows;
};

static struct counts count(u32 unwanted)
{
	struct counts n = { 0 };
	struct tape_reader *r;
	struct tape_item it;

	assert_int_equal(tape_reader_open(make_quiet_tape(), NULL, &r, NULL), 0);
	assert_int_equal(tape_reader_load(r, NULL), 0);
	if (unwanted)
		assert_int_equal(tape_reader_select(r, unwanted, &(u8){ 0 }, 0), 0);
	while (tape_reader_next(r, &it, NULL) > 0) {
		n.checkpoints += it.kind == TAPE_ITEM_CHECKPOINT;
		n.rows += it.kind == TAPE_ITEM_ROWS;
	}
	tape_reader_close(r);
	return n;
}

static void of_a_tape_that_is_wanted_whole_every_block_comes(void **state)
{
	struct counts n = count(0);

	(void)state;
	assert_int_equal(n.rows, 2 * BUSY);
	assert_int_equal(n.checkpoints, BUSY * QUIET);
}

/* Those of table 2 are passed over. */
static void between_rows_that_nobody_wants_two_checkpoints_come(void **state)
{
	struct counts n = count(2);

	(void)state;
	assert_int_equal(n.rows, BUSY);
	assert_int_equal(n.checkpoints, BUSY * 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_tape_that_is_wanted_whole_every_block_comes),
		cmocka_unit_test(between_rows_that_nobody_wants_two_checkpoints_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

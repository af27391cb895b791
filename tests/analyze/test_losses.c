/*
 * tests/analyze/test_losses.c -- losses whose time is not known, or whose table is not: what
 * answers say of them, whatever range they are of.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "analyze/recording.h"
#include "analyze/sql/sql.h"
#include "tests/support/tape_builder.h"

#define MS    1000000ull
#define START TAPE_BUILDER_START

/* A file with one loss of 7 rows. */
static struct tape_builder *make(struct tape_loss l, const char **ret_path)
{
	struct tape_builder *b =
		tape_builder_new("tracepoint:syscalls:sys_enter_read { emit(args); }", COMPAT_27);
	struct err err;

	l.cause = TAPE_LOSS_CORRUPT;
	l.table = l.cpu = TAPE_NONE;
	l.count = 7;
	tape_builder_row(b, "sys_enter_read", 1, 0, 1, NULL, 0);
	assert_int_equal(tape_writer_put_losses(tape_builder_writer(b), START, &l, 1, &err), 0);
	*ret_path = tape_builder_finish(b, 1000 * MS);
	return b;
}

static void expect_lost(struct tape_loss loss, u64 from, u64 to, const char *want)
{
	struct tape_builder *b;
	struct recording rec;
	struct loss_sum l;
	const char *path;
	struct buf out;

	b = make(loss, &path);
	assert_int_equal(recording_open(path, NULL, &rec, NULL), 0);
	loss_sum_init(&l);
	buf_init(&out, 4096);
	recording_losses(recording_state(&rec), from, to, NULL, 0, &l);
	recording_put_lost(recording_state(&rec), &l, &out);
	assert_string_equal(out.len ? buf_cstr(&out) : "", want);
	buf_fini(&out);
	loss_sum_fini(&l);
	recording_close(&rec);
	tape_builder_free(b);
}

static const struct tape_loss between = { .first_ts = START + 100 * MS,
					  .last_ts = START + 200 * MS };
static const struct tape_loss to_the_end = { .first_ts = START + 300 * MS, .last_ts = UINT64_MAX };
static const struct tape_loss unknown = { .first_ts = 0 };

static void a_range_has_the_losses_within_it(void **state)
{
	(void)state;
	expect_lost(between, 0, UINT64_MAX,
		    "7 rows were lost between +100 ms and +200 ms: 7 corruption");
	expect_lost(between, START + 150 * MS, START + 160 * MS,
		    "7 rows were lost between +100 ms and +200 ms: 7 corruption");
	expect_lost(between, START + 300 * MS, UINT64_MAX, "");
}

static void a_loss_up_to_the_end_is_said_so(void **state)
{
	(void)state;
	expect_lost(to_the_end, 0, UINT64_MAX, "7 rows were lost after +300 ms: 7 corruption");
	expect_lost(to_the_end, START + 500 * MS, START + 600 * MS,
		    "7 rows were lost after +300 ms: 7 corruption");
	expect_lost(to_the_end, 0, START + 200 * MS, "");
}

static void a_loss_of_an_unknown_time_is_of_every_range(void **state)
{
	(void)state;
	expect_lost(unknown, 0, UINT64_MAX, "7 rows were lost: 7 corruption");
	expect_lost(unknown, START + 500 * MS, START + 600 * MS, "7 rows were lost: 7 corruption");
}

static void expect_sql(struct tape_loss loss, const char *want)
{
	struct tape_builder *b;
	struct sql_db *db;
	struct sink out;
	const char *path;

	b = make(loss, &path);
	assert_int_equal(sql_open(path, NULL, &db, NULL), 0);
	sink_init(&out, -1);
	assert_int_equal(sql_run(db,
				 "select first_ts, last_ts, first_ts is null, last_ts is null "
				 "from loss",
				 SQL_CSV, &out, NULL),
			 0);
	assert_string_equal(strchr(buf_cstr(&out.buf), '\n') + 1, want);
	sink_fini(&out);
	sql_close(db);
	tape_builder_free(b);
}

static void times_that_are_not_known_are_null_in_sql(void **state)
{
	(void)state;
	expect_sql(between, "1100000000,1200000000,0,0\n");
	expect_sql(to_the_end, "1300000000,,0,1\n");
	expect_sql(unknown, ",,1,1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_range_has_the_losses_within_it),
		cmocka_unit_test(a_loss_up_to_the_end_is_said_so),
		cmocka_unit_test(a_loss_of_an_unknown_time_is_of_every_range),
		cmocka_unit_test(times_that_are_not_known_are_null_in_sql),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

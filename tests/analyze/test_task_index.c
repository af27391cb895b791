/* tests/analyze/test_task_index.c -- who had a thread id at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "analyze/task_index.h"

static struct tape_task task(u32 tid, u64 from, u64 to, const char *comm)
{
	return (struct tape_task){
		.tid = tid, .pid = tid, .from_ts = from, .to_ts = to, .comm = str_of(comm)
	};
}

static void a_row_that_was_closed_later_is_one_row(void **state UNUSED)
{
	struct tape_task rows[] = {
		task(7, 100, 0, "sh"), task(9, 50, 0, "cat"), task(7, 100, 200, "sh"),
		task(7, 200, 0, "ls"), task(7, 200, 300, "ls"),
	};
	struct tape_state s = { .tasks = rows, .task_cnt = countof(rows) };
	struct task_index x;
	struct err err;

	task_index_init(&x);
	assert_int_equal(task_index_update(&x, &s, &err), 0);
	assert_int_equal(x.cnt, 3);
	assert_int_equal(x.tasks[0].to_ts, 200);
	assert_int_equal(x.tasks[1].to_ts, 300);
	assert_int_equal(x.tasks[2].to_ts, 0);
	task_index_fini(&x);
}

static void rows_that_come_while_reading_are_taken(void **state UNUSED)
{
	struct tape_task rows[] = { task(7, 100, 0, "sh"), task(7, 100, 200, "sh"),
				    task(7, 200, 0, "ls") };
	struct tape_state s = { .tasks = rows, .task_cnt = 1 };
	struct task_index x;
	struct err err;

	task_index_init(&x);
	assert_int_equal(task_index_update(&x, &s, &err), 0);
	assert_true(str_is(task_index_find(&x, 7, 250)->comm, "sh"));
	s.task_cnt = 3;
	assert_int_equal(task_index_update(&x, &s, &err), 0);
	assert_int_equal(x.cnt, 2);
	assert_true(str_is(task_index_find(&x, 7, 250)->comm, "ls"));
	assert_true(str_is(task_index_find(&x, 7, 150)->comm, "sh"));
	assert_true(str_is(task_index_find(&x, 7, 1)->comm, "sh"));
	assert_null(task_index_find(&x, 8, 150));
	task_index_fini(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_that_was_closed_later_is_one_row),
		cmocka_unit_test(rows_that_come_while_reading_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

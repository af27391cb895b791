/* tests/record/test_task_table.c -- task events become rows that do not overlap. */
#include <linux/types.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "record/bpf/tasks_abi.h"
#include "record/tasks.h"

static struct task_table *table;
static struct buf got;

static int setup(void **state)
{
	(void)state;
	table = task_table_new(4);
	buf_init(&got, 4096);
	return table ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	task_table_free(table);
	buf_fini(&got);
	return 0;
}

static void print_row(void *ctx, const struct tape_task *t)
{
	(void)ctx;
	buf_printf(&got, "%u/%u %.*s [%llu,%llu)\n", t->pid, t->tid, STR_ARG(t->comm),
		   (unsigned long long)t->from_ts, (unsigned long long)t->to_ts);
}

static void feed(u32 event, u32 tid, u64 start, u64 ts, const char *comm)
{
	struct task_rec r = { .event = event, .tid = tid, .pid = tid, .start_ns = start, .ts = ts };

	memcpy(r.comm, comm, strnlen(comm, sizeof(r.comm)));
	task_table_event(table, &r, print_row, NULL);
}

static void life_of_a_thread_is_a_row_a_name(void **state)
{
	(void)state;
	feed(TASK_NEW, 5, 100, 101, "sh");
	feed(TASK_RENAME, 5, 100, 150, "ls");
	feed(TASK_EXEC, 5, 100, 151, "ls"); /* nothing new */
	feed(TASK_EXIT, 5, 100, 200, "ls");
	assert_string_equal(buf_cstr(&got),
			    "5/5 sh [100,0)\n5/5 sh [100,150)\n5/5 ls [150,0)\n5/5 ls [150,200)\n");
}

static void scan_behind_the_programs_changes_nothing(void **state)
{
	(void)state;
	feed(TASK_ALIVE, 1, 10, 1000, "init");
	feed(TASK_NEW, 5, 900, 901, "sh");
	feed(TASK_ALIVE, 5, 900, 1001, "old");
	assert_string_equal(buf_cstr(&got), "1/1 init [10,0)\n5/5 sh [900,0)\n");
}

static void reused_tid_ends_the_former_thread(void **state)
{
	(void)state;
	feed(TASK_ALIVE, 5, 10, 1000, "a");
	feed(TASK_NEW, 5, 2000, 2001, "b");
	feed(TASK_EXIT, 5, 2000, 2500, "b");
	feed(TASK_NEW, 5, 3000, 3001, "c");
	assert_string_equal(buf_cstr(&got),
			    "5/5 a [10,0)\n5/5 a [10,2000)\n5/5 b [2000,0)\n5/5 b [2000,2500)\n"
			    "5/5 c [3000,0)\n");
}

static void exit_of_an_unknown_thread_is_nothing(void **state)
{
	(void)state;
	feed(TASK_EXIT, 7, 1, 2, "x");
	assert_int_equal(got.len, 0);
}

static void name_without_end_is_16_bytes(void **state)
{
	(void)state;
	feed(TASK_ALIVE, 1, 10, 11, "0123456789abcdefXX");
	assert_string_equal(buf_cstr(&got), "1/1 0123456789abcdef [10,0)\n");
}

static void threads_beyond_the_maximum_are_counted(void **state)
{
	(void)state;
	for (u32 i = 1; i <= 6; i++)
		feed(TASK_ALIVE, i, 10, 11, "x");
	assert_int_equal(task_table_lost(table), 2);
}

#define TASK_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TASK_TEST(life_of_a_thread_is_a_row_a_name),
		TASK_TEST(scan_behind_the_programs_changes_nothing),
		TASK_TEST(reused_tid_ends_the_former_thread),
		TASK_TEST(exit_of_an_unknown_thread_is_nothing),
		TASK_TEST(name_without_end_is_16_bytes),
		TASK_TEST(threads_beyond_the_maximum_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

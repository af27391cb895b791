/*
 * tests/record/test_tasks_root.c -- the task programs in the kernel: scan, fork, exec, rename,
 * exit.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "record/features.h"
#include "record/tasks.h"

static u32 watched;
static struct buf got;
static int open_cnt;

static void print_watched(void *ctx, const struct tape_task *t)
{
	(void)ctx;
	open_cnt += !t->to_ts;
	if (t->tid != watched)
		return;
	assert_true(t->from_ts >= t->start_ts);
	assert_true(!t->to_ts || t->to_ts > t->from_ts);
	buf_printf(&got, STR_FMT " uid %u ppid %s %s\n", STR_ARG(t->comm), t->uid,
		   (s32)t->ppid == getpid() ? "us" : "other", t->to_ts ? "over" : "open");
}

static void scan_finds_this_thread(void **state)
{
	struct tasks *t = *state;
	struct err err;

	watched = (u32)getpid();
	prctl(PR_SET_NAME, "scan-me");
	assert_int_equal(tasks_scan(t, print_watched, NULL, &err), 0);
	tasks_drain(t, print_watched, NULL);
	assert_string_equal(buf_cstr(&got), "scan-me uid 0 ppid other open\n");
	assert_true(open_cnt > 3);
}

static void life_of_a_process_is_followed(void **state)
{
	struct tasks *t = *state;
	pid_t pid;

	buf_reset(&got);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_NAME, "renamed");
		execl("/bin/true", "true", NULL);
		_exit(1);
	}
	watched = (u32)pid;
	waitpid(pid, NULL, 0);
	tasks_drain(t, print_watched, NULL);
	assert_string_equal(buf_cstr(&got),
			    "scan-me uid 0 ppid us open\nscan-me uid 0 ppid us over\n"
			    "renamed uid 0 ppid us open\nrenamed uid 0 ppid us over\n"
			    "true uid 0 ppid us open\ntrue uid 0 ppid us over\n");
	assert_int_equal(tasks_lost(t), 0);
}

static int setup(void **state)
{
	struct tasks *t = NULL;
	struct err err;

	buf_init(&got, 1 << 16);
	if (tasks_open(&t, &err)) {
		print_message("%s\n", err.msg);
		return -1;
	}
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	tasks_close(*state);
	buf_fini(&got);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scan_finds_this_thread),
		cmocka_unit_test(life_of_a_process_is_followed),
	};

	if (features_check_privileges(NULL))
		return 77;
	return cmocka_run_group_tests(tests, setup, teardown);
}

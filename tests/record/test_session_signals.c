/*
 * tests/record/test_session_signals.c -- signals that come while a recording is taken apart.
 *
 * flock() is ours: the tape's file is unlocked when most of the session has been freed, and there
 * the signals come.  free() is, too, and sees who writes where nothing is any more; in a build with
 * AddressSanitizer that one sees it.
 */
#include <malloc.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "record/session.h"

#define GRACE_US 600000 /* more than what lies between two that mean one */

#define HELD_MAX 65536

static int signal_cnt, came;
static struct {
	u8 *p;
	size_t sz;
} held[HELD_MAX];
static size_t held_cnt;

#ifndef __SANITIZE_ADDRESS__
void __libc_free(void *p);

/* Of a child: nothing is used again, and what is free is full of one byte. */
void free(void *p)
{
	size_t n;

	if (!p || !signal_cnt) {
		__libc_free(p);
		return;
	}
	n = __atomic_fetch_add(&held_cnt, 1, __ATOMIC_RELAXED);
	if (n >= HELD_MAX)
		_exit(102);
	held[n].p = p;
	held[n].sz = malloc_usable_size(p);
	memset(p, 0xa5, held[n].sz);
}
#endif

static bool is_untouched(void)
{
	for (size_t i = 0; i < held_cnt; i++)
		for (size_t k = 0; k < held[i].sz; k++)
			if (held[i].p[k] != 0xa5)
				return false;
	return true;
}

int flock(int fd, int op)
{
	for (; op == LOCK_UN && came < signal_cnt; came++) {
		raise(SIGINT);
		usleep(GRACE_US);
	}
	return (int)syscall(SYS_flock, fd, op);
}

/* In a child, which a signal may end: its status. */
static int record_with_signals(int cnt)
{
	char dir[] = "/tmp/bpftape-signals.XXXXXX", path[64];
	pid_t pid;
	int status;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/x.tape", dir);
	pid = fork();
	if (!pid) {
		char *argv[] = { "record", "-q", "-o", path, "-e", "BEGIN { exit(); }", NULL };
		struct record_opts o;
		int rc;

		signal_cnt = cnt;
		if (record_opts_parse(&o, countof(argv) - 1, argv, NULL))
			_exit(100);
		rc = session_record(&o, countof(argv) - 1, argv);
		_exit(came != cnt ? 101 : is_untouched() ? rc : 103);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(unlink(path), 0);
	rmdir(dir);
	return status;
}

static void two_find_nothing_to_hurry(void **state UNUSED)
{
	assert_int_equal(record_with_signals(2), 0);
}

static void the_third_ends_the_process(void **state UNUSED)
{
	int status = record_with_signals(3);

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGINT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_find_nothing_to_hurry),
		cmocka_unit_test(the_third_ends_the_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/record/test_child.c -- the unprivileged child: results, failures, deaths. */
#include "record/child.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

static struct err err;

static int run(int (*fn)(void *, struct buf *, struct err *), void *ctx, struct buf *out)
{
	const struct child_job job = {
		.run = fn, .ctx = ctx, .what = "the child", .max_out_sz = 1 << 20, .max_sec = 1
	};

	memset(&err, 0, sizeof(err));
	buf_init(out, 2 << 20);
	return child_run(&job, out, &err);
}

static int write_much(void *ctx, struct buf *out, struct err *e)
{
	(void)ctx, (void)e;
	buf_fill(out, 'x', 1 << 20);
	return 0;
}

static void result_larger_than_a_pipe_comes_whole(void **state)
{
	struct buf out;

	(void)state;
	assert_int_equal(run(write_much, NULL, &out), 0);
	assert_int_equal(out.len, 1 << 20);
	assert_int_equal(out.data[(1 << 20) - 1], 'x');
	buf_fini(&out);
}

static int write_too_much(void *ctx, struct buf *out, struct err *e)
{
	write_much(ctx, out, e);
	buf_putc(out, 'y');
	return 0;
}

static void result_beyond_the_maximum_is_an_error(void **state)
{
	struct buf out;

	(void)state;
	assert_int_equal(run(write_too_much, NULL, &out), -E2BIG);
	buf_fini(&out);
}

static int fail_with_story(void *ctx, struct buf *out, struct err *e)
{
	buf_puts(out, "diagnostics");
	err_set(e, -EINVAL, "no %s", (const char *)ctx);
	err_hint(e, "a hint");
	return -EINVAL;
}

static void failure_keeps_its_story_and_output(void **state)
{
	struct buf out;

	(void)state;
	assert_int_equal(run(fail_with_story, "luck", &out), -EINVAL);
	assert_string_equal(err.msg, "no luck");
	assert_string_equal(err.hint, "a hint");
	assert_string_equal(buf_cstr(&out), "diagnostics");
	buf_fini(&out);
}

static int die(void *ctx, struct buf *out, struct err *e)
{
	(void)ctx, (void)out, (void)e;
	signal(SIGABRT, SIG_DFL);
	raise(SIGABRT);
	return 0;
}

static void crash_is_an_error_that_names_the_signal(void **state)
{
	struct buf out;

	(void)state;
	assert_int_equal(run(die, NULL, &out), -ECHILD);
	assert_string_equal(err.msg, "the child was ended by signal 6 (Aborted)");
	buf_fini(&out);
}

static int spin(void *ctx, struct buf *out, struct err *e)
{
	(void)ctx, (void)out, (void)e;
	for (volatile u64 i = 0; i < UINT64_MAX; i++)
		;
	return 0;
}

static void endless_child_is_killed(void **state)
{
	struct buf out;

	(void)state;
	assert_int_equal(run(spin, NULL, &out), -ECHILD);
	buf_fini(&out);
}

/* As root: what is left.  Elsewhere only the descriptors can be compared. */
static int describe_rights(void *ctx, struct buf *out, struct err *e)
{
	(void)e;
	buf_printf(out, "uid %s, ", getuid() == 0 ? "root" : "other");
	buf_printf(out, "regain %s, ", setresuid(0, 0, 0) && seteuid(0) ? "no" : "yes");
	buf_printf(out, "fd %s", fcntl(*(int *)ctx, F_GETFD) < 0 ? "closed" : "open");
	return 0;
}

static void child_has_no_privileges_and_no_descriptors(void **state)
{
	int fd = open("/dev/null", O_RDONLY);
	struct buf out;

	(void)state;
	if (getuid())
		skip();
	assert_int_equal(run(describe_rights, &fd, &out), 0);
	assert_string_equal(buf_cstr(&out), "uid other, regain no, fd closed");
	close(fd);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(result_larger_than_a_pipe_comes_whole),
		cmocka_unit_test(result_beyond_the_maximum_is_an_error),
		cmocka_unit_test(failure_keeps_its_story_and_output),
		cmocka_unit_test(crash_is_an_error_that_names_the_signal),
		cmocka_unit_test(endless_child_is_killed),
		cmocka_unit_test(child_has_no_privileges_and_no_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

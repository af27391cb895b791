/* tests/record/test_command.c -- the command of -c: waits, runs, tells how it ended. */
#include "record/command.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct err err;
static struct arena arena;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 1 << 20);
	memset(&err, 0, sizeof(err));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

static int run_to_end(const char *text)
{
	struct command c;
	struct pollfd p;
	int code = -1;

	assert_int_equal(command_prepare(&c, text, -1, &arena, &err), 0);
	assert_int_equal(command_start(&c, &err), 0);
	p = (struct pollfd){ .fd = c.pid_fd, .events = POLLIN };
	assert_int_equal(poll(&p, 1, 10000), 1);
	assert_int_equal(command_poll(&c, &code), 1);
	command_fini(&c);
	return code;
}

static void exit_code_and_signal_are_told(void **state)
{
	(void)state;
	assert_int_equal(run_to_end("sh -c 'exit 7'"), 7);
	assert_int_equal(run_to_end("sh -c 'kill -TERM $$'"), 128 + SIGTERM);
	assert_int_equal(run_to_end("/bin/true"), 0);
}

static void nothing_runs_before_it_is_let_go(void **state)
{
	char path[] = "/tmp/bpftape-command-XXXXXX";
	int fd = mkstemp(path), code = -1;
	struct command c;
	char text[128];

	(void)state;
	close(fd);
	snprintf(text, sizeof(text), "rm %s", path);
	assert_int_equal(command_prepare(&c, text, -1, &arena, &err), 0);
	assert_true(c.pid > 0);
	usleep(20000);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(command_poll(&c, &code), 0);
	command_fini(&c); /* never let go: it ends without running */
	assert_int_equal(access(path, F_OK), 0);
	unlink(path);
}

static void missing_program_is_told_at_once(void **state)
{
	struct command c;

	(void)state;
	assert_int_equal(command_prepare(&c, "/nonexistent/prog x", -1, &arena, &err), -ENOENT);
	assert_string_equal(err.msg,
			    "-c: cannot execute '/nonexistent/prog': No such file or directory");
	assert_int_equal(command_prepare(&c, "no-such-program-here", -1, &arena, &err), -ENOENT);
	assert_int_equal(command_prepare(&c, "/tmp", -1, &arena, &err), -EISDIR);
	assert_int_equal(command_prepare(&c, "a 'b", -1, &arena, &err), -EINVAL);
}

static void failed_execve_is_told_at_the_start(void **state)
{
	char path[] = "/tmp/bpftape-command-XXXXXX";
	int fd = mkstemp(path);
	struct command c;

	(void)state;
	assert_int_equal(write(fd, "#!/nonexistent\n", 15), 15);
	fchmod(fd, 0700);
	close(fd);
	assert_int_equal(command_prepare(&c, path, -1, &arena, &err), 0);
	assert_int_equal(command_start(&c, &err), -ENOENT);
	command_fini(&c);
	unlink(path);
}

#define COMMAND_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		COMMAND_TEST(exit_code_and_signal_are_told),
		COMMAND_TEST(nothing_runs_before_it_is_let_go),
		COMMAND_TEST(missing_program_is_told_at_once),
		COMMAND_TEST(failed_execve_is_told_at_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

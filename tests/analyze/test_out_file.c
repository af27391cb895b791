/* tests/analyze/test_out_file.c -- files of answers are whole, or not there. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "analyze/out_file.h"
#include "analyze/sandbox.h"

static char dir[] = "/tmp/test_out_file.XXXXXX";
static char path[64];

static void put(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* What is in the file; NULL: it is not there. */
static const char *content(void)
{
	static char text[64];
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return NULL;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	assert_true(n >= 0);
	text[n] = '\0';
	return text;
}

static void write_to(struct out_file *f, const char *text)
{
	assert_int_equal(out_file_begin(f, NULL), 0);
	assert_int_equal(write(f->fd, text, strlen(text)), strlen(text));
}

static void a_whole_file_stays(void **state UNUSED)
{
	struct out_file f;

	unlink(path);
	assert_int_equal(out_file_open(path, &f, NULL), 0);
	write_to(&f, "answer");
	assert_int_equal(out_file_close(&f, true, NULL), 0);
	assert_string_equal(content(), "answer");
}

static void what_was_there_is_replaced(void **state UNUSED)
{
	struct out_file f;

	put("something longer");
	assert_int_equal(out_file_open(path, &f, NULL), 0);
	assert_string_equal(content(), "something longer");
	write_to(&f, "short");
	assert_int_equal(out_file_close(&f, true, NULL), 0);
	assert_string_equal(content(), "short");
}

static void a_file_that_failed_is_removed(void **state UNUSED)
{
	struct out_file f;

	unlink(path);
	assert_int_equal(out_file_open(path, &f, NULL), 0);
	assert_int_equal(out_file_close(&f, false, NULL), 0);
	assert_null(content());

	put("old");
	assert_int_equal(out_file_open(path, &f, NULL), 0);
	write_to(&f, "half");
	assert_int_equal(out_file_close(&f, false, NULL), 0);
	assert_null(content());
}

static void what_was_there_stays_if_nothing_was_begun(void **state UNUSED)
{
	struct out_file f;

	put("old");
	assert_int_equal(out_file_open(path, &f, NULL), 0);
	assert_int_equal(out_file_close(&f, false, NULL), 0);
	assert_string_equal(content(), "old");
}

/* A process that is killed in the middle of it, having locked itself in. */
static void half_a_file_of_a_killed_process_is_removed(void **state UNUSED)
{
	int status, tries = 0;
	pid_t pid;

	unlink(path);
	pid = fork();
	if (!pid) {
		struct sandbox_opts o = { .is_on = true };
		struct out_file f;
		struct err err;

		if (out_file_open(path, &f, &err) || sandbox_enter(&o, &err) < 0 ||
		    out_file_begin(&f, &err) || write(f.fd, "half", 4) != 4)
			_exit(1);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	while (content() && tries++ < 500)
		usleep(10000);
	assert_null(content());
}

static void another_file_of_that_name_is_not_removed(void **state UNUSED)
{
	struct out_file f;

	unlink(path);
	assert_int_equal(out_file_open(path, &f, NULL), 0);
	assert_int_equal(unlink(path), 0);
	put("another's");
	assert_int_equal(out_file_close(&f, false, NULL), 0);
	assert_string_equal(content(), "another's");
}

static void a_file_that_is_none_is_only_opened(void **state UNUSED)
{
	struct out_file f;
	struct err err;

	assert_int_equal(out_file_open("/dev/null", &f, NULL), 0);
	write_to(&f, "x");
	assert_int_equal(out_file_close(&f, false, NULL), 0);
	assert_int_equal(access("/dev/null", F_OK), 0);
	assert_int_equal(out_file_open("/no/such/folder", &f, &err), -ENOENT);
	assert_string_equal(err.msg, "/no/such/folder: No such file or directory");
	assert_int_equal(out_file_open("-", &f, NULL), 0);
	assert_int_equal(f.fd, STDOUT_FILENO);
	assert_int_equal(out_file_close(&f, false, NULL), 0);
	assert_int_equal(fcntl(STDOUT_FILENO, F_GETFD), 0);
}

static int make_dir(void **state UNUSED)
{
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/file", dir);
	return 0;
}

static int remove_dir(void **state UNUSED)
{
	unlink(path);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_file_stays),
		cmocka_unit_test(what_was_there_is_replaced),
		cmocka_unit_test(a_file_that_failed_is_removed),
		cmocka_unit_test(what_was_there_stays_if_nothing_was_begun),
		cmocka_unit_test(half_a_file_of_a_killed_process_is_removed),
		cmocka_unit_test(another_file_of_that_name_is_not_removed),
		cmocka_unit_test(a_file_that_is_none_is_only_opened),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}

/* tests/record/test_output.c -- where the tape goes, and what is refused. */
#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/io.h"

static char dir[64], path[128];
static struct output o;
static struct err err;

static int setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/bpftape-output-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/x.tape", dir);
	unsetenv("SUDO_UID");
	unsetenv("SUDO_GID");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	rmdir(dir);
	return 0;
}

static void new_file_is_ours_alone(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(output_open(&o, path, false, &err), 0);
	assert_false(o.is_stream);
	assert_int_equal(fstat(o.fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	output_close(&o, true);
	assert_int_equal(access(path, F_OK), 0);
}

static void existing_file_needs_force_and_becomes_a_new_one(void **state)
{
	int old;

	(void)state;
	old = open(path, O_CREAT | O_RDWR, 0644);
	assert_int_equal(write(old, "old", 3), 3);
	assert_int_equal(output_open(&o, path, false, &err), -EEXIST);
	assert_non_null(strstr(err.msg, "exists"));
	assert_string_equal(err.hint, "give another -o FILE, or --force to overwrite it");
	assert_int_equal(output_open(&o, path, true, &err), 0);
	assert_int_equal(write(o.fd, "newer", 5), 5);
	output_close(&o, true);
	/* Whoever has the old one open keeps it. */
	assert_int_equal(lseek(old, 0, SEEK_END), 3);
	close(old);
}

static void what_is_overwritten_stays_until_there_is_something_to_keep(void **state)
{
	struct buf b;

	(void)state;
	close(open(path, O_CREAT | O_RDWR, 0644));
	buf_init(&b, 100);
	assert_int_equal(output_open(&o, path, true, &err), 0);
	assert_int_equal(write(o.fd, "newer", 5), 5);
	output_close(&o, false);
	assert_int_equal(io_read_file(path, &b, NULL), 0);
	assert_int_equal(b.len, 0);

	assert_int_equal(output_open(&o, path, true, &err), 0);
	assert_int_equal(write(o.fd, "newer", 5), 5);
	assert_int_equal(output_keep(&o, &err), 0);
	assert_int_equal(io_read_file(path, &b, NULL), 0);
	assert_int_equal(b.len, 5);
	output_close(&o, true);
	buf_fini(&b);
	assert_int_equal(rmdir(dir), -1);
	unlink(path);
	assert_int_equal(rmdir(dir), 0); /* nothing else was left in it */
	assert_int_equal(mkdir(dir, 0700), 0);
}

static void link_is_not_followed(void **state)
{
	char target[160];

	(void)state;
	snprintf(target, sizeof(target), "%s/target", dir);
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(output_open(&o, path, false, &err), -EEXIST);
	assert_int_equal(access(target, F_OK), -1);
	assert_int_equal(output_open(&o, path, true, &err), 0);
	output_close(&o, true);
	assert_int_equal(access(target, F_OK), -1);
}

static void device_is_written_without_force(void **state)
{
	(void)state;
	assert_int_equal(output_open(&o, "/dev/null", false, &err), 0);
	output_close(&o, false);
	assert_int_equal(access("/dev/null", F_OK), 0);
}

static void file_is_removed_when_nothing_was_recorded(void **state)
{
	(void)state;
	assert_int_equal(output_open(&o, path, false, &err), 0);
	output_close(&o, false);
	assert_int_equal(access(path, F_OK), -1);
}

static void file_belongs_to_whoever_used_sudo(void **state)
{
	struct stat st;

	(void)state;
	if (geteuid())
		skip();
	setenv("SUDO_UID", "1234", 1);
	setenv("SUDO_GID", "2345", 1);
	assert_int_equal(output_open(&o, path, false, &err), 0);
	assert_int_equal(fstat(o.fd, &st), 0);
	assert_int_equal(st.st_uid, 1234);
	assert_int_equal(st.st_gid, 2345);
	output_close(&o, true);
}

static void file_is_locked_while_it_is_open(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(output_open(&o, path, false, &err), 0);
	assert_true(o.is_regular && o.dir_fd >= 0);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), -1);
	assert_int_equal(errno, EWOULDBLOCK);
	output_close(&o, true);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	close(fd);
}

static void folder_and_missing_folder_are_refused(void **state)
{
	(void)state;
	assert_int_equal(output_open(&o, dir, true, &err), -EISDIR);
	assert_int_equal(output_open(&o, "/nonexistent/x.tape", false, &err), -ENOENT);
	assert_int_equal(o.fd, -1);
}

static void pipe_on_stdout_is_a_stream(void **state)
{
	int fds[2], saved = dup(1);

	(void)state;
	fflush(stdout);
	assert_int_equal(pipe(fds), 0);
	dup2(fds[1], 1);
	assert_int_equal(output_open(&o, "-", false, &err), 0);
	dup2(saved, 1);
	assert_true(o.is_stream && o.is_stdout);
	assert_false(o.is_regular);
	output_close(&o, true);
	close(fds[0]);
	close(fds[1]);
	close(saved);
}

#define OUTPUT_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OUTPUT_TEST(new_file_is_ours_alone),
		OUTPUT_TEST(existing_file_needs_force_and_becomes_a_new_one),
		OUTPUT_TEST(what_is_overwritten_stays_until_there_is_something_to_keep),
		OUTPUT_TEST(link_is_not_followed),
		OUTPUT_TEST(device_is_written_without_force),
		OUTPUT_TEST(file_is_removed_when_nothing_was_recorded),
		OUTPUT_TEST(file_belongs_to_whoever_used_sudo),
		OUTPUT_TEST(file_is_locked_while_it_is_open),
		OUTPUT_TEST(folder_and_missing_folder_are_refused),
		OUTPUT_TEST(pipe_on_stdout_is_a_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

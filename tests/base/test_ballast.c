/*
 * tests/base/test_ballast.c -- room on the disk that is kept for the end of a tape.
 */
#include "base/ballast.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static void room_is_taken_without_a_name_and_given_back_once(void **state)
{
	char dir[] = "/tmp/bpftape-ballast.XXXXXX", path[64];
	struct stat st;
	int dir_fd, tape_fd, fd;
	u64 given;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/x.tape", dir);
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY);
	tape_fd = open(path, O_RDWR | O_CREAT, 0600);
	assert_true(dir_fd >= 0 && tape_fd >= 0);
	fd = ballast_take(dir_fd, tape_fd);
	if (fd < 0) { /* a file system that has no files without names, or no room */
		unlink(path);
		rmdir(dir);
		skip();
	}
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_nlink, 0);
	assert_true(st.st_size >= 64 << 10 && st.st_size <= 1 << 20);
	assert_true(st.st_blocks * 512 >= st.st_size);
	given = ballast_give(&fd, tape_fd, 0);
	assert_int_equal(given, st.st_size);
	assert_int_equal(fd, -1);
	assert_int_equal(ballast_give(&fd, tape_fd, 0), 0);
	assert_int_equal(fstat(tape_fd, &st), 0);
	assert_int_equal(st.st_size, 0); /* the tape is as long as it was */
	close(tape_fd);
	close(dir_fd);
	unlink(path);
	assert_int_equal(rmdir(dir), 0);
}

static void a_directory_that_is_not_known_has_no_room(void **state)
{
	(void)state;
	assert_int_equal(ballast_take(-1, -1), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(room_is_taken_without_a_name_and_given_back_once),
		cmocka_unit_test(a_directory_that_is_not_known_has_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * tests/record/test_disk.c -- the thread that looks after the disk under a tape.
 */
#include "base/disk.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static int temp_file(void)
{
	char path[] = "/tmp/bpftape-disk.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	return fd;
}

static void what_is_written_is_brought_to_the_disk_at_the_end(void **state)
{
	int fd = temp_file();
	struct disk *d;
	struct err err;

	(void)state;
	assert_int_equal(disk_start(&(struct disk_opts){ .fd = fd, .dir_fd = -1, .sync_ns = 1 }, &d,
				    &err),
			 0);
	assert_int_equal(write(fd, "x", 1), 1);
	disk_note(d, 1);
	assert_int_equal(disk_error(d), 0);
	assert_int_equal(disk_stop(d, &err), 0);
	close(fd);
}

static void an_error_of_the_disk_is_told_once_it_is_known_and_at_the_end(void **state)
{
	int fd = temp_file();
	struct disk *d;
	struct err err;

	(void)state;
	close(fd); /* what is asked of it fails */
	assert_int_equal(disk_start(&(struct disk_opts){ .fd = fd, .dir_fd = -1, .sync_bytes = 1 },
				    &d, &err),
			 0);
	disk_note(d, 4096);
	for (int i = 0; i < 100 && !disk_error(d); i++)
		usleep(50000);
	assert_int_equal(disk_error(d), -EBADF);
	assert_int_equal(disk_stop(d, &err), -EBADF);
	assert_string_equal(err.msg, "bringing the tape to the disk: Bad file descriptor");
}

static void who_wants_no_syncing_gets_none(void **state)
{
	int fd = temp_file();
	struct disk *d;
	struct err err;

	(void)state;
	close(fd); /* fdatasync() would fail */
	assert_int_equal(disk_start(&(struct disk_opts){ .fd = fd, .dir_fd = -1 }, &d, &err), 0);
	disk_note(d, 1u << 30);
	assert_int_equal(disk_stop(d, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_brought_to_the_disk_at_the_end),
		cmocka_unit_test(an_error_of_the_disk_is_told_once_it_is_known_and_at_the_end),
		cmocka_unit_test(who_wants_no_syncing_gets_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

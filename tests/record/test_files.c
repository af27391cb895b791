/* tests/record/test_files.c -- the table of files: ids, identity, limits. */
#include "record/files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "format/reader.h"

static const struct tape_file libc = {
	.kind = TAPE_FILE_ELF,
	.path = { "/lib/libc.so.6", 14 },
	.build_id = { "\x01\x00\x02", 3 },
	.dev = 8,
	.inode = 77,
	.size = 100,
	.mtime_ns = 5,
};

static void ids_are_dense_from_one(void **state)
{
	struct files *f = files_new();
	struct tape_file d = libc;

	(void)state;
	for (u32 i = 1; i <= 1000; i++) {
		d.inode = i;
		assert_int_equal(files_add(f, &d), i);
	}
	assert_int_equal(files_cnt(f), 1000);
	assert_null(files_get(f, 0));
	assert_null(files_get(f, 1001));
	assert_int_equal(files_get(f, 1000)->inode, 1000);
	files_free(f);
}

static void same_identity_is_the_same_file(void **state)
{
	struct files *f = files_new();
	struct tape_file d = libc;
	char path[] = "/lib/libc.so.6";

	(void)state;
	d.path.s = path;
	assert_int_equal(files_add(f, &d), 1);
	memset(path, 'x', 3); /* the table has its own copy */
	assert_int_equal(files_add(f, &libc), 1);
	d = libc;
	d.id = 200;
	assert_int_equal(files_add(f, &d), 1);
	assert_int_equal(files_get(f, 1)->size, 100);
	assert_true(str_is(files_get(f, 1)->path, "/lib/libc.so.6"));
	files_free(f);
}

static void each_part_of_the_identity_tells_files_apart(void **state)
{
	struct files *f = files_new();
	struct tape_file d[8] = { libc, libc, libc, libc, libc, libc, libc, libc };

	(void)state;
	d[1].kind = TAPE_FILE_OTHER;
	d[2].path.len--;
	d[3].build_id.len = 2;
	d[4].dev = 9;
	d[5].inode = 78;
	d[6].size++;
	d[7].mtime_ns++;
	for (u32 i = 0; i < countof(d); i++)
		assert_int_equal(files_add(f, &d[i]), i + 1);
	/* bytes may not move from the path into the build-id */
	d[2].build_id = (struct str){ "6\x01\x00\x02", 4 };
	assert_int_equal(files_add(f, &d[2]), countof(d) + 1);
	files_free(f);
}

static void path_without_end_finds_no_room(void **state)
{
	struct files *f = files_new();
	struct tape_file d = libc;
	char *path = malloc(1 << 20);

	(void)state;
	memset(path, 'a', 1 << 20);
	d.path = (struct str){ path, 1 << 20 };
	assert_int_equal(files_add(f, &d), TAPE_NONE);
	assert_int_equal(files_add(f, &libc), 1);
	free(path);
	files_free(f);
}

static struct tape_reader *written(struct files *f, int fd, u32 calls)
{
	const struct tape_writer_opts o = { .real_ns = 1 };
	struct tape_writer *w = NULL;
	struct tape_reader *r = NULL;
	struct tape_item item;
	struct err err;

	assert_int_equal(tape_writer_open(fd, &o, &w, &err), 0);
	for (u32 i = 0; i < calls; i++)
		assert_int_equal(files_write(f, w, 5, &err), 0);
	files_set_build_id(f, 1, STR("late"));
	assert_int_equal(tape_writer_finish(w, 5, NULL, 0, &err), 0);
	tape_writer_close(w);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(tape_reader_open(fd, NULL, &r, &err), 0);
	while (tape_reader_next(r, &item, &err) == 1)
		;
	return r;
}

static void files_reach_the_tape_once_with_what_was_found_out(void **state)
{
	struct files *f = files_new();
	struct tape_file d = libc;
	struct tape_reader *r;
	const struct tape_state *st;
	int fd = memfd_create("tape", 0);

	(void)state;
	d.build_id.len = 0;
	files_add(f, &d);
	d.inode++;
	files_add(f, &d);
	files_set_build_id(f, 1, STR("early"));
	files_set_build_id(f, 0, STR("x"));
	files_set_build_id(f, 3, STR("x"));
	r = written(f, fd, 2);
	st = tape_reader_state(r);
	assert_int_equal(st->file_cnt, 2);
	assert_true(str_is(tape_state_file(st, 1)->build_id, "early"));
	assert_int_equal(tape_state_file(st, 2)->inode, 78);
	assert_int_equal(tape_state_file(st, 2)->id, 2);
	tape_reader_close(r);
	close(fd);
	files_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_dense_from_one),
		cmocka_unit_test(same_identity_is_the_same_file),
		cmocka_unit_test(each_part_of_the_identity_tells_files_apart),
		cmocka_unit_test(path_without_end_finds_no_room),
		cmocka_unit_test(files_reach_the_tape_once_with_what_was_found_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

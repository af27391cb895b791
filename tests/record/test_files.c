/* tests/record/test_files.c -- the table of files: ids, identity, limits. */
#include "record/files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "format/tape.h"

static const struct file_desc libc = {
	.kind = FILE_ELF,
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
	struct file_desc d = libc;

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
	struct file_desc d = libc;
	char path[] = "/lib/libc.so.6";

	(void)state;
	d.path.s = path;
	assert_int_equal(files_add(f, &d), 1);
	memset(path, 'x', 3); /* the table has its own copy */
	assert_int_equal(files_add(f, &libc), 1);
	d = libc;
	d.size = 200;
	d.mtime_ns = 6;
	assert_int_equal(files_add(f, &d), 1);
	assert_int_equal(files_get(f, 1)->size, 100);
	assert_true(str_is(files_get(f, 1)->path, "/lib/libc.so.6"));
	files_free(f);
}

static void each_part_of_the_identity_tells_files_apart(void **state)
{
	struct files *f = files_new();
	struct file_desc d[6] = { libc, libc, libc, libc, libc, libc };

	(void)state;
	d[1].kind = FILE_OTHER;
	d[2].path.len--;
	d[3].build_id.len = 2;
	d[4].dev = 9;
	d[5].inode = 78;
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
	struct file_desc d = libc;
	char *path = malloc(1 << 20);

	(void)state;
	memset(path, 'a', 1 << 20);
	d.path = (struct str){ path, 1 << 20 };
	assert_int_equal(files_add(f, &d), TAPE_NONE);
	assert_int_equal(files_add(f, &libc), 1);
	free(path);
	files_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_dense_from_one),
		cmocka_unit_test(same_identity_is_the_same_file),
		cmocka_unit_test(each_part_of_the_identity_tells_files_apart),
		cmocka_unit_test(path_without_end_finds_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

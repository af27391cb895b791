/* tests/record/test_objects.c -- mapped files: which are the same, which stay open. */
#include "record/objects.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const struct stat as_it_was = { .st_size = 10, .st_mtim = { .tv_sec = 1 } };

static u32 add(struct objects *o, u64 inode)
{
	const struct object_seen seen = { .pid = 1,
					  .start = 4096,
					  .end = 8192,
					  .dev = 5,
					  .inode = inode,
					  .path = STR("/a/file") };
	bool is_new;

	return (u32)objects_add(o, &seen, &is_new);
}

static void open_it(struct objects *o, u32 idx, const struct stat *st)
{
	objects_set_fd(o, idx, open("/dev/null", O_RDONLY | O_CLOEXEC), st);
}

static void file_that_made_room_is_opened_again(void **state)
{
	struct objects *o = objects_new(1);
	u32 a = add(o, 1), b = add(o, 2);

	(void)state;
	assert_int_equal(add(o, 1), a);
	assert_false(objects_reopen(o, a)); /* it never was open */
	open_it(o, a, &as_it_was);
	open_it(o, b, &as_it_was);
	assert_int_equal(objects_get(o, a)->state, OBJECT_CLOSED);
	assert_true(objects_reopen(o, a));
	assert_int_equal(objects_get(o, a)->state, OBJECT_NEW);
	open_it(o, a, &as_it_was);
	assert_int_equal(objects_get(o, a)->state, OBJECT_OPEN);
	assert_int_equal(objects_get(o, b)->state, OBJECT_CLOSED);
	objects_free(o);
}

static void file_that_was_rewritten_is_not(void **state)
{
	struct objects *o = objects_new(1);
	struct stat other = as_it_was;
	u32 a = add(o, 1), b = add(o, 2);

	(void)state;
	other.st_size++;
	open_it(o, a, &as_it_was);
	open_it(o, b, &as_it_was);
	assert_true(objects_reopen(o, a));
	open_it(o, a, &other);
	assert_int_equal(objects_get(o, a)->state, OBJECT_CLOSED);
	assert_false(objects_reopen(o, a));
	objects_free(o);
}

static void file_that_was_not_found_is_not(void **state)
{
	struct objects *o = objects_new(1);
	u32 a = add(o, 1);

	(void)state;
	objects_set_fd(o, a, -1, NULL);
	assert_int_equal(objects_get(o, a)->state, OBJECT_CLOSED);
	assert_false(objects_reopen(o, a));
	objects_free(o);
}

static void file_that_was_rewritten_in_place_is_another(void **state)
{
	struct objects *o = objects_new(9);
	int fd = memfd_create("program", MFD_CLOEXEC);
	u32 a = add(o, 1), b;
	struct stat st;

	(void)state;
	assert_int_equal(fstat(fd, &st), 0);
	objects_set_fd(o, a, dup(fd), &st);
	objects_get(o, a)->is_local = true;
	assert_int_equal(add(o, 1), a);
	assert_int_equal(write(fd, "x", 1), 1);
	b = add(o, 1);
	assert_int_not_equal(b, a);
	assert_int_equal(objects_get(o, b)->state, OBJECT_NEW);
	assert_int_equal(objects_get(o, a)->state, OBJECT_BAD);
	assert_int_equal(add(o, 1), b);
	close(fd);
	objects_free(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_that_made_room_is_opened_again),
		cmocka_unit_test(file_that_was_rewritten_is_not),
		cmocka_unit_test(file_that_was_not_found_is_not),
		cmocka_unit_test(file_that_was_rewritten_in_place_is_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/record/test_opener.c -- which file counts as the one that was mapped. */
#include "record/opener.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

static void file_of_another_device_is_not_opened(void **state)
{
	struct opener_want w = { .path = "/proc/self/exe", .dev = makedev(8, 1), .inode = 77 };
	struct stat st = { .st_mode = S_IFREG, .st_dev = makedev(8, 1), .st_ino = 77 };

	(void)state;
	assert_true(opener_is_wanted(&w, &st));
	st.st_dev = makedev(8, 2);
	assert_false(opener_is_wanted(&w, &st));
	w.dev = makedev(0, 30); /* a mapping on a layered one does not match just anything */
	assert_false(opener_is_wanted(&w, &st));
	st.st_dev = makedev(0, 31);
	w.dev = makedev(8, 1);
	assert_true(opener_is_wanted(&w, &st));
	st.st_ino = 78;
	assert_false(opener_is_wanted(&w, &st));
	st.st_ino = 77;
	st.st_mode = S_IFCHR;
	assert_false(opener_is_wanted(&w, &st));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_of_another_device_is_not_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/base/test_exe.c -- programs and modules are found from the running program. */
#include "base/exe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/base/check.h"

static void a_file_beside_the_program_is_found(void **state UNUSED)
{
	char path[EXE_PATH_MAX], self[EXE_PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	assert_true(n > 0);
	self[n] = '\0';
	assert_int_equal(exe_find_program("test_exe", path, NULL), 0);
	assert_string_equal(path, self);
	assert_int_equal(exe_find_module("test_exe", path, NULL), 0);
	assert_string_equal(path, self);
}

static void the_working_directory_does_not_matter(void **state UNUSED)
{
	char path[EXE_PATH_MAX], here[EXE_PATH_MAX];

	assert_non_null(getcwd(here, sizeof(here)));
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(exe_find_program("test_exe", path, NULL), 0);
	assert_int_equal(access(path, X_OK), 0);
	assert_int_equal(chdir(here), 0);
}

static void what_is_missing_is_named_and_ret_untouched(void **state UNUSED)
{
	char path[EXE_PATH_MAX] = "before";
	struct err err = {};

	assert_int_equal(exe_find_module("no-such.so", path, &err), -ENOENT);
	assert_memory_equal(err.msg, "no-such.so is missing: not in /", 31);
	assert_string_equal(path, "before");
}

static void too_long_a_name_is_refused(void **state UNUSED)
{
	char path[EXE_PATH_MAX], name[EXE_PATH_MAX];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(exe_find_program(name, path, NULL), -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_beside_the_program_is_found),
		cmocka_unit_test(the_working_directory_does_not_matter),
		cmocka_unit_test(what_is_missing_is_named_and_ret_untouched),
		cmocka_unit_test(too_long_a_name_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

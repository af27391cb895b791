/* tests/base/test_exe.c -- programs and modules are found from the running program. */
#include "base/exe.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
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

static int run_shell(const char *command)
{
	pid_t pid = fork();
	int status = -1;

	if (!pid) {
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return status;
}

/* In the child: nobody, in the folder of a copy of this program that its path does not reach. */
NORETURN static void be_copy_below_closed_folder(const char *dir)
{
	char *argv[] = { (char *)"./test_exe", (char *)"find", NULL };

	if (chdir(dir) || setgroups(0, NULL) || setresgid(65534, 65534, 65534) ||
	    setresuid(65534, 65534, 65534))
		_exit(9);
	execv(argv[0], argv);
	_exit(8);
}

/* What that program does: 0 when the working directory led it to its module. */
static int find_from_below(void)
{
	char path[EXE_PATH_MAX];

	if (exe_find_module("module.so", path, NULL) || strcmp(path, "./module.so"))
		return 1;
	/* elsewhere the working directory is not believed */
	if (chdir("/") || !exe_find_module("module.so", path, NULL))
		return 2;
	return 0;
}

static void the_working_directory_will_do_where_the_path_is_closed(void **state UNUSED)
{
	char root[] = "/tmp/test_exe.XXXXXX", command[1024], dir[64];
	int status;
	pid_t pid;

	if (geteuid())
		skip();
	assert_non_null(mkdtemp(root));
	snprintf(dir, sizeof(dir), "%s/bin", root);
	assert_int_equal(mkdir(dir, 0755), 0);
	snprintf(command, sizeof(command), "cp -L /proc/%d/exe %s/test_exe && touch %s/module.so",
		 (int)getpid(), dir, dir);
	assert_int_equal(run_shell(command), 0);
	pid = fork();
	if (!pid)
		be_copy_below_closed_folder(dir);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	snprintf(command, sizeof(command), "rm -r %s", root);
	assert_int_equal(run_shell(command), 0);
	assert_int_equal(status, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_beside_the_program_is_found),
		cmocka_unit_test(the_working_directory_does_not_matter),
		cmocka_unit_test(what_is_missing_is_named_and_ret_untouched),
		cmocka_unit_test(too_long_a_name_is_refused),
		cmocka_unit_test(the_working_directory_will_do_where_the_path_is_closed),
	};

	if (argc > 1 && !strcmp(argv[1], "find"))
		return find_from_below();

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * tests/analyze/test_out_file.c -- files of answers are whole, or not there; all of it a second
 * time as on a file system that has no files without a name.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "analyze/out_file.h"
#include "analyze/sandbox.h"

static char dir[] = "/tmp/test_out_file.XXXXXX";
static char path[64];
static const struct out_opts fresh = { .name = path }, over = { .name = path, .replaces = true },
			     own = { .name = path, .is_private = true, .is_file = true };

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

/* How many files are in the folder. */
static u32 file_cnt(void)
{
	DIR *d = opendir(dir);
	u32 n = 0;

	assert_non_null(d);
	for (struct dirent *e = readdir(d); e; e = readdir(d))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

/* The children of others end when they will. */
static void wait_for_files(u32 n)
{
	for (int tries = 0; file_cnt() != n && tries < 500; tries++)
		usleep(10000);
	assert_int_equal(file_cnt(), n);
}

static void start(struct out_file *f, const struct out_opts *o, const char *text)
{
	assert_int_equal(out_file_open(o, f, NULL), 0);
	assert_int_equal(write(f->fd, text, strlen(text)), strlen(text));
}

static mode_t mode(void)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 0777;
}

static void a_whole_file_has_its_name(void **state UNUSED)
{
	struct out_file f;

	unlink(path);
	start(&f, &fresh, "answer");
	assert_null(content());
	assert_int_equal(out_file_close(&f, true, NULL), 0);
	assert_string_equal(content(), "answer");
	assert_int_equal(mode(), 0644);
	assert_int_equal(file_cnt(), 1);

	unlink(path);
	start(&f, &own, "tape");
	assert_int_equal(out_file_close(&f, true, NULL), 0);
	assert_int_equal(mode(), 0600);
}

static void what_was_there_is_replaced_when_the_new_is_whole(void **state UNUSED)
{
	struct out_file f;

	put("something longer");
	assert_int_equal(chmod(path, 0640), 0);
	start(&f, &over, "short");
	assert_string_equal(content(), "something longer");
	assert_int_equal(out_file_close(&f, true, NULL), 0);
	assert_string_equal(content(), "short");
	assert_int_equal(mode(), 0640);
	assert_int_equal(file_cnt(), 1);
}

static void a_link_goes_on_to_name_the_file(void **state UNUSED)
{
	char link[80];
	struct out_opts o = { .name = link, .replaces = true };
	struct out_file f;
	struct stat st;

	put("old");
	snprintf(link, sizeof(link), "%s/link", dir);
	assert_int_equal(symlink("file", link), 0);
	start(&f, &o, "new");
	assert_int_equal(out_file_close(&f, true, NULL), 0);
	assert_string_equal(content(), "new");
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	unlink(link);
}

static void what_was_there_stays_if_the_new_failed(void **state UNUSED)
{
	struct out_file f;

	put("old");
	start(&f, &over, "half");
	assert_int_equal(out_file_close(&f, false, NULL), 0);
	assert_string_equal(content(), "old");
	assert_int_equal(file_cnt(), 1);
	unlink(path);
	start(&f, &fresh, "half");
	assert_int_equal(out_file_close(&f, false, NULL), 0);
	assert_int_equal(file_cnt(), 0);
}

static void what_is_there_is_not_replaced_unasked(void **state UNUSED)
{
	struct out_file f;
	struct err err;

	put("old");
	assert_int_equal(out_file_open(&fresh, &f, &err), -EEXIST);
	unlink(path);
	assert_int_equal(symlink("nowhere", path), 0);
	assert_int_equal(out_file_open(&fresh, &f, &err), -EEXIST);
	unlink(path);
	start(&f, &fresh, "new");
	put("another's"); /* meanwhile */
	assert_int_equal(out_file_close(&f, true, &err), -EEXIST);
	assert_string_equal(content(), "another's");
	assert_int_equal(file_cnt(), 1);
}

/* A process that is killed in the middle of it, having locked itself in. */
static void nothing_is_left_of_a_killed_process(void **state UNUSED)
{
	int status;
	pid_t pid;

	unlink(path);
	pid = fork();
	if (!pid) {
		struct sandbox_opts o = { .is_on = true };
		struct out_file f;
		struct err err;

		if (out_file_open(&fresh, &f, &err) || sandbox_enter(&o, &err) < 0 ||
		    write(f.fd, "half", 4) != 4)
			_exit(1);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	wait_for_files(0);
}

static void who_is_locked_in_still_names_its_file(void **state UNUSED)
{
	int status;
	pid_t pid;

	put("old");
	pid = fork();
	if (!pid) {
		struct sandbox_opts o = { .is_on = true };
		struct out_file f;
		struct err err;

		_exit(out_file_open(&over, &f, &err) || sandbox_enter(&o, &err) < 0 ||
		      write(f.fd, "whole", 5) != 5 || out_file_close(&f, true, &err));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_string_equal(content(), "whole");
}

static void pipes_and_devices_are_written_as_they_are(void **state UNUSED)
{
	struct out_opts null = { .name = "/dev/null" }, out = { .name = "-" };
	struct out_file f;
	struct err err;

	start(&f, &null, "x");
	assert_int_equal(out_file_close(&f, false, NULL), 0);
	null.is_file = true;
	assert_int_equal(out_file_open(&null, &f, &err), -EINVAL);
	assert_string_equal(err.msg, "/dev/null: not a regular file");
	null.replaces = true;
	assert_int_equal(out_file_open(&null, &f, &err), -EINVAL);
	assert_int_equal(out_file_open(&out, &f, NULL), 0);
	assert_int_equal(f.fd, STDOUT_FILENO);
	assert_int_equal(out_file_close(&f, false, NULL), 0);
	assert_int_equal(fcntl(STDOUT_FILENO, F_GETFD), 0);
}

static void what_cannot_be_made_is_said_at_once(void **state UNUSED)
{
	struct out_opts o = { .name = "/no/such/folder" };
	struct out_file f;
	struct err err;

	assert_int_equal(out_file_open(&o, &f, &err), -ENOENT);
	assert_string_equal(err.msg, "/no/such/folder: No such file or directory");
}

/* Beside an output file, as repair of a pipe needs it. */
static void scratch_leaves_nothing(void **state UNUSED)
{
	struct out_file f;
	int fd;

	unlink(path);
	start(&f, &fresh, "answer");
	fd = out_file_scratch(path, NULL);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
	assert_int_equal(out_file_close(&f, true, NULL), 0);
	assert_int_equal(file_cnt(), 1);
	assert_string_equal(content(), "answer");
}

/* From here on O_TMPFILE is refused as by file systems that do not have it. */
static bool deny_nameless(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_TMPFILE & ~O_DIRECTORY, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { countof(code), code };

	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

static int make_dir(void **state UNUSED)
{
	memcpy(dir + strlen(dir) - 6, "XXXXXX", 6);
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
		cmocka_unit_test(a_whole_file_has_its_name),
		cmocka_unit_test(what_was_there_is_replaced_when_the_new_is_whole),
		cmocka_unit_test(a_link_goes_on_to_name_the_file),
		cmocka_unit_test(what_was_there_stays_if_the_new_failed),
		cmocka_unit_test(what_is_there_is_not_replaced_unasked),
		cmocka_unit_test(nothing_is_left_of_a_killed_process),
		cmocka_unit_test(who_is_locked_in_still_names_its_file),
		cmocka_unit_test(pipes_and_devices_are_written_as_they_are),
		cmocka_unit_test(what_cannot_be_made_is_said_at_once),
		cmocka_unit_test(scratch_leaves_nothing),
	};
	int failed;

	umask(022);
	failed = cmocka_run_group_tests(tests, make_dir, remove_dir);
	if (deny_nameless())
		failed += cmocka_run_group_tests_name("without O_TMPFILE", tests, make_dir,
						      remove_dir);
	return failed;
}

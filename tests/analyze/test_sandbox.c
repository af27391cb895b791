/*
 * tests/analyze/test_sandbox.c -- what a process that has locked itself in can do.
 *
 * Each claim is tried in a child, whose exit code is the errno that it met; a call that must not
 * come back ends it by SIGSYS.  A build with sanitizers is let do a little more (sandbox_priv.h);
 * there Landlock is what refuses.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "analyze/sandbox_priv.h"

#define ENDED			(-SIGSYS) /* how the child ended: a signal as a negative number */
#define WITH_SANITIZER(yes, no) (SANDBOX_HAS_SANITIZER ? (yes) : (no))

static void say(void *ctx, const char *text);
static const struct sandbox_opts plain = { .is_on = true }, off = { .is_on = false },
				 compiler = { .is_on = true, .makes_code = true },
				 verbose = { .is_on = true, .is_verbose = true, .warn = say };
static int data_fd; /* a file that was open before */
static char data_path[] = "/tmp/test_sandbox.XXXXXX";
static int layers_of_kernel; /* of the kernel that the test runs on */

static int code_of(int rc)
{
	return rc < 0 ? errno : 0;
}

static int in_child(const struct sandbox_opts *o, int (*try)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		struct err err;

		if (sandbox_enter(o, &err) < 0)
			_exit(255);
		_exit(try());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* ---- what is tried ---- */

static int read_passwd(void)
{
	return code_of(open("/etc/passwd", O_RDONLY));
}

static int read_passwd_at(void)
{
	return code_of(openat(AT_FDCWD, "/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int read_passwd_openat2(void)
{
	struct {
		u64 flags, mode, resolve;
	} how = { O_RDONLY, 0, 0 };

	return code_of((int)syscall(437, AT_FDCWD, "/etc/passwd", &how, sizeof(how)));
}

static int list_root(void)
{
	return code_of(open("/", O_RDONLY | O_DIRECTORY));
}

static int make_file(void)
{
	return code_of(open("/tmp/test_sandbox.new", O_WRONLY | O_CREAT, 0600));
}

static int write_file(void)
{
	return code_of(open(data_path, O_RDWR));
}

static int cut_file(void)
{
	return code_of(open(data_path, O_RDONLY | O_TRUNC));
}

static int remove_file(void)
{
	return code_of(unlink(data_path));
}

static int rename_file(void)
{
	return code_of(rename(data_path, "/tmp/test_sandbox.other"));
}

static int ask_about_file(void)
{
	return code_of(access("/etc/passwd", R_OK));
}

static int stat_file(void)
{
	struct stat st;

	return code_of(stat("/etc/passwd", &st));
}

static int statx_file(void)
{
	struct statx st;

	return code_of(statx(AT_FDCWD, "/etc/passwd", 0, STATX_SIZE, &st));
}

static int start_program(void)
{
	char *argv[] = { (char *)"true", NULL };

	return code_of(execv("/bin/true", argv));
}

static int fork_child(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	return code_of(pid);
}

static int make_socket(void)
{
	return code_of(socket(AF_INET, SOCK_STREAM, 0));
}

static int connect_socket(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "/tmp/none" };

	return code_of(connect(data_fd, (struct sockaddr *)&a, sizeof(a)));
}

static int trace_parent(void)
{
	return code_of((int)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int signal_parent(void)
{
	return code_of(kill(getppid(), 0));
}

static int signal_thread_of_parent(void)
{
	return code_of((int)syscall(SYS_tgkill, getppid(), getppid(), 0));
}

static int load_bpf(void)
{
	return code_of((int)syscall(SYS_bpf, 0, NULL, 0));
}

static int call_from_the_future(void)
{
	return code_of((int)syscall(9999));
}

static int push_to_terminal(void)
{
	return code_of((int)syscall(SYS_ioctl, 0, 0x5412 /* TIOCSTI */, "x"));
}

static int dup_file(void)
{
	return code_of(dup(data_fd));
}

/* Code that returns 42, if this machine's code is known. */
static int run_code(void)
{
	static const u8 code[] = { 0xb8, 42, 0, 0, 0, 0xc3 };
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int (*fn)(void);

	if (p == MAP_FAILED)
		return 255;
	memcpy(p, code, sizeof(code));
	if (mprotect(p, 4096, PROT_READ | PROT_EXEC))
		return errno;
	memcpy(&fn, &p, sizeof(fn));
#ifdef __x86_64__
	return fn() == 42 ? 0 : 254;
#else
	return 0;
#endif
}

static int map_code_of_file(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, data_fd, 0);

	return p == MAP_FAILED ? errno : 0;
}

static int map_file(void)
{
	void *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, data_fd, 0);

	return p == MAP_FAILED ? errno : 0;
}

static int map_shared_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : 0;
}

/* The same memory at a second place. */
static int map_twice(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return 255;
	return mremap(p, 0, 4096, MREMAP_MAYMOVE) == MAP_FAILED ? errno : 0;
}

static int leave_mapped(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return 255;
	return mremap(p, 4096, 4096, MREMAP_MAYMOVE | 4 /* DONTUNMAP */) == MAP_FAILED ? errno : 0;
}

static int map_writable_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);

	return p == MAP_FAILED ? errno : 0;
}

static int use_open_file(void)
{
	char text[4] = "";
	struct stat st;

	if (pwrite(data_fd, "abcd", 4, 0) != 4 || pread(data_fd, text, 4, 0) != 4)
		return errno;
	if (memcmp(text, "abcd", 4) != 0 || fstat(data_fd, &st) || st.st_size != 4)
		return 253;
	return ftruncate(data_fd, 0) || lseek(data_fd, 0, SEEK_SET) ? errno : 0;
}

static int wait_for_file(void)
{
	struct pollfd p = { .fd = data_fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1 ? 0 : errno;
}

static void *set_one(void *arg)
{
	char *p = malloc(4 << 20);

	*(int *)arg = p ? 1 : 0;
	free(p);
	return NULL;
}

static int run_threads(void)
{
	pthread_t threads[4];
	int done[4] = { 0 };

	for (int i = 0; i < 4; i++)
		if (pthread_create(&threads[i], NULL, set_one, &done[i]))
			return 253;
	for (int i = 0; i < 4; i++)
		if (pthread_join(threads[i], NULL))
			return 252;
	return done[0] && done[1] && done[2] && done[3] ? 0 : 251;
}

static int use_much_memory(void)
{
	char *p = calloc(1, 64 << 20);

	if (!p)
		return ENOMEM;
	p = realloc(p, 128 << 20);
	if (!p)
		return ENOMEM;
	p[100 << 20] = 1;
	free(p);
	return 0;
}

static int give_up(void)
{
	abort();
}

static int ask_terminal(void)
{
	if (isatty(data_fd) || errno != ENOTTY)
		return 253;
	/* newer libraries ask so: TCGETS2 */
	return syscall(SYS_ioctl, data_fd, 0x802c542a, NULL) >= 0 || errno != ENOTTY ? 252 : 0;
}

struct attempt {
	const char *name;
	int (*try)(void);
	int want; /* errno, 0: works, ENDED */
	const struct sandbox_opts *o; /* NULL: plain */
};

static void check(const struct attempt *a, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		int got = in_child(a[i].o ? a[i].o : &plain, a[i].try);

		if (got != a[i].want)
			fail_msg("%s: %d, not %d", a[i].name, got, a[i].want);
	}
}

/* ---- claims ---- */

static void no_path_can_be_opened_or_changed(void **state UNUSED)
{
	const struct attempt a[] = {
		{ "open", read_passwd, EACCES, NULL },
		{ "openat", read_passwd_at, EACCES, NULL },
		{ "openat2", read_passwd_openat2, ENOSYS, NULL },
		{ "a folder", list_root, EACCES, NULL },
		{ "access", ask_about_file, WITH_SANITIZER(0, EACCES), NULL },
		{ "stat", stat_file, WITH_SANITIZER(0, EACCES), NULL },
		{ "statx", statx_file, EACCES, NULL },
		{ "a new file", make_file, WITH_SANITIZER(EACCES, ENDED), NULL },
		{ "writing", write_file, WITH_SANITIZER(EACCES, ENDED), NULL },
		{ "truncating", cut_file, WITH_SANITIZER(EACCES, ENDED), NULL },
		{ "unlink", remove_file, WITH_SANITIZER(EACCES, ENDED), NULL },
		{ "rename", rename_file, ENDED, NULL },
		{ "dup", dup_file, ENOSYS, NULL },
	};

	check(a, countof(a));
	assert_int_equal(access(data_path, F_OK), 0);
	assert_int_equal(access("/tmp/test_sandbox.new", F_OK), -1);
}

static void no_program_starts_and_nobody_is_reached(void **state UNUSED)
{
	const struct attempt a[] = {
		{ "execve", start_program, ENDED, NULL },
		{ "fork", fork_child, WITH_SANITIZER(0, ENOSYS), NULL },
		{ "socket", make_socket, ENDED, NULL },
		{ "connect", connect_socket, ENDED, NULL },
		{ "ptrace", trace_parent, WITH_SANITIZER(EPERM, ENDED), NULL },
		{ "kill", signal_parent, EPERM, NULL },
		{ "tgkill", signal_thread_of_parent, WITH_SANITIZER(EPERM, ENOSYS), NULL },
		{ "bpf", load_bpf, ENDED, NULL },
		{ "a call of tomorrow", call_from_the_future, ENOSYS, NULL },
		{ "TIOCSTI", push_to_terminal, ENOSYS, NULL },
	};

	check(a, countof(a));
}

static void only_a_compiler_makes_code(void **state UNUSED)
{
	const struct attempt a[] = {
		{ "code by a compiler", run_code, 0, &compiler },
		{ "code by others", run_code, ENOSYS, NULL },
		{ "code of a file", map_code_of_file, ENOSYS, &compiler },
		{ "a file", map_file, WITH_SANITIZER(0, ENOSYS), &compiler },
		{ "code that others share", map_shared_code, ENOSYS, &compiler },
		{ "memory twice", map_twice, ENOSYS, &compiler },
		{ "memory in two places", leave_mapped, ENOSYS, &compiler },
		{ "code that can be written", map_writable_code, ENOSYS, &compiler },
	};

	check(a, countof(a));
}

static void what_an_answer_takes_goes_on(void **state UNUSED)
{
	const struct attempt a[] = {
		{ "an open file", use_open_file, 0, NULL }, { "poll", wait_for_file, 0, NULL },
		{ "threads", run_threads, 0, &compiler },   { "memory", use_much_memory, 0, NULL },
		{ "isatty", ask_terminal, 0, NULL },	    { "abort", give_up, -SIGABRT, NULL },
	};

	check(a, countof(a));
}

static void without_the_sandbox_nothing_is_refused(void **state UNUSED)
{
	const struct attempt a[] = {
		{ "open", read_passwd, 0, &off },
		{ "execve", start_program, 0, &off },
		{ "socket", make_socket, 0, &off },
		{ "fork", fork_child, 0, &off },
	};

	check(a, countof(a));
}

/* ---- kernels that lack a layer: made by refusing the calls that set it up ---- */

static bool lacks_calls, lacks_files;
static int layers_got;

#define DENY(nr)                                       \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS)

/* A number that no call has stands for one that is not refused. */
static void be_an_old_kernel(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		DENY(lacks_files ? 444 : 9998),
		DENY(lacks_calls ? SYS_seccomp : 9998),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, lacks_calls ? SYS_prctl : 9998, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		DENY(PR_SET_SECCOMP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { countof(code), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, 2, &prog))
		_exit(252);
}

static int enter_on_an_old_kernel(void)
{
	struct err err;

	be_an_old_kernel();
	layers_got = sandbox_enter(&plain, &err);
	return layers_got < 0 ? 251 : layers_got;
}

static int read_on_an_old_kernel(void)
{
	enter_on_an_old_kernel();
	return read_passwd();
}

static int write_on_an_old_kernel(void)
{
	enter_on_an_old_kernel();
	return make_file();
}

static int remove_on_an_old_kernel(void)
{
	enter_on_an_old_kernel();
	return remove_file();
}

static void a_kernel_without_a_layer_leaves_the_others(void **state UNUSED)
{
	lacks_calls = true;
	assert_int_equal(in_child(&off, enter_on_an_old_kernel), layers_of_kernel & SANDBOX_FILES);
	if (layers_of_kernel & SANDBOX_FILES)
		assert_int_equal(in_child(&off, remove_on_an_old_kernel), EACCES);
	lacks_calls = false;
	lacks_files = true;
	assert_int_equal(in_child(&off, enter_on_an_old_kernel), SANDBOX_CALLS);
	if (!SANDBOX_HAS_SANITIZER) {
		assert_int_equal(in_child(&off, write_on_an_old_kernel), ENDED);
		assert_int_equal(in_child(&off, read_on_an_old_kernel), EACCES);
	}
	lacks_calls = true;
	assert_int_equal(in_child(&off, enter_on_an_old_kernel), 0);
	if (!SANDBOX_HAS_SANITIZER) {
		assert_int_equal(in_child(&off, read_on_an_old_kernel), EMFILE);
		assert_int_equal(in_child(&off, write_on_an_old_kernel), EMFILE);
	}
	lacks_calls = lacks_files = false;
}

static int enter(void)
{
	struct err err;
	int layers = sandbox_enter(&compiler, &err);

	return layers < 0 ? 251 : layers;
}

static int make_data(void **state UNUSED)
{
	data_fd = mkstemp(data_path);
	if (data_fd < 0)
		return -1;
	layers_of_kernel = in_child(&off, enter);
	return 0;
}

static int remove_data(void **state UNUSED)
{
	close(data_fd);
	return unlink(data_path);
}

static bool is_told;

static void say(void *ctx UNUSED, const char *text)
{
	is_told = !strncmp(text, "sandbox: ", 9) && strstr(text, "seccomp");
}

static int was_told(void)
{
	return is_told ? 0 : 1;
}

static void the_layers_of_this_kernel_hold(void **state UNUSED)
{
	bool has_landlock = syscall(444, NULL, 0, 1) > 0;

	assert_int_equal(layers_of_kernel, SANDBOX_CALLS | (has_landlock ? SANDBOX_FILES : 0));
	assert_int_equal(in_child(&verbose, was_told), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_layers_of_this_kernel_hold),
		cmocka_unit_test(no_path_can_be_opened_or_changed),
		cmocka_unit_test(no_program_starts_and_nobody_is_reached),
		cmocka_unit_test(only_a_compiler_makes_code),
		cmocka_unit_test(what_an_answer_takes_goes_on),
		cmocka_unit_test(without_the_sandbox_nothing_is_refused),
		cmocka_unit_test(a_kernel_without_a_layer_leaves_the_others),
	};

	return cmocka_run_group_tests(tests, make_data, remove_data);
}

/*
 * tests/record/test_capture_root.c -- real probes: every firing is a row or a counted loss, with
 * the values it had.
 *
 * The events are made by a child process that the script names by pid, so what else runs does not
 * count.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "tests/support/live_llvm.h"

#define RING (1u << 20)

/* ---- a child that acts when told ---- */

struct actor {
	pid_t pid;
	int go; /* closed: act */
};

static void actor_start(struct actor *a, void (*act)(void))
{
	int fds[2];
	char c;

	assert_int_equal(pipe(fds), 0);
	fflush(stdout);
	a->pid = fork();
	assert_true(a->pid >= 0);
	if (!a->pid) {
		close(fds[1]);
		if (read(fds[0], &c, 1) != 0)
			_exit(1);
		act();
		_exit(0);
	}
	close(fds[0]);
	a->go = fds[1];
}

static void actor_run(struct actor *a)
{
	int status;

	close(a->go);
	assert_int_equal(waitpid(a->pid, &status, 0), a->pid);
	assert_int_equal(status, 0);
}

/* @script has one %d for the actor's pid, or none. */
static void record(struct live *l, u64 ring_sz, const char *script, void (*act)(void))
{
	struct actor a;
	char text[2048];

	actor_start(&a, act);
	snprintf(text, sizeof(text), script, a.pid, a.pid, a.pid);
	live_open(l, ring_sz, text);
	live_arm(l);
	actor_run(&a);
	live_stop(l);
}

static struct live lv;

/* ---- what the child does ---- */

#define CALLS 20000

static void call_getppid(void)
{
	for (int i = 0; i < CALLS; i++)
		syscall(SYS_getppid);
}

static void call_once(void)
{
	syscall(SYS_getppid);
}

#ifdef __x86_64__
/* Number 20 is getpid there and writev here. */
static void call_32bit(void)
{
	for (int i = 0; i < 1000; i++) {
		long nr = 20;

		__asm__ volatile("int $0x80" : "+a"(nr) : : "memory", "r8", "r9", "r10", "r11");
	}
}

static bool has_32bit_calls(void)
{
	pid_t pid = fork();
	int status = 1;

	if (!pid) {
		signal(SIGSEGV, SIG_DFL);
		call_32bit();
		_exit(0);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}
#endif

static char long_path[3000];

/* Strings on the stack: a page of the program that was never touched cannot be read at entry. */
static void call_openat(void)
{
	char path[] = "/no/such/file", empty[] = "";

	memset(long_path, 'x', sizeof(long_path) - 1);
	syscall(SYS_openat, -5, path, 0x7fffffffL, 0);
	syscall(SYS_openat, AT_FDCWD, long_path, O_RDONLY, 0);
	syscall(SYS_openat, 3, (const char *)8, O_RDONLY, 0);
	syscall(SYS_openat, 4, empty, O_RDONLY, 0);
}

static void call_exec(void)
{
	execl("/bin/true", "true", "one", "two", (char *)NULL);
}

static void call_close(void)
{
	for (int i = 0; i < 10; i++)
		syscall(SYS_close, 1000 + i);
}

/* ---- tests ---- */

static void every_call_is_a_row(void **state)
{
	(void)state;
	record(&lv, 16u << 20, "tracepoint:syscalls:sys_enter_getppid /pid == %d/ { emit(comm) }",
	       call_getppid);
	assert_int_equal(lv.row_cnt, CALLS);
	assert_int_equal(live_decided(&lv, 0), CALLS);
	assert_int_equal(live_lost(&lv, 0, CAP_LOST_RING), 0);
	assert_string_equal(live_text(&lv, 0, "comm"), "test_capture_ro");
	live_close(&lv);
}

static void rows_and_losses_add_up(void **state)
{
	(void)state;
	record(&lv, 4096, "tracepoint:syscalls:sys_enter_getppid /pid == %d/ { emit(comm) }",
	       call_getppid);
	assert_true(live_lost(&lv, 0, CAP_LOST_RING) > 0);
	assert_int_equal(lv.row_cnt + live_lost(&lv, 0, CAP_LOST_RING), CALLS);
	assert_int_equal(live_decided(&lv, 0), CALLS);
	live_close(&lv);
}

static void numbers_of_rows_jump_where_some_were_lost(void **state)
{
	u64 next[2] = { 0 };

	(void)state;
	record(&lv, 16u << 20, "tracepoint:syscalls:sys_enter_getppid /pid == %d/ { emit(1) }",
	       call_getppid);
	for (u32 i = 0; i < LIVE_ROWS_MAX && i < lv.row_cnt; i++) {
		const struct cap_row *r = (const void *)lv.rows[i].rec;

		if (lv.rows[i].cpu < 2)
			assert_int_equal(r->seq, next[lv.rows[i].cpu]++);
	}
	live_close(&lv);
}

#ifdef __x86_64__
static void calls_of_32bit_code_are_no_firings(void **state)
{
	(void)state;
	if (!has_32bit_calls()) {
		print_message("this kernel does not run 32-bit code\n");
		skip();
	}
	record(&lv, RING,
	       "tracepoint:syscalls:sys_enter_writev /pid == %d/ { emit(1) } "
	       "tracepoint:raw_syscalls:sys_enter /pid == %d && args.id == 20/ { emit(2) }",
	       call_32bit);
	assert_int_equal(live_decided(&lv, 0), 0);
	assert_int_equal(live_decided(&lv, 1), 1000);
	live_close(&lv);
}
#endif

static void arguments_are_what_was_passed(void **state)
{
	bool is_set;

	(void)state;
	record(&lv, RING,
	       "tracepoint:syscalls:sys_enter_openat /pid == %d/ "
	       "{ printf(\"%%d %%s %%d\", args.dfd, str(args.filename), args.flags) }",
	       call_openat);
	assert_int_equal(lv.row_cnt, 4);
	assert_int_equal((s64)live_word(&lv, 0, "dfd", NULL), -5);
	assert_int_equal(live_word(&lv, 0, "flags", NULL), 0x7fffffff);
	assert_string_equal(live_text(&lv, 0, "filename_str"), "/no/such/file");
	assert_int_equal((s64)live_word(&lv, 1, "dfd", NULL), AT_FDCWD);
	assert_int_equal(strlen(live_text(&lv, 1, "filename_str")), lv.prog->max_strlen - 1);
	assert_int_equal((s64)live_word(&lv, 2, "filename_str", &is_set), -EFAULT);
	assert_false(is_set);
	assert_string_equal(live_text(&lv, 3, "filename_str"), "");
	live_close(&lv);
}

static void raw_syscalls_give_the_registers(void **state)
{
	(void)state;
	record(&lv, RING,
	       "tracepoint:raw_syscalls:sys_enter /pid == %d && args.id == 257/ "
	       "{ emit(args.args[0], args.args[2]) }",
	       call_openat);
	assert_int_equal(lv.row_cnt, 4);
	assert_int_equal((u32)live_word(&lv, 0, "args_args_0", NULL), (u32)-5);
	assert_int_equal(live_word(&lv, 0, "args_args_2", NULL), 0x7fffffff);
	live_close(&lv);
}

static void clauses_of_one_call_run_in_source_order(void **state)
{
	(void)state;
	record(&lv, RING,
	       "tracepoint:syscalls:sys_enter_close /pid == %d/ { @a[tid] = args.fd; } "
	       "tracepoint:syscalls:sys_enter_c* /@a[tid] > 0/ { emit(@a[tid]) } "
	       "tracepoint:syscalls:sys_enter_close /@a[tid] > 1004/ "
	       "{ emit(@a[tid]); @a[tid] = 0 }",
	       call_close);
	assert_int_equal(live_decided(&lv, 1), 10);
	assert_int_equal(live_decided(&lv, 2), 5);
	for (u32 i = 0; i < lv.row_cnt; i++)
		assert_in_range(live_word(&lv, i, "a", NULL), 1000, 1009);
	live_close(&lv);
}

static void enter_and_exit_pair_over_a_map(void **state)
{
	(void)state;
	record(&lv, RING,
	       "tracepoint:syscalls:sys_enter_close /pid == %d/ { @fd[tid] = args.fd; } "
	       "tracepoint:syscalls:sys_exit_close /@fd[tid]/ "
	       "{ printf(\"%%d %%d\", @fd[tid], args.ret); delete(@fd, tid); }",
	       call_close);
	assert_int_equal(lv.row_cnt, 10);
	assert_int_equal(live_word(&lv, 9, "fd", NULL), 1009);
	assert_int_equal((s64)live_word(&lv, 9, "ret", NULL), -EBADF);
	live_close(&lv);
}

static void the_probe_that_fired_is_named(void **state)
{
	u32 want;

	(void)state;
	record(&lv, RING,
	       "tracepoint:syscalls:sys_enter_open*, tracepoint:syscalls:sys_enter_close "
	       "/pid == %d/ { emit(probe) }",
	       call_close);
	assert_int_equal(lv.row_cnt, 10);
	want = (u32)live_word(&lv, 0, "probe", NULL);
	assert_true(want < lv.prog->probe_cnt);
	assert_string_equal(lv.prog->probes[want]->name, "tracepoint:syscalls:sys_enter_close");
	live_close(&lv);
}

static void perf_tracepoints_give_their_record(void **state)
{
	(void)state;
	record(&lv, RING,
	       "tracepoint:sched:sched_process_exec /pid == %d/ "
	       "{ printf(\"%%s %%d %%s\", args.filename, args.pid, comm) }",
	       call_exec);
	assert_int_equal(lv.row_cnt, 1);
	assert_string_equal(live_text(&lv, 0, "filename"), "/bin/true");
	assert_string_equal(live_text(&lv, 0, "comm"), "true");
	live_close(&lv);
}

static void join_captures_each_argument(void **state)
{
	(void)state;
	record(&lv, RING, "tracepoint:syscalls:sys_enter_execve /pid == %d/ { join(args.argv) }",
	       call_exec);
	assert_int_equal(lv.row_cnt, 1);
	assert_int_equal(live_word(&lv, 0, "join_argv", NULL), 3);
	live_close(&lv);
}

static void exit_freezes_and_tells_its_code(void **state)
{
	(void)state;
	record(&lv, RING,
	       "tracepoint:syscalls:sys_enter_getppid /pid == %d/ "
	       "{ @n++; if (@n == 7) { exit(42); } emit(@n) }",
	       call_getppid);
	assert_int_equal(lv.ctl_cnt, 1);
	assert_int_equal(lv.ctl[0].kind, CAP_CTL_EXIT);
	assert_int_equal(lv.ctl[0].code, 42);
	assert_int_equal(lv.loaded.state->exit_code, 42);
	assert_in_range(lv.row_cnt, 6, 7);
	live_close(&lv);
}

static void own_processes_are_ignored(void **state)
{
	struct actor a;

	(void)state;
	actor_start(&a, call_getppid);
	live_open(&lv, RING, "tracepoint:syscalls:sys_enter_getppid { emit(pid) }");
	lv.loaded.state->own[3] = a.pid;
	live_arm(&lv);
	actor_run(&a);
	live_stop(&lv);
	for (u32 i = 0; i < lv.row_cnt && i < LIVE_ROWS_MAX; i++)
		assert_int_not_equal(((const struct cap_row *)lv.rows[i].rec)->pid, a.pid);
	live_close(&lv);
}

static void only_the_wanted_process_is_seen(void **state)
{
	struct actor a;

	(void)state;
	actor_start(&a, call_getppid);
	live_open(&lv, 16u << 20, "tracepoint:syscalls:sys_enter_getppid { emit(pid) }");
	lv.loaded.state->only_pid = a.pid;
	live_arm(&lv);
	actor_run(&a);
	live_stop(&lv);
	assert_int_equal(lv.row_cnt, CALLS);
	live_close(&lv);
}

static void nothing_counts_before_arming_and_after_stopping(void **state)
{
	struct actor a;

	(void)state;
	actor_start(&a, call_once);
	live_open(&lv, RING, "tracepoint:syscalls:sys_enter_getppid { emit(pid) }");
	actor_run(&a);
	live_drain(&lv);
	assert_int_equal(lv.row_cnt, 0);
	live_arm(&lv);
	live_stop(&lv);
	lv.row_cnt = 0;
	actor_start(&a, call_once);
	actor_run(&a);
	live_drain(&lv);
	assert_int_equal(lv.row_cnt, 0);
	live_close(&lv);
}

static void a_full_map_is_a_counted_loss(void **state)
{
	(void)state;
	record(&lv, RING,
	       "config = { max_map_keys = 4 } "
	       "tracepoint:syscalls:sys_enter_close /pid == %d/ { @m[args.fd] = 1; } "
	       "tracepoint:syscalls:sys_exit_close /pid == %d && @m[1000]/ { emit(1) }",
	       call_close);
	assert_int_equal(live_lost(&lv, 0, CAP_LOST_MAP_FULL), 6);
	assert_int_equal(live_decided(&lv, 1), 10);
	live_close(&lv);
}

static void intervals_fire_at_their_period(void **state)
{
	(void)state;
	live_open(&lv, RING, "interval:ms:10 { @n++; if (@n == 20) { exit() } emit(@n) }");
	live_arm(&lv);
	for (int i = 0; i < 400 && !lv.loaded.state->exited; i++)
		usleep(10000);
	live_stop(&lv);
	assert_int_equal(lv.loaded.state->exited, 1);
	assert_in_range(lv.row_cnt, 19, 20);
	for (u32 i = 1; i < lv.row_cnt; i++) {
		u64 t0 = ((const struct cap_row *)lv.rows[i - 1].rec)->ts;
		u64 t1 = ((const struct cap_row *)lv.rows[i].rec)->ts;

		/* a loaded machine is late now and then, never early by much */
		assert_true(t1 > t0 && t1 - t0 < 500000000);
	}
	live_close(&lv);
}

static void begin_fills_maps_before_anything_is_attached(void **state)
{
	(void)state;
	record(&lv, RING,
	       "BEGIN { @want = %d } "
	       "tracepoint:syscalls:sys_enter_close /pid == @want/ { emit(1) }",
	       call_close);
	assert_int_equal(live_decided(&lv, 1), 10);
	live_close(&lv);
}

/* As if four programs were under way on every CPU. */
static void nesting_beyond_the_scratch_is_a_counted_loss(void **state)
{
	struct actor a;
	u8 *values;
	int fd;

	(void)state;
	actor_start(&a, call_openat);
	live_open(&lv, RING, "tracepoint:syscalls:sys_enter_openat { emit(str(args.filename)) }");
	lv.loaded.state->only_pid = a.pid;
	fd = bpf_loaded_map(&lv.loaded, IMG_SCRATCH, 0);
	values = calloc(lv.loaded.cpu_cnt, CAP_SCRATCH_SZ);
	assert_non_null(values);
	for (u32 i = 0; i < lv.loaded.cpu_cnt; i++)
		values[(size_t)i * CAP_SCRATCH_SZ] = 1;
	for (u32 key = 0; key < CAP_SCRATCH_CNT; key++)
		assert_int_equal(bpf_map_update_elem(fd, &key, values, 0), 0);
	live_arm(&lv);
	actor_run(&a);
	live_stop(&lv);
	assert_int_equal(lv.row_cnt, 0);
	assert_int_equal(live_lost(&lv, 0, CAP_LOST_SCRATCH), 4);
	free(values);
	live_close(&lv);
}

static void programs_and_maps_have_names(void **state)
{
	struct bpf_prog_info info = { 0 };
	struct bpf_map_info minfo = { 0 };
	u32 len = sizeof(info);

	(void)state;
	record(&lv, RING,
	       "tracepoint:syscalls:sys_enter_close /pid == %d/ { @start[tid] = 1; } "
	       "tracepoint:syscalls:sys_exit_close /@start[tid]/ { emit(1) }",
	       call_close);
	assert_int_equal(bpf_obj_get_info_by_fd(lv.loaded.prog_fds[0], &info, &len), 0);
	assert_string_equal(info.name, "sys_enter_close");
	assert_true(info.nr_line_info > 0 && info.nr_func_info > 0);
	len = sizeof(minfo);
	assert_int_equal(
		bpf_obj_get_info_by_fd(bpf_loaded_map(&lv.loaded, IMG_KMAP, 0), &minfo, &len), 0);
	assert_string_equal(minfo.name, "start");
	live_close(&lv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_is_a_row),
		cmocka_unit_test(rows_and_losses_add_up),
		cmocka_unit_test(numbers_of_rows_jump_where_some_were_lost),
#ifdef __x86_64__
		cmocka_unit_test(calls_of_32bit_code_are_no_firings),
#endif
		cmocka_unit_test(arguments_are_what_was_passed),
		cmocka_unit_test(raw_syscalls_give_the_registers),
		cmocka_unit_test(clauses_of_one_call_run_in_source_order),
		cmocka_unit_test(enter_and_exit_pair_over_a_map),
		cmocka_unit_test(the_probe_that_fired_is_named),
		cmocka_unit_test(perf_tracepoints_give_their_record),
		cmocka_unit_test(join_captures_each_argument),
		cmocka_unit_test(exit_freezes_and_tells_its_code),
		cmocka_unit_test(own_processes_are_ignored),
		cmocka_unit_test(only_the_wanted_process_is_seen),
		cmocka_unit_test(nothing_counts_before_arming_and_after_stopping),
		cmocka_unit_test(a_full_map_is_a_counted_loss),
		cmocka_unit_test(intervals_fire_at_their_period),
		cmocka_unit_test(begin_fills_maps_before_anything_is_attached),
		cmocka_unit_test(nesting_beyond_the_scratch_is_a_counted_loss),
		cmocka_unit_test(programs_and_maps_have_names),
	};

	if (getuid()) {
		printf("needs root\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

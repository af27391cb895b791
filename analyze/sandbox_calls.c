/*
 * seccomp: the list of system calls, and what becomes of the others.
 *
 * (1) Calls of the list are done, some with certain arguments only.
 * (2) Calls that only an attacker makes end the process.
 * (3) Looking at paths is refused with EACCES; libraries try that and go on without.
 * (4) Everything else, also what kernels will have some day, "does not exist" (ENOSYS).
 */
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analyze/sandbox_priv.h"

#define CALL(name) SCMP_SYS(name)

/* clang-format off */
static const int allowed[] = {
	/* files that are open */
	CALL(read), CALL(readv), CALL(pread64), CALL(preadv), CALL(preadv2), CALL(write),
	CALL(writev), CALL(pwrite64), CALL(pwritev), CALL(pwritev2), CALL(lseek), CALL(_llseek),
	CALL(close), CALL(fstat), CALL(fstat64), CALL(ftruncate), CALL(ftruncate64), CALL(fsync),
	CALL(fdatasync), CALL(fadvise64), CALL(readahead), CALL(flock), CALL(poll), CALL(ppoll),
	CALL(select), CALL(pselect6),
	/* memory; mmap, mremap and mprotect below */
	CALL(munmap), CALL(madvise), CALL(brk), CALL(mincore),
	/* threads; clone below */
	CALL(futex), CALL(set_robust_list), CALL(get_robust_list), CALL(rseq), CALL(exit),
	CALL(exit_group), CALL(sched_yield), CALL(sched_getaffinity), CALL(getcpu),
	CALL(membarrier),
	/* signals of our own */
	CALL(rt_sigaction), CALL(rt_sigprocmask), CALL(rt_sigreturn), CALL(sigaltstack),
	CALL(sigreturn), CALL(restart_syscall),
	/* clocks, and what everyone may know */
	CALL(clock_gettime), CALL(clock_getres), CALL(clock_nanosleep), CALL(nanosleep),
	CALL(gettimeofday), CALL(time), CALL(times), CALL(getrusage), CALL(getrandom),
	CALL(sysinfo), CALL(uname), CALL(getpid), CALL(gettid), CALL(getppid), CALL(getuid),
	CALL(geteuid), CALL(getgid), CALL(getegid), CALL(getrlimit),
};

static const int deadly[] = {
	CALL(execve), CALL(execveat), CALL(fork), CALL(vfork), CALL(ptrace),
	CALL(process_vm_readv), CALL(process_vm_writev), CALL(pidfd_getfd), CALL(bpf),
	CALL(perf_event_open), CALL(socket), CALL(socketpair), CALL(connect), CALL(bind),
	CALL(listen), CALL(accept), CALL(accept4), CALL(sendto), CALL(sendmsg), CALL(sendmmsg),
	CALL(creat), CALL(open_by_handle_at), CALL(truncate), CALL(unlink), CALL(unlinkat),
	CALL(rename), CALL(renameat), CALL(renameat2), CALL(link), CALL(linkat), CALL(symlink),
	CALL(symlinkat), CALL(mknod), CALL(mknodat), CALL(mkdir), CALL(mkdirat), CALL(rmdir),
	CALL(chmod), CALL(fchmod), CALL(fchmodat), CALL(chown), CALL(fchown), CALL(lchown),
	CALL(fchownat), CALL(setxattr), CALL(fsetxattr), CALL(lsetxattr), CALL(mount),
	CALL(umount2), CALL(move_mount), CALL(open_tree), CALL(fsopen), CALL(pivot_root),
	CALL(chroot), CALL(setns), CALL(unshare), CALL(init_module), CALL(finit_module),
	CALL(delete_module), CALL(kexec_load), CALL(kexec_file_load), CALL(reboot), CALL(swapon),
	CALL(io_uring_setup), CALL(userfaultfd), CALL(add_key), CALL(keyctl), CALL(request_key),
	CALL(setuid), CALL(setgid), CALL(setreuid), CALL(setregid), CALL(setresuid),
	CALL(setresgid), CALL(setgroups), CALL(capset), CALL(modify_ldt), CALL(quotactl),
};

static const int looks[] = {
	CALL(stat), CALL(lstat), CALL(stat64), CALL(lstat64), CALL(statfs), CALL(access),
	CALL(faccessat), CALL(faccessat2), CALL(readlink), CALL(readlinkat), CALL(getcwd),
	CALL(chdir),
};

/* clang-format on */

/* A call that is allowed where a masked argument has this value. */
struct arg_rule {
	int call;
	u32 arg;
	u64 mask, value;
};

#define ALL UINT64_MAX
static const struct arg_rule arg_rules[] = {
	/* the only call of a thread is clone; clone3 keeps its flags in memory: ENOSYS */
	{ CALL(clone), 0, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM },
	/* is it a terminal, and how wide */
	{ CALL(ioctl), 1, ALL, TCGETS },
	{ CALL(ioctl), 1, ALL, TCGETS2 },
	{ CALL(ioctl), 1, ALL, TIOCGWINSZ },
	{ CALL(ioctl), 1, ALL, FIONREAD },
	{ CALL(fcntl), 1, ALL, F_GETFL },
	{ CALL(fcntl), 1, ALL, F_GETFD },
	{ CALL(fcntl), 1, ALL, F_SETFD },
	/* fstat() of newer libraries: of an open file, not of a path */
	{ CALL(newfstatat), 3, AT_EMPTY_PATH, AT_EMPTY_PATH },
	{ CALL(fstatat64), 3, AT_EMPTY_PATH, AT_EMPTY_PATH },
	{ CALL(statx), 2, AT_EMPTY_PATH, AT_EMPTY_PATH },
	/* to read limits, not to set them */
	{ CALL(prlimit64), 2, ALL, 0 },
};

/* The same calls of a path; what is allowed above takes one, too, which a filter cannot see. */
static const struct arg_rule looks_of_path[] = {
	{ CALL(newfstatat), 3, AT_EMPTY_PATH, 0 },
	{ CALL(fstatat64), 3, AT_EMPTY_PATH, 0 },
	{ CALL(statx), 2, AT_EMPTY_PATH, 0 },
};

/* clang-format off */
#if SANDBOX_HAS_SANITIZER
static const int sanitizer_calls[] = {
	CALL(clone), CALL(clone3), CALL(ptrace), CALL(wait4), CALL(prctl), CALL(arch_prctl),
	CALL(readlink), CALL(readlinkat), CALL(openat), CALL(open), CALL(getdents64), CALL(stat),
	CALL(newfstatat), CALL(kill), CALL(tgkill), CALL(tkill), CALL(personality),
	CALL(setrlimit), CALL(prlimit64), CALL(getppid), CALL(pipe), CALL(pipe2), CALL(access),
	CALL(process_vm_readv), CALL(mlock), CALL(munlock), CALL(sched_setaffinity), CALL(unlink),
};
#else
static const int sanitizer_calls[] = { -1 };
#endif
/* clang-format on */

static bool is_for_sanitizer(int call)
{
	for (u32 i = 0; SANDBOX_HAS_SANITIZER && i < countof(sanitizer_calls); i++)
		if (sanitizer_calls[i] == call)
			return true;
	return false;
}

/* The process ends; on kernels before 4.14 its thread, which is the only one or soon missed. */
static u32 kill_action(void)
{
	return seccomp_api_get() >= 3 ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_KILL;
}

static int add_list(scmp_filter_ctx f, u32 action, const int *calls, u32 n)
{
	int rc = 0;

	for (u32 i = 0; !rc && i < n; i++)
		if (!is_for_sanitizer(calls[i]))
			rc = seccomp_rule_add(f, action, calls[i], 0);
	return rc;
}

static int add_arg(scmp_filter_ctx f, u32 action, struct arg_rule r)
{
	if (is_for_sanitizer(r.call))
		return 0;
	return seccomp_rule_add(f, action, r.call, 1,
				SCMP_CMP(r.arg, SCMP_CMP_MASKED_EQ, r.mask, r.value));
}

/* Reading is refused, writing ends the process: a rule for each value of the bits that tell. */
static int add_open(scmp_filter_ctx f, int call, u32 arg)
{
	static const u32 bits[] = { O_WRONLY, O_RDWR, O_CREAT, O_TRUNC };
	const u64 mask = O_ACCMODE | O_CREAT | O_TRUNC;
	int rc = 0;

	for (u32 set = 0; !rc && set < 1u << countof(bits); set++) {
		u64 value = 0;

		for (u32 i = 0; i < countof(bits); i++)
			value |= set & 1u << i ? bits[i] : 0;
		rc = add_arg(f, value ? kill_action() : SCMP_ACT_ERRNO(EACCES),
			     (struct arg_rule){ call, arg, mask, value });
	}
	return rc;
}

#define WRITE_EXEC ((u64)PROT_WRITE | PROT_EXEC)

/* Memory of our own with this protection: what it has of a file would be the file's to change. */
static int add_mapping(scmp_filter_ctx f, int call, u64 prot)
{
	const u64 own = MAP_PRIVATE | MAP_ANONYMOUS;
	bool is_any = SANDBOX_HAS_SANITIZER && !(prot & PROT_EXEC);

	return seccomp_rule_add(
		f, SCMP_ACT_ALLOW, call, 2, SCMP_A2(SCMP_CMP_MASKED_EQ, WRITE_EXEC, prot),
		SCMP_A3(SCMP_CMP_MASKED_EQ, is_any ? 0 : own | MAP_SHARED, is_any ? 0 : own));
}

/*
 * Memory is written or run, never both; run only by who compiles, and never from a file.  mremap()
 * moves what is there: with an old size of 0, or flags, it would be there twice.
 */
static int add_memory(scmp_filter_ctx f, bool makes_code)
{
	int rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, CALL(mremap), 2, SCMP_A1(SCMP_CMP_NE, 0, 0),
				  SCMP_A3(SCMP_CMP_MASKED_EQ, ~(u64)MREMAP_MAYMOVE, 0));

	for (u32 i = 0; !rc && i < 2u + makes_code; i++) {
		static const u64 prots[] = { 0, PROT_WRITE, PROT_EXEC };

		rc = add_mapping(f, CALL(mmap), prots[i]);
		rc = rc ? rc : add_mapping(f, CALL(mmap2), prots[i]);
		rc = rc ? rc :
			  add_arg(f, SCMP_ACT_ALLOW,
				  (struct arg_rule){ CALL(mprotect), 2, WRITE_EXEC, prots[i] });
	}
	return rc;
}

/* abort() signals our own process; all others are out of reach. */
static int add_signals(scmp_filter_ctx f)
{
	int rc = 0;

	if (!is_for_sanitizer(CALL(tgkill)))
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, CALL(tgkill), 1,
				      SCMP_A0(SCMP_CMP_EQ, (u64)getpid(), 0));
	return rc ? rc : add_list(f, SCMP_ACT_ERRNO(EPERM), (const int[]){ CALL(kill) }, 1);
}

static int fill(scmp_filter_ctx f, const struct sandbox_opts *o)
{
	int rc = add_list(f, SCMP_ACT_ALLOW, allowed, countof(allowed));

	rc = rc ? rc : add_list(f, kill_action(), deadly, countof(deadly));
	rc = rc ? rc : add_list(f, SCMP_ACT_ERRNO(EACCES), looks, countof(looks));
	for (u32 i = 0; !rc && i < countof(arg_rules); i++)
		rc = add_arg(f, SCMP_ACT_ALLOW, arg_rules[i]);
	for (u32 i = 0; !rc && i < countof(looks_of_path); i++)
		rc = add_arg(f, SCMP_ACT_ERRNO(EACCES), looks_of_path[i]);
	rc = rc ? rc : add_open(f, CALL(open), 1);
	rc = rc ? rc : add_open(f, CALL(openat), 2);
	rc = rc ? rc : add_memory(f, o->makes_code);
	rc = rc ? rc : add_signals(f);
	for (u32 i = 0; SANDBOX_HAS_SANITIZER && !rc && i < countof(sanitizer_calls); i++)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, sanitizer_calls[i], 0);
	return rc;
}

int sandbox_limit_calls(const struct sandbox_opts *o)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int rc;

	if (!f)
		return -ENOMEM;
	/* calls of other architectures (32-bit ones) are no better than the deadly ones */
	rc = seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, kill_action());
	rc = rc ? rc : seccomp_attr_set(f, SCMP_FLTATR_CTL_NNP, 0);
	rc = rc ? rc : fill(f, o);
	if (!rc)
		rc = seccomp_load(f) ? 0 : 1;
	seccomp_release(f);
	return rc;
}

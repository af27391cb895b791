/*
 * record/constants_kernel.c -- constants by name that are in no header that is installed and in no
 * BTF: states and flags of tasks, modes of open files.
 *
 * Values of kernel 5.18 and newer; those that kernels disagree on are left out.
 */
#include "record/constants_priv.h"

/* clang-format off */
static const struct constant rows[] = {
	{ "TASK_RUNNING", 0, false }, { "TASK_INTERRUPTIBLE", 1, false },
	{ "TASK_UNINTERRUPTIBLE", 2, false }, { "__TASK_STOPPED", 4, false },
	{ "__TASK_TRACED", 8, false }, { "EXIT_DEAD", 0x10, false },
	{ "EXIT_ZOMBIE", 0x20, false }, { "EXIT_TRACE", 0x30, false },
	{ "TASK_PARKED", 0x40, false }, { "TASK_DEAD", 0x80, false },
	{ "TASK_WAKEKILL", 0x100, false }, { "TASK_WAKING", 0x200, false },
	{ "TASK_NOLOAD", 0x400, false }, { "TASK_NEW", 0x800, false },
	{ "TASK_RTLOCK_WAIT", 0x1000, false }, { "TASK_FREEZABLE", 0x2000, false },
	{ "TASK_FROZEN", 0x8000, false }, { "TASK_KILLABLE", 0x102, false },
	{ "TASK_STOPPED", 0x104, false }, { "TASK_TRACED", 8, false },
	{ "TASK_IDLE", 0x402, false }, { "TASK_NORMAL", 3, false },
	{ "TASK_REPORT", 0x7f, false }, { "TASK_COMM_LEN", 16, false },
	{ "MAX_NICE", 19, false }, { "MIN_NICE", -20, false }, { "MAX_PRIO", 140, false },
	{ "MAX_RT_PRIO", 100, false },
	{ "PF_VCPU", 0x1, false }, { "PF_IDLE", 0x2, false }, { "PF_EXITING", 0x4, false },
	{ "PF_POSTCOREDUMP", 0x8, false }, { "PF_IO_WORKER", 0x10, false },
	{ "PF_WQ_WORKER", 0x20, false }, { "PF_FORKNOEXEC", 0x40, false },
	{ "PF_MCE_PROCESS", 0x80, false }, { "PF_SUPERPRIV", 0x100, false },
	{ "PF_DUMPCORE", 0x200, false }, { "PF_SIGNALED", 0x400, false },
	{ "PF_MEMALLOC", 0x800, false }, { "PF_NPROC_EXCEEDED", 0x1000, false },
	{ "PF_USED_MATH", 0x2000, false }, { "PF_USER_WORKER", 0x4000, false },
	{ "PF_NOFREEZE", 0x8000, false }, { "PF_KSWAPD", 0x20000, false },
	{ "PF_MEMALLOC_NOFS", 0x40000, false }, { "PF_MEMALLOC_NOIO", 0x80000, false },
	{ "PF_LOCAL_THROTTLE", 0x100000, false }, { "PF_KTHREAD", 0x200000, false },
	{ "PF_RANDOMIZE", 0x400000, false }, { "PF_NO_SETAFFINITY", 0x4000000, false },
	{ "PF_MCE_EARLY", 0x8000000, false }, { "PF_MEMALLOC_PIN", 0x10000000, false },
	{ "PF_SUSPEND_TASK", 0x80000000, false },
	{ "FMODE_READ", 0x1, false }, { "FMODE_WRITE", 0x2, false },
	{ "FMODE_LSEEK", 0x4, false }, { "FMODE_PREAD", 0x8, false },
	{ "FMODE_PWRITE", 0x10, false }, { "FMODE_EXEC", 0x20, false },
};
/* clang-format on */

const struct constant_family constants_kernel = {
	"the kernel's own: states (TASK_*) and flags (PF_*) "
	"of tasks, modes of open files",
	rows, countof(rows)
};

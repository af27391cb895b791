/* record/constants_clone.c -- constants by name: clone, unshare, setns and scheduling. */
#include "record/constants_priv.h"

#include <linux/sched.h>
#include <sched.h>

/* clang-format off */
#define C(name) { #name, (s64)(name), (name) > 0 && (s64)(name) < 0 }

static const struct constant rows[] = {
	C(CLONE_CHILD_CLEARTID), C(CLONE_CHILD_SETTID), C(CLONE_CLEAR_SIGHAND),
	C(CLONE_DETACHED), C(CLONE_FILES), C(CLONE_FS), C(CLONE_INTO_CGROUP), C(CLONE_IO),
	C(CLONE_NEWCGROUP), C(CLONE_NEWIPC), C(CLONE_NEWNET), C(CLONE_NEWNS), C(CLONE_NEWPID),
	C(CLONE_NEWTIME), C(CLONE_NEWUSER), C(CLONE_NEWUTS), C(CLONE_PARENT),
	C(CLONE_PARENT_SETTID), C(CLONE_PIDFD), C(CLONE_PTRACE), C(CLONE_SETTLS),
	C(CLONE_SIGHAND), C(CLONE_SYSVSEM), C(CLONE_THREAD), C(CLONE_UNTRACED), C(CLONE_VFORK),
	C(CLONE_VM), C(CSIGNAL), C(SCHED_BATCH), C(SCHED_DEADLINE), C(SCHED_FIFO),
	C(SCHED_FLAG_ALL), C(SCHED_FLAG_DL_OVERRUN), C(SCHED_FLAG_KEEP_ALL),
	C(SCHED_FLAG_KEEP_PARAMS), C(SCHED_FLAG_KEEP_POLICY), C(SCHED_FLAG_RECLAIM),
	C(SCHED_FLAG_RESET_ON_FORK), C(SCHED_FLAG_UTIL_CLAMP), C(SCHED_FLAG_UTIL_CLAMP_MAX),
	C(SCHED_FLAG_UTIL_CLAMP_MIN), C(SCHED_IDLE), C(SCHED_ISO), C(SCHED_NORMAL),
	C(SCHED_OTHER), C(SCHED_RESET_ON_FORK), C(SCHED_RR),
};
/* clang-format on */

const struct constant_family constants_clone = {
	"clone, unshare, setns and scheduling", rows, countof(rows),
};

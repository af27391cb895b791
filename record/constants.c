/*
 * record/constants.c -- macros of the kernel's interface by name.
 *
 * Enums come from BTF; macros are not in it.  Those of the uapi headers have the value that this
 * program was compiled with; the scheduler's task states are in no installed header.
 */
#include "record/constants.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* clang-format off */
#define C(name) {#name, name}

static const struct {
	const char *name;
	s64 val;
} constants[] = {
	C(AT_FDCWD), C(AT_EMPTY_PATH), C(AT_SYMLINK_NOFOLLOW), C(AT_REMOVEDIR),
	C(O_RDONLY), C(O_WRONLY), C(O_RDWR), C(O_ACCMODE), C(O_CREAT), C(O_EXCL), C(O_NOCTTY),
	C(O_TRUNC), C(O_APPEND), C(O_NONBLOCK), C(O_DSYNC), C(O_SYNC), C(O_DIRECT),
	C(O_DIRECTORY), C(O_NOFOLLOW), C(O_NOATIME), C(O_CLOEXEC), C(O_PATH), C(O_TMPFILE),
	C(S_IFMT), C(S_IFSOCK), C(S_IFLNK), C(S_IFREG), C(S_IFBLK), C(S_IFDIR), C(S_IFCHR),
	C(S_IFIFO),
	C(PROT_READ), C(PROT_WRITE), C(PROT_EXEC), C(PROT_NONE), C(MAP_SHARED), C(MAP_PRIVATE),
	C(MAP_FIXED), C(MAP_ANONYMOUS),
	C(AF_UNSPEC), C(AF_UNIX), C(AF_INET), C(AF_INET6), C(AF_NETLINK), C(AF_PACKET),
	C(SOCK_STREAM), C(SOCK_DGRAM), C(SOCK_RAW),
	C(SIGHUP), C(SIGINT), C(SIGQUIT), C(SIGILL), C(SIGTRAP), C(SIGABRT), C(SIGBUS),
	C(SIGFPE), C(SIGKILL), C(SIGUSR1), C(SIGSEGV), C(SIGUSR2), C(SIGPIPE), C(SIGALRM),
	C(SIGTERM), C(SIGCHLD), C(SIGCONT), C(SIGSTOP), C(SIGTSTP),
	C(CLONE_VM), C(CLONE_FS), C(CLONE_FILES), C(CLONE_SIGHAND), C(CLONE_VFORK),
	C(CLONE_THREAD), C(CLONE_NEWNS), C(CLONE_NEWPID), C(CLONE_NEWUSER), C(CLONE_NEWNET),
	C(EPERM), C(ENOENT), C(ESRCH), C(EINTR), C(EIO), C(ENXIO), C(E2BIG), C(EBADF), C(ECHILD),
	C(EAGAIN), C(ENOMEM), C(EACCES), C(EFAULT), C(EBUSY), C(EEXIST), C(EXDEV), C(ENODEV),
	C(ENOTDIR), C(EISDIR), C(EINVAL), C(ENFILE), C(EMFILE), C(EFBIG), C(ENOSPC), C(ESPIPE),
	C(EROFS), C(EMLINK), C(EPIPE), C(ERANGE), C(ENOSYS), C(EWOULDBLOCK), C(ETIMEDOUT),
	C(ECONNREFUSED), C(EINPROGRESS),
	C(PATH_MAX), C(NAME_MAX), C(INT_MIN), C(INT_MAX), C(UINT_MAX), C(LONG_MIN), C(LONG_MAX),
	{"TASK_RUNNING", 0}, {"TASK_INTERRUPTIBLE", 1}, {"TASK_UNINTERRUPTIBLE", 2},
};
/* clang-format on */

bool constant_find(const char *name, s64 *ret)
{
	for (size_t i = 0; i < countof(constants); i++) {
		if (!strcmp(constants[i].name, name)) {
			*ret = constants[i].val;
			return true;
		}
	}
	return false;
}

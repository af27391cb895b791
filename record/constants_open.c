/* record/constants_open.c -- constants by name: files: open, fcntl, the *at calls, fallocate. */
#include "record/constants_priv.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <unistd.h>

/* clang-format off */
#define C(name) { #name, (s64)(name), (name) > 0 && (s64)(name) < 0 }

static const struct constant rows[] = {
	C(AT_EACCESS), C(AT_EMPTY_PATH), C(AT_FDCWD), C(AT_NO_AUTOMOUNT), C(AT_RECURSIVE),
	C(AT_REMOVEDIR), C(AT_STATX_DONT_SYNC), C(AT_STATX_FORCE_SYNC), C(AT_STATX_SYNC_AS_STAT),
	C(AT_STATX_SYNC_TYPE), C(AT_SYMLINK_FOLLOW), C(AT_SYMLINK_NOFOLLOW),
	C(FALLOC_FL_COLLAPSE_RANGE), C(FALLOC_FL_INSERT_RANGE), C(FALLOC_FL_KEEP_SIZE),
	C(FALLOC_FL_NO_HIDE_STALE), C(FALLOC_FL_PUNCH_HOLE), C(FALLOC_FL_UNSHARE_RANGE),
	C(FALLOC_FL_ZERO_RANGE), C(FD_CLOEXEC), C(F_ADD_SEALS), C(F_DUPFD), C(F_DUPFD_CLOEXEC),
	C(F_GETFD), C(F_GETFL), C(F_GETLEASE), C(F_GETLK), C(F_GETOWN), C(F_GETPIPE_SZ),
	C(F_GET_SEALS), C(F_OK), C(F_RDLCK), C(F_SETFD), C(F_SETFL), C(F_SETLEASE), C(F_SETLK),
	C(F_SETLKW), C(F_SETOWN), C(F_SETPIPE_SZ), C(F_UNLCK), C(F_WRLCK), C(O_ACCMODE),
	C(O_APPEND), C(O_ASYNC), C(O_CLOEXEC), C(O_CREAT), C(O_DIRECT), C(O_DIRECTORY),
	C(O_DSYNC), C(O_EXCL), C(O_FSYNC), C(O_LARGEFILE), C(O_NDELAY), C(O_NOATIME),
	C(O_NOCTTY), C(O_NOFOLLOW), C(O_NONBLOCK), C(O_PATH), C(O_RDONLY), C(O_RDWR), C(O_RSYNC),
	C(O_SYNC), C(O_TMPFILE), C(O_TRUNC), C(O_WRONLY), C(RESOLVE_BENEATH), C(RESOLVE_CACHED),
	C(RESOLVE_IN_ROOT), C(RESOLVE_NO_MAGICLINKS), C(RESOLVE_NO_SYMLINKS), C(RESOLVE_NO_XDEV),
	C(R_OK), C(SEEK_CUR), C(SEEK_DATA), C(SEEK_END), C(SEEK_HOLE), C(SEEK_SET), C(W_OK),
	C(X_OK),
};
/* clang-format on */

const struct constant_family constants_open = {
	"files: open, fcntl, the *at calls, fallocate", rows, countof(rows),
};

/* record/constants_mode.c -- constants by name: modes of files. */
#include "record/constants_priv.h"

#include <sys/stat.h>

/* clang-format off */
#define C(name) { #name, (s64)(name), (name) > 0 && (s64)(name) < 0 }

static const struct constant rows[] = {
	C(S_IEXEC), C(S_IFBLK), C(S_IFCHR), C(S_IFDIR), C(S_IFIFO), C(S_IFLNK), C(S_IFMT),
	C(S_IFREG), C(S_IFSOCK), C(S_IREAD), C(S_IRGRP), C(S_IROTH), C(S_IRUSR), C(S_IRWXG),
	C(S_IRWXO), C(S_IRWXU), C(S_ISGID), C(S_ISUID), C(S_ISVTX), C(S_IWGRP), C(S_IWOTH),
	C(S_IWRITE), C(S_IWUSR), C(S_IXGRP), C(S_IXOTH), C(S_IXUSR),
};
/* clang-format on */

const struct constant_family constants_mode = { "modes of files", rows, countof(rows) };

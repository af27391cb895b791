/*
 * Landlock by its system calls: every right that the running kernel's version knows is taken, and
 * no path gets one back.
 *
 * Files that are open are not concerned, nor are programs that are running.  The numbers below are
 * the kernel's interface; headers of older systems do not have them all.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "analyze/sandbox_priv.h"

#define CREATE_RULESET	  444
#define ADD_RULE	  445
#define RESTRICT_SELF	  446
#define RULESET_VERSION	  1u
#define RULE_PATH_BENEATH 1

#define FS_READ_FILE	  (1ull << 2)
#define FS_READ_DIR	  (1ull << 3)

/* Rights of a version: bits below fs and net, and what a process may not reach outside. */
static const struct {
	u32 fs_bits, net_bits, scope_bits;
} versions[] = {
	{ 13, 0, 0 }, /* 1: execute, write, read, list, remove and make of each kind */
	{ 14, 0, 0 }, /* 2: rename and link to other folders */
	{ 15, 0, 0 }, /* 3: truncate */
	{ 15, 2, 0 }, /* 4: bind and connect of TCP */
	{ 16, 2, 0 }, /* 5: ioctl of devices */
	{ 16, 2, 2 }, /* 6: abstract sockets, signals */
};

struct ruleset_attr {
	u64 fs, net, scope;
};

struct path_attr {
	u64 allowed;
	s32 fd;
} __attribute__((packed));

static u64 low_bits(u32 n)
{
	return (1ull << n) - 1;
}

/* Sanitizers read /proc/self at any time. */
static void allow_proc(int ruleset)
{
	struct path_attr a = { FS_READ_FILE | FS_READ_DIR, open("/proc", O_PATH | O_CLOEXEC) };

	if (a.fd < 0)
		return;
	(void)!syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, &a, 0);
	close(a.fd);
}

int sandbox_limit_files(void)
{
	long version = syscall(CREATE_RULESET, NULL, 0, RULESET_VERSION);
	struct ruleset_attr a;
	int fd, rc;

	if (version < 1)
		return 0;
	if (version > (long)countof(versions))
		version = countof(versions);
	a.fs = low_bits(versions[version - 1].fs_bits);
	a.net = low_bits(versions[version - 1].net_bits);
	a.scope = low_bits(versions[version - 1].scope_bits);
	/* older kernels take a longer struct whose rest is zero */
	fd = (int)syscall(CREATE_RULESET, &a, sizeof(a), 0);
	if (fd < 0)
		return errno == ENOMEM ? -ENOMEM : 0;
	if (SANDBOX_HAS_SANITIZER)
		allow_proc(fd);
	rc = (int)syscall(RESTRICT_SELF, fd, 0);
	if (rc)
		rc = errno == ENOMEM ? -ENOMEM : 0;
	else
		rc = 1;
	close(fd);
	return rc;
}

/*
 * bpftape_tape.c -- the file of `run -o`.
 *
 * Bytes are copied as they come from the recorder, which cannot see the disk behind the pipe: what
 * ends a recording because of the disk is watched for here, early enough that the rest of the tape,
 * with its end, finds room.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/ballast.h"
#include "base/io.h"
#include "base/log.h"
#include "bpftape_run.h"

#define DISK_CHECK_SZ	  ((u64)16 << 20) /* the free space is looked at that often */
#define DISK_FREE_PERCENT 5
#define REST_SZ		  ((u64)1 << 20) /* what may still come of a recording that is stopped */

/*
 * The file, as the recorder makes its own: mode 0600, for the user behind sudo, never through a
 * link, and locked.  A device or a named pipe is written to as it is.
 */
static int open_file(struct run_tape *t, bool is_forced)
{
	const int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW;
	struct stat st;
	uid_t uid;
	gid_t gid;
	int fd;

	if (!lstat(t->path, &st) && !S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
		return open(t->path, flags);
	if (is_forced)
		unlink(t->path);
	fd = open(t->path, flags | O_CREAT | O_EXCL, 0600);
	t->is_new = fd >= 0;
	if (fd < 0)
		return fd;
	flock(fd, LOCK_EX | LOCK_NB); /* nobody else has it */
	/* a file that cannot be given away stays ours */
	if (!geteuid() && run_user(&uid, &gid) && fchown(fd, uid, gid))
		return fd;
	return fd;
}

static void set_limits(struct run_tape *t)
{
	char *slash, dir[4096];
	struct rlimit r;
	int dir_fd;

	signal(SIGXFSZ, SIG_IGN); /* EFBIG instead */
	if (!getrlimit(RLIMIT_FSIZE, &r) && r.rlim_cur != RLIM_INFINITY)
		t->stop_at = r.rlim_cur - (r.rlim_cur / 4 < REST_SZ ? r.rlim_cur / 4 : REST_SZ);
	if (!t->is_new || (size_t)snprintf(dir, sizeof(dir), "%s", t->path) >= sizeof(dir))
		return;
	slash = strrchr(dir, '/');
	if (slash)
		slash[slash == dir] = '\0';
	dir_fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	t->ballast_fd = ballast_take(dir_fd, t->fd);
	io_close(&dir_fd);
}

int run_tape_open(struct run_tape *t, const char *path, bool is_forced, struct err *err)
{
	*t = (struct run_tape){ .path = path, .fd = -1, .ballast_fd = -1 };
	t->fd = open_file(t, is_forced);
	if (t->fd >= 0) {
		set_limits(t);
		return 0;
	}
	if (errno != EEXIST)
		return err_set_errno(err, -errno, "making %s", path);
	err_set(err, -EEXIST, "%s exists", path);
	err_hint(err, "give another -o FILE, or --force to overwrite it");
	return -EEXIST;
}

int run_tape_close(struct run_tape *t, struct err *err)
{
	io_close(&t->ballast_fd);
	/* A recording that never began leaves no empty file behind. */
	if (!t->copied && t->is_new)
		unlink(t->path);
	if (close(t->fd))
		return err_set_errno(err, -errno, "%s", t->path);
	return 0;
}

/* All of it: 0; how much went out is in t->copied. */
static int write_some(struct run_tape *t, const u8 *p, size_t sz)
{
	while (sz) {
		ssize_t n = write(t->fd, p, sz);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		t->copied += (u64)n;
		p += n;
		sz -= (size_t)n;
	}
	return 0;
}

static bool is_disk_full(struct run_tape *t)
{
	struct statvfs fs;

	if (t->copied < t->next_check || fstatvfs(t->fd, &fs))
		return false;
	t->next_check = t->copied + DISK_CHECK_SZ;
	return (u64)fs.f_bavail < (u64)fs.f_blocks / 100 * DISK_FREE_PERCENT;
}

/* Why the recording has to end now; NULL: it goes on. */
static const char *reason_to_stop(struct run_tape *t)
{
	if (t->is_stopped)
		return NULL;
	if (t->stop_at && t->copied >= t->stop_at)
		return "no larger file may be written (ulimit -f)";
	return is_disk_full(t) ? "less than 5 % of the disk is free" : NULL;
}

enum run_tape_state run_tape_write(struct run_tape *t, const void *p, size_t sz)
{
	u64 before = t->copied;
	struct err err = {};
	const char *why;
	int rc;

	if (t->is_broken)
		return RUN_TAPE_GOES_ON;
	rc = write_some(t, p, sz);
	why = reason_to_stop(t);
	if ((rc == -ENOSPC || rc == -EDQUOT) &&
	    ballast_give(&t->ballast_fd, t->fd, t->copied)) {
		err_set_errno(&err, rc, "%s", t->path);
		log_err(&err);
		rc = write_some(t, (const u8 *)p + (t->copied - before), sz - (t->copied - before));
	} else if (why) {
		log_warn("%s: stopping", why);
	}
	if (rc) {
		err_set_errno(&err, rc, "%s", t->path);
		log_err(&err);
		t->is_broken = true;
	}
	if (!rc && !why && !err.code)
		return RUN_TAPE_GOES_ON;
	t->is_stopped = true;
	return RUN_TAPE_STOP;
}

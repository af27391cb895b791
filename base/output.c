/*
 * base/output.c -- where the tape goes.
 *
 * An existing regular file is never written through: with --force a new one takes its place, so
 * that somebody who has it open, or a link to it, is not written over by root.  It does so only
 * when there is something to keep: a recording that cannot begin takes nothing away.
 */
#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ballast.h"
#include "base/io.h"

void output_init(struct output *o)
{
	*o = (struct output){ .fd = -1, .dir_fd = -1, .ballast_fd = -1, .old_flags = -1 };
}

static int check_stdout(struct err *err)
{
	if (!isatty(STDOUT_FILENO))
		return 0;
	err_set(err, -ENOTTY, "a tape is not written to a terminal");
	err_hint(err, "-o FILE, or pipe it: bpftape record -o - ... | bpftape replay -");
	return -ENOTTY;
}

/* A file that is to be made needs a folder. */
static int check_folder(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char dir[4096];

	if ((size_t)snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash + 1 - path) : 1,
			     slash ? path : ".") >= sizeof(dir))
		return err_set_errno(err, -ENAMETOOLONG, "making %s", path);
	return access(dir, W_OK | X_OK) ? err_set_errno(err, -errno, "making %s", path) : 0;
}

int output_check(const char *path, bool force, struct err *err)
{
	struct stat st;

	if (!strcmp(path, "-"))
		return check_stdout(err);
	if (lstat(path, &st))
		return errno == ENOENT ? check_folder(path, err) :
					 err_set_errno(err, -errno, "%s", path);
	if (S_ISDIR(st.st_mode))
		return err_set_errno(err, -EISDIR, "%s", path);
	if ((S_ISREG(st.st_mode) || S_ISLNK(st.st_mode)) && !force) {
		err_set(err, -EEXIST, "%s exists", path);
		err_hint(err, "give another -o FILE, or --force to overwrite it");
		return -EEXIST;
	}
	return 0;
}

/* "1000" -> 1000; -1 if it is no number. */
static long env_id(const char *name)
{
	const char *text = getenv(name);
	char *end;
	long v;

	if (!text || !*text)
		return -1;
	errno = 0;
	v = strtol(text, &end, 10);
	return errno || *end || v < 0 || v > INT32_MAX ? -1 : v;
}

static void give_to_caller(int fd)
{
	long uid = env_id("SUDO_UID"), gid = env_id("SUDO_GID");

	/* Failing to give it away is no reason not to record: it stays ours. */
	if (!geteuid() && uid >= 0 && fchown(fd, (uid_t)uid, gid >= 0 ? (gid_t)gid : (gid_t)-1))
		return;
}

/* Beside the file that is to be replaced.  -1 and errno. */
static int open_beside(struct output *o, const char *path, int flags)
{
	if (asprintf(&o->new_path, "%s.new-%d", path, (int)getpid()) < 0) {
		o->new_path = NULL;
		errno = ENOMEM;
		return -1;
	}
	return open(o->new_path, flags, 0600);
}

static int open_path(struct output *o, const char *path, bool force)
{
	int flags = O_WRONLY | O_CLOEXEC | O_APPEND | O_NOFOLLOW | O_NOCTTY;
	struct stat st;
	bool exists = !lstat(path, &st);

	if (exists && !S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
		return open(path, flags); /* a device or a named pipe */
	o->is_new = true;
	flags |= O_CREAT | O_EXCL;
	return exists && force ? open_beside(o, path, flags) : open(path, flags, 0600);
}

/* -1 where it cannot be told: what needs it is done without. */
static int open_dir(int fd)
{
	char link[32], path[4096];
	char *slash;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return -1;
	slash[slash == path] = '\0';
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/*
 * Writing must not wait for a reader longer than we want to.  A pipe is opened once more, so that
 * others that write to it notice nothing; what cannot be is as it was again when we are done.
 */
static void set_nonblock(struct output *o)
{
	char link[32];
	int fd = -1;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", o->fd);
	if (o->is_stdout)
		fd = open(link, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0) {
		io_close(&o->fd);
		o->fd = fd;
		return;
	}
	o->old_flags = fcntl(o->fd, F_GETFL);
	if (o->old_flags >= 0)
		fcntl(o->fd, F_SETFL, o->old_flags | O_NONBLOCK);
}

static void set_kind(struct output *o)
{
	struct stat st;

	if (fstat(o->fd, &st))
		return;
	o->is_stream = S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode);
	o->is_regular = S_ISREG(st.st_mode);
	if (o->is_stream)
		set_nonblock(o);
	if (!o->is_regular)
		return;
	/* Nobody else has a new file, and one that cannot be locked is recorded all the same. */
	flock(o->fd, LOCK_EX | LOCK_NB);
	o->dir_fd = open_dir(o->fd);
	o->ballast_fd = ballast_take(o->dir_fd, o->fd);
}

int output_open(struct output *o, const char *path, bool force, struct err *err)
{
	int rc;

	output_init(o);
	o->path = path;
	o->is_stdout = !strcmp(path, "-");
	rc = output_check(path, force, err);
	if (rc)
		return rc;
	o->fd = o->is_stdout ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3) : open_path(o, path, force);
	if (o->fd < 0) {
		rc = -errno;
		o->is_new = false;
		free(o->new_path);
		o->new_path = NULL;
		return err_set_errno(err, rc, "making %s", path);
	}
	if (o->is_new)
		give_to_caller(o->fd);
	set_kind(o);
	return 0;
}

u64 output_limit(const struct output *o)
{
	struct rlimit r;
	off_t at = o->is_regular ? lseek(o->fd, 0, SEEK_END) : 0;

	if (!o->is_regular || getrlimit(RLIMIT_FSIZE, &r) || r.rlim_cur == RLIM_INFINITY)
		return 0;
	/* Where nothing may be written any more, writing says so. */
	return at >= 0 && (u64)at < r.rlim_cur ? r.rlim_cur - (u64)at : 0;
}

u64 output_make_room(struct output *o)
{
	off_t end = o->is_regular ? lseek(o->fd, 0, SEEK_END) : 0;

	return ballast_give(&o->ballast_fd, o->fd, end > 0 ? (u64)end : 0);
}

int output_keep(struct output *o, struct err *err)
{
	int rc = o->new_path && rename(o->new_path, o->path) ? -errno : 0;

	if (rc)
		return err_set_errno(err, rc, "making %s", o->path);
	free(o->new_path);
	o->new_path = NULL;
	return 0;
}

void output_close(struct output *o, bool keep)
{
	if (!keep && o->is_new && o->fd >= 0)
		unlink(o->new_path ? o->new_path : o->path);
	if (keep)
		output_keep(o, NULL);
	free(o->new_path);
	o->new_path = NULL;
	if (o->is_regular && o->fd >= 0)
		flock(o->fd, LOCK_UN); /* a shell may have the same file open for longer */
	if (o->fd >= 0 && o->old_flags >= 0)
		fcntl(o->fd, F_SETFL, o->old_flags);
	io_close(&o->ballast_fd);
	io_close(&o->dir_fd);
	io_close(&o->fd);
}

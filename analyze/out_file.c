/*
 * Output files.  The file has no name (O_TMPFILE) until it is whole; where the file system has no
 * such files, a name of its own beside the one that was asked for.  Who has locked itself in cannot
 * name or remove a file, so a child is made before that:
 *
 *	analyzer --"k": whole--> child, which names the file,
 *	         <---errno-----  or removes it at the end of the pipe
 *
 * The child knows names and the open file, and learns nothing of the tape.
 */
#include "analyze/out_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

#define NAMES_MAX 100 /* tried beside the right one */
#define FDS_MAX	  256 /* that the child may have to close */

/* What the child works with. */
struct naming {
	char *name; /* of the file itself, where a symbolic link was given */
	char *part; /* name for the time being; NULL: none */
	int fd;
	bool replaces;
};

static char *folder_of(const char *name)
{
	const char *slash = strrchr(name, '/');

	if (!slash)
		return strdup(".");
	return slash == name ? strdup("/") : strndup(name, (size_t)(slash - name));
}

/* A name beside another, one of NAMES_MAX. */
static char *name_beside(const char *name, int i)
{
	char *s;

	return asprintf(&s, "%s.%ld-%d", name, (long)getpid(), i) < 0 ? NULL : s;
}

static int open_beside(const char *name, mode_t mode, char **ret_part)
{
	int fd = -1;

	*ret_part = NULL;
	for (int i = 0; fd < 0 && i < NAMES_MAX; i++) {
		free(*ret_part);
		*ret_part = name_beside(name, i);
		if (!*ret_part)
			return -1;
		fd = open(*ret_part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	if (fd < 0) {
		free(*ret_part);
		*ret_part = NULL;
	}
	return fd;
}

/* To be named later, for which there must be /proc. */
static int open_nameless(const char *name, mode_t mode)
{
	char *folder = folder_of(name);
	int fd = -1;

	if (folder && !access("/proc/self/fd", X_OK))
		fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
	free(folder);
	return fd;
}

static int link_as(int fd, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, path, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
}

/* A name for a while to what has none, as renaming needs one. */
static int name_part(struct naming *n)
{
	int rc = -1;

	for (int i = 0; !n->part && i < NAMES_MAX; i++) {
		char *part = name_beside(n->name, i);

		rc = part ? link_as(n->fd, part) : -1;
		if (!rc)
			n->part = part;
		else
			free(part);
		if (rc && errno != EEXIST)
			return rc;
	}
	return n->part ? 0 : rc;
}

/* Not every file system has links, nor can every one rename so. */
static int rename_new(const char *part, const char *name)
{
	int rc = renameat2(AT_FDCWD, part, AT_FDCWD, name, RENAME_NOREPLACE);

	return rc && (errno == EINVAL || errno == ENOSYS) ? link(part, name) : rc;
}

/* 0, or a negative errno.  What the name stood for is lost only when the new one is on the disk. */
static int give_name(struct naming *n)
{
	int rc = fdatasync(n->fd) && errno != EINVAL && errno != ENOSYS;

	if (rc)
		return -errno;
	if (n->replaces)
		rc = name_part(n) || rename(n->part, n->name);
	else
		rc = n->part ? rename_new(n->part, n->name) : link_as(n->fd, n->name);
	return rc ? -errno : 0;
}

/* Holds nothing open that others wait for the end of. */
static void keep(struct naming *n, int in, int out)
{
	sigset_t all;
	ssize_t got;
	char c;
	int rc;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	for (int fd = 0; fd < FDS_MAX; fd++)
		if (fd != in && fd != out && fd != n->fd)
			close(fd);
	do {
		got = read(in, &c, 1);
	} while (got < 0 && errno == EINTR);
	rc = got == 1 ? give_name(n) : -ECANCELED;
	if (n->part)
		unlink(n->part); /* if it has not become the name */
	(void)!io_write_full(out, &rc, sizeof(rc)); /* now it is as it will be */
	_exit(0);
}

static int start_keeper(struct out_file *f, struct naming *n, struct err *err)
{
	int to[2] = { -1, -1 }, from[2] = { -1, -1 };
	pid_t pid = -1;
	int rc = 0;

	if (!pipe2(to, O_CLOEXEC) && !pipe2(from, O_CLOEXEC))
		pid = fork();
	if (!pid)
		keep(n, to[0], from[1]);
	if (pid < 0)
		rc = err_set_errno(err, -errno, "%s", f->name);
	io_close(&to[0]);
	io_close(&from[1]);
	if (rc) {
		io_close(&to[1]);
		io_close(&from[0]);
		return rc;
	}
	f->tell = to[1];
	f->answer = from[0];
	return 0;
}

/* The new one in place of @old looks like it; who may not give it away keeps it. */
static void look_like(int fd, const struct stat *old)
{
	(void)!fchown(fd, old->st_uid, old->st_gid);
	(void)!fchmod(fd, old->st_mode & 0777);
}

static char *follow(const char *name)
{
	struct stat st;

	return !lstat(name, &st) && S_ISLNK(st.st_mode) ? realpath(name, NULL) : strdup(name);
}

/* A regular file; @old: what has its name now, or NULL. */
static int open_file(const struct out_opts *o, const struct stat *old, struct out_file *f,
		     struct err *err)
{
	mode_t mode = o->is_private ? 0600 : 0666;
	struct naming n = { .replaces = o->replaces };
	int rc;

	n.name = old ? follow(o->name) : strdup(o->name);
	if (!n.name)
		return err_set_errno(err, -errno, "%s", o->name);
	n.fd = open_nameless(n.name, mode);
	if (n.fd < 0)
		n.fd = open_beside(n.name, mode, &n.part);
	rc = n.fd < 0 ? err_set_errno(err, -errno, "%s", o->name) : 0;
	if (!rc && old && !o->is_private)
		look_like(n.fd, old);
	f->fd = n.fd;
	rc = rc ? rc : start_keeper(f, &n, err);
	if (rc && n.part)
		unlink(n.part);
	if (rc)
		io_close(&f->fd);
	free(n.name);
	free(n.part);
	return rc;
}

int out_file_open(const struct out_opts *o, struct out_file *ret, struct err *err)
{
	struct out_file f = { .name = o->name, .fd = STDOUT_FILENO, .tell = -1, .answer = -1 };
	struct stat st;
	bool is_there;
	int rc = 0;

	f.is_stdout = !o->is_file && !strcmp(o->name, "-");
	if (f.is_stdout) {
		*ret = f;
		return 0;
	}
	is_there = !stat(o->name, &st);
	if (is_there && !S_ISREG(st.st_mode)) {
		if (o->is_file)
			return err_set(err, -EINVAL, "%s: not a regular file", o->name);
		f.fd = open(o->name, O_WRONLY | O_CLOEXEC);
		rc = f.fd < 0 ? err_set_errno(err, -errno, "%s", o->name) : 0;
	} else if (!o->replaces && (is_there || !lstat(o->name, &st))) {
		rc = err_set_errno(err, -EEXIST, "%s", o->name);
	} else if (is_there && access(o->name, W_OK)) {
		rc = err_set_errno(err, -errno, "%s", o->name);
	} else {
		rc = open_file(o, is_there ? &st : NULL, &f, err);
	}
	if (!rc)
		*ret = f;
	return rc;
}

int out_file_close(struct out_file *f, bool is_whole, struct err *err)
{
	int rc = 0, answer = 0;
	ssize_t n;

	if (f->is_stdout)
		return 0;
	if (close(f->fd) && is_whole)
		rc = err_set_errno(err, -errno, "%s", f->name);
	f->fd = -1;
	if (f->tell < 0)
		return rc;
	is_whole = is_whole && !rc;
	if (is_whole)
		(void)!io_write_full(f->tell, "k", 1);
	io_close(&f->tell);
	n = io_read_full(f->answer, &answer, sizeof(answer));
	io_close(&f->answer);
	if (is_whole && (n != sizeof(answer) || answer))
		rc = err_set_errno(err, n == sizeof(answer) ? answer : -EIO, "%s", f->name);
	return rc;
}

int out_file_scratch(const char *name, struct err *err)
{
	char *part = NULL;
	int fd = open_nameless(name, 0600);

	if (fd < 0)
		fd = open_beside(name, 0600, &part);
	if (fd < 0)
		return err_set_errno(err, -errno, "%s", name);
	if (part)
		unlink(part);
	free(part);
	return fd;
}

/*
 * Output files.  Who has locked itself in cannot remove a file, so a child is made before that,
 * which waits for the end of a pipe:
 *
 *	analyzer --"d": begun, "k": whole--> child, which removes the file at the end of the pipe
 *	         <-------its end------------ unless it has been kept
 *
 * The child knows a name and an inode, and learns nothing of the tape.  It removes only that inode.
 */
#include "analyze/out_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

static void remove_same(const char *name, const struct stat *st)
{
	struct stat now;

	if (!lstat(name, &now) && now.st_dev == st->st_dev && now.st_ino == st->st_ino)
		unlink(name);
}

/* Holds nothing open that others wait for the end of. */
static void watch(const char *name, const struct stat *st, int in, int out, bool is_new)
{
	bool keeps = !is_new;
	sigset_t all;
	char c;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	for (int fd = 0; fd < 256; fd++)
		if (fd != in && fd != out)
			close(fd);
	for (;;) {
		ssize_t n = read(in, &c, 1);

		if (n == 1)
			keeps = c == 'k';
		else if (n == 0 || errno != EINTR)
			break;
	}
	if (!keeps)
		remove_same(name, st);
	_exit(0);
}

static int start_watch(struct out_file *f, const struct stat *st, bool is_new, struct err *err)
{
	int to[2] = { -1, -1 }, from[2] = { -1, -1 };
	pid_t pid = -1;
	int rc = 0;

	if (!pipe2(to, O_CLOEXEC) && !pipe2(from, O_CLOEXEC))
		pid = fork();
	if (!pid)
		watch(f->name, st, to[0], from[1], is_new);
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
	f->gone = from[0];
	return 0;
}

int out_file_open(const char *name, struct out_file *ret, struct err *err)
{
	const int flags = O_WRONLY | O_CREAT | O_CLOEXEC;
	struct out_file f = { .name = name,
			      .fd = STDOUT_FILENO,
			      .is_stdout = !strcmp(name, "-"),
			      .tell = -1,
			      .gone = -1 };
	bool is_new = true;
	struct stat st;
	int rc = 0;

	if (!f.is_stdout) {
		f.fd = open(name, flags | O_EXCL, 0666);
		if (f.fd < 0 && errno == EEXIST) {
			is_new = false;
			f.fd = open(name, flags, 0666);
		}
		if (f.fd < 0)
			return err_set_errno(err, -errno, "%s", name);
		if (!fstat(f.fd, &st) && S_ISREG(st.st_mode))
			rc = start_watch(&f, &st, is_new, err);
		if (rc) {
			if (is_new)
				unlink(name);
			io_close(&f.fd);
			return rc;
		}
	}
	*ret = f;
	return 0;
}

int out_file_begin(struct out_file *f, struct err *err)
{
	if (f->tell < 0)
		return 0;
	if (io_write_full(f->tell, "d", 1) || ftruncate(f->fd, 0))
		return err_set_errno(err, -errno, "%s", f->name);
	return 0;
}

int out_file_close(struct out_file *f, bool is_whole, struct err *err)
{
	int rc = 0;
	char c;

	if (f->is_stdout)
		return 0;
	if (close(f->fd) && is_whole)
		rc = err_set_errno(err, -errno, "%s", f->name);
	f->fd = -1;
	if (f->tell < 0)
		return rc;
	if (is_whole && !rc)
		(void)!io_write_full(f->tell, "k", 1);
	io_close(&f->tell);
	while (read(f->gone, &c, 1) < 0 && errno == EINTR)
		; /* the end of the child: the file is as it will be */
	io_close(&f->gone);
	return rc;
}

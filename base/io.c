/* base/io.c -- reads and writes that finish what they started. */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#define READ_CHUNK ((size_t)16384)

static int wait_for(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	while (poll(&p, 1, -1) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

/* Sort out the errno of a failed read or write: 0 means try again. */
static int retry(int fd, short events)
{
	if (errno == EINTR)
		return 0;
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return wait_for(fd, events);
	return -errno;
}

/* @off < 0: read at the descriptor's own position. */
static ssize_t read_full(int fd, void *p, size_t sz, off_t off)
{
	size_t done = 0;

	if (sz > SSIZE_MAX)
		return -EINVAL;
	while (done < sz) {
		u8 *at = (u8 *)p + done;
		ssize_t n = off < 0 ? read(fd, at, sz - done) :
				      pread(fd, at, sz - done, off + (off_t)done);
		int rc = n < 0 ? retry(fd, POLLIN) : 0;

		if (rc)
			return rc;
		if (!n)
			break;
		if (n > 0)
			done += (size_t)n;
	}
	return (ssize_t)done;
}

ssize_t io_read_full(int fd, void *p, size_t sz)
{
	return read_full(fd, p, sz, -1);
}

ssize_t io_pread_full(int fd, void *p, size_t sz, u64 off)
{
	u64 end;

	if (__builtin_add_overflow(off, (u64)sz, &end) || end > INT64_MAX)
		return -EINVAL;
	return read_full(fd, p, sz, (off_t)off);
}

int io_write_full(int fd, const void *p, size_t sz)
{
	size_t done = 0;

	while (done < sz) {
		ssize_t n = write(fd, (const u8 *)p + done, sz - done);
		int rc = n < 0 ? retry(fd, POLLOUT) : 0;

		if (rc)
			return rc;
		if (n > 0)
			done += (size_t)n;
	}
	return 0;
}

static int read_into(int fd, struct buf *b)
{
	u8 chunk[READ_CHUNK];

	for (;;) {
		ssize_t n = io_read_full(fd, chunk, sizeof(chunk));

		if (n < 0)
			return (int)n;
		if ((size_t)n > b->max_sz - b->len)
			return -EFBIG;
		buf_put(b, chunk, (size_t)n);
		if (b->is_full)
			return -ENOMEM;
		if ((size_t)n < sizeof(chunk))
			return 0;
	}
}

int io_read_file(const char *path, struct buf *b, struct err *err)
{
	AUTO(io_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int rc;

	if (fd < 0)
		return err_set_errno(err, -errno, "%s", path);
	rc = read_into(fd, b);
	if (rc == -EFBIG)
		return err_set(err, rc, "%s: larger than %zu bytes", path, b->max_sz);
	if (rc)
		return err_set_errno(err, rc, "%s", path);
	return 0;
}

/* Each takes the lowest number that is free, which is its own. */
int io_fill_std(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
			return -errno;
	return 0;
}

void io_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

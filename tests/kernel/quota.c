/*
 * tests/kernel/quota.c -- LD_PRELOAD: a quota of disk space, where the kernel has none.
 *
 * A file whose name ends in $QUOTA_FILE and what is reserved by fallocate() share $QUOTA_BYTES, as
 * they would if one user owned them: what fits is written, and then it is EDQUOT.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static long long reserved;
static int reserved_fd = -1;

static int is_ours(int fd)
{
	const char *end = getenv("QUOTA_FILE");
	char link[64], path[4096];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (!end || n < (ssize_t)strlen(end))
		return 0;
	path[n] = '\0';
	return !strcmp(path + n - strlen(end), end);
}

/* Bytes that may still be written to @fd; -1: any number. */
static long long room_for(int fd)
{
	const char *all = getenv("QUOTA_BYTES");
	struct stat st;
	long long room;

	if (!all || fstat(fd, &st) || !S_ISREG(st.st_mode) || !is_ours(fd))
		return -1;
	room = strtoll(all, NULL, 10) - reserved - st.st_size;
	return room > 0 ? room : 0;
}

ssize_t writev(int fd, const struct iovec *v, int cnt)
{
	long long room = room_for(fd);
	struct iovec one;
	int n = 0;

	if (room < 0)
		return syscall(SYS_writev, fd, v, cnt);
	while (n < cnt && (long long)v[n].iov_len <= room)
		room -= (long long)v[n++].iov_len;
	if (n)
		return syscall(SYS_writev, fd, v, n);
	one = v[0];
	one.iov_len = (size_t)room;
	if (room)
		return syscall(SYS_writev, fd, &one, 1);
	errno = EDQUOT;
	return -1;
}

ssize_t write(int fd, const void *p, size_t sz)
{
	const struct iovec v = { (void *)p, sz };

	return sz ? writev(fd, &v, 1) : (ssize_t)syscall(SYS_write, fd, p, sz);
}

int fallocate(int fd, int mode, off_t off, off_t len)
{
	if (getenv("QUOTA_BYTES") && !mode) {
		reserved += len;
		reserved_fd = fd;
	}
	return (int)syscall(SYS_fallocate, fd, mode, off, len);
}

int close(int fd)
{
	if (fd >= 0 && fd == reserved_fd) {
		reserved = 0;
		reserved_fd = -1;
	}
	return (int)syscall(SYS_close, fd);
}

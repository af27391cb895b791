/*
 * base/ballast.c -- an unnamed file that is only there to be given up.
 *
 * When it is, its blocks are asked for at once behind the end of the tape, so that others who wait
 * for room on a full disk do not get them.
 */
#include "base/ballast.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/io.h"

#define BALLAST_MAX (1ull << 20)
#define BALLAST_MIN (64ull << 10)

/* An eighth of what is free at most. */
static u64 ballast_size(int dir_fd)
{
	struct statvfs v;
	u64 sz;

	if (fstatvfs(dir_fd, &v))
		return 0;
	sz = (u64)v.f_bavail * v.f_frsize / 8;
	return sz > BALLAST_MAX ? BALLAST_MAX : sz < BALLAST_MIN ? 0 : sz;
}

int ballast_take(int dir_fd, int tape_fd)
{
	u64 sz = dir_fd < 0 ? 0 : ballast_size(dir_fd);
	struct stat st;
	int fd;

	if (!sz)
		return -1;
	fd = openat(dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	/* Of the same quota as the tape; where that is not allowed, there is none. */
	if (!fstat(tape_fd, &st) && st.st_uid != geteuid() && fchown(fd, st.st_uid, st.st_gid))
		sz = 0;
	if (!sz || fallocate(fd, 0, 0, (off_t)sz))
		io_close(&fd);
	return fd;
}

u64 ballast_give(int *fd, int tape_fd, u64 end)
{
	struct stat st = { 0 };

	if (*fd < 0)
		return 0;
	if (fstat(*fd, &st))
		st.st_size = 0;
	io_close(fd);
	/* Not all can; then the room is there for the quickest. */
	(void)!fallocate(tape_fd, FALLOC_FL_KEEP_SIZE, (off_t)end, st.st_size);
	return (u64)st.st_size;
}

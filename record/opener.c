/*
 * record/opener.c -- ways to a mapped file, the surest first:
 *
 *     /proc/PID/map_files/START-END   the mapping itself: also of a deleted file
 *     /proc/PID/root/PATH             in the process's mount namespace
 *     /proc/PARENT/root/PATH          when it is gone: its parent most likely has the same
 *     PATH                            in ours
 *
 * Each is first opened as a mere place (O_PATH), which does nothing to devices and pipes.
 */
#include "record/opener.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/io.h"

bool opener_is_wanted(const struct opener_want *w, const struct stat *st)
{
	bool is_dev = st->st_dev == w->dev || major(st->st_dev) == 0;

	return S_ISREG(st->st_mode) && w->inode && st->st_ino == w->inode && is_dev;
}

bool opener_is_local(int fd)
{
	static const u64 kinds[] = { EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC,
				     TMPFS_MAGIC, F2FS_SUPER_MAGIC };
	struct statfs fs;

	if (fstatfs(fd, &fs))
		return false;
	for (size_t i = 0; i < countof(kinds); i++)
		if ((u64)fs.f_type == kinds[i])
			return true;
	return false;
}

static int try_path(const struct opener_want *w, const char *path, struct stat *ret)
{
	int place AUTO(io_close) = open(path, O_PATH | O_CLOEXEC);
	char self[64];
	int fd;

	if (place < 0 || fstat(place, ret) || !opener_is_wanted(w, ret))
		return -ENOENT;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", place);
	fd = open(self, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

static int try_root_of(const struct opener_want *w, u32 pid, struct stat *ret)
{
	char path[4096 + 64];

	if (snprintf(path, sizeof(path), "/proc/%u/root%s", pid, w->path) >= (int)sizeof(path))
		return -ENOENT;
	return try_path(w, path, ret);
}

int opener_open(const struct opener_want *w, struct stat *ret)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/map_files/%llx-%llx", w->pid,
		 (unsigned long long)w->start, (unsigned long long)w->end);
	fd = try_path(w, path, ret);
	if (fd >= 0 || w->path[0] != '/')
		return fd;
	fd = try_root_of(w, w->pid, ret);
	if (fd < 0 && w->parent)
		fd = try_root_of(w, w->parent, ret);
	return fd >= 0 ? fd : try_path(w, w->path, ret);
}

/*
 * record/opener.h -- open the file that a process has mapped, as the file it was.
 *
 * Paths come from other processes, who may be gone, live in another mount namespace, or have put
 * something else in its place: what is opened is checked against device and inode, and is a
 * regular file.  May block where a file system does not answer: call it where that may wait.
 */
#pragma once

#include <sys/stat.h>

#include "base/err.h"

struct opener_want {
	u32 pid, parent; /* parent: of the process; 0: unknown */
	u64 start, end; /* of the mapping */
	const char *path; /* as its process sees it */
	u64 dev, inode;
};

/*
 * Is it the file that was mapped?  Layered file systems (overlay, btrfs) say another device to
 * stat() than in mappings: one without a major number.
 */
bool opener_is_wanted(const struct opener_want *w, const struct stat *st);

/* Is it in a file system that asks nobody else (a kind known to be so)? */
bool opener_is_local(int fd);

/* A descriptor for reading and *ret its stat; -ENOENT: it is not to be found any more. */
int opener_open(const struct opener_want *w, struct stat *ret);

/* base/ballast.h -- room on the disk that the end of a tape finds when all else is full. */
#pragma once

#include "base/compiler.h"

/*
 * A file without a name in @dir_fd for the owner of @tape_fd: 1 MB, or less on a small disk.  It is
 * gone with us however we end.  -1 where that cannot be had.
 */
int ballast_take(int dir_fd, int tape_fd);
/* Give it back, to @tape_fd behind @end if that can be.  Its size; 0: there was none. */
u64 ballast_give(int *fd, int tape_fd, u64 end);

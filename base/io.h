/* base/io.h -- whole reads and writes; EINTR handled; descriptors are close-on-exec. */
#pragma once

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* Read until @sz bytes or the end of the file: count read, or -errno. */
ssize_t io_read_full(int fd, void *p, size_t sz);
ssize_t io_pread_full(int fd, void *p, size_t sz, u64 off);
int io_write_full(int fd, const void *p, size_t sz);	/* 0 or -errno; waits where it is -EAGAIN */
/* Whole file (also of /proc, where st_size is 0) appended to @b.  -EFBIG beyond b->max_sz. */
int io_read_file(const char *path, struct buf *b, struct err *err);
/*
 * For the mains, first of all: who closed descriptor 0, 1 or 2 for us gets /dev/null there, which
 * cannot be read (0) or written (1, 2).  Else the next file that is opened would have the number,
 * and take messages in.  0 or -errno.
 */
int io_fill_std(void);
void io_close(int *fd);					/* for AUTO(): closes if >= 0, sets -1 */

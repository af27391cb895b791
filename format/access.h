/* format/access.h -- one block of a file by its offset. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "format/block.h"

struct block_place {
	int fd;
	u64 base;	/* where the tape begins in the file */
	u32 session_tag;
	const struct tape_limits *limits;
	bool ignore_crc;
};

/*
 * Read the block at @off of the tape: header and stored payload (in @stored).  -EBADMSG: there
 * is no good block; *reason says why.  -EIO and others: cannot be read.
 */
int block_read(const struct block_place *p, u64 off, struct tape_block_header *h,
	       struct buf *stored, const char **reason);

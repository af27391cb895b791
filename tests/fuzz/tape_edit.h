/*
 * tests/fuzz/tape_edit.h -- a tape taken apart into blocks with every frame undone, and put
 * together again with right lengths, places and checksums.
 */
#pragma once

#include "base/buf.h"
#include "format/codec.h"
#include "format/tape.h"

#define EDIT_BLOCKS_MAX	  512
#define EDIT_PLAIN_MAX	  ((size_t)1 << 20) /* of a block; larger ones are kept as stored */

/* What putting together leaves as it is. */
#define EDIT_KEEP_RAW_LEN 1
#define EDIT_KEEP_SEQ	  2
#define EDIT_KEEP_PLAIN	  4 /* offsets and hashes in INDEX, TAIL, CHECKPOINT, END */

struct edit_block {
	struct tape_block_header h;
	u64 off; /* of the header in the tape it was read from; 0: it is new */
	u64 new_off;
	u32 keep; /* EDIT_KEEP_* */
	bool is_opaque; /* frames could not be undone: plain is as stored */
	struct buf plain; /* the payload; parts of columns at other places than on the tape */
};

struct edit {
	struct tape_file_header header;
	struct edit_block *blocks[EDIT_BLOCKS_MAX];
	u32 cnt;
	struct codec *codec;
};

/* false: it does not begin like a tape, or has no block.  Stops at the first bad header. */
bool edit_open(struct edit *e, const u8 *data, size_t sz);
void edit_close(struct edit *e);

/* Blocks in another order; false: full. */
bool edit_insert(struct edit *e, u32 at, const struct edit_block *copy_of);
void edit_remove(struct edit *e, u32 at);

/* The tape; 0: it is larger than @max. */
size_t edit_put(struct edit *e, u8 *out, size_t max);

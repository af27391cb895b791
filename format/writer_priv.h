/* format/writer_priv.h -- the inside of the writer, shared by its files. */
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include "base/vec.h"
#include "format/block.h"
#include "format/encode.h"
#include "format/writer.h"

/* What is repeated: a META, SCHEMA, PLAN or TYPES payload as it was first written. */
struct kept_block {
	struct tape_block_header header;
	u8 *payload;
};

enum writer_stage {
	WRITER_ROWS,
	WRITER_LOSSES,	/* losses may use the room that was kept for them */
	WRITER_END,	/* the end is being written */
};

struct tape_writer {
	int fd;
	bool is_file;	/* can be cut back */
	int broken;	/* part of a block is in a pipe: every call fails with this */
	struct tape_writer_opts o;
	u32 session_tag;
	u64 off;	/* bytes written: where the next block begins */
	off_t base;	/* of the tape in the file */
	u64 seq, rows, raw_bytes, lost, hash;
	u64 gone;	/* numbers of blocks that are lost: seq is greater by it than blocks */

	struct encoder *enc;
	struct codec *codec;		/* the encoder's */
	struct codec *deep;		/* of descriptions; NULL: not needed any more */
	struct buf raw, packed;		/* a payload before and after its frame */
	struct buf dicts, runs_raw;	/* of a DICT block; runs before their directory is known */
	struct vec runs;		/* struct tape_mixed_run of the MIXED block being made */

	struct vec kept;	/* struct kept_block */
	u32 part_cnt[4];	/* parts so far: META SCHEMA PLAN TYPES */
	struct vec tables;	/* u32 ids with a schema */
	u32 files, frames, nodes;	/* on the tape: ids so far */
	u64 repeat_at;		/* repeat when off reaches it; 0: at the first checkpoint */

	struct vec index;	/* struct tape_index_entry not yet in an INDEX block */
	u64 index_off, checkpoint_off;
	bool is_index_lost;	/* no memory for an entry: the tape will have no INDEX */
	bool is_finished;

	enum writer_stage stage;
	bool is_at_max;		/* something was refused for max_bytes */
	u64 patience_ns;	/* atomic: how long a full pipe is waited for */
};

/* Where a tape is to go on that others have written. */
struct writer_place {
	u64 off, seq;
	u64 blocks;	/* good ones before; fewer than seq where some are lost */
	u64 rows, lost, hash;
	u32 session_tag;
};
/* @fd stands at the place.  What was said before is not known: only blocks that need none of it. */
int writer_resume(int fd, const struct writer_place *at, struct tape_writer **ret, struct err *err);
/* First thing in every public call: refuse after the end, keep w->index small. */
int writer_begin(struct tape_writer *w, u64 ts, struct err *err);
/* writer_io.c: all of @v or nothing, as far as the descriptor can take that back. */
int writer_put_bytes(struct tape_writer *w, struct iovec *v, int n, struct err *err);
/* May the block be written and still be followed by what ends the tape?  -EFBIG. */
int writer_check_room(struct tape_writer *w, const struct tape_block_header *h, struct err *err);
/* Write @raw as the payload of a table block; *h has type, n_rows, stream, ts. */
int writer_put_table(struct tape_writer *w, struct tape_block_header *h, const struct buf *raw,
		     struct err *err);
/* Seal and write a block; advances off and seq and notes it for INDEX unless it failed. */
int writer_put_block(struct tape_writer *w, struct tape_block_header *h, const void *payload,
		     struct err *err);
/* Times of a LOSS block written at @ts. */
void writer_loss_times(struct tape_block_header *h, const struct tape_loss *l, u32 n, u64 ts);
/* A block or a run of a MIXED block just written, for INDEX. */
void writer_note(struct tape_writer *w, const struct tape_index_entry *e);
/* An INDEX block of what was noted since the last. */
int writer_put_index(struct tape_writer *w, u64 ts, struct err *err);

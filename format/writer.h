/*
 * format/writer.h -- append a tape to a file, a pipe or a socket.
 *
 * Only whole blocks are written, each with one writev; nothing is ever rewritten, so a pipe and
 * a file get the same bytes.  Order of calls: open; META, SCHEMA (each table before its rows),
 * PLAN, TYPES; then rows, table blocks and checkpoints in any order; finish; close.  Not
 * thread-safe.
 *
 * A write that fails (-ENOSPC, -EFBIG, -EPIPE, -EIO ...) leaves a file as it was before the
 * block (cut back to its end) and the writer usable: the rows of the batch are still there,
 * finish may be tried.  After part of a block went into a pipe every later call returns the
 * same error.
 *
 * A tape of at most max_bytes: what would leave no room for the end (and for LOSS records before
 * it) is refused with -EFBIG, and nothing was written of it; finish then succeeds.
 */
#pragma once

#include "format/rows.h"

struct tape_writer;

struct tape_writer_opts {
	u8 uuid[16];
	u64 real_ns;		/* CLOCK_REALTIME at the start */
	int zstd_level;		/* 0: 1 */
	u64 repeat_bytes;	/* repeat META..TYPES after so many; 0: 64 MB */
	u64 max_bytes;		/* of the tape, its end included; 0: any */
	u32 mixed_rows;		/* batches below this share a MIXED block; 0: 512 */
	u64 ts_quantum_ns;	/* all times of rows are multiples of it; 0: 1 */
};

/* Borrows @fd (at the place where the tape begins) and writes the file header. */
int tape_writer_open(int fd, const struct tape_writer_opts *o, struct tape_writer **ret,
		     struct err *err);
void tape_writer_close(struct tape_writer *w);	/* frees; does not finish, does not close the fd */

/* @ts in all of these: boottime ns of the writing. */
int tape_writer_put_meta(struct tape_writer *w, u64 ts, const struct tape_meta_item *items, u32 n,
			 struct err *err);
int tape_writer_put_schemas(struct tape_writer *w, u64 ts, const struct tape_schema *s, u32 n,
			    struct err *err);
int tape_writer_put_plan(struct tape_writer *w, u64 ts, const struct tape_plan *p, struct err *err);
int tape_writer_put_types(struct tape_writer *w, u64 ts, const struct tape_types *t,
			  struct err *err);	/* may be called again to add */
int tape_writer_put_tasks(struct tape_writer *w, u64 ts, const struct tape_task *t, u32 n,
			  struct err *err);
int tape_writer_put_losses(struct tape_writer *w, u64 ts, const struct tape_loss *l, u32 n,
			   struct err *err);
int tape_writer_put_clocks(struct tape_writer *w, u64 ts, const struct tape_clock *c, u32 n,
			   struct err *err);

/*
 * What stacks in rows mean; written before the checkpoint that covers the rows.  Long lists become
 * several blocks.  Ids (of nodes too) go on where they stopped: those already on the tape are
 * passed over, so that a call that failed may be repeated with the same items; a gap, a parent
 * that is not before its child and a reference to what is not on the tape yet are -EINVAL.
 */
int tape_writer_put_files(struct tape_writer *w, u64 ts, const struct tape_file *f, u32 n,
			  struct err *err);
int tape_writer_put_mmaps(struct tape_writer *w, u64 ts, const struct tape_mmap *m, u32 n,
			  struct err *err);
int tape_writer_put_frames(struct tape_writer *w, u64 ts, const struct tape_frame *f, u32 n,
			   struct err *err);
int tape_writer_put_stacks(struct tape_writer *w, u64 ts, const struct tape_stacks *s,
			   struct err *err);
int tape_writer_put_syms(struct tape_writer *w, u64 ts, const struct tape_sym *s, u32 n,
			 struct err *err);

int tape_writer_put_mapsnap(struct tape_writer *w, u64 ts, const struct tape_mapsnap *m,
			    struct err *err);
int tape_writer_put_logs(struct tape_writer *w, u64 ts, const struct tape_log *l, u32 n,
			 struct err *err);

/*
 * One EVENTS block of the batch, whatever its size; the batch is reset on success.  An empty
 * batch writes nothing.
 */
int tape_writer_put_rows(struct tape_writer *w, struct row_batch *b, struct err *err);
/*
 * All rows of all batches: full-sized ones as EVENTS, small ones together as MIXED blocks.  For
 * timed flushes.
 */
int tape_writer_flush(struct tape_writer *w, struct row_batch *const *batches, u32 n,
		      struct err *err);

/*
 * Promise that no row with ts <= @watermark follows (flush the batches before).  Writes the
 * repetitions when they are due.
 */
int tape_writer_checkpoint(struct tape_writer *w, u64 ts, u64 watermark, struct err *err);
/* Final META items (may be none), INDEX, END, TAIL. */
int tape_writer_finish(struct tape_writer *w, u64 ts, const struct tape_meta_item *items, u32 n,
		       struct err *err);

/*
 * What ends a tape that has to end: a new limit; no rows come any more, so LOSS records may use the
 * room that was kept for them; and, from any thread, how long a pipe (O_NONBLOCK) may take nothing
 * until writing fails with -ETIMEDOUT, for good (at first: for ever).
 */
void tape_writer_set_max(struct tape_writer *w, u64 max_bytes);
void tape_writer_rows_end(struct tape_writer *w);
void tape_writer_set_patience(struct tape_writer *w, u64 ns);

struct tape_writer_stats {
	u64 bytes, blocks, rows;	/* written */
	u64 raw_bytes;			/* of the rows: 8 a word, strings as long as they are */
	u64 lost;			/* sum of the LOSS rows put */
	bool is_at_max;			/* max_bytes has stopped something */
};
struct tape_writer_stats tape_writer_stats(const struct tape_writer *w);
int tape_writer_sync(struct tape_writer *w, struct err *err); /* fdatasync; nothing on a pipe */

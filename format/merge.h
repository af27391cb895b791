/*
 * format/merge.h -- all rows of a tape in total order: by (ts, cpu, order, table, seq, place).
 *
 * Blocks are read front to back; rows are handed out up to the watermark of the last checkpoint
 * read, so memory holds the rows between two checkpoints, not the tape.  Rows are handed out as
 * runs: stretches of one batch that no other batch has rows in between.
 */
#pragma once

#include "format/reader.h"

struct tape_merge;

struct tape_merge_opts {
	bool read_all;	/* of a tape without END also what lies behind the last watermark */
	/* Of batches; 0: 1 GiB.  Beyond it, or 2^20 blocks, order is given up: see stats. */
	u64 mem_max;
};

struct tape_run {
	/*
	 * Not NULL: an item that is not rows, handed out where it was read (never later than the
	 * rows that the next checkpoint releases); the rest is unset.
	 */
	const struct tape_item *item;
	const struct tape_schema *schema;
	const struct tape_batch *batch;
	u32 begin, end;	/* rows of the batch */
};

/*
 * Borrows @r, which must not have been advanced.  ts, cpu, order and seq are selected by the merge
 * itself where a table is.
 */
int tape_merge_new(struct tape_reader *r, const struct tape_merge_opts *o, struct tape_merge **ret,
		   struct err *err);
void tape_merge_free(struct tape_merge *m);

/* 1: *ret filled, borrowed until the next call; 0: no more; <0: as tape_reader_next(). */
int tape_merge_next(struct tape_merge *m, struct tape_run *ret, struct err *err);

struct tape_merge_stats {
	u64 rows;
	u64 late_rows;	/* came after a later row: watermark broken, or mem_max reached */
	u64 unreleased_rows;	/* behind the last watermark of an unfinished tape and not handed
				 * out */
	u64 peak_mem;
};
struct tape_merge_stats tape_merge_stats(const struct tape_merge *m);

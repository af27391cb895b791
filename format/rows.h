/*
 * format/rows.h -- rows on their way to a block: columns that grow row by row.
 *
 * One batch a table, or one a table and CPU where the rate fills them.  Memory grows to the
 * size of the fullest block so far and is kept, so that adding a row allocates nothing once it
 * is warm. Not thread-safe; different batches may be filled by different threads.
 */
#pragma once

#include "base/err.h"
#include "format/schema.h"

struct row_batch;

/* One value of a row, in the order of the schema's columns. */
struct row_cell {
	union {
		u64 word;	/* U64, S64 */
		const void *p;	/* BYTES: the bytes; LIST: const struct row_cell[len], elements */
	};
	u32 len;		/* BYTES: how many; LIST: elements */
	bool is_null;		/* not captured; a LIST is empty instead */
};

struct row_batch_opts {
	u32 max_rows;	/* 0: 32768 */
	u32 max_bytes;	/* 0: 3 MiB; 8 a word, strings and list elements as long as they are */
};

/* @s is borrowed and must outlive the batch.  -EINVAL: the schema makes no sense; -ENOMEM. */
int row_batch_new(const struct tape_schema *s, const struct row_batch_opts *o,
		  struct row_batch **ret, struct err *err);
void row_batch_free(struct row_batch *b);

/*
 * Append a row: schema->col_cnt cells, contents copied.  0: there is room for more; 1: added,
 * the batch is full and must be written before the next.  -ENOSPC: full already.  -E2BIG: a
 * string beyond TAPE_MAX_STR or a row that fits no block.  -ENOMEM.  On an error nothing was
 * added.
 */
int row_batch_add(struct row_batch *b, const struct row_cell *cells);
/* The same for a table of words only without NULLs. */
int row_batch_add_words(struct row_batch *b, const u64 *words);

const struct tape_schema *row_batch_schema(const struct row_batch *b);
u32 row_batch_cnt(const struct row_batch *b);
u64 row_batch_first_ts(const struct row_batch *b);	/* smallest; UINT64_MAX when empty */
void row_batch_reset(
	struct row_batch *b);	/* forget the rows; the writer does it after writing them */

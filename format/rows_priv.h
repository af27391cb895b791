/* format/rows_priv.h -- the inside of a row batch, for the encoder. */
#pragma once

#include "format/rows.h"

struct row_run {
	u32 off, len; /* in bytes */
};

/*
 * Values of one column.  A value is a row's, of a LIST an element's; NULLs take a place (0).
 * nulls[] is filled from the first NULL on: without one (null_cnt 0) it says nothing.
 * BYTES: vals[i] is which of the runs value i is: strings that follow each other and are the
 * same are one run, whose bytes are there once.
 */
struct row_col {
	u64 *vals;
	u8 *nulls;	/* a byte a value, as far as nulls_n */
	u32 n_vals, null_cnt, nulls_n;
	size_t vals_cap, nulls_cap;
	u8 *bytes;
	size_t bytes_len, bytes_cap;
	struct row_run *runs;
	u32 n_runs;
	size_t runs_cap;
	u32 *lens;	/* LIST: elements a row */
	size_t lens_cap;
};

enum row_kind { ROW_WORD, ROW_BYTES, ROW_LIST };

struct row_batch {
	const struct tape_schema *schema;
	struct row_col *cols;
	u32 n_rows, max_rows, max_bytes;
	u32 ts_col;
	u64 bytes;	/* see row_batch_opts */
	u64 ts_min, ts_max, ts_last;
	bool is_sorted;
	u32 rows_cap;			/* rows that the arrays with a value a row have room for */
	u8 *kinds;			/* enum row_kind a column */
	u16 *flat;	/* columns with a value a row, single words first */
	u16 *vars;	/* columns that are not single words */
	u32 flat_cnt, var_cnt, word_cnt;
	u64 *stage;		/* the last rows, row by row: values of the flat columns */
	u32 staged, stage_rows;
};

/* Bring the rows into the columns, for who reads those. */
void row_batch_settle(struct row_batch *b);

/* format/rows_priv.h -- the inside of a row batch, for the encoder. */
#pragma once

#include "format/rows.h"

/*
 * Values of one column.  A value is a row's, of a LIST an element's; NULLs take a place (0, "").
 * BYTES: the values lie one behind the other in bytes, vals[i] is the length of value i.
 */
struct row_col {
	u64 *vals;
	u8 *nulls;	/* a byte a value */
	u32 n_vals, null_cnt;
	size_t vals_cap, nulls_cap;
	u8 *bytes;
	size_t bytes_len, bytes_cap;
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
	u16 *vars;			/* columns that are not single words, and how many */
	u32 var_cnt, word_cnt;
	bool is_words;	/* no BYTES, no LIST */
};

/* format/batch_priv.h -- the inside of a batch, for the decoder. */
#pragma once

#include "format/batch.h"

/* What one column owns; kept from block to block. */
struct batch_col {
	u64 *v;		/* words */
	u32 *off, *ids, *list_off;
	u8 *bytes, *nulls;
	size_t v_cap, off_cap, ids_cap, list_off_cap, bytes_cap, nulls_cap;
	u32 n_vals;	/* rows, of a LIST elements */
};

struct tape_batch {
	const struct tape_schema *schema;
	u32 n_rows;
	struct tape_col *cols;
	struct tape_col_info *info;
	struct batch_col *own;
	u32 col_cap;		/* of the three arrays */
	struct batch_col spare;	/* for sorting */
};

/* Empty the batch and make it one of @s.  -ENOMEM. */
int batch_begin(struct tape_batch *b, const struct tape_schema *s, u32 n_rows);
bool batch_grow(void *pp, size_t *cap, size_t need, size_t item_sz);
/* Column @id of the batch: its public pointers from what it owns. */
void batch_publish(struct tape_batch *b, u32 id, bool has_nulls, bool has_ids);
/* All rows NULL. */
int batch_lose(struct tape_batch *b, u32 id);

/*
 * format/batch.h -- a decoded run of rows of one table, as columns.
 *
 * A batch owns its memory and keeps it from block to block.  Only the columns asked for are
 * decoded.
 */
#pragma once

#include "format/schema.h"

/*
 * One column.  Words: v[row].  Bytes: bytes + off[row] .. off[row + 1].  Lists: elements
 * list_off[row] .. list_off[row + 1] index into v or off.  is_null (NULL: there are none) has a
 * byte a row, of lists a byte an element; a NULL's value is 0 or "".  A column that was not
 * asked for is all NULL pointers.
 */
struct tape_col {
	const s64 *v;
	const u8 *bytes;
	const u32 *off;
	const u32 *list_off;
	const u8 *is_null;
};

/* What is known beside the values. */
struct tape_col_info {
	const u32 *ids;		/* BYTES coded by a dictionary: id a value; else NULL */
	u64 zone_min, zone_max;	/* of words, if has_zone; compare by the column's sign */
	bool is_decoded, has_zone;
	bool is_damaged;	/* its bytes were bad: all rows are NULL */
};

struct tape_batch;

struct tape_batch *tape_batch_new(void);	/* NULL without memory */
void tape_batch_free(struct tape_batch *b);

const struct tape_schema *tape_batch_schema(const struct tape_batch *b); /* NULL while empty */
u32 tape_batch_cnt(const struct tape_batch *b);
const struct tape_col *tape_batch_cols(const struct tape_batch *b); /* by column id */
const struct tape_col_info *tape_batch_info(const struct tape_batch *b); /* by column id */
size_t tape_batch_mem(const struct tape_batch *b);	/* bytes held */

/*
 * Reorder the rows by (ts, cpu, seq, place); needs those columns decoded.  Nothing is done if
 * they are in order. -ENOMEM, -EINVAL if ts is not decoded.
 */
int tape_batch_sort(struct tape_batch *b, struct err *err);

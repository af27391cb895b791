/*
 * record/row_decode.h -- a row record of a ring becomes a row of its table's batch.
 *
 * One decoder a session; used by one thread.  Records are checked as foreign bytes.
 */
#pragma once

#include "format/rows.h"
#include "record/row_layout.h"
#include "record/schema_out.h"

struct decoder;

/* Borrows all of @plan, @out (schemas) and @layouts (by plan_table.idx). */
int decoder_new(const struct plan *plan, const struct schema_out *out,
		const struct row_layout *layouts, struct decoder **ret, struct err *err);
void decoder_free(struct decoder *d);
/* Where hashes of stacks become numbers; without one they stay as they are. */
struct stacks;
void decoder_set_stacks(struct decoder *d, struct stacks *s);

struct decoded {
	u32 table;
	u64 ts; /* of the firing; the caller may round it before decode_row() */
	u32 place; /* among rows of that time; 0 unless the caller sets it */
	u32 cut_cnt; /* list elements that did not fit */
};

/*
 * Look at a record of @cpu's ring: 0 and the table and time; -EBADMSG: it makes no sense.
 */
int decode_head(const struct decoder *d, const u8 *rec, u32 sz, struct decoded *ret);

/*
 * Append the record, which decode_head() accepted, to @b.  As row_batch_add(), and -EBADMSG
 * (nothing was added).
 */
int decode_row(struct decoder *d, const u8 *rec, u32 cpu, struct decoded *h, struct row_batch *b);

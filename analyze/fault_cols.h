/*
 * analyze/fault_cols.h -- reads of memory that failed when the tape was made, counted as their rows
 * are evaluated.
 */
#pragma once

#include "analyze/runtime.h"
#include "analyze/tape_plan.h"
#include "format/batch.h"

struct fault_col;

struct fault_cols {
	struct fault_col *cols;
	u32 cnt; /* columns that can fault and that the clause reads */
	const struct tape_batch *batch; /* NULL: the rows are made */
};

/* @src NULL: no rows of the tape.  -ENOMEM. */
int fault_cols_init(struct fault_cols *f, const struct plan_table *t,
		    const struct tape_plan_cols *src, struct err *err);
void fault_cols_fini(struct fault_cols *f);

void fault_cols_want(const struct fault_cols *f, u8 *want, u32 n);
void fault_cols_bind(struct fault_cols *f, const struct tape_batch *b);
/* Of rows [begin, end) of the batch. */
void fault_cols_count(const struct fault_cols *f, struct rt *rt, u32 begin, u32 end);

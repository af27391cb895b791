/*
 * record/schema_out.h -- a plan in the words of the tape: SCHEMA and PLAN, and where each column of
 * the plan went.
 */
#pragma once

#include "format/schema.h"
#include "lang/plan.h"

#define OUT_NO_COL 0xffffu

/*
 * The first columns of every table on the tape; the order and the path follow if there is one, then
 * the plan's columns.
 */
enum { OUT_TS, OUT_CPU, OUT_PID, OUT_TID, OUT_SEQ, OUT_FIXED_CNT };

struct out_table {
	struct tape_schema *schema; /* NULL: no firing of this clause makes a row */
	u16 order_col; /* tape column of the place in its time; OUT_NO_COL: none */
	u16 path_col; /* of the path bits; likewise */
	/* By plan_col.idx: tape columns of the value and of its errno; OUT_NO_COL: none. */
	u16 *val_col, *err_col;
};

struct schema_out {
	struct out_table *tables; /* by plan_table.idx */
	u32 table_cnt;
	struct tape_schema *schemas; /* of the tables with rows; id is plan_table.idx */
	u32 schema_cnt;
	struct tape_plan plan;
};

/*
 * @quantum: what times are rounded to; with more than 1 several tables need an order.
 * Everything lives in @a and borrows texts from the plan.  -E2BIG: more tables, columns or
 * dictionaries than a tape can have.
 */
int schema_out_build(const struct plan *p, u64 quantum, struct arena *a, struct schema_out *ret,
		     struct err *err);

/* How a value of that type lies in a column; NULL: a bit or a count. */
enum tape_phys schema_out_phys(const struct type *t);

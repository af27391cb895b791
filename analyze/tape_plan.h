/*
 * analyze/tape_plan.h -- a tape's PLAN and SCHEMA in the words of lang/plan.h.
 *
 * This is the only file that knows both how a tape stores a plan and how the language describes
 * one.
 */
#pragma once

#include "format/reader.h"
#include "lang/plan.h"

#define TAPE_PLAN_NO_COL 0xffffu

/* Beside each tape_table: where its columns lie on the tape. */
struct tape_plan_cols {
	const struct tape_schema *schema;	/* NULL: the clause has no rows */
	bool is_lost;				/* it has, but its SCHEMA is lost */
	/* by plan column: id in the schema, or TAPE_PLAN_NO_COL */
	u16 *col_of;
	u16 path, seq, probe, cpu;		/* TAPE_PLAN_NO_COL: it has none */
};

struct tape_plan_view {
	struct tape_table *tables;		/* one a clause instance, in order */
	struct tape_plan_cols *cols;		/* same index */
	u32 table_cnt;
	const struct tape_plan *plan;		/* borrowed from the reader's state at the time */
	const struct tape_state *state;		/* the reader's, borrowed */
};

/*
 * Everything lives in @a, texts included.  -ENODATA: the tape has no plan, or no schema at all.
 * -EBADMSG: plan and schema do not fit together (the story says where).  -ENOMEM.
 */
int tape_plan_load(const struct tape_state *s, struct arena *a, struct tape_plan_view *ret,
		   struct err *err);

/*
 * Classes of a program's maps as recorded, found by name; prog->map_cnt, in @a.  NULL without
 * memory.
 */
struct plan_map *tape_plan_maps(const struct tape_plan_view *v, const struct program *prog,
				struct arena *a);

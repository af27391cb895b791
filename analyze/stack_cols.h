/*
 * analyze/stack_cols.h -- columns of stacks and symbols of a batch, with nodes where the tape has
 * numbers.
 */
#pragma once

#include "analyze/rt.h"
#include "analyze/symbol/symbols.h"
#include "base/err.h"
#include "lang/plan.h"

struct stack_col;

struct stack_cols {
	const struct tape_state *state;
	struct stack_col *cols;
	u32 cnt; /* of most tables 0 */
};

/* Which columns of the table need it.  @s is borrowed.  -ENOMEM. */
int stack_cols_init(struct stack_cols *c, const struct plan_table *t, const struct tape_state *s,
		    struct err *err);
void stack_cols_fini(struct stack_cols *c);

/*
 * Point those of @cols (by index of the plan) that are bound to rows [begin, end) of a batch at
 * translated copies, good until the next call.  -ENOMEM.
 */
int stack_cols_bind(struct stack_cols *c, struct rt_col *cols, u32 begin, u32 end, struct err *err);

/*
 * analyze/clause_run.h -- one compiled clause and the columns it reads from one table of the tape.
 *
 * Each thread has its own; the script is shared.
 */
#pragma once

#include "analyze/fault_cols.h"
#include "analyze/script_run.h"
#include "analyze/stack_cols.h"
#include "analyze/task_index.h"

struct clause_run {
	const struct plan_table *t;
	/* NULL: the engine makes the rows (BEGIN, END, interval) */
	const struct tape_plan_cols *src;
	rt_clause_fn fn;
	enum probe_kind kind;
	bool drains;
	bool has_actions;			/* that the analyzer does */
	bool has_loops;				/* that may go on for ever: a call takes one row */
	bool needs_tasks;			/* has columns that the task table fills */
	const struct task_index *tasks;
	struct rt_col *cols;			/* t->col_cnt, then the path */
	/* by id on the tape: id in the program, UINT32_MAX: not one of the clause's */
	u32 *probe_of;
	u32 probe_max;				/* ids below have an entry */
	s32 probe_col;				/* column of the clause with the probe's id; -1 */
	s64 *made;				/* one word a column, for made rows */
	struct buf words, offs, bytes;		/* of the task columns of the rows bound */
	struct buf probe_ids;
	struct stack_cols stacks;
	struct fault_cols faults;
};

/* @s and @tasks are borrowed.  -ENOMEM. */
int clause_run_init(struct clause_run *c, const struct script_run *s, u32 table,
		    const struct task_index *tasks, bool has_compat, struct err *err);
void clause_run_fini(struct clause_run *c);

/* Mark the columns of the tape that the clause reads: a byte a column id. */
void clause_run_want(const struct clause_run *c, u8 *want, u32 n);

/* Point the columns at rows [begin, end) of a batch. */
int clause_run_bind(struct clause_run *c, const struct tape_batch *b, u32 begin, u32 end,
		    struct err *err);
/* Is the row of the batch a firing of one of the clause's probes? */
bool clause_run_takes(const struct clause_run *c, const struct tape_batch *b, u32 row);
/* Point the columns at one made row. */
int clause_run_make(struct clause_run *c, u64 ts, u32 cpu, u32 pid, u32 tid, struct err *err);

/*
 * analyze/script_run.h -- a script made ready to run over a tape: compiled, bound to its tables,
 * code in memory.
 */
#pragma once

#include "analyze/jit_module.h"
#include "analyze/tape_plan.h"

struct query;
struct query_part;

struct script_opts {
	const char *name;		/* "-e", a file's name */
	struct str text;		/* s NULL: the recorded script */
	const struct query *query;	/* instead of a text */
	const char *const *params;
	int param_cnt;
	bool has_compat;
	enum compat compat;		/* if has_compat, else the tape's */
};

struct script_run {
	struct arena arena;
	struct source src;
	struct diag_list diags;
	struct tape_plan_view view;
	struct program *prog;
	struct plan *plan;
	struct jit *jit;
	bool is_recorded;		/* the script that made the tape */
	const struct query *query;	/* NULL: a script */
	/* of a query: where its texts lie in src; query.c's */
	struct query_part *parts;
	u32 part_cnt;
	enum compat compat;
};

/*
 * -EINVAL: errors in the script (script_run_show()); other codes with a story in @err.  *s is to
 * be closed in any case. A recorded script is hostile text: it includes and imports nothing.
 */
int script_run_open(struct script_run *s, const struct tape_state *state,
		    const struct script_opts *o, struct err *err);
void script_run_close(struct script_run *s);
/* Errors and warnings as they are to be shown; empty if there are none. */
void script_run_show(const struct script_run *s, struct buf *out);
/* Load the module that holds the compiler, once: before the process locks itself in. */
int script_run_load_compiler(struct err *err);
/* Use a compiler that is linked in instead of loading the module. */
void script_run_set_compiler(jit_compile_fn *compile, jit_clause_fn *clause, jit_free_fn *free_fn);
/* The compiled clause of plan->tables[i]; NULL: nothing to run. */
rt_clause_fn script_run_clause(const struct script_run *s, u32 table);

/*
 * May its rows run in any order?  All that clauses other than BEGIN and END do is commutative
 * aggregation of integers, and nothing reads the maps meanwhile.
 */
bool script_run_is_order_free(const struct script_run *s);

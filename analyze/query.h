/*
 * analyze/query.h -- expressions over one table of a tape: what hist, fold and flame ask.
 *
 * A query is a small script that is never written down: for each row of one table that holds
 * @where, it takes some values and a key.  Its texts come from options of a command line and go
 * through the ordinary front end, with columns of the table as names (`ret` for args.ret, `start`
 * for @start[tid], `filename_str` for str(args.filename)).  Errors are shown under the option
 * they stand in.
 */
#pragma once

#include "analyze/engine.h"

#define QUERY_VALS_MAX 4

/* A text and where it comes from: { "--by", "comm, pid" }; text NULL: not given. */
struct query_expr {
	const char *from;
	const char *text;
};

/* What to do with each row; any of them together. */
enum query_out {
	QUERY_ROWS = 1, /* sink.row() for each */
	QUERY_GROUPS = 2, /* sink.group() for each key, with the sum of its weights */
	QUERY_PRINT = 4, /* print @[by] = agg(vals[0]) as a script would */
};

struct query_sink;

struct query {
	const char *table; /* its name; NULL: the one that has all the columns */
	struct query_expr where, by, weight; /* @by: a list; @weight: of GROUPS, else 1 a row */
	/* single expressions; of ROWS and GROUPS one-word values: numbers, stacks, symbols */
	struct query_expr vals[QUERY_VALS_MAX];
	u32 val_cnt;
	/* QUERY_PRINT: "hist", and a list of what stands behind the value: { "--log2", "3" } */
	const char *agg;
	struct query_expr agg_args;
	u32 out; /* enum query_out */
	const struct query_sink *sink; /* of ROWS and GROUPS */
	/* Looks at what the tape has and fills in the rest of this query first; or NULL. */
	int (*prepare)(void *ctx, const struct tape_plan_view *v, struct err *err);
	void *prepare_ctx;
};

/* What the expressions turned out to be; lives until the run ends. */
struct query_types {
	const char *table;
	const struct type *vals[QUERY_VALS_MAX];
	/* of one expression its type, of several a TUPLE, of none NULL; keys are packed so */
	const struct type *by;
	const struct tape_state *state; /* of the tape */
	const struct value_fmt *fmt; /* for format_value(), format_key() */
};

/*
 * Each returns 0 or a negative errno with a story, which ends the run.  A file is read by several
 * threads: each has what open() gave it, and close() is called for one after the other, also
 * after an error, before the groups come.
 */
struct query_sink {
	void *ctx;
	int (*start)(void *ctx, const struct query_types *t, struct err *err); /* or NULL */
	void *(*open)(void *ctx, struct err *err); /* NULL: fails */
	/* @vals lie in the order of the query; @key is packed and lives until the return. */
	int (*row)(void *thread, const s64 *vals, struct str key, struct err *err);
	int (*close)(void *ctx, void *thread, struct err *err);
	/* in no order */
	int (*group)(void *ctx, const s64 *vals, struct str key, s64 sum, struct err *err);
	int (*end)(void *ctx, struct err *err); /* after the groups, the tape still open */
};

/*
 * @o as for engine_run(), but for its script.  Filters, conditions and losses are told as they are
 * of a script.  -EINVAL with an empty @err: shown already.  ret->matched: rows that held @where
 * (ROWS), or keys (GROUPS, PRINT).  The range that @o states must not be empty.
 */
int query_run(const struct query *q, const struct engine_opts *o, struct engine_result *ret,
	      struct err *err);

/* ---- for script_run.c and the engine ---- */

/* Do queries see the table?  Not those whose rows are made anew: of BEGIN, END, intervals. */
bool query_has_rows(const struct tape_plan_view *v, u32 i);

/*
 * Choose the table, compile and bind: fills src, diags, prog and plan of @s, whose view is loaded.
 * -EINVAL: errors in @s->diags, or a story in @err.
 */
int query_bind(const struct query *q, struct script_run *s, const struct tape_state *state,
	       struct err *err);
/* Diagnostics of a bound (or refused) query, under the options they stand in. */
void query_show(const struct query *q, const struct script_run *s, struct buf *out);

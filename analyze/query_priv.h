/*
 * analyze/query_priv.h -- inside of queries: query.c runs them, query_bind.c makes the script,
 * query_columns.c offers a table's columns as names.
 */
#pragma once

#include "analyze/query.h"
#include "lang/catalog.h"

#define QUERY_GROUPS_MAP "@groups"

/* A text of the query in the script that stands for it; one may lie there several times. */
struct query_part {
	const struct query_expr *expr;
	u32 off, len;
};

#define QUERY_MISS 10u

/* The columns of one table as a catalog, over that of the tape. */
struct query_columns {
	struct catalog base;
	const struct tape_table *table;
	struct catalog_ops ops;
	u32 misses; /* of names that were none, about QUERY_MISS each */
};

struct catalog query_columns_init(struct query_columns *c, struct catalog base,
				  const struct tape_table *t);
/* A field of the args of the table's probes; NULL: they have none of that name. */
const struct field *query_columns_arg(const struct query_columns *q, struct arena *a,
				      const char *name);
/* A copy of @t in which no two columns have one leaf: later ones go by name.  NULL: -ENOMEM. */
struct tape_table *query_columns_dup(struct arena *a, const struct tape_table *t);
/* Is the column one that an expression can name? */
bool query_columns_has(const struct plan_col *c);

/* Types of a bound query's values and key; NULL where there is none.  table is its name. */
int query_types_of(const struct query *q, struct script_run *s, struct query_types *ret);

/* ---- for the engine ---- */

/* What rows of one thread go to. */
struct query_taker {
	const struct query *q;
	void *thread; /* of the sink; NULL: rows are not asked for */
	u64 rows;
};

/* Types to the sink.  The engine's script is bound. */
int query_start(const struct query *q, struct script_run *s, const struct tape_state *state,
		const struct value_fmt *fmt, struct err *err);
int query_open(const struct query *q, struct query_taker *t, struct err *err);
int query_take(void *taker, const void *args, u32 args_sz, struct err *err); /* rt_take_fn */
int query_close(struct query_taker *t, struct err *err);
/* Groups to the sink. */
struct rt;
int query_finish(const struct query *q, const struct program *p, struct rt *rt, u64 *ret_matched,
		 struct err *err);

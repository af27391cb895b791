/*
 * lang/builtin.h -- the table of builtins and functions: one row each, from which checks, docs and lowering derive.
 */
#pragma once

#include "lang/ast.h"
#include "lang/catalog.h"

enum builtin_id {
	/* variables (leaves) */
	BI_ARGS, BI_PID, BI_TID, BI_UID, BI_GID, BI_COMM, BI_CPU, BI_NSECS, BI_ELAPSED, BI_PROBE, BI_RAND, BI_CPID,
	/* value functions */
	BI_STR,			/* leaf: str(ptr[, n]) */
	BI_STRFTIME,
	/* aggregations: only as @m = f(...) */
	BI_COUNT, BI_SUM, BI_MIN, BI_MAX, BI_AVG, BI_STATS, BI_HIST, BI_LHIST,
	/* actions */
	BI_PRINTF, BI_PRINT, BI_CLEAR, BI_ZERO, BI_TIME, BI_JOIN, BI_EXIT, BI_EMIT,
	BI_DELETE,		/* a map write; value: was it there (0.27) */
	BI_LEN, BI_HAS_KEY,	/* map reads */
	BI_CNT
};

enum builtin_class {
	BC_VAR,			/* a leaf with no arguments */
	BC_LEAF_CALL,		/* a leaf whose arguments are addresses and lengths: str() */
	BC_PURE,		/* computed from its arguments alone, by the analyzer or folded */
	BC_AGG,			/* map aggregation */
	BC_ACTION,		/* done by the analyzer when it replays the row */
	BC_KERNEL_ACTION,	/* only the kernel or recorder can do it: exit (and the analyzer follows) */
	BC_MAP,			/* delete, len, has_key: acts on its map argument */
};

struct builtin {
	enum builtin_id id;
	const char *name;
	const char *alias;	/* or NULL */
	enum builtin_class cls;
	int min_args, max_args;	/* calls; max -1: any */
	const char *signature;	/* "str(ptr[, n])", for diagnostics and docs */
	const char *doc;	/* one line */
};

extern const struct builtin builtins[];	/* BI_CNT rows in enum order; lang/builtin.c also lists names of bpftrace that
					   are known but not supported yet (for the exact message) */
const struct builtin *builtin_find(struct str name);	/* by name or alias, NULL */
bool builtin_is_known_unsupported(struct str name);
void builtin_offer_names(struct str_nearest *n);

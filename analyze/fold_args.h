/* analyze/fold_args.h -- options that `fold` and `flame` have in common. */
#pragma once

#include "analyze/engine_args.h"
#include "analyze/fold_query.h"

struct fold_args {
	struct fold_opts fold;
	struct engine_args engine;
};

/* clang-format off */
/*
 * Rows of a table of options; O(field) gives the offset of a field of struct fold_args, E(field) of
 * its engine, R(field) of the engine's reader.
 */
#define FOLD_OPT_ROWS \
	{ "table", 0, OPT_STR, O(fold.table), "T", \
	  "the table; not needed if only one has stacks" }, \
	{ "kernel", 0, OPT_FLAG, O(fold.kernel), NULL, "only kernel stacks" }, \
	{ "user", 0, OPT_FLAG, O(fold.user), NULL, "only user stacks" }, \
	{ "by", 0, OPT_STR, O(fold.by), "EXPR,...", \
	  "values of these as first frames: comm,pid" }, \
	{ "weight", 0, OPT_STR, O(fold.weight), "EXPR", "sum this instead of counting rows" }, \
	{ "where", 0, OPT_STR, O(fold.where), "EXPR", "only rows where this holds" }, \
	ENGINE_RANGE_ROWS, \
	ENGINE_READ_ROWS
/* clang-format on */

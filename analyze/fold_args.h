/* analyze/fold_args.h -- options that `fold` and `flame` have in common. */
#pragma once

#include "analyze/fold_query.h"
#include "base/opt.h"

struct fold_args {
	struct fold_opts fold;
	const char *from, *to;
	bool is_strict, read_all;
	u64 threads;
};

/* clang-format off */
/* Rows of a table of options; O(field) gives the offset of a field of struct fold_args. */
#define FOLD_OPT_ROWS \
	{ "table", 0, OPT_STR, O(fold.table), "T", \
	  "the table; not needed if only one has stacks" }, \
	{ "kernel", 0, OPT_FLAG, O(fold.kernel), NULL, "only kernel stacks" }, \
	{ "user", 0, OPT_FLAG, O(fold.user), NULL, "only user stacks" }, \
	{ "by", 0, OPT_STR, O(fold.by), "EXPR,...", \
	  "values of these as first frames: comm,pid" }, \
	{ "weight", 0, OPT_STR, O(fold.weight), "EXPR", "sum this instead of counting rows" }, \
	{ "where", 0, OPT_STR, O(fold.where), "EXPR", "only rows where this holds" }, \
	{ "from", 0, OPT_STR, O(from), "T", \
	  "leave out what is earlier: +2s, -500ms, 12:30:00" }, \
	{ "to", 0, OPT_STR, O(to), "T", "leave out what is later" }, \
	{ "strict", 0, OPT_FLAG, O(is_strict), NULL, \
	  "exit with 3 if rows are missing or damaged" }, \
	{ "all", 0, OPT_FLAG, O(read_all), NULL, \
	  "of an unfinished tape also what is behind its last checkpoint" }, \
	{ "threads", 0, OPT_U64, O(threads), "N", "at most so many threads (one a processor)" }
/* clang-format on */

/* analyze/fold_query.h -- the rows of a tape folded: what `fold` and `flame` have in common. */
#pragma once

#include "analyze/engine.h"
#include "analyze/stackfold.h"

struct fold_opts {
	const char *table; /* NULL: the only one that has stacks */
	bool kernel, user; /* neither: both that the table has */
	/* expressions, NULL: not given */
	const char *by; /* a list: root frames */
	const char *weight; /* of a row, else 1 */
	const char *where;
};

/*
 * Run over the tape of @o and give the finished tree, the caller's to free.  -EINVAL with an empty
 * @err: shown already.  -ENODATA: the tape has no stacks.
 */
int fold_query_run(const struct fold_opts *f, const struct engine_opts *o, struct stackfold **ret,
		   struct engine_result *ret_result, struct err *err);

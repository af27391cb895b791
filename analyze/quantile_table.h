/*
 * analyze/quantile_table.h -- a query with quantiles of its value: what it prints, then a table.
 */
#pragma once

#include "analyze/quantile.h"
#include "analyze/query.h"

struct quantile_table_opts {
	const struct query *query; /* one value; its sink is not used */
	const struct quantile *q;
	u32 q_cnt;
	u64 values_max; /* kept in memory, see quantile.h; 0: the default */
};

/*
 * As query_run().  More values than memory is to hold take further passes over the tape: -EFBIG if
 * it is a pipe.
 */
int quantile_table_run(const struct quantile_table_opts *o, const struct engine_opts *engine,
		       struct engine_result *ret, struct err *err);

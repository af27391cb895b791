/*
 * analyze/sketch.h -- states of aggregations that grow: tseries(), quantile(), distinct().
 *
 * A state is one block of memory that free() releases; NULL is the state without values.  Two
 * states merge into what all values in one would have given.
 */
#pragma once

#include "lang/type.h"

/* Bytes of a state. */
u64 sketch_size(const struct type *t, const void *state);
u64 tseries_size(const void *state);
u64 quantile_size(const void *state);
u64 distinct_size(const void *state);

/* ---- tseries: values of the last t->ts_num intervals ---- */

struct tseries_slot {
	s64 epoch;		/* number of the interval */
	s64 ts;			/* of the last value */
	s64 val;		/* last, largest, smallest; sum */
	u64 cnt;
};
int tseries_add(void **state, const struct type *t, s64 val, s64 real_ns) MUST_CHECK;
int tseries_merge(void **state, const struct type *t, const void *from) MUST_CHECK;
/* By time; slots without values have none. */
const struct tseries_slot *tseries_slots(const void *state, u32 *ret_cnt);
s64 tseries_value(const struct type *t, const struct tseries_slot *s);

/* ---- quantile ---- */

/* Values are kept one by one up to so many; more are counted in buckets, within 1/256. */
#define QUANTILE_EXACT_MAX 4096
int quantile_add(void **state, const struct type *t, s64 val) MUST_CHECK;
int quantile_merge(void **state, const struct type *t, const void *from) MUST_CHECK;
/* The smallest value that a share of at least @q millionths does not exceed; 0: no values. */
s64 quantile_at(const struct type *t, void *state, u32 q);

/* ---- distinct ---- */

/* Exact up to so many different values; more are estimated, with a standard error of 1.6 %. */
#define DISTINCT_EXACT_MAX 1024
int distinct_add(void **state, u64 val) MUST_CHECK;
int distinct_merge(void **state, const void *from) MUST_CHECK;
u64 distinct_count(const void *state);

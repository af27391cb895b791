/*
 * analyze/agg.h -- the state of one aggregation: exact, and two states merge into what one would
 * have been.
 */
#pragma once

#include "lang/type.h"

struct agg {
	u64 cnt;		/* values seen */
	/* of doubles (type_is_float_agg) sum, min and max are their bits */
	s64 sum;		/* wraps, as 64-bit addition does */
	/*
	 * of what agg_add() and agg_merge() made: the exact sum is carry * 2^64 + the bits of sum
	 */
	s64 carry;
	s64 min, max;		/* as the type's sign orders; only valid where cnt */
	union {			/* owned; NULL until the first value */
		u64 *buckets;		/* hist, lhist */
		void *sketch;		/* tseries, quantile, distinct: analyze/sketch.h */
	};
};

void agg_fini(struct agg *a);
/* Back to a state without values (zero()). */
void agg_reset(struct agg *a);
/* One value; count ignores it.  -ENOMEM. */
int agg_add(struct agg *a, const struct type *t, s64 val) MUST_CHECK;
/* Of a tseries: with the wall-clock time, ns. */
int agg_add_at(struct agg *a, const struct type *t, s64 val, s64 real_ns) MUST_CHECK;
int agg_merge(struct agg *a, const struct type *t, const struct agg *from) MUST_CHECK;
/*
 * As a number: count, sum, min, max; avg and stats: the average, rounded towards zero; distinct:
 * how many; quantile: the first one; others: values seen.  Of doubles:
 * the bits of one.
 */
s64 agg_read(const struct agg *a, const struct type *t);
/* false: the exact sum does not fit into *ret. */
bool agg_exact_sum(const struct agg *a, s64 *ret) MUST_CHECK;

/*
 * analyze/agg.h -- the state of one aggregation: exact, and two states merge into what one would
 * have been.
 */
#pragma once

#include "lang/type.h"

struct agg {
	u64 cnt;		/* values seen */
	s64 sum;		/* wraps, as 64-bit addition does */
	/*
	 * of what agg_add() and agg_merge() made: the exact sum is carry * 2^64 + the bits of sum
	 */
	s64 carry;
	s64 min, max;		/* as the type's sign orders; only valid where cnt */
	u64 *buckets;		/* hist, lhist: owned; NULL until the first value */
};

void agg_fini(struct agg *a);
/* Back to a state without values (zero()). */
void agg_reset(struct agg *a);
/* One value; count ignores it.  -ENOMEM. */
int agg_add(struct agg *a, const struct type *t, s64 val) MUST_CHECK;
int agg_merge(struct agg *a, const struct type *t, const struct agg *from) MUST_CHECK;
/*
 * As a number: count, sum, min, max; avg and stats: the average, rounded towards zero; hist:
 * values seen.
 */
s64 agg_read(const struct agg *a, const struct type *t);
/* false: the exact sum does not fit into *ret. */
bool agg_exact_sum(const struct agg *a, s64 *ret) MUST_CHECK;

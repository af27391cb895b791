/*
 * Aggregations.
 *
 * All kinds share one state, so that adding is a handful of instructions and merging is the same
 * code for all. Invariant: agg_merge(a, b) gives what adding b's values to a would have given, for
 * every kind; sums wrap, so the order does not matter.
 */
#include "analyze/agg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/histogram.h"

void agg_fini(struct agg *a)
{
	free(a->buckets);
	memset(a, 0, sizeof(*a));
}

void agg_reset(struct agg *a)
{
	agg_fini(a);
}

static bool is_hist(const struct type *t)
{
	return t->agg == AGG_HIST || t->agg == AGG_LHIST;
}

static bool is_less(const struct type *t, s64 a, s64 b)
{
	return t->is_signed ? a < b : (u64)a < (u64)b;
}

static int need_buckets(struct agg *a, const struct type *t)
{
	if (!a->buckets)
		a->buckets = calloc(hist_bucket_cnt(t), sizeof(*a->buckets));
	return a->buckets ? 0 : -ENOMEM;
}

static void add_sum(struct agg *a, s64 low, s64 high)
{
	u64 sum = (u64)a->sum + (u64)low;

	a->carry += high + (sum < (u64)low);
	a->sum = (s64)sum;
}

int agg_add(struct agg *a, const struct type *t, s64 val)
{
	if (is_hist(t)) {
		if (need_buckets(a, t))
			return -ENOMEM;
		a->buckets[hist_bucket(t, val)]++;
	}
	if (!a->cnt || is_less(t, val, a->min))
		a->min = val;
	if (!a->cnt || is_less(t, a->max, val))
		a->max = val;
	a->cnt++;
	add_sum(a, val, t->is_signed && val < 0 ? -1 : 0);
	return 0;
}

int agg_merge(struct agg *a, const struct type *t, const struct agg *from)
{
	if (!from->cnt)
		return 0;
	if (from->buckets) {
		if (need_buckets(a, t))
			return -ENOMEM;
		for (u32 i = 0; i < hist_bucket_cnt(t); i++)
			a->buckets[i] += from->buckets[i];
	}
	if (!a->cnt || is_less(t, from->min, a->min))
		a->min = from->min;
	if (!a->cnt || is_less(t, a->max, from->max))
		a->max = from->max;
	a->cnt += from->cnt;
	add_sum(a, from->sum, from->carry);
	return 0;
}

static s64 average(const struct agg *a, const struct type *t)
{
	if (!a->cnt)
		return 0;
	if (t->is_signed)
		return a->sum / (s64)a->cnt;
	return (s64)((u64)a->sum / a->cnt);
}

s64 agg_read(const struct agg *a, const struct type *t)
{
	switch (t->agg) {
	case AGG_SUM:
		return a->sum;
	case AGG_MIN:
		return a->min;
	case AGG_MAX:
		return a->max;
	case AGG_AVG:
	case AGG_STATS:
		return average(a, t);
	default:
		return (s64)a->cnt;
	}
}

bool agg_exact_sum(const struct agg *a, s64 *ret)
{
	*ret = a->sum;
	return a->carry == (a->sum < 0 ? -1 : 0);
}

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
#include "analyze/sketch.h"
#include "lang/float_text.h"

void agg_fini(struct agg *a)
{
	free(a->buckets);
	memset(a, 0, sizeof(*a));
}

void agg_reset(struct agg *a)
{
	agg_fini(a);
}

static bool is_less(const struct type *t, s64 a, s64 b)
{
	return t->is_signed ? a < b : (u64)a < (u64)b;
}

/* Of doubles: sum, min and max hold their bits. */
static void add_float(struct agg *a, u64 cnt, double sum, double min, double max)
{
	if (!a->cnt || float_cmp(min, float_of_bits(a->min)) < 0)
		a->min = float_bits(min);
	if (!a->cnt || float_cmp(float_of_bits(a->max), max) < 0)
		a->max = float_bits(max);
	a->sum = float_bits(a->cnt ? float_of_bits(a->sum) + sum : sum);
	a->cnt += cnt;
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

/* What a kind keeps beside the numbers that all keep. */
static int add_own(struct agg *a, const struct type *t, s64 val, s64 real_ns)
{
	switch (t->agg) {
	case AGG_HIST:
	case AGG_LHIST:
		if (need_buckets(a, t))
			return -ENOMEM;
		a->buckets[hist_bucket(t, val)]++;
		return 0;
	case AGG_TSERIES:
		return tseries_add(&a->sketch, t, val, real_ns);
	case AGG_QUANTILE:
		return quantile_add(&a->sketch, t, val);
	case AGG_DISTINCT:
		return distinct_add(&a->sketch, (u64)val);
	default:
		return 0;
	}
}

int agg_add(struct agg *a, const struct type *t, s64 val)
{
	return agg_add_at(a, t, val, 0);
}

int agg_add_at(struct agg *a, const struct type *t, s64 val, s64 real_ns)
{
	double v = float_of_bits(val);

	if (type_is_float_agg(t)) {
		add_float(a, 1, v, v, v);
		return 0;
	}
	if (add_own(a, t, val, real_ns))
		return -ENOMEM;
	if (!a->cnt || is_less(t, val, a->min))
		a->min = val;
	if (!a->cnt || is_less(t, a->max, val))
		a->max = val;
	a->cnt++;
	add_sum(a, val, t->is_signed && val < 0 ? -1 : 0);
	return 0;
}

static int merge_buckets(struct agg *a, const struct type *t, const struct agg *from)
{
	if (!from->buckets)
		return 0;
	if (need_buckets(a, t))
		return -ENOMEM;
	for (u32 i = 0; i < hist_bucket_cnt(t); i++)
		a->buckets[i] += from->buckets[i];
	return 0;
}

static int merge_own(struct agg *a, const struct type *t, const struct agg *from)
{
	switch (t->agg) {
	case AGG_HIST:
	case AGG_LHIST:
		return merge_buckets(a, t, from);
	case AGG_TSERIES:
		return tseries_merge(&a->sketch, t, from->sketch);
	case AGG_QUANTILE:
		return quantile_merge(&a->sketch, t, from->sketch);
	case AGG_DISTINCT:
		return distinct_merge(&a->sketch, from->sketch);
	default:
		return 0;
	}
}

int agg_merge(struct agg *a, const struct type *t, const struct agg *from)
{
	if (!from->cnt)
		return 0;
	if (type_is_float_agg(t)) {
		add_float(a, from->cnt, float_of_bits(from->sum), float_of_bits(from->min),
			  float_of_bits(from->max));
		return 0;
	}
	if (merge_own(a, t, from))
		return -ENOMEM;
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
	if (type_is_float_agg(t))
		return float_bits(float_of_bits(a->sum) / (double)a->cnt);
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
	case AGG_DISTINCT:
		return (s64)distinct_count(a->sketch);
	case AGG_QUANTILE:
		return quantile_at(t, a->sketch, t->q[0]);
	default:
		return (s64)a->cnt;
	}
}

bool agg_exact_sum(const struct agg *a, s64 *ret)
{
	*ret = a->sum;
	return a->carry == (a->sum < 0 ? -1 : 0);
}

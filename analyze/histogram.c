/*
 * Buckets of histograms.
 *
 * hist(n, k): bucket 0 holds negative values; below 2^k every value has its own bucket; above,
 * each power of two is cut into 2^k equal parts.  With p the position of n's top bit, the parts of
 * [2^p, 2^(p+1)) are 2^(p-k) wide.  k = 0 is the plain power-of-two histogram.
 *
 *	index   0        1 .. 2^k     1 + ((p-k+1) << k) + part
 *	values  n < 0    n = idx-1    [(2^k + part) << (p-k), ... + 2^(p-k))
 *
 * lhist(n, min, max, step): bucket 0 is below min, then one for each step; the last one, index 1 +
 * (max-min)/step, takes all the rest, including a rest of the range that is shorter than a step.
 *
 * Labels shorten multiples of 1024: in hist the unit follows from the width of the bucket that
 * starts at the number, in lhist from the number itself.
 */
#include "analyze/histogram.h"

#include <stdio.h>
#include <string.h>

static u32 log2_bucket(s64 n, u32 k)
{
	u32 p;

	if (n < 0)
		return 0;
	if (n < (s64)1 << k)
		return (u32)n + 1;
	p = 63 - (u32)__builtin_clzll((u64)n);
	return ((p - k + 1) << k) + (u32)((n >> (p - k)) & (((s64)1 << k) - 1)) + 1;
}

static u32 linear_bucket(const struct type *t, s64 n)
{
	u64 step = t->lhist_step > 0 ? (u64)t->lhist_step : 1;

	if (n < t->lhist_min)
		return 0;
	if (n > t->lhist_max)
		n = t->lhist_max;
	return 1 + (u32)(((u64)n - (u64)t->lhist_min) / step);
}

u32 hist_bucket(const struct type *t, s64 n)
{
	return t->agg == AGG_HIST ? log2_bucket(n, t->hist_k) : linear_bucket(t, n);
}

u32 hist_bucket_cnt(const struct type *t)
{
	if (t->agg == AGG_HIST)
		return 65u << t->hist_k;
	return linear_bucket(t, t->lhist_max) + 1;
}

static void log2_range(u32 idx, u32 k, struct hist_range *ret)
{
	u32 j = idx - 1, shift = 0;
	u64 lo = j;

	if (!idx) {
		ret->is_under = true;
		return;
	}
	if (j >= 1u << k) {
		shift = (j >> k) - 1;
		lo = (u64)((1u << k) + (j & ((1u << k) - 1))) << shift;
	}
	ret->lo = (s64)lo;
	ret->hi = lo + ((u64)1 << shift);
}

void hist_range(const struct type *t, u32 idx, struct hist_range *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (t->agg == AGG_HIST) {
		log2_range(idx, t->hist_k, ret);
		return;
	}
	if (!idx) {
		ret->is_under = true;
		ret->hi = (u64)t->lhist_min;
		return;
	}
	ret->lo = t->lhist_min + (s64)(idx - 1) * t->lhist_step;
	ret->hi = (u64)ret->lo + (u64)t->lhist_step;
	ret->is_over = idx + 1 == hist_bucket_cnt(t);
}

static const char *const units[] = { "", "K", "M", "G", "T", "P", "E" };

/* A bound of hist(): the unit is chosen by the width of the bucket that begins there. */
static void log2_bound(u64 v, u32 k, char *out, size_t sz)
{
	u32 p = v ? 63 - (u32)__builtin_clzll(v) : 0;
	u32 unit = p > k ? (p - k) / 10 : 0;

	snprintf(out, sz, "%llu%s", (unsigned long long)(v >> (10 * unit)), units[unit]);
}

static void linear_bound(s64 v, bool shorten, char *out, size_t sz)
{
	u32 unit = 0;

	while (shorten && v && v % 1024 == 0 && unit + 1 < countof(units)) {
		v /= 1024;
		unit++;
	}
	snprintf(out, sz, "%lld%s", (long long)v, units[unit]);
}

void hist_label(const struct type *t, u32 idx, enum compat compat, char *out)
{
	bool is_log2 = t->agg == AGG_HIST;
	bool shorten = compat == COMPAT_17 || (t->lhist_step && t->lhist_step % 1024 == 0);
	struct hist_range r;
	char lo[28], hi[28];

	hist_range(t, idx, &r);
	/* 0.17 names the last bucket of a range that its step does not divide by the maximum */
	if (!is_log2 && r.is_over && compat == COMPAT_17)
		r.lo = t->lhist_max;
	if (is_log2) {
		log2_bound((u64)r.lo, t->hist_k, lo, sizeof(lo));
		log2_bound(r.hi, t->hist_k, hi, sizeof(hi));
	} else {
		linear_bound(r.lo, shorten, lo, sizeof(lo));
		linear_bound((s64)r.hi, shorten, hi, sizeof(hi));
	}
	if (r.is_under)
		snprintf(out, HIST_LABEL_MAX, "(..., %s)", hi);
	else if (r.is_over)
		snprintf(out, HIST_LABEL_MAX, "[%s, ...)", lo);
	else if (r.hi - (u64)r.lo == 1 && (is_log2 || compat != COMPAT_17))
		snprintf(out, HIST_LABEL_MAX, "[%s]", lo);
	else
		snprintf(out, HIST_LABEL_MAX, "[%s, %s)", lo, hi);
}

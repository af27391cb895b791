/*
 * Exact quantiles.
 *
 * Values are kept as u64 that compare as they do ("ordered").
 *
 * Narrowing: a quantile that is not known lies in a range of values, with a rank in it.  A pass
 * counts the values of that range in a number of buckets; the bucket that the rank falls into is
 * the next range.  The same is done in memory, over an array of values.  The memory for buckets is
 * fixed, so many groups mean fewer buckets each and more passes, but never more than 64.
 */
#include "analyze/quantile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/quantile_priv.h"

#define DECIMALS_MAX 15
#define BUCKET_MEM   ((u64)256 << 20)
#define BUCKETS_MAX  ((u64)1 << 16)
#define MEM_BITS     12u /* log2 of the buckets of an array */
#define FEW	     64u /* values that are simply sorted */

/* ---- parsing ---- */

int quantile_parse(struct str text, struct quantile *ret, struct err *err)
{
	struct quantile q = { .den = 1 };
	bool has_point = false, has_digit = false;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.s[i];

		if (c == '.' && !has_point) {
			has_point = true;
			continue;
		}
		if (c < '0' || c > '9' || text.len > DECIMALS_MAX + 2)
			goto bad;
		has_digit = true;
		q.num = q.num * 10 + (u64)(c - '0');
		q.den *= has_point ? 10 : 1;
	}
	if (!has_digit || q.num > q.den)
		goto bad;
	snprintf(q.text, sizeof(q.text), STR_FMT, STR_ARG(text));
	*ret = q;
	return 0;
bad:
	return err_set(err, -EINVAL, STR_FMT ": not a quantile, which is a number from 0 to 1",
		       STR_ARG(text));
}

/* ".5", "0.50" */
static bool is_same(const struct quantile *a, const struct quantile *b)
{
	return (unsigned __int128)a->num * b->den == (unsigned __int128)b->num * a->den;
}

int quantile_parse_list(const char *text, struct quantile *ret, u32 *ret_cnt, struct err *err)
{
	u32 n = 0;

	for (;;) {
		size_t len = strcspn(text, ",");
		int rc;

		if (n == QUANTILES_MAX)
			return err_set(err, -EINVAL, "more than %d quantiles", QUANTILES_MAX);
		rc = quantile_parse((struct str){ text, len }, &ret[n], err);
		if (rc)
			return rc;
		for (u32 i = 0; i < n; i++)
			if (is_same(&ret[i], &ret[n]))
				return err_set(err, -EINVAL, "%s is there twice", ret[n].text);
		n++;
		if (!text[len])
			break;
		text += len + 1;
	}
	*ret_cnt = n;
	return 0;
}

u64 quantile_rank(const struct quantile *q, u64 n)
{
	unsigned __int128 p = (unsigned __int128)q->num * n;
	u64 rank = (u64)((p + q->den - 1) / q->den);

	return rank ? rank : 1;
}

/* ---- ranges and buckets ---- */

/* How far values of [lo, hi] are shifted, so that they fall into 2^@bits buckets. */
static u32 bucket_shift(u64 lo, u64 hi, u32 bits)
{
	u32 width = hi == lo ? 0 : 64 - (u32)__builtin_clzll(hi - lo);

	return width > bits ? width - bits : 0;
}

/* Go on in the bucket that the rank falls into.  Known where lo == hi. */
static void narrow(struct range *r, const u64 *counts, u32 bits)
{
	u32 shift = bucket_shift(r->lo, r->hi, bits);
	u64 last = (r->hi - r->lo) >> shift, i = 0, end;

	while (i < last && r->rank > counts[i])
		r->rank -= counts[i++];
	end = r->lo + (i << shift) + ((1ull << shift) - 1);
	r->lo += i << shift;
	r->hi = i < last && end < r->hi ? end : r->hi;
}

void quantile_count(const struct quantiles *q, struct group *g, u64 v)
{
	for (u32 i = 0; i < q->o.q_cnt; i++) {
		struct range *r = &g->ranges[i];
		u64 *counts = r->counts;

		if (!counts || v < r->lo || v > r->hi)
			continue;
		counts += (v - r->lo) >> bucket_shift(r->lo, r->hi, q->shift_bits);
		__atomic_fetch_add(counts, 1, __ATOMIC_RELAXED);
	}
}

/* ---- in memory ---- */

static int cmp_vals(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return (x > y) - (x < y);
}

/* Count the values of the range, or with @to take out those in it. */
static size_t take_range(const struct range *r, const u64 *vals, size_t n, u64 *to)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		to[k] = vals[i];
		k += vals[i] >= r->lo && vals[i] <= r->hi;
	}
	return k;
}

static u64 select_rank(const u64 *vals, size_t n, struct range r, u64 *scratch)
{
	u64 counts[1u << MEM_BITS];

	while (r.lo < r.hi && n > FEW) {
		u32 shift = bucket_shift(r.lo, r.hi, MEM_BITS);

		memset(counts, 0, sizeof(counts));
		for (size_t i = 0; i < n; i++)
			counts[(vals[i] - r.lo) >> shift]++;
		narrow(&r, counts, MEM_BITS);
		n = take_range(&r, vals, n, scratch);
		vals = scratch; /* in place from now on: what is read is not yet written */
	}
	if (r.lo == r.hi)
		return r.lo;
	memmove(scratch, vals, n * sizeof(*vals));
	qsort(scratch, n, sizeof(*scratch), cmp_vals);
	return scratch[r.rank - 1];
}

static int select_in_memory(struct quantiles *q, struct err *err)
{
	size_t most = 0;
	u64 *scratch;

	for (u32 i = 0; i < q->groups.cnt; i++)
		most = q->groups.list[i]->val_cnt > most ? q->groups.list[i]->val_cnt : most;
	scratch = malloc((most + 1) * sizeof(*scratch));
	if (!scratch)
		return err_oom(err);
	for (u32 i = 0; i < q->groups.cnt; i++) {
		struct group *g = q->groups.list[i];

		for (u32 k = 0; k < q->o.q_cnt; k++) {
			struct range r = { g->min, g->max, quantile_rank(&q->o.q[k], g->cnt),
					   NULL };

			g->at[k] = quantile_plain(q, select_rank(g->vals, g->val_cnt, r, scratch));
		}
	}
	free(scratch);
	return 0;
}

/* ---- passes ---- */

int quantiles_new(const struct quantiles_opts *o, struct quantiles **ret, struct err *err)
{
	struct quantiles *q = calloc(1, sizeof(*q));

	if (!q)
		return err_oom(err);
	q->o = *o;
	if (!q->o.values_max)
		q->o.values_max = QUANTILE_VALUES_MAX;
	*ret = q;
	return 0;
}

void quantiles_free(struct quantiles *q)
{
	if (!q)
		return;
	group_table_free(&q->groups);
	free(q->counts);
	free(q);
}

static int make_results(struct quantiles *q)
{
	for (u32 i = 0; i < q->groups.cnt; i++) {
		struct group *g = q->groups.list[i];

		if (!g->at)
			g->at = calloc(q->o.q_cnt + 1, sizeof(*g->at));
		if (!g->at)
			return -ENOMEM;
	}
	return 0;
}

/* The first narrowing pass: everything lies between min and max. */
static int make_ranges(struct quantiles *q)
{
	for (u32 i = 0; i < q->groups.cnt; i++) {
		struct group *g = q->groups.list[i];

		free(g->vals);
		g->vals = NULL;
		g->ranges = calloc(q->o.q_cnt + 1, sizeof(*g->ranges));
		if (!g->ranges)
			return -ENOMEM;
		for (u32 k = 0; k < q->o.q_cnt; k++)
			g->ranges[k] = (struct range){ g->min, g->max,
						       quantile_rank(&q->o.q[k], g->cnt), NULL };
	}
	q->narrows = true;
	return 0;
}

static void narrow_all(struct quantiles *q)
{
	for (u32 i = 0; i < q->groups.cnt; i++)
		for (u32 k = 0; k < q->o.q_cnt; k++)
			if (q->groups.list[i]->ranges[k].counts)
				narrow(&q->groups.list[i]->ranges[k],
				       q->groups.list[i]->ranges[k].counts, q->shift_bits);
}

static u64 open_ranges(const struct quantiles *q)
{
	u64 n = 0;

	for (u32 i = 0; i < q->groups.cnt; i++)
		for (u32 k = 0; k < q->o.q_cnt; k++)
			n += q->groups.list[i]->ranges[k].lo < q->groups.list[i]->ranges[k].hi;
	return n;
}

/* Buckets for the ranges that are not known yet. */
static int make_buckets(struct quantiles *q, u64 ranges)
{
	u64 each = BUCKET_MEM / sizeof(u64) / ranges, *at;

	each = each > BUCKETS_MAX ? BUCKETS_MAX : each < 2 ? 2 : each;
	q->shift_bits = 63 - (u32)__builtin_clzll(each);
	free(q->counts);
	q->counts = calloc(ranges << q->shift_bits, sizeof(*q->counts));
	if (!q->counts)
		return -ENOMEM;
	at = q->counts;
	for (u32 i = 0; i < q->groups.cnt; i++) {
		for (u32 k = 0; k < q->o.q_cnt; k++) {
			struct range *r = &q->groups.list[i]->ranges[k];

			r->counts = r->lo < r->hi ? at : NULL;
			at += r->counts ? 1ull << q->shift_bits : 0;
		}
	}
	return 0;
}

static void take_results(struct quantiles *q)
{
	for (u32 i = 0; i < q->groups.cnt; i++)
		for (u32 k = 0; k < q->o.q_cnt; k++)
			q->groups.list[i]->at[k] =
				quantile_plain(q, q->groups.list[i]->ranges[k].lo);
}

int quantiles_end_pass(struct quantiles *q, struct err *err)
{
	u64 open;

	if (make_results(q))
		return err_oom(err);
	if (!atomic_load(&q->is_over))
		return select_in_memory(q, err);
	if (q->narrows)
		narrow_all(q);
	else if (make_ranges(q))
		return err_oom(err);
	open = open_ranges(q);
	if (open)
		return make_buckets(q, open) ? err_oom(err) : 1;
	take_results(q);
	return 0;
}

u32 quantiles_group_cnt(const struct quantiles *q)
{
	return q->groups.cnt;
}

void quantiles_get(const struct quantiles *q, u32 idx, struct quantile_group *ret)
{
	const struct group *g = q->groups.list[idx];

	*ret = (struct quantile_group){
		.key = { g->key, g->key_sz },
		.cnt = g->cnt,
		.min = quantile_plain(q, g->min),
		.max = quantile_plain(q, g->max),
		.avg = (s64)(g->cnt ? g->sum / (__int128)g->cnt : 0),
		.at = g->at,
	};
}

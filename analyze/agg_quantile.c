/*
 * quantile(): the values themselves while they are few, then counts in buckets: 128 between two
 * powers of two, so that the middle of a bucket is within 1/256 of each of its values.
 *
 * (1) Values are kept as numbers that compare unsigned (the sign bit is turned for signed ones).
 * (2) A state has buckets iff it has seen more than QUANTILE_EXACT_MAX values: it depends on the
 *     values alone, not on their order or on how they were spread over states.
 * (3) Buckets are sorted by index; each count is above 0.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/sketch.h"

#define SUB_BITS 7
#define SUB	 (1u << SUB_BITS)
#define SIGN	 ((u64)1 << 63)

struct bucket {
	u32 idx; /* bucket_of() */
	u64 cnt;
};

struct sketch {
	u64 cnt;
	u64 min, max; /* ordered */
	u32 used, cap;
	bool has_buckets, is_sorted;
	u64 mem[]; /* cap words: values, or struct bucket */
};

_Static_assert(sizeof(struct bucket) == 2 * sizeof(u64), "two words a bucket");

u64 quantile_size(const void *state)
{
	const struct sketch *s = state;

	return s ? sizeof(*s) + (u64)s->cap * sizeof(u64) : 0;
}

static u64 ordered(const struct type *t, s64 v)
{
	return t->is_signed ? (u64)v ^ SIGN : (u64)v;
}

/* Bucket of a size: exact below 128. */
static u32 size_bucket(u64 n)
{
	u32 top;

	if (n < SUB)
		return (u32)n;
	top = 63 - (u32)__builtin_clzll(n);
	return (top - SUB_BITS + 1) * SUB + (u32)(n >> (top - SUB_BITS)) - SUB;
}

#define SIZES ((64 - SUB_BITS + 1) * SUB)

/* Negative numbers have theirs in front, the other way round. */
static u32 bucket_of(const struct type *t, u64 v)
{
	if (!t->is_signed)
		return size_bucket(v);
	if (v & SIGN)
		return SIZES + size_bucket(v ^ SIGN);
	return SIZES - 1 - size_bucket(SIGN - 1 - v);
}

/* The middle of a bucket of sizes. */
static u64 size_middle(u32 idx)
{
	u32 shift = idx < SUB ? 0 : idx / SUB - 1;
	u64 lo = idx < SUB ? idx : (u64)(idx % SUB + SUB) << shift;

	return lo + (((u64)1 << shift) - 1) / 2;
}

static u64 middle(const struct type *t, u32 idx)
{
	if (!t->is_signed)
		return size_middle(idx);
	if (idx >= SIZES)
		return size_middle(idx - SIZES) | SIGN;
	return SIGN - 1 - size_middle(SIZES - 1 - idx);
}

static int reserve(void **state, u32 words)
{
	struct sketch *s = *state;
	u32 cap = s ? s->cap : 0;

	if (s && words <= cap)
		return 0;
	for (cap = cap ? cap : 8; cap < words;)
		cap *= 2;
	s = realloc(s, sizeof(*s) + (size_t)cap * sizeof(u64));
	if (!s)
		return -ENOMEM;
	if (!*state)
		memset(s, 0, sizeof(*s));
	s->cap = cap;
	*state = s;
	return 0;
}

static int add_bucket(void **state, u32 idx, u64 cnt)
{
	struct sketch *s = *state;
	struct bucket *b = (struct bucket *)s->mem;
	u32 lo = 0, hi = s->used;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (b[mid].idx < idx)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == s->used || b[lo].idx != idx) {
		if (reserve(state, (s->used + 1) * 2))
			return -ENOMEM;
		s = *state;
		b = (struct bucket *)s->mem;
		memmove(&b[lo + 1], &b[lo], (s->used - lo) * sizeof(*b));
		b[lo] = (struct bucket){ .idx = idx };
		s->used++;
	}
	b[lo].cnt += cnt;
	return 0;
}

static int cmp_u64(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static void sort(struct sketch *s)
{
	if (!s->has_buckets && !s->is_sorted)
		qsort(s->mem, s->used, sizeof(u64), cmp_u64);
	s->is_sorted = true;
}

/* From values to buckets. */
static int convert(void **state, const struct type *t)
{
	struct sketch *s = *state;
	void *made = NULL;
	int rc = reserve(&made, 8);
	struct sketch *n = made;

	if (rc)
		return rc;
	n->cnt = s->cnt;
	n->min = s->min;
	n->max = s->max;
	n->has_buckets = true;
	for (u32 i = 0; !rc && i < s->used; i++)
		rc = add_bucket(&made, bucket_of(t, s->mem[i]), 1);
	if (rc) {
		free(made);
		return rc;
	}
	free(s);
	*state = made;
	return 0;
}

static int add_value(void **state, const struct type *t, u64 v)
{
	struct sketch *s = *state;

	if (s && !s->has_buckets && s->used == QUANTILE_EXACT_MAX && convert(state, t))
		return -ENOMEM;
	if (s && ((struct sketch *)*state)->has_buckets)
		return add_bucket(state, bucket_of(t, v), 1);
	if (reserve(state, s ? s->used + 1 : 1))
		return -ENOMEM;
	s = *state;
	s->mem[s->used++] = v;
	s->is_sorted = false;
	return 0;
}

static void note(struct sketch *s, u64 min, u64 max, u64 cnt)
{
	if (!s->cnt || min < s->min)
		s->min = min;
	if (!s->cnt || max > s->max)
		s->max = max;
	s->cnt += cnt;
}

int quantile_add(void **state, const struct type *t, s64 val)
{
	u64 v = ordered(t, val);
	int rc = add_value(state, t, v);

	if (!rc)
		note(*state, v, v, 1);
	return rc;
}

int quantile_merge(void **state, const struct type *t, const void *from)
{
	const struct sketch *f = from;
	const struct bucket *b = f ? (const struct bucket *)f->mem : NULL;
	struct sketch *s = *state;
	int rc = 0;

	if (!f || !f->cnt)
		return 0;
	rc = reserve(state, s ? s->cap : 8);
	s = *state;
	if (!rc && f->has_buckets && !s->has_buckets)
		rc = convert(state, t);
	for (u32 i = 0; !rc && i < f->used; i++)
		rc = f->has_buckets ? add_bucket(state, b[i].idx, b[i].cnt) :
				      add_value(state, t, f->mem[i]);
	if (!rc)
		note(*state, f->min, f->max, f->cnt);
	return rc;
}

/* 1 to @n: nearest rank. */
static u64 rank_of(u64 n, u32 q)
{
	u64 rank = (u64)(((unsigned __int128)n * q + 999999) / 1000000);

	return rank ? rank : 1;
}

s64 quantile_at(const struct type *t, void *state, u32 q)
{
	struct sketch *s = state;
	const struct bucket *b = s ? (const struct bucket *)s->mem : NULL;
	u64 rank, v = 0, seen = 0;

	if (!s || !s->cnt)
		return 0;
	rank = rank_of(s->cnt, q);
	sort(s);
	if (!s->has_buckets) {
		v = s->mem[rank - 1];
	} else {
		for (u32 i = 0; i < s->used && seen < rank; i++) {
			seen += b[i].cnt;
			v = middle(t, b[i].idx);
		}
		v = rank == 1 || v < s->min ? s->min : v;
		v = rank == s->cnt || v > s->max ? s->max : v;
	}
	return (s64)(t->is_signed ? v ^ SIGN : v);
}

/*
 * The order in which a map prints.
 *
 * Numbers and aggregations go by value, smallest first; other values by key, as integers, byte
 * strings, or member by member.  Equal values are ordered by key, so that an answer never depends
 * on a hash.
 *
 * What differs between versions: 0.17 orders integer keys as unsigned numbers, 0.27 as signed ones;
 * 0.27 orders min() and max() as unsigned numbers whatever their argument was.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/maps.h"
#include "base/cursor.h"
#include "lang/float_text.h"
#include "lang/packed.h"

struct order {
	const struct tmap *map;
	enum compat compat;
};

static int cmp_s64(s64 a, s64 b)
{
	return (a > b) - (a < b);
}

static int cmp_u64(u64 a, u64 b)
{
	return (a > b) - (a < b);
}

static int cmp_bytes(struct cursor *a, struct cursor *b)
{
	u32 a_sz = cursor_u32(a), b_sz = cursor_u32(b);
	const u8 *pa = cursor_bytes(a, a_sz), *pb = cursor_bytes(b, b_sz);
	u32 n = a_sz < b_sz ? a_sz : b_sz;
	int rc = pa && pb && n ? memcmp(pa, pb, n) : 0;

	return rc ? rc : cmp_u64(a_sz, b_sz);
}

static int cmp_floats(s64 a, s64 b)
{
	return float_cmp(float_of_bits(a), float_of_bits(b));
}

static int cmp_packed(const struct order *o, const struct type *t, struct cursor *a,
		      struct cursor *b)
{
	if (t->kind == TYPE_TUPLE) {
		for (u32 i = 0; i < t->elem_cnt; i++) {
			int rc = cmp_packed(o, t->members[i], a, b);

			if (rc)
				return rc;
		}
		return 0;
	}
	if (packed_is_bytes(t))
		return cmp_bytes(a, b);
	if (t->kind == TYPE_FLOAT)
		return cmp_floats((s64)cursor_u64(a), (s64)cursor_u64(b));
	if (o->compat == COMPAT_17)
		return cmp_u64(cursor_u64(a), cursor_u64(b));
	return cmp_s64((s64)cursor_u64(a), (s64)cursor_u64(b));
}

static int cmp_agg(const struct order *o, const struct agg *a, const struct agg *b)
{
	const struct type *t = o->map->info->val;
	bool is_signed = t->is_signed;

	if (t->agg == AGG_HIST || t->agg == AGG_LHIST || t->agg == AGG_TSERIES ||
	    t->agg == AGG_QUANTILE)
		return cmp_u64(a->cnt, b->cnt);
	if (type_is_float_agg(t))
		return cmp_floats(agg_read(a, t), agg_read(b, t));
	if ((t->agg == AGG_MIN || t->agg == AGG_MAX) && o->compat != COMPAT_17)
		is_signed = false;
	if (is_signed || t->agg == AGG_COUNT)
		return cmp_s64(agg_read(a, t), agg_read(b, t));
	return cmp_u64((u64)agg_read(a, t), (u64)agg_read(b, t));
}

static int cmp_value(const struct order *o, const struct tmap_entry *a, const struct tmap_entry *b)
{
	const struct type *t = o->map->info->val;

	if (!t)
		return 0;
	if (t->kind == TYPE_AGG)
		return cmp_agg(o, &a->val.agg, &b->val.agg);
	if (t->kind == TYPE_FLOAT)
		return cmp_floats(a->val.num, b->val.num);
	if (t->kind != TYPE_INT && t->kind != TYPE_BOOL)
		return 0;
	if (t->is_signed)
		return cmp_s64(a->val.num, b->val.num);
	return cmp_u64((u64)a->val.num, (u64)b->val.num);
}

static int cmp_entries(const void *x, const void *y, void *ctx)
{
	const struct tmap_entry *a = *(struct tmap_entry *const *)x;
	const struct tmap_entry *b = *(struct tmap_entry *const *)y;
	const struct order *o = ctx;
	struct cursor ca = cursor_over(a->key, a->key_sz), cb = cursor_over(b->key, b->key_sz);
	int rc = cmp_value(o, a, b);

	if (rc || !o->map->info->key)
		return rc;
	return cmp_packed(o, o->map->info->key, &ca, &cb);
}

static int cmp_keys(const void *x, const void *y, void *ctx)
{
	const struct tmap_entry *a = *(struct tmap_entry *const *)x;
	const struct tmap_entry *b = *(struct tmap_entry *const *)y;
	const struct order *o = ctx;
	struct cursor ca = cursor_over(a->key, a->key_sz), cb = cursor_over(b->key, b->key_sz);

	return o->map->info->key ? cmp_packed(o, o->map->info->key, &ca, &cb) : 0;
}

static int sort(const struct order *o, int (*cmp)(const void *x, const void *y, void *ctx),
		struct tmap_entry ***ret)
{
	const struct tmap *m = o->map;
	struct tmap_entry **list = calloc(m->used ? m->used : 1, sizeof(*list));
	u32 n = 0;

	if (!list)
		return -ENOMEM;
	for (u32 pos = 0; n < m->used; n++)
		list[n] = tmap_next(m, &pos);
	qsort_r(list, n, sizeof(*list), cmp, (void *)o);
	*ret = list;
	return 0;
}

int tmap_sort(const struct tmap *m, enum compat compat, struct tmap_entry ***ret)
{
	struct order o = { m, compat };

	return sort(&o, cmp_entries, ret);
}

int tmap_sort_keys(const struct tmap *m, enum compat compat, struct tmap_entry ***ret)
{
	struct order o = { m, compat };

	return sort(&o, cmp_keys, ret);
}

/*
 * What the renderers have in common.
 */
#include "analyze/render.h"

#include <string.h>

#include "analyze/histogram.h"
#include "lang/float_text.h"

static const struct render_ops *const formats[] = { &render_text, &render_json };

const struct render_ops *render_find(const char *name)
{
	for (u32 i = 0; i < countof(formats); i++)
		if (!strcmp(formats[i]->name, name))
			return formats[i];
	return NULL;
}

void render_init(struct render *r, const struct render_ops *ops, struct sink *out,
		 enum compat compat, const struct timefmt *time)
{
	memset(r, 0, sizeof(*r));
	r->ops = ops;
	r->out = out;
	r->fmt.compat = compat;
	r->fmt.time = time;
	buf_init(&r->tmp, (size_t)1 << 30);
}

void render_fini(struct render *r)
{
	buf_fini(&r->tmp);
}

u32 map_view_first(const struct map_view *m)
{
	return m->top > 0 && (u64)m->top < m->cnt ? m->cnt - (u32)m->top : 0;
}

const struct type *map_view_type(const struct map_view *m)
{
	const struct type *t = m->info->val;

	if (type_is_float_agg(t))
		return &type_double;
	if (t->kind == TYPE_AGG)
		return t->is_signed ? &type_s64 : &type_u64;
	return t;
}

s64 map_view_num(const struct map_view *m, const struct tmap_entry *e, bool *ret_is_signed)
{
	const struct type *t = m->info->val;
	s64 v = t->kind == TYPE_AGG ? agg_read(&e->val.agg, t) : e->val.num;
	bool is_number = t->kind == TYPE_INT || (t->kind == TYPE_AGG && !type_is_float_agg(t));

	*ret_is_signed = t->is_signed;
	if (m->div > 1 && map_view_type(m)->kind == TYPE_FLOAT)
		return float_bits(float_of_bits(v) / (double)m->div);
	if (m->div > 1 && is_number)
		v = t->is_signed ? v / m->div : (s64)((u64)v / (u64)m->div);
	return v;
}

/* hist() of 0.17 has 32 powers of two; only printing knows that, the counts are exact. */
#define LAST_17 33

static bool is_cut(const struct render *r, const struct type *t)
{
	return r->fmt.compat == COMPAT_17 && t->agg == AGG_HIST && !t->hist_k;
}

u64 hist_count(const struct render *r, const struct type *t, const struct agg *a, u32 idx)
{
	u64 n = a->buckets[idx];

	for (u32 i = idx + 1; is_cut(r, t) && idx == LAST_17 && i < hist_bucket_cnt(t); i++)
		n += a->buckets[i];
	return n;
}

bool hist_span(const struct render *r, const struct type *t, const struct agg *a, u32 *ret_first,
	       u32 *ret_last)
{
	u32 n = a->buckets ? hist_bucket_cnt(t) : 0, first = 0, last = n;

	while (first < n && !a->buckets[first])
		first++;
	if (first == n)
		return false;
	while (!a->buckets[last - 1])
		last--;
	*ret_first = first;
	*ret_last = last - 1;
	if (is_cut(r, t) && *ret_last > LAST_17)
		*ret_last = LAST_17;
	if (*ret_first > *ret_last)
		*ret_first = *ret_last;
	return true;
}

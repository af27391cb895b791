/*
 * tests/support/ref_rt_for.c -- loops over maps, the plain way: the keys are copied and sorted, and
 * an entry is looked for again in each round.
 */
#include <stdlib.h>
#include <string.h>

#include "lang/packed.h"
#include "tests/support/ref_rt_priv.h"

struct place {
	struct buf key; /* packed */
	u64 serial;
};

struct ref_walk {
	struct ref_rt *source;
	u32 map, cnt, pos;
	struct place *places;
	struct buf entry;
	struct ref_walk *outer;
};

static int compare_bytes(struct cursor *a, struct cursor *b)
{
	u32 na = cursor_u32(a), nb = cursor_u32(b), n = na < nb ? na : nb;
	const u8 *pa = cursor_bytes(a, na), *pb = cursor_bytes(b, nb);

	for (u32 i = 0; i < n; i++) {
		if (pa[i] != pb[i])
			return pa[i] < pb[i] ? -1 : 1;
	}
	return na < nb ? -1 : na > nb;
}

static int compare(const struct type *t, bool is_17, struct cursor *a, struct cursor *b)
{
	u64 x, y;

	for (u32 i = 0; t->kind == TYPE_TUPLE && i < t->elem_cnt; i++) {
		int rc = compare(t->members[i], is_17, a, b);

		if (rc)
			return rc;
	}
	if (t->kind == TYPE_TUPLE)
		return 0;
	if (packed_is_bytes(t))
		return compare_bytes(a, b);
	x = cursor_u64(a);
	y = cursor_u64(b);
	if (is_17)
		return x < y ? -1 : x > y;
	return (s64)x < (s64)y ? -1 : (s64)x > (s64)y;
}

static void sort(struct ref_walk *w)
{
	const struct program *p = w->source->prog;
	bool is_17 = p->compat == COMPAT_17;

	for (u32 i = 1; i < w->cnt; i++) {
		for (u32 k = i; k > 0; k--) {
			struct place *x = &w->places[k - 1], *y = &w->places[k], z;
			struct cursor a = cursor_over(x->key.data, x->key.len);
			struct cursor b = cursor_over(y->key.data, y->key.len);

			if (compare(p->maps[w->map]->key, is_17, &a, &b) <= 0)
				break;
			z = *x;
			*x = *y;
			*y = z;
		}
	}
}

static void add_place(struct ref_walk *w, const struct entry *e)
{
	const struct type *t = w->source->prog->maps[w->map]->key;
	struct place *p = &w->places[w->cnt++];

	buf_init(&p->key, REF_TEXT_MAX);
	if (w->source->is_fixed)
		ref_must(!packed_from_kernel(t, e->key, e->key_sz, &p->key));
	else
		buf_put(&p->key, e->key, e->key_sz);
	p->serial = e->serial;
}

void ref_rt_for_begin(struct ref_rt *rt, u32 map, u32 action)
{
	struct ref_walk *w = calloc(1, sizeof(*w));
	struct ref_rt *copy = ref_take_copy(rt, action);

	ref_must(w);
	w->source = copy ? copy : rt;
	w->map = map;
	w->places = calloc((size_t)ref_rt_map_len(w->source, map) + 1, sizeof(*w->places));
	ref_must(w->places);
	for (const struct entry *e = w->source->maps[map]; e; e = e->next)
		add_place(w, e);
	sort(w);
	buf_init(&w->entry, REF_TEXT_MAX);
	w->outer = rt->walk;
	rt->walk = w;
}

static const struct entry *find(const struct ref_walk *w, const struct place *p)
{
	const struct entry *e = w->source->maps[w->map];

	while (e && e->serial != p->serial)
		e = e->next;
	return e;
}

const u8 *ref_rt_for_next(struct ref_rt *rt, u32 *ret_sz)
{
	struct ref_walk *w = rt->walk;
	const struct type *t = w->source->prog->maps[w->map]->val;
	const struct entry *e = NULL;

	*ret_sz = 0;
	while (!e && w->pos < w->cnt)
		e = find(w, &w->places[w->pos++]);
	if (!e)
		return NULL;
	buf_reset(&w->entry);
	buf_put(&w->entry, e->key, e->key_sz);
	if (t->kind == TYPE_AGG)
		buf_put_u64(&w->entry, (u64)ref_agg_number(t, e));
	else if (e->bytes)
		buf_put(&w->entry, e->bytes, e->bytes_sz);
	else
		buf_put_u64(&w->entry, (u64)e->num);
	*ret_sz = (u32)w->entry.len;
	return w->entry.data;
}

void ref_rt_for_end(struct ref_rt *rt)
{
	struct ref_walk *w = rt->walk;

	rt->walk = w->outer;
	for (u32 i = 0; i < w->cnt; i++)
		buf_fini(&w->places[i].key);
	buf_fini(&w->entry);
	free(w->places);
	free(w);
}

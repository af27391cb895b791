/*
 * What went wrong at which place of the script, and how often.
 *
 * Few places go wrong, some of them in every firing: a list, the one that was hit last found first.
 */
#include <stdlib.h>

#include "analyze/rt_priv.h"

static bool is_same(const struct trouble *a, const struct trouble *b)
{
	return a->kind == b->kind && a->at.off == b->at.off && a->at.len == b->at.len;
}

static struct trouble *find(struct rt *rt, const struct trouble *t)
{
	for (u32 i = rt->trouble_cnt; i-- > 0;) {
		if (is_same(&rt->troubles[i], t))
			return &rt->troubles[i];
	}
	if (rt->trouble_cnt == RT_TROUBLES_MAX)
		return NULL;
	if (!rt->troubles)
		rt->troubles = calloc(RT_TROUBLES_MAX, sizeof(*rt->troubles));
	if (!rt->troubles)
		return NULL;
	rt->troubles[rt->trouble_cnt] = (struct trouble){ .kind = t->kind, .at = t->at };
	return &rt->troubles[rt->trouble_cnt++];
}

void rt_add_trouble(struct rt *rt, const struct trouble *t)
{
	struct trouble *mine = t->cnt ? find(rt, t) : NULL;

	if (!mine)
		return;
	mine->cnt += t->cnt;
	if (t->code)
		mine->code = t->code;
}

void rt_trouble(struct rt *rt, u32 kind, u32 off, u32 len)
{
	const struct trouble t = { .kind = kind, .at = { off, len }, .cnt = 1 };

	if (kind < TROUBLE_KIND_CNT)
		rt_add_trouble(rt, &t);
}

static int cmp_places(const void *a, const void *b)
{
	const struct trouble *x = a, *y = b;

	if (x->at.off != y->at.off)
		return x->at.off < y->at.off ? -1 : 1;
	return (int)x->kind - (int)y->kind;
}

const struct trouble *rt_troubles(struct rt *rt, u32 *ret_cnt)
{
	*ret_cnt = rt->trouble_cnt;
	if (rt->trouble_cnt)
		qsort(rt->troubles, rt->trouble_cnt, sizeof(*rt->troubles), cmp_places);
	return rt->troubles;
}

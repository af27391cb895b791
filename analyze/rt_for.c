/*
 * Loops over maps: a stack of walks, for loops end in the order opposite to that in which they
 * began.
 *
 * (1) Every rt_for_begin() pushes a walk, also where there is nothing to walk over, so that
 *     rt_for_end() has one to take away.
 * (2) Beginning costs steps: the entries are put in order.  A round costs its step as that of any
 *     loop does, and what is copied of its entry.
 */
#include <errno.h>
#include <stdlib.h>

#include "analyze/rt.h"
#include "analyze/rt_priv.h"

struct rt_walk {
	struct tmap_walk walk;
	struct buf entry; /* of this round: packed (key, value) */
};

static struct rt_walk *top(struct rt *rt)
{
	return &rt->walks[rt->walk_cnt - 1];
}

/* A place on the stack; NULL: nothing can be pushed any more, and the rt has stopped. */
static struct rt_walk *push(struct rt *rt)
{
	struct rt_walk *w;

	if (!rt->walks)
		rt->walks = calloc(RT_WALKS_MAX, sizeof(*rt->walks));
	if (!rt->walks || rt->walk_cnt >= RT_WALKS_MAX) {
		rt_fail(rt, -ENOMEM, NULL);
		rt->walks_missed++;
		return NULL;
	}
	w = &rt->walks[rt->walk_cnt++];
	w->walk = (struct tmap_walk){ 0 };
	buf_init(&w->entry, 16u << 20);
	return w;
}

/* What a firing of the kernel's map looked like then comes with the tape. */
static void bring(struct rt *rt, u32 action)
{
	if (action < rt->prog->action_cnt && rt->prog->actions[action]->map && rt->hook)
		rt->hook(rt->hook_ctx, rt, rt->prog->actions[action]);
}

void rt_for_begin(struct rt *rt, u32 map, u32 action)
{
	struct rt_walk *w = push(rt);
	struct tmap *m = rt_map(rt, map);
	enum compat compat = rt->prog->compat;
	int rc;

	if (!w || !m || rt_stopped(rt))
		return;
	bring(rt, action);
	rt_charge(rt, (u64)m->used * RT_STEPS_AN_ENTRY);
	if (rt_stopped(rt))
		return;
	rc = tmap_walk_begin(m, compat, &w->walk);
	if (rc)
		rt_fail(rt, rc, m);
}

static void put_value(const struct tmap *m, const struct tmap_entry *e, struct buf *out)
{
	if (tmap_holds_agg(m))
		buf_put_u64(out, (u64)agg_read(&e->val.agg, m->info->val));
	else if (tmap_holds_num(m))
		buf_put_u64(out, (u64)e->val.num);
	else
		buf_put(out, e->val.bytes, e->val_sz);
}

const u8 *rt_for_next(struct rt *rt, u32 *ret_sz)
{
	struct rt_walk *w = rt->walk_cnt && !rt->walks_missed ? top(rt) : NULL;
	struct tmap_entry *e;

	*ret_sz = 0;
	if (!w || !w->walk.map || rt->stop == RT_FAILED || rt->stop == RT_DONE)
		return NULL;
	e = tmap_walk_next(&w->walk);
	if (!e)
		return NULL;
	buf_reset(&w->entry);
	buf_put(&w->entry, e->key, e->key_sz);
	put_value(w->walk.map, e, &w->entry);
	if (w->entry.is_full) {
		rt_fail(rt, -ENOMEM, NULL);
		return NULL;
	}
	rt_work(rt, (u32)w->entry.len);
	*ret_sz = (u32)w->entry.len;
	return w->entry.data;
}

void rt_for_end(struct rt *rt)
{
	struct rt_walk *w;

	if (rt->walks_missed) {
		rt->walks_missed--;
		return;
	}
	if (!rt->walk_cnt)
		return;
	w = top(rt);
	tmap_walk_end(&w->walk);
	buf_fini(&w->entry);
	rt->walk_cnt--;
}

void rt_for_end_all(struct rt *rt)
{
	rt->walks_missed = 0;
	while (rt->walk_cnt)
		rt_for_end(rt);
}

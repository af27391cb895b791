/*
 * The runtime: maps, scratch memory and the budget of steps.
 *
 * (1) What goes wrong is kept in rt->err with stop = RT_FAILED, and everything later is a no-op:
 *     compiled code
 *     needs no error paths.
 * (2) Scratch memory lives until rt_end().
 */
#include "analyze/rt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/rt_priv.h"
#include "lang/packed.h"

int rt_new(const struct rt_opts *o, struct rt **ret, struct err *err)
{
	struct rt *rt = calloc(1, sizeof(*rt));

	if (!rt)
		return err_oom(err);
	rt->prog = o->prog;
	rt->render = o->render;
	rt->session_start = o->session_start;
	rt_str_init(rt, o);
	rt->hook = o->hook;
	rt->hook_ctx = o->hook_ctx;
	rt->take = o->take;
	rt->take_ctx = o->take_ctx;
	rt_steps_init(rt, o);
	rt->budget.max = o->mem_max ? o->mem_max : RT_MEM_MAX;
	arena_init(&rt->scratch, RT_SCRATCH_MAX);
	buf_init(&rt->text, 16u << 20);
	buf_init(&rt->queue, 64u << 20);
	rt->maps = calloc(rt->prog->map_cnt + 1, sizeof(*rt->maps));
	if (!rt->maps) {
		rt_free(rt);
		return err_oom(err);
	}
	for (u32 i = 0; i < rt->prog->map_cnt; i++) {
		const struct map_info *info = rt->prog->maps[i];

		tmap_init(&rt->maps[i], info, info->max_keys ? info->max_keys : RT_MAP_KEYS_MAX,
			  &rt->budget);
	}
	*ret = rt;
	return 0;
}

void rt_free(struct rt *rt)
{
	if (!rt)
		return;
	rt_for_end_all(rt);
	free(rt->walks);
	for (u32 i = 0; rt->maps && i < rt->prog->map_cnt; i++)
		tmap_fini(&rt->maps[i]);
	free(rt->maps);
	arena_fini(&rt->scratch);
	buf_fini(&rt->text);
	buf_fini(&rt->queue);
	free(rt->spill);
	free(rt->troubles);
	free(rt);
}

void rt_begin(struct rt *rt, u64 ts, bool drains)
{
	rt->now = ts;
	rt->drains = drains;
	rt_steps_begin(rt);
}

void rt_end(struct rt *rt)
{
	rt_drain(rt);
	rt_for_end_all(rt);
	rt_steps_end(rt);
	if (rt->scratch.used_sz)
		arena_reset(&rt->scratch);
}

enum rt_stop rt_stop_reason(const struct rt *rt)
{
	return rt->stop;
}

bool rt_stopped(const struct rt *rt)
{
	return rt->stop != RT_RUNNING;
}

s64 rt_exit_code(const struct rt *rt)
{
	return rt->exit_code;
}

s64 rt_session_start(const struct rt *rt)
{
	return (s64)rt->session_start;
}

const struct err *rt_error(const struct rt *rt)
{
	return &rt->err;
}

void rt_resume(struct rt *rt)
{
	if (rt->stop == RT_EXITED)
		rt->stop = RT_RUNNING;
}

struct tmap *rt_map(struct rt *rt, u32 idx)
{
	return idx < rt->prog->map_cnt ? &rt->maps[idx] : NULL;
}

void rt_fail(struct rt *rt, int code, const struct tmap *m)
{
	if (rt->stop == RT_FAILED)
		return;
	rt->stop = RT_FAILED;
	if (code == -EDQUOT)
		err_set(&rt->err, code, "the maps of the script need more than %llu MB",
			(unsigned long long)(rt->budget.max >> 20));
	else if (code == -E2BIG)
		err_set(&rt->err, code, "map %s has reached %u keys", m->info->name, m->max_n);
	else if (code == -ETIME)
		rt_steps_error(rt, &rt->err);
	else
		err_oom(&rt->err);
	if (code == -EDQUOT || code == -E2BIG)
		err_hint(&rt->err, "use fewer distinct keys, or a shorter range with --from and "
				   "--to; --max-memory allows more memory");
}

/*
 * Entry of a key, made if need be; NULL when it cannot be.  A script that states a maximum gets
 * what it would get in the kernel: further keys are dropped and counted.
 */
static struct tmap_entry *get_entry(struct rt *rt, u32 map, const void *key, u32 key_sz)
{
	struct tmap *m = rt_map(rt, map);
	struct tmap_entry *e;
	u32 used;
	int rc;

	if (!m || rt->stop == RT_FAILED)
		return NULL;
	used = m->used;
	rc = tmap_get(m, key, key_sz, &e);
	if (m->used > used)
		rt_charge(rt, RT_STEPS_A_KEY + tmap_entry_cost(m, key_sz) / RT_BYTES_A_STEP);
	if (!rc)
		return e;
	if (rc != -E2BIG || !m->info->max_keys)
		rt_fail(rt, rc, m);
	return NULL;
}

s64 *rt_map_int(struct rt *rt, u32 map, const void *key, u32 key_sz, bool create)
{
	struct tmap *m = rt_map(rt, map);
	struct tmap_entry *e;

	if (!m || !tmap_holds_num(m))
		return create ? &rt->dummy : NULL;
	e = create ? get_entry(rt, map, key, key_sz) : tmap_use(m, key, key_sz);
	if (e)
		return &e->val.num;
	rt->dummy = 0;
	return create ? &rt->dummy : NULL;	/* compiled code writes there unconditionally */
}

const u8 *rt_map_get(struct rt *rt, u32 map, const void *key, u32 key_sz, u32 *ret_sz)
{
	struct tmap *m = rt_map(rt, map);
	struct tmap_entry *e = m ? tmap_use(m, key, key_sz) : NULL;

	*ret_sz = 0;
	if (!e || tmap_holds_agg(m))
		return NULL;
	if (tmap_holds_num(m)) {
		*ret_sz = sizeof(e->val.num);
		return (const u8 *)&e->val.num;
	}
	*ret_sz = e->val_sz;
	return e->val.bytes;
}

void rt_map_set(struct rt *rt, u32 map, const void *key, u32 key_sz, const void *val, u32 val_sz)
{
	struct tmap_entry *e = get_entry(rt, map, key, key_sz);
	int rc;

	if (!e || tmap_holds_agg(&rt->maps[map]))
		return;
	if (tmap_holds_num(&rt->maps[map])) {
		struct cursor c = cursor_over(val, val_sz);

		e->val.num = (s64)cursor_u64(&c);
		return;
	}
	rt_work(rt, val_sz);
	rc = tmap_set_bytes(&rt->maps[map], e, val, val_sz);
	if (rc)
		rt_fail(rt, rc, &rt->maps[map]);
}

bool rt_map_delete(struct rt *rt, u32 map, const void *key, u32 key_sz)
{
	struct tmap *m = rt_map(rt, map);

	return m && tmap_delete(m, key, key_sz);
}

bool rt_map_has(struct rt *rt, u32 map, const void *key, u32 key_sz)
{
	struct tmap *m = rt_map(rt, map);

	return m && tmap_use(m, key, key_sz);
}

s64 rt_map_len(struct rt *rt, u32 map)
{
	struct tmap *m = rt_map(rt, map);

	return m ? m->used : 0;
}

static void add_to(struct rt *rt, struct tmap *m, struct tmap_entry *e, s64 val, s64 real_ns)
{
	int rc = agg_add_at(&e->val.agg, m->info->val, val, real_ns);

	if (!rc && m->info->val->agg > AGG_LHIST)
		rc = tmap_charge_agg(m, e);
	if (rc)
		rt_fail(rt, rc, m);
}

void rt_map_agg(struct rt *rt, u32 map, const void *key, u32 key_sz, s64 val)
{
	struct tmap_entry *e = get_entry(rt, map, key, key_sz);
	struct tmap *m = rt_map(rt, map);

	if (e && tmap_holds_agg(m))
		add_to(rt, m, e, val, 0);
}

void rt_map_agg_at(struct rt *rt, u32 map, const void *key, u32 key_sz, s64 val, s64 ts)
{
	struct tmap_entry *e = get_entry(rt, map, key, key_sz);
	const struct timefmt *time = rt->render ? rt->render->fmt.time : NULL;
	struct tmap *m = rt_map(rt, map);

	if (e && tmap_holds_agg(m))
		add_to(rt, m, e, val, time ? timefmt_real(time, (u64)ts) : ts);
}

u64 rt_hash(const void *bytes, u32 sz)
{
	const u8 *p = bytes;
	u64 h = 0xcbf29ce484222325ull;

	for (u32 i = 0; i < sz; i++)
		h = (h ^ p[i]) * 0x100000001b3ull;
	return h;
}

s64 rt_map_agg_read(struct rt *rt, u32 map, const void *key, u32 key_sz)
{
	struct tmap *m = rt_map(rt, map);
	struct tmap_entry *e = m ? tmap_use(m, key, key_sz) : NULL;

	return e && tmap_holds_agg(m) ? agg_read(&e->val.agg, m->info->val) : 0;
}

void *rt_scratch(struct rt *rt, u32 sz)
{
	void *p = arena_alloc(&rt->scratch, sz ? sz : 1);

	if (p)
		return p;
	/* a place must be given: the largest one there is, shared by all that no longer fit */
	rt_fail(rt, -ENOMEM, NULL);
	if (!rt->spill)
		rt->spill = calloc(1, RT_SCRATCH_MAX);
	if (!rt->spill || sz > RT_SCRATCH_MAX)
		abort();
	return rt->spill;
}

/* K aggregations come as {count, sum, min, max} or as the one number that the kernel kept. */
static bool load_agg(struct agg *a, const struct type *t, struct cursor *c)
{
	*a = (struct agg){ 0 };
	if (cursor_left(c) == 8) {
		s64 v = (s64)cursor_u64(c);

		*a = (struct agg){ .cnt = 1, .sum = v, .min = v, .max = v };
		if (t->agg == AGG_COUNT)
			a->cnt = (u64)v;
		return true;
	}
	a->cnt = cursor_u64(c);
	a->sum = (s64)cursor_u64(c);
	a->min = (s64)cursor_u64(c);
	a->max = (s64)cursor_u64(c);
	return !c->is_bad;
}

static bool is_packed(const struct type *t, struct cursor c)
{
	if (!t)
		return !cursor_left(&c);
	return packed_skip(t, &c) && !cursor_left(&c);
}

int rt_map_load(struct rt *rt, u32 idx, struct cursor key, struct cursor val)
{
	struct tmap *m = rt_map(rt, idx);
	struct tmap_entry *e;
	int rc;

	if (!m || !m->info->val || !is_packed(m->info->key, key))
		return -EBADMSG;
	if (!tmap_holds_agg(m) && !is_packed(m->info->val, val))
		return -EBADMSG;
	rc = tmap_get(m, key.pos, (u32)cursor_left(&key), &e);
	if (rc)
		return rc;
	if (tmap_holds_agg(m)) {
		struct agg a;

		if (!load_agg(&a, m->info->val, &val))
			return -EBADMSG;
		return agg_merge(&e->val.agg, m->info->val, &a);
	}
	if (!tmap_holds_num(m))
		return tmap_set_bytes(m, e, val.pos, (u32)cursor_left(&val));
	e->val.num = (s64)cursor_u64(&val);
	return 0;
}

int rt_merge(struct rt *rt, struct rt *from, struct err *err)
{
	if (from->stop == RT_FAILED) {
		*err = from->err;
		return err->code;
	}
	for (u32 i = 0; i < rt->prog->map_cnt; i++) {
		u64 before = rt->maps[i].refused;
		int rc = tmap_merge(&rt->maps[i], &from->maps[i]);

		if (rc || (rt->maps[i].refused > before && !rt->maps[i].info->max_keys)) {
			rt_fail(rt, rc ? rc : -E2BIG, &rt->maps[i]);
			*err = rt->err;
			return err->code;
		}
	}
	for (u32 i = 0; i < from->trouble_cnt; i++)
		rt_add_trouble(rt, &from->troubles[i]);
	return 0;
}

u64 rt_refused_keys(const struct rt *rt, const struct map_info **ret_map)
{
	u64 n = 0;

	*ret_map = NULL;
	for (u32 i = 0; i < rt->prog->map_cnt; i++) {
		if (rt->maps[i].refused && !*ret_map)
			*ret_map = rt->maps[i].info;
		n += rt->maps[i].refused;
	}
	return n;
}

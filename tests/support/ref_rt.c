/*
 * tests/support/ref_rt.c -- plain maps and a log of actions.
 *
 * Simple on purpose, and with no code in common with the analyzer's runtime: linear search,
 * everything allocated apart, aborts when something cannot be.
 */
#include "tests/support/ref_rt.h"

#include <stdlib.h>
#include <string.h>

#include "lang/packed.h"
#include "tests/support/ref_rt_priv.h"

#define STEPS 100000

void ref_must(bool ok)
{
	if (!ok)
		abort();
}

struct ref_rt *ref_rt_new(const struct program *prog, bool is_fixed)
{
	struct ref_rt *rt = calloc(1, sizeof(*rt));

	ref_must(rt);
	rt->prog = prog;
	rt->is_fixed = is_fixed;
	rt->steps = STEPS;
	rt->maps = calloc(prog->map_cnt + 1, sizeof(*rt->maps));
	ref_must(rt->maps);
	rt->snapshots_tail = &rt->snapshots;
	buf_init(&rt->log, REF_TEXT_MAX);
	return rt;
}

static void free_entry(struct entry *e)
{
	free(e->key);
	free(e->bytes);
	free(e);
}

void ref_clear_map(struct ref_rt *rt, u32 map)
{
	struct entry *e = rt->maps[map], *next;

	for (; e; e = next) {
		next = e->next;
		free_entry(e);
	}
	rt->maps[map] = NULL;
}

void ref_rt_free(struct ref_rt *rt)
{
	if (!rt)
		return;
	for (u32 i = 0; i < rt->prog->map_cnt; i++)
		ref_clear_map(rt, i);
	ref_rt_start_firing(rt);
	while (rt->walk)
		ref_rt_for_end(rt);
	free(rt->maps);
	buf_fini(&rt->log);
	free(rt);
}

void ref_rt_start_firing(struct ref_rt *rt)
{
	struct snapshot *s = rt->snapshots, *next;

	for (; s; s = next) {
		next = s->next;
		free(s->text);
		ref_rt_free(s->copy);
		free(s);
	}
	rt->snapshots = NULL;
	rt->snapshots_tail = &rt->snapshots;
}

void ref_rt_set_kernel(struct ref_rt *rt, struct ref_rt *kernel)
{
	rt->kernel = kernel;
}

const char *ref_rt_log(struct ref_rt *rt)
{
	return buf_cstr(&rt->log);
}

void ref_rt_log_reset(struct ref_rt *rt)
{
	buf_reset(&rt->log);
}

/* ---- entries ---- */

static void *dup_bytes(const void *p, u32 n)
{
	void *copy = malloc(n + 1);

	ref_must(copy);
	if (n)
		memcpy(copy, p, n);
	return copy;
}

static struct entry **slot_of(const struct ref_rt *rt, u32 map, const void *key, u32 key_sz)
{
	struct entry **e;

	ref_must(map < rt->prog->map_cnt);
	for (e = &rt->maps[map]; *e; e = &(*e)->next) {
		if ((*e)->key_sz == key_sz && (!key_sz || !memcmp((*e)->key, key, key_sz)))
			break;
	}
	return e;
}

static struct entry *get(struct ref_rt *rt, u32 map, const void *key, u32 key_sz)
{
	struct entry **e = slot_of(rt, map, key, key_sz);

	if (!*e) {
		*e = calloc(1, sizeof(**e));
		ref_must(*e);
		(*e)->key = dup_bytes(key, key_sz);
		(*e)->key_sz = key_sz;
		(*e)->serial = ++rt->serial;
	}
	return *e;
}

s64 *ref_rt_map_int(struct ref_rt *rt, u32 map, const void *key, u32 key_sz, bool create)
{
	struct entry *e = create ? get(rt, map, key, key_sz) : *slot_of(rt, map, key, key_sz);

	return e ? &e->num : NULL;
}

const u8 *ref_rt_map_get(struct ref_rt *rt, u32 map, const void *key, u32 key_sz, u32 *ret_sz)
{
	struct entry *e = *slot_of(rt, map, key, key_sz);

	*ret_sz = e ? e->bytes_sz : 0;
	return e ? e->bytes : NULL;
}

void ref_rt_map_set(struct ref_rt *rt, u32 map, const void *key, u32 key_sz, const void *val,
		    u32 val_sz)
{
	struct entry *e = get(rt, map, key, key_sz);
	void *copy = dup_bytes(val, val_sz);

	free(e->bytes);
	e->bytes = copy;
	e->bytes_sz = val_sz;
}

bool ref_rt_map_delete(struct ref_rt *rt, u32 map, const void *key, u32 key_sz)
{
	struct entry **e = slot_of(rt, map, key, key_sz), *gone = *e;

	if (!gone)
		return false;
	*e = gone->next;
	free_entry(gone);
	return true;
}

bool ref_rt_map_has(struct ref_rt *rt, u32 map, const void *key, u32 key_sz)
{
	return *slot_of(rt, map, key, key_sz) != NULL;
}

s64 ref_rt_map_len(struct ref_rt *rt, u32 map)
{
	s64 n = 0;

	for (const struct entry *e = rt->maps[map]; e; e = e->next)
		n++;
	return n;
}

/* ---- aggregations ---- */

static u64 mix(u64 x)
{
	x ^= x >> 31;
	x *= 0x9e3779b97f4a7c15ull;
	return x ^ x >> 29;
}

static bool less(const struct type *t, s64 a, s64 b)
{
	return t->is_signed ? a < b : (u64)a < (u64)b;
}

void ref_rt_map_agg(struct ref_rt *rt, u32 map, const void *key, u32 key_sz, s64 val)
{
	const struct type *t = rt->prog->maps[map]->val;
	struct entry *e = get(rt, map, key, key_sz);

	if (!e->cnt || less(t, val, e->min))
		e->min = val;
	if (!e->cnt || less(t, e->max, val))
		e->max = val;
	e->cnt++;
	e->sum = (s64)((u64)e->sum + (u64)val);
	e->digest += mix((u64)val);
}

/* The digest is of both. */
void ref_rt_map_agg_at(struct ref_rt *rt, u32 map, const void *key, u32 key_sz, s64 val, s64 ts)
{
	ref_rt_map_agg(rt, map, key, key_sz, val);
	get(rt, map, key, key_sz)->digest += mix((u64)ts * 3);
}

u64 ref_rt_hash(const void *bytes, u32 sz)
{
	const u8 *p = bytes;
	u64 h = sz;

	for (u32 i = 0; i < sz; i++)
		h = mix(h + p[i]);
	return h;
}

static s64 average(const struct type *t, const struct entry *e)
{
	if (!e->cnt)
		return 0;
	return t->is_signed ? e->sum / (s64)e->cnt : (s64)((u64)e->sum / e->cnt);
}

s64 ref_agg_number(const struct type *t, const struct entry *e)
{
	switch (t->agg) {
	case AGG_COUNT:
		return e->cnt;
	case AGG_SUM:
		return e->sum;
	case AGG_MIN:
		return e->min;
	case AGG_MAX:
		return e->max;
	default:
		return average(t, e);
	}
}

s64 ref_rt_map_agg_read(struct ref_rt *rt, u32 map, const void *key, u32 key_sz)
{
	const struct entry *e = *slot_of(rt, map, key, key_sz);

	return e ? ref_agg_number(rt->prog->maps[map]->val, e) : 0;
}

/* ---- the rest ---- */

void ref_rt_copy_map(struct ref_rt *to, const struct ref_rt *from, u32 map)
{
	const struct map_info *m = from->prog->maps[map];
	struct entry *copy;
	struct buf key, val;

	ref_clear_map(to, map);
	buf_init(&key, REF_TEXT_MAX);
	buf_init(&val, REF_TEXT_MAX);
	for (const struct entry *e = from->maps[map]; e; e = e->next) {
		buf_reset(&key);
		buf_reset(&val);
		if (from->is_fixed && m->key)
			ref_must(!packed_from_kernel(m->key, e->key, e->key_sz, &key));
		else
			buf_put(&key, e->key, e->key_sz);
		copy = get(to, map, key.data, key.len);
		copy->num = e->num;
		copy->cnt = e->cnt;
		copy->digest = e->digest;
		copy->sum = e->sum;
		copy->min = e->min;
		copy->max = e->max;
		if (!e->bytes)
			continue;
		if (from->is_fixed)
			ref_must(!packed_from_kernel(m->val, e->bytes, e->bytes_sz, &val));
		else
			buf_put(&val, e->bytes, e->bytes_sz);
		copy->bytes = dup_bytes(val.data, val.len);
		copy->bytes_sz = val.len;
	}
	buf_fini(&key);
	buf_fini(&val);
}

bool ref_rt_exited(const struct ref_rt *rt, s64 *ret_code)
{
	if (ret_code)
		*ret_code = rt->exit_code;
	return rt->exited;
}

void ref_rt_set_exit(struct ref_rt *rt, s64 code)
{
	rt->exited = true;
	rt->exit_code = code;
}

void ref_rt_resume(struct ref_rt *rt)
{
	rt->exited = false;
}

void ref_rt_set_session_start(struct ref_rt *rt, s64 ns)
{
	rt->session_start = ns;
}

void ref_rt_set_steps(struct ref_rt *rt, u32 steps)
{
	rt->steps = steps;
}

bool ref_rt_step(struct ref_rt *rt)
{
	if (!rt->steps)
		return false;
	rt->steps--;
	return true;
}

bool ref_rt_stopped(const struct ref_rt *rt)
{
	return rt->exited;
}

s64 ref_rt_session_start(const struct ref_rt *rt)
{
	return rt->session_start;
}

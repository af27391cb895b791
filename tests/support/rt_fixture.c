/* tests/support/rt_fixture.c -- see the header. */
#include "tests/support/rt_fixture.h"

#include <assert.h>
#include <string.h>

void rt_fixture_init(struct rt_fixture *f, const char *format, enum compat compat)
{
	memset(f, 0, sizeof(*f));
	arena_init(&f->arena, 16u << 20);
	f->prog.arena = &f->arena;
	f->prog.compat = compat;
	f->prog.maps = f->maps;
	f->prog.actions = f->actions;
	f->prog.print_maps_on_exit = true;
	timefmt_init(&f->time);
	sink_init(&f->sink, -1);
	render_init(&f->render, render_find(format), &f->sink, compat, &f->time);
	buf_init(&f->key, 1 << 16);
	buf_init(&f->val, 1 << 16);
}

void rt_fixture_fini(struct rt_fixture *f)
{
	rt_free(f->rt);
	render_fini(&f->render);
	sink_fini(&f->sink);
	timefmt_fini(&f->time);
	buf_fini(&f->key);
	buf_fini(&f->val);
	arena_fini(&f->arena);
}

u32 rt_fixture_map(struct rt_fixture *f, const char *name, const struct type *key,
		   const struct type *val)
{
	struct map_info *m = arena_new(&f->arena, struct map_info);

	assert(m && f->prog.map_cnt < FIX_MAPS_MAX);
	m->name = name;
	m->key = key;
	m->val = val;
	m->idx = f->prog.map_cnt;
	f->maps[f->prog.map_cnt++] = m;
	return m->idx;
}

struct action *rt_fixture_action(struct rt_fixture *f, enum builtin_id id)
{
	struct action *a = arena_new(&f->arena, struct action);
	struct builtin *b = arena_new(&f->arena, struct builtin);

	assert(a && b && f->prog.action_cnt < FIX_ACTIONS_MAX);
	b->id = id;
	a->b = b;
	a->idx = f->prog.action_cnt;
	f->actions[f->prog.action_cnt++] = a;
	return a;
}

void rt_fixture_start(struct rt_fixture *f)
{
	struct rt_opts o = { .prog = &f->prog, .render = &f->render };
	struct err err;
	int rc = rt_new(&o, &f->rt, &err);

	assert(!rc);
	rt_begin(f->rt, 0, false);
}

const struct type *fix_agg(struct rt_fixture *f, enum agg_kind kind, bool is_signed)
{
	struct type *t = arena_new(&f->arena, struct type);

	assert(t);
	t->kind = TYPE_AGG;
	t->agg = kind;
	t->is_signed = is_signed;
	return t;
}

const struct type *fix_lhist(struct rt_fixture *f, s64 min, s64 max, s64 step)
{
	struct type *t = (struct type *)fix_agg(f, AGG_LHIST, true);

	t->lhist_min = min;
	t->lhist_max = max;
	t->lhist_step = step;
	return t;
}

const struct type *fix_tuple(struct rt_fixture *f, const struct type *a, const struct type *b)
{
	const struct type *m[] = { a, b };

	return type_tuple(&f->arena, m, 2);
}

const struct type *fix_str(struct rt_fixture *f)
{
	return type_str(&f->arena, 64);
}

void fix_num(struct buf *b, s64 v)
{
	buf_put_u64(b, (u64)v);
}

void fix_bytes(struct buf *b, const void *p, u32 n)
{
	buf_put_u32(b, n);
	buf_put(b, p, n);
}

void fix_text(struct buf *b, const char *s)
{
	fix_bytes(b, s, (u32)strlen(s));
}

void fix_agg_add(struct rt_fixture *f, u32 map, s64 key, s64 val)
{
	rt_map_agg(f->rt, map, &key, sizeof(key), val);
}

void fix_agg_add_scalar(struct rt_fixture *f, u32 map, s64 val)
{
	rt_map_agg(f->rt, map, NULL, 0, val);
}

void fix_set(struct rt_fixture *f, u32 map, s64 key, s64 val)
{
	*rt_map_int(f->rt, map, &key, sizeof(key), true) = val;
}

void fix_set_scalar(struct rt_fixture *f, u32 map, s64 val)
{
	*rt_map_int(f->rt, map, NULL, 0, true) = val;
}

const char *rt_fixture_output(struct rt_fixture *f)
{
	buf_reset(&f->val);
	buf_put(&f->val, f->sink.buf.data, f->sink.buf.len);
	buf_reset(&f->sink.buf);
	return buf_cstr(&f->val);
}

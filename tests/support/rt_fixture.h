/*
 * tests/support/rt_fixture.h -- a small program made by hand, with a runtime that prints into
 * memory.
 */
#pragma once

#include "analyze/runtime.h"
#include "base/arena.h"

#define FIX_MAPS_MAX 16
#define FIX_ACTIONS_MAX 16

struct rt_fixture {
	struct arena arena;
	struct program prog;
	struct map_info *maps[FIX_MAPS_MAX];
	struct action *actions[FIX_ACTIONS_MAX];
	struct timefmt time;
	struct sink sink;
	struct render render;
	struct rt *rt;
	struct buf key, val;		/* what put_*() built */
};

/* @format "text" or "json". */
void rt_fixture_init(struct rt_fixture *f, const char *format, enum compat compat);
void rt_fixture_fini(struct rt_fixture *f);
/* Add maps and actions, then start. */
u32 rt_fixture_map(struct rt_fixture *f, const char *name, const struct type *key,
		   const struct type *val);
struct action *rt_fixture_action(struct rt_fixture *f, enum builtin_id id);
void rt_fixture_start(struct rt_fixture *f);

const struct type *fix_agg(struct rt_fixture *f, enum agg_kind kind, bool is_signed);
const struct type *fix_lhist(struct rt_fixture *f, s64 min, s64 max, s64 step);
const struct type *fix_tuple(struct rt_fixture *f, const struct type *a, const struct type *b);
const struct type *fix_str(struct rt_fixture *f);

void fix_num(struct buf *b, s64 v);
void fix_text(struct buf *b, const char *s);	/* STR */
void fix_bytes(struct buf *b, const void *p, u32 n);

/* By integer key or (key "") none. */
void fix_agg_add(struct rt_fixture *f, u32 map, s64 key, s64 val);
void fix_agg_add_scalar(struct rt_fixture *f, u32 map, s64 val);
void fix_set(struct rt_fixture *f, u32 map, s64 key, s64 val);
void fix_set_scalar(struct rt_fixture *f, u32 map, s64 val);
/* What was printed since the last call; good until the next. */
const char *rt_fixture_output(struct rt_fixture *f);

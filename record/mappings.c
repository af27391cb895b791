/*
 * record/mappings.c -- spaces of processes, found by number and time.
 *
 *     hash of pid -> newest space -> older -> older      (one a fork or exec of that pid)
 *                        |
 *                        base: the parent's space as it was at base_ts   (after a fork)
 *
 * Invariants
 * (1) Spaces of a pid do not overlap: each holds in [from_ts, to_ts), the newest has no end.
 * (2) A space is freed when neither the chain nor a base nor the dirty list refers to it.
 * (3) A chain of bases has at most DEPTH_MAX spaces; beyond that mappings are copied.
 */
#include "record/mappings.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

#define BUCKET_CNT	4096
#define DEPTH_MAX	12
#define SPACE_RANGE_MAX 16384
#define NO_END		UINT64_MAX

enum end_kind { ENDED_NOT, ENDED_EXEC, ENDED_EXIT };

struct space {
	u32 pid;
	u32 ref_cnt, depth;
	u64 from_ts, to_ts; /* (1) */
	u64 exit_ts; /* the first thread has ended; 0: not */
	struct space *older;
	struct space *base;
	u64 base_ts;
	struct vec ranges; /* struct mapping, about in order of time */
	u32 row_cnt; /* of ranges, handed out */
	bool is_complete, was_scanned, is_used, is_dirty, base_is_out;
	enum end_kind ended;
	struct space *next; /* in the bucket; newest spaces only */
};

struct mappings {
	struct space *buckets[BUCKET_CNT];
	struct vec dirty; /* struct space *: rows to hand out */
	u32 space_cnt, max_spaces, range_cnt, max_ranges;
	u64 lost_cnt;
};

struct mappings *mappings_new(u32 max_spaces, u32 max_ranges)
{
	struct mappings *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->max_spaces = max_spaces;
	m->max_ranges = max_ranges;
	vec_init(&m->dirty, sizeof(struct space *), max_spaces);
	return m;
}

/* ---- spaces ---- */

static struct space **bucket_of(struct mappings *m, u32 pid)
{
	return &m->buckets[pid % BUCKET_CNT];
}

static struct space *newest(const struct mappings *m, u32 pid)
{
	struct space *s = m->buckets[pid % BUCKET_CNT];

	while (s && s->pid != pid)
		s = s->next;
	return s;
}

static struct space *space_at(const struct mappings *m, u32 pid, u64 ts)
{
	struct space *s = newest(m, pid);

	while (s && s->from_ts > ts)
		s = s->older;
	return s && ts < s->to_ts ? s : NULL;
}

static void release(struct mappings *m, struct space *s)
{
	while (s && --s->ref_cnt == 0) {
		struct space *base = s->base;

		m->range_cnt -= (u32)s->ranges.n;
		m->space_cnt--;
		vec_fini(&s->ranges);
		free(s);
		s = base;
	}
}

static void mark_dirty(struct mappings *m, struct space *s)
{
	struct space **p;

	if (!s->is_used || s->is_dirty)
		return;
	p = vec_push(&m->dirty);
	if (!p) {
		m->lost_cnt++;
		return;
	}
	*p = s;
	s->ref_cnt++;
	s->is_dirty = true;
}

static void end_space(struct mappings *m, struct space *s, u64 ts, enum end_kind kind)
{
	s->to_ts = ts;
	s->ended = kind;
	mark_dirty(m, s);
}

/* Put @s, whose from_ts is set, in its place in the chain of its pid. */
static void link_space(struct mappings *m, struct space *s, enum end_kind kind)
{
	struct space **head = bucket_of(m, s->pid), *at;

	while (*head && (*head)->pid != s->pid)
		head = &(*head)->next;
	at = *head;
	if (at && at->from_ts > s->from_ts) { /* came late */
		while (at->older && at->older->from_ts > s->from_ts)
			at = at->older;
		s->to_ts = at->from_ts;
		s->older = at->older;
		at->older = s;
	} else {
		s->next = at ? at->next : NULL;
		s->older = at;
		*head = s;
	}
	if (s->older && s->older->to_ts > s->from_ts)
		end_space(m, s->older, s->from_ts, kind);
}

static struct space *space_new(struct mappings *m, u32 pid, u64 from_ts, enum end_kind kind)
{
	struct space *s = m->space_cnt < m->max_spaces ? calloc(1, sizeof(*s)) : NULL;

	if (!s) {
		m->lost_cnt++;
		return NULL;
	}
	m->space_cnt++;
	s->pid = pid;
	s->ref_cnt = 1;
	s->from_ts = from_ts;
	s->to_ts = NO_END;
	vec_init(&s->ranges, sizeof(struct mapping), SPACE_RANGE_MAX);
	link_space(m, s, kind);
	return s;
}

/* ---- ranges ---- */

static bool is_same_place(const struct mapping *a, const struct mapping *b)
{
	return a->start == b->start && a->end == b->end && a->off == b->off &&
	       a->object == b->object;
}

/* Is it there already, and nothing newer over it?  Programs that compile say it again and again. */
static bool is_repeated(const struct space *s, const struct mapping *map)
{
	const struct mapping *all = s->ranges.items;

	for (size_t i = s->ranges.n; i > 0; i--) {
		if (is_same_place(&all[i - 1], map))
			return all[i - 1].from_ts <= map->from_ts;
		if (all[i - 1].start < map->end && map->start < all[i - 1].end)
			return false;
	}
	return false;
}

static void add_range(struct mappings *m, struct space *s, const struct mapping *map)
{
	struct mapping *p;

	if (map->start >= map->end || is_repeated(s, map))
		return;
	p = m->range_cnt < m->max_ranges ? vec_push(&s->ranges) : NULL;
	if (!p) {
		m->lost_cnt++;
		return;
	}
	*p = *map;
	m->range_cnt++;
	mark_dirty(m, s);
}

/* Of those that hold @addr at @ts the latest. */
static const struct mapping *range_at(const struct space *s, u64 ts, u64 addr)
{
	const struct mapping *all = s->ranges.items, *best = NULL;

	for (size_t i = 0; i < s->ranges.n; i++) {
		const struct mapping *r = &all[i];

		if (addr < r->start || addr >= r->end || r->from_ts > ts)
			continue;
		if (!best || r->from_ts >= best->from_ts)
			best = r;
	}
	return best;
}

/* ---- events ---- */

void mappings_map(struct mappings *m, u32 pid, const struct mapping *map)
{
	struct space *s = space_at(m, pid, map->from_ts);

	/* There before we came: what else it has is not known yet. */
	if (!s && !newest(m, pid))
		s = space_new(m, pid, 0, ENDED_NOT);
	if (s)
		add_range(m, s, map);
}

/* Events came in the wrong order: what was mapped after @from->from_ts belongs there. */
static void move_late(struct mappings *m, struct space *to)
{
	struct space *old = to->older;
	struct mapping *all;
	size_t n = 0;

	if (!old)
		return;
	all = old->ranges.items;
	for (size_t i = 0; i < old->ranges.n; i++) {
		if (all[i].from_ts > to->from_ts && i >= old->row_cnt)
			add_range(m, to, &all[i]);
		else
			all[n++] = all[i];
	}
	m->range_cnt -= (u32)(old->ranges.n - n);
	old->ranges.n = n;
}

void mappings_exec(struct mappings *m, u32 pid, u64 ts)
{
	struct space *s = space_new(m, pid, ts, ENDED_EXEC);

	if (!s)
		return;
	s->is_complete = true;
	move_late(m, s);
}

/* Everything that @from and its bases hold at @ts. */
static void copy_ranges(struct mappings *m, struct space *to, const struct space *from, u64 ts)
{
	if (from->base)
		copy_ranges(m, to, from->base, ts < from->base_ts ? ts : from->base_ts);
	for (size_t i = 0; i < from->ranges.n; i++) {
		const struct mapping *r = vec_get(&from->ranges, const struct mapping, i);

		if (r->from_ts <= ts)
			add_range(m, to, r);
	}
}

static bool is_known(const struct space *s)
{
	while (s && !s->is_complete)
		s = s->base;
	return s != NULL;
}

static void set_base(struct mappings *m, struct space *s, struct space *base, u64 ts)
{
	/* A child that only forks again has nothing of its own. */
	while (base->base && !base->ranges.n) {
		ts = ts < base->base_ts ? ts : base->base_ts;
		base = base->base;
	}
	if (base->depth >= DEPTH_MAX) { /* (3) */
		copy_ranges(m, s, base, ts);
		s->is_complete = is_known(base);
		return;
	}
	s->base = base;
	s->base_ts = ts;
	s->depth = base->depth + 1;
	base->ref_cnt++;
}

void mappings_fork(struct mappings *m, u32 pid, u32 parent, u64 ts)
{
	struct space *p = space_at(m, parent, ts), *s;

	if (!p && !newest(m, parent))
		p = space_new(m, parent, 0, ENDED_NOT);
	s = space_new(m, pid, ts, ENDED_EXIT);
	if (!s)
		return;
	if (p)
		set_base(m, s, p, ts);
	move_late(m, s);
}

void mappings_exit(struct mappings *m, u32 pid, u64 ts)
{
	struct space *s = space_at(m, pid, ts);

	if (s)
		s->exit_ts = ts;
}

/* ---- scans ---- */

u32 mappings_to_scan(const struct mappings *m, u32 pid, u64 ts)
{
	const struct space *s = space_at(m, pid, ts);

	if (!newest(m, pid))
		return pid;
	if (is_known(s))
		return 0;
	for (; s; s = s->base)
		if (s->to_ts == NO_END && !s->was_scanned && !s->exit_ts)
			return s->pid;
	return 0;
}

void mappings_scan(struct mappings *m, u32 pid, const struct mapping *maps, u32 n)
{
	struct space *s = newest(m, pid);

	if (!s)
		s = space_new(m, pid, 0, ENDED_NOT);
	/* It has become another since it was looked at, or others were quicker. */
	if (!s || is_known(s) || s->was_scanned)
		return;
	s->was_scanned = true;
	s->is_complete = n > 0;
	for (u32 i = 0; i < n; i++) {
		struct mapping r = maps[i];
		bool is_told = false;

		for (size_t k = 0; k < s->ranges.n && !is_told; k++)
			is_told = is_same_place(vec_get(&s->ranges, const struct mapping, k), &r);
		r.from_ts = s->from_ts;
		if (!is_told)
			add_range(m, s, &r);
	}
}

/* ---- questions ---- */

bool mappings_find(struct mappings *m, u32 pid, u64 ts, u64 addr, struct mapping *ret)
{
	struct space *s = space_at(m, pid, ts);
	const struct mapping *r = NULL;

	if (s && !s->is_used) {
		s->is_used = true;
		mark_dirty(m, s);
	}
	while (s && !r) {
		r = range_at(s, ts, addr);
		ts = ts < s->base_ts ? ts : s->base_ts;
		s = s->base;
	}
	if (!r)
		return false;
	*ret = *r;
	return true;
}

u32 mappings_parent(const struct mappings *m, u32 pid)
{
	const struct space *s = newest(m, pid);

	while (s && !s->base)
		s = s->older;
	return s ? s->base->pid : 0;
}

/* What @s got from those before it, as of its beginning. */
static void give_base(const struct space *s, const struct space *from, u64 ts, mapping_row_fn fn,
		      void *ctx)
{
	if (from->base)
		give_base(s, from->base, ts < from->base_ts ? ts : from->base_ts, fn, ctx);
	for (size_t i = 0; i < from->ranges.n; i++) {
		const struct mapping *r = vec_get(&from->ranges, const struct mapping, i);

		if (r->from_ts <= ts)
			fn(ctx, MAPPING_MAP, s->pid, s->from_ts, r);
	}
}

static void give_rows(struct space *s, mapping_row_fn fn, void *ctx)
{
	if (s->base && !s->base_is_out)
		give_base(s, s->base, s->base_ts, fn, ctx);
	s->base_is_out = true;
	for (; s->row_cnt < s->ranges.n; s->row_cnt++) {
		const struct mapping *r = vec_get(&s->ranges, const struct mapping, s->row_cnt);

		fn(ctx, MAPPING_MAP, s->pid, r->from_ts > s->from_ts ? r->from_ts : s->from_ts, r);
	}
	if (s->ended != ENDED_NOT)
		fn(ctx, s->ended == ENDED_EXEC ? MAPPING_EXEC : MAPPING_EXIT, s->pid, s->to_ts,
		   NULL);
	s->ended = ENDED_NOT;
}

void mappings_take_rows(struct mappings *m, mapping_row_fn fn, void *ctx)
{
	for (size_t i = 0; i < m->dirty.n; i++) {
		struct space *s = *vec_get(&m->dirty, struct space *, i);

		give_rows(s, fn, ctx);
		s->is_dirty = false;
		release(m, s);
	}
	vec_reset(&m->dirty);
}

/* ---- the end of things ---- */

static void forget_older(struct mappings *m, struct space *s, u64 before_ts)
{
	while (s->older && s->older->to_ts >= before_ts)
		s = s->older;
	for (struct space *o = s->older; o;) {
		struct space *next = o->older;

		release(m, o);
		o = next;
	}
	s->older = NULL;
}

void mappings_forget(struct mappings *m, u64 before_ts, bool (*is_gone)(u32 pid))
{
	for (u32 i = 0; i < BUCKET_CNT; i++) {
		struct space **p = &m->buckets[i];

		while (*p) {
			struct space *s = *p;

			forget_older(m, s, before_ts);
			if (s->exit_ts && s->to_ts == NO_END && is_gone(s->pid))
				end_space(m, s, s->exit_ts, ENDED_EXIT);
			if (s->older || s->to_ts >= before_ts) {
				p = &s->next;
				continue;
			}
			*p = s->next;
			release(m, s);
		}
	}
}

void mappings_free(struct mappings *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->dirty.n; i++)
		release(m, *vec_get(&m->dirty, struct space *, i));
	vec_fini(&m->dirty);
	for (u32 i = 0; i < BUCKET_CNT; i++) {
		for (struct space *s = m->buckets[i], *next; s; s = next) {
			next = s->next;
			forget_older(m, s, NO_END);
			release(m, s);
		}
	}
	free(m);
}

u64 mappings_lost(const struct mappings *m)
{
	return m->lost_cnt;
}

u32 mappings_cnt(const struct mappings *m)
{
	return m->space_cnt;
}

/*
 * Snapshots of K maps that wait for their firing.
 *
 * A snapshot is read from the tape before its firing is released by the merge, so few wait at any
 * time.  The ones of the end are kept apart: of each map the last.
 *
 * In the kernel a stack of a process is a key of its own, here equal stacks are one.  What two
 * entries then have is added if the script only ever adds to the map; else the last one stays.
 */
#include "analyze/snapshots.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WAITING_MAX 65536
#define BYTES_MAX ((u64)1 << 30)

struct snapshot {
	u32 map;
	u32 table, cpu, action;
	u64 seq;
	u32 entry_cnt;
	struct buf bytes;		/* entries: u32 key size, u32 value size, key, value */
	struct snapshot *next;
};

struct snapshots {
	const struct program *prog;
	const struct tape_state *state;
	struct buf key, val;		/* of an entry, with nodes for numbers of stacks */
	struct snapshot *waiting, **tail;
	u32 waiting_cnt;
	u64 bytes;
	struct snapshot **end;		/* by map */
	bool has_end, is_partial;
	bool *only_adds;		/* by map */
	const struct map_info *clash;	/* first map of which an entry had to give way */
};

/* Does the node write to its map otherwise than by adding?  What takes keys away is no matter. */
static const struct node *other_write(const struct node *n)
{
	if (!n || n->kind != NODE_ASSIGN || n->assign.lhs->kind != NODE_MAP)
		return NULL;
	return n->assign.op == OP_ADD || n->assign.op == OP_SUB ? NULL : n->assign.lhs;
}

static void find_writes(struct snapshots *s)
{
	memset(s->only_adds, true, s->prog->map_cnt);
	for (u32 i = 0; i < s->prog->inst_cnt; i++) {
		for (u32 k = 0; k < s->prog->insts[i]->node_cnt; k++) {
			const struct node *map = other_write(s->prog->insts[i]->nodes[k]);

			if (map)
				s->only_adds[map->map.info->idx] = false;
		}
	}
}

struct snapshots *snapshots_new(const struct program *prog, const struct tape_state *state)
{
	struct snapshots *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->prog = prog;
	s->state = state;
	buf_init(&s->key, 1 << 20);
	buf_init(&s->val, 1 << 20);
	s->tail = &s->waiting;
	s->end = calloc((size_t)prog->map_cnt + 1, sizeof(*s->end));
	s->only_adds = calloc((size_t)prog->map_cnt + 1, sizeof(*s->only_adds));
	if (s->end && s->only_adds) {
		find_writes(s);
		return s;
	}
	free(s->end);
	free(s->only_adds);
	free(s);
	return NULL;
}

static void free_one(struct snapshots *s, struct snapshot *n)
{
	if (!n)
		return;
	s->bytes -= n->bytes.len;
	buf_fini(&n->bytes);
	free(n);
}

void snapshots_free(struct snapshots *s)
{
	if (!s)
		return;
	while (s->waiting) {
		struct snapshot *n = s->waiting;

		s->waiting = n->next;
		free_one(s, n);
	}
	for (u32 i = 0; i < s->prog->map_cnt; i++)
		free_one(s, s->end[i]);
	free(s->end);
	free(s->only_adds);
	buf_fini(&s->key);
	buf_fini(&s->val);
	free(s);
}

static s64 find_map(const struct snapshots *s, struct str name)
{
	for (u32 i = 0; i < s->prog->map_cnt; i++)
		if (str_is(name, s->prog->maps[i]->name))
			return i;
	return -1;
}

static struct snapshot *copy(struct snapshots *s, const struct tape_mapsnap *m, u32 map)
{
	struct snapshot *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	*n = (struct snapshot){ .map = map, .table = m->table, .cpu = m->cpu, .seq = m->seq,
				.action = m->action, .entry_cnt = m->entry_cnt };
	buf_init(&n->bytes, BYTES_MAX - s->bytes);
	for (u32 i = 0; i < m->entry_cnt; i++) {
		buf_put_u32(&n->bytes, (u32)m->entries[i].key.len);
		buf_put_u32(&n->bytes, (u32)m->entries[i].val.len);
		buf_put(&n->bytes, m->entries[i].key.s, m->entries[i].key.len);
		buf_put(&n->bytes, m->entries[i].val.s, m->entries[i].val.len);
	}
	if (n->bytes.is_full) {
		buf_fini(&n->bytes);
		free(n);
		return NULL;
	}
	s->bytes += n->bytes.len;
	return n;
}

static int add_one(struct snapshots *s, const struct tape_mapsnap *m, struct err *err)
{
	s64 map = find_map(s, m->map);
	struct snapshot *n;

	if (map < 0)
		return 0;
	if (s->waiting_cnt >= WAITING_MAX)
		return err_set(err, -E2BIG, "more than %u snapshots of maps wait for their firings",
			       WAITING_MAX);
	n = copy(s, m, (u32)map);
	if (!n)
		return err_oom(err);
	s->is_partial |= m->is_partial;
	if (m->reason == TAPE_SNAP_END) {
		free_one(s, s->end[map]);
		s->end[map] = n;
		s->has_end = true;
		return 0;
	}
	*s->tail = n;
	s->tail = &n->next;
	s->waiting_cnt++;
	return 0;
}

int snapshots_add(struct snapshots *s, const struct tape_mapsnap *snaps, u32 n, struct err *err)
{
	int rc = 0;

	for (u32 i = 0; !rc && i < n; i++)
		rc = add_one(s, &snaps[i], err);
	return rc;
}

/* A malformed one is found out by the runtime: it stays too short, or keeps its rest. */
static struct cursor translate(const struct snapshots *s, const struct type *t, struct cursor in,
			       struct buf *out)
{
	if (!symbols_concern(t))
		return in;
	buf_reset(out);
	symbols_translate(s->state, t, &in, out);
	buf_put(out, in.pos, cursor_left(&in));
	return cursor_over(out->data, out->len);
}

/* Aggregations of one key are merged by the runtime. */
static int load_entry(struct snapshots *s, struct rt *rt, u32 map, struct cursor key,
		      struct cursor val)
{
	const struct map_info *info = s->prog->maps[map];
	struct tmap *m = rt_map(rt, map);
	struct tmap_entry *e = NULL;
	u64 before = 0;
	int rc;

	if (symbols_concern(info->key) && !tmap_holds_agg(m))
		e = tmap_find(m, key.pos, (u32)cursor_left(&key));
	if (e && tmap_holds_num(m) && s->only_adds[map])
		before = (u64)e->val.num;
	else if (e && !s->clash)
		s->clash = info;
	rc = rt_map_load(rt, map, key, val);
	if (!rc && before)
		e->val.num = (s64)((u64)e->val.num + before);
	return rc;
}

static void load(struct snapshots *s, struct rt *rt, const struct snapshot *n)
{
	const struct map_info *map = s->prog->maps[n->map];
	struct cursor c = cursor_over(n->bytes.data, n->bytes.len);

	if (rt_map(rt, n->map)->walks)	/* a loop in a loop over the same map: it is there */
		return;
	tmap_clear(rt_map(rt, n->map));
	for (u32 i = 0; i < n->entry_cnt; i++) {
		u32 key_sz = cursor_u32(&c), val_sz = cursor_u32(&c);
		struct cursor key = cursor_sub(&c, key_sz), val = cursor_sub(&c, val_sz);

		key = translate(s, map->key, key, &s->key);
		val = translate(s, map->val, val, &s->val);
		if (load_entry(s, rt, n->map, key, val) == -ENOMEM)
			return;
	}
}

static bool is_of(const struct snapshot *n, const struct firing_id *id, u32 action, u32 map)
{
	return n->map == map && n->table == id->table && n->cpu == id->cpu && n->seq == id->seq &&
	       (n->action == action || n->action == TAPE_NONE);
}

bool snapshots_load(struct snapshots *s, struct rt *rt, const struct firing_id *id, u32 action,
		    u32 map)
{
	for (struct snapshot **at = &s->waiting; *at; at = &(*at)->next) {
		struct snapshot *n = *at;

		if (!is_of(n, id, action, map))
			continue;
		load(s, rt, n);
		*at = n->next;
		if (s->tail == &n->next)
			s->tail = at;
		s->waiting_cnt--;
		free_one(s, n);
		return true;
	}
	return false;
}

bool snapshots_load_end(struct snapshots *s, struct rt *rt)
{
	for (u32 i = 0; i < s->prog->map_cnt; i++)
		if (s->end[i])
			load(s, rt, s->end[i]);
	return s->has_end;
}

bool snapshots_is_partial(const struct snapshots *s)
{
	return s->is_partial;
}

const struct map_info *snapshots_clash(const struct snapshots *s)
{
	return s->clash;
}

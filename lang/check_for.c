/*
 * lang/check_for.c -- for ($kv : @m): the variable is a tuple (key, value), of an aggregation its
 * number.
 *
 * A loop has an entry in the table of actions, as print(@m) has: the recorder keeps what a map of
 * the kernel held there.
 */
#include "lang/check_priv.h"

static bool is_iterable(struct check *ck, const struct node *map)
{
	const struct map_info *m = map->map.info;

	if (!m->is_written && !ck->is_partial) {
		ck_hint_maps(ck, ck_error(ck, map->span, "%s is never assigned", m->name), m->name);
		return false;
	}
	if (!m->key && ck->is_final && !ck->is_partial)
		ck_error(ck, map->span, "%s has no keys to go through", m->name);
	return m->key && m->val;
}

static void add_action(struct check *ck, struct node *n)
{
	struct action *act = ck->is_final ? ck_new_action(ck, &builtins[BI_PRINT], n) : NULL;

	if (!act)
		return;
	act->map = n->loop.map->map.info;
	n->loop.action = (s32)act->idx;
}

void check_for_map(struct check *ck, struct node *n)
{
	struct node *map = n->loop.map, *var = n->loop.var;
	const struct type *kv[2], *t;
	const struct map_info *m;

	n->loop.action = -1;
	if (!map || map->kind != NODE_MAP || map->map.key || !map->map.info) {
		ck_error(ck, map ? map->span : n->span,
			 "for needs a map without a key, or a range a..b");
		return;
	}
	m = map->map.info;
	map->type = m->val;
	if (!is_iterable(ck, map) || !var || !var->var.info)
		return;
	kv[0] = m->key;
	kv[1] = m->val->kind == TYPE_AGG ? agg_number(ck, m->val) : m->val;
	if (!kv[1]) {
		ck_error(ck, map->span, "%s holds %s(), whose entries have no single value",
			 m->name, agg_name(m->val));
		return;
	}
	t = tuple_type(ck, map->span, kv, 2);
	if (!is_known(t))
		return;
	grow(ck, &var->var.info->type, t);
	var->type = t;
	add_action(ck, n);
}

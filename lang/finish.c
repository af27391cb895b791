/*
 * lang/finish.c -- what later passes rely on: dense node ids, and types without the checker's
 * private ones.
 */
#include "lang/check_priv.h"

static bool count_node(struct node *n, void *ctx)
{
	u32 *cnt = ctx;

	n->id = (*cnt)++;
	return true;
}

static bool note_node(struct node *n, void *ctx)
{
	struct inst *in = ctx;

	in->nodes[n->id] = n;
	return true;
}

static const struct type *plain_agg(struct check *ck, const struct type *t)
{
	struct type *copy;

	if (!t->elem || !is_lit(t->elem))
		return t;
	copy = arena_dup(ck->a, t, sizeof(*t));
	if (!copy)
		return t;
	copy->elem = lit_plain(t->elem);
	return copy;
}

/* The type without literal types inside (unify.c). */
static const struct type *plain(struct check *ck, const struct type *t)
{
	const struct type **m;

	if (t && t->kind == TYPE_AGG)
		return plain_agg(ck, t);
	if (!t || t->kind != TYPE_TUPLE)
		return t && t->kind == TYPE_INT ? lit_plain(t) : t;
	m = arena_new_n(ck->a, const struct type *, t->elem_cnt + 1);
	if (!m)
		return t;
	for (u32 i = 0; i < t->elem_cnt; i++)
		m[i] = plain(ck, t->members[i]);
	return type_tuple_like(ck->a, t, m);
}

struct plain_walk {
	struct check *ck;
};

static bool plain_node(struct node *n, void *ctx)
{
	struct plain_walk *w = ctx;

	n->type = n->type ? plain(w->ck, n->type) : &type_none;
	if (n->kind == NODE_BINARY && n->binary.as)
		n->binary.as = plain(w->ck, n->binary.as);
	return true;
}

void finish_inst(struct check *ck, struct inst *in)
{
	struct plain_walk w = { ck };
	u32 cnt = 0;

	if (in->pred) {
		node_walk(in->pred, plain_node, &w);
		node_walk(in->pred, count_node, &cnt);
	}
	list_walk(in->body, plain_node, &w);
	list_walk(in->body, count_node, &cnt);
	in->node_cnt = cnt;
	in->nodes = arena_new_n(ck->a, struct node *, cnt + 1);
	if (!in->nodes)
		return;
	if (in->pred)
		node_walk(in->pred, note_node, in);
	list_walk(in->body, note_node, in);
	for (u32 i = 0; i < in->var_cnt; i++)
		in->vars[i]->type = plain(ck, in->vars[i]->type);
}

void finish_types(struct check *ck)
{
	for (size_t i = 0; i < ck->maps.n; i++) {
		struct map_info *m = *vec_get(&ck->maps, struct map_info *, i);

		m->key = enum_named(ck, plain(ck, m->key));
		m->val = enum_named(ck, plain(ck, m->val));
	}
	for (size_t i = 0; i < ck->actions.n; i++) {
		struct action *act = *vec_get(&ck->actions, struct action *, i);

		for (u32 k = 0; k < act->arg_cnt; k++)
			act->arg_types[k] = enum_named(ck, plain(ck, act->arg_types[k]));
	}
}

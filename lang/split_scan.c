/*
 * lang/split_scan.c -- what stands where: for each node of an instance its parent, the branches
 * that decide whether it is reached, and for each variable the nodes that assign it.
 *
 * Guards are shared lists, innermost first, with the predicate at the end.  A statement behind one
 * that may leave the clause (return, exit) or the loop (break, continue) is guarded by the branches
 * around that exit too, with side -1.  In a loop an exit anywhere guards the whole body, since it
 * decides about the next round.
 */
#include "lang/split_priv.h"

#include <errno.h>

struct scan {
	struct split *sp;
	struct split_inst *si;
};

static void scan_node(struct scan *s, struct node *n, struct node *parent, struct guard *g);

static struct guard *guard_push(struct scan *s, struct node *branch, s8 side, struct guard *next)
{
	struct guard *g = arena_new(s->sp->arena, struct guard);

	if (!g) {
		s->sp->failed = true;
		return next;
	}
	*g = (struct guard){ branch, side, next };
	return g;
}

struct exit_search {
	bool found;
	int loop_depth;
};

static bool is_exit(const struct node *n)
{
	return n->kind == NODE_RETURN || node_is_exit(n);
}

static void find_exit(void *ctx, struct node *n)
{
	struct exit_search *x = ctx;

	if (is_exit(n) || ((n->kind == NODE_BREAK || n->kind == NODE_CONTINUE) && !x->loop_depth))
		x->found = true;
	x->loop_depth += node_is_loop(n);
	node_each_child(n, find_exit, x);
	x->loop_depth -= node_is_loop(n);
}

static bool may_leave(struct node *stmt)
{
	struct exit_search x = { 0 };

	find_exit(&x, stmt);
	return x.found;
}

struct exit_guards {
	struct scan *s;
	struct guard *g;
};

/* Put every branch inside a statement that has an exit below it in front of the guards. */
static void add_exit_branches(void *ctx, struct node *n)
{
	struct exit_guards *e = ctx;

	if (!node_is_branch(n) || !may_leave(n))
		return;
	e->g = guard_push(e->s, n, -1, e->g);
	node_each_child(n, add_exit_branches, e);
}

static struct guard *guards_behind(struct scan *s, struct node *stmt, struct guard *g)
{
	struct exit_guards e = { s, g };

	if (may_leave(stmt))
		add_exit_branches(&e, stmt);
	return e.g;
}

static struct guard *scan_list(struct scan *s, struct node *list, struct node *parent,
			       struct guard *g)
{
	for (; list; list = list->next) {
		scan_node(s, list, parent, g);
		g = guards_behind(s, list, g);
	}
	return g;
}

static void scan_loop(struct scan *s, struct node *n, struct guard *g)
{
	struct guard *body = guard_push(s, n, 1, g);
	struct node *parts[] = { n->loop.var, n->loop.lo, n->loop.hi, n->loop.map };

	s->si->has_loops = true;
	for (struct node *st = n->loop.body; st; st = st->next)
		body = guards_behind(s, st, body);
	for (size_t i = 0; i < countof(parts); i++) {
		if (parts[i])
			scan_node(s, parts[i], n, g);
	}
	if (n->loop.cond) /* evaluated each round: it is inside */
		scan_node(s, n->loop.cond, n, n->kind == NODE_WHILE ? body : g);
	for (struct node *st = n->loop.body; st; st = st->next)
		scan_node(s, st, n, body);
}

static void scan_branch(struct scan *s, struct node *n, struct guard *g)
{
	switch (n->kind) {
	case NODE_LOGIC:
		scan_node(s, n->binary.l, n, g);
		scan_node(s, n->binary.r, n, guard_push(s, n, 1, g));
		break;
	case NODE_TERNARY:
		scan_node(s, n->branch.cond, n, g);
		if (n->branch.then)
			scan_node(s, n->branch.then, n, guard_push(s, n, 1, g));
		scan_node(s, n->branch.els, n, guard_push(s, n, 0, g));
		break;
	case NODE_IF:
		scan_node(s, n->branch.cond, n, g);
		scan_list(s, n->branch.then, n, guard_push(s, n, 1, g));
		scan_list(s, n->branch.els, n, guard_push(s, n, 0, g));
		break;
	default:
		scan_loop(s, n, g);
	}
}

struct scan_child {
	struct scan *s;
	struct node *parent;
	struct guard *g;
};

static void scan_one_child(void *ctx, struct node *child)
{
	struct scan_child *c = ctx;

	scan_node(c->s, child, c->parent, c->g);
}

static void note_definition(struct scan *s, struct node *n)
{
	struct var_info *v = node_written_var(n);
	struct node **slot;

	if (!v)
		return;
	slot = vec_push(&s->si->defs[v->idx]);
	if (!slot)
		s->sp->failed = true;
	else
		*slot = n;
}

static void scan_node(struct scan *s, struct node *n, struct node *parent, struct guard *g)
{
	struct scan_child c = { s, n, g };

	s->si->parent[n->id] = parent;
	s->si->guards[n->id] = g;
	note_definition(s, n);
	if (node_is_branch(n))
		scan_branch(s, n, g);
	else if (n->kind == NODE_BLOCK)
		scan_list(s, n->list.items, n, g);
	else
		node_each_child(n, scan_one_child, &c);
}

static int inst_alloc(struct split *sp, struct split_inst *si, struct inst *inst)
{
	si->inst = inst;
	si->parent = arena_new_n(sp->arena, struct node *, inst->node_cnt + 1);
	si->guards = arena_new_n(sp->arena, struct guard *, inst->node_cnt + 1);
	si->flags = arena_new_n(sp->arena, u8, inst->node_cnt + 1);
	si->memo = arena_new_n(sp->arena, u8, inst->node_cnt + 1);
	si->defs = arena_new_n(sp->arena, struct vec, inst->var_cnt + 1);
	if (!si->parent || !si->guards || !si->flags || !si->memo || !si->defs)
		return -ENOMEM;
	for (u32 i = 0; i < inst->var_cnt; i++)
		vec_init(&si->defs[i], sizeof(struct node *), inst->node_cnt + 1);
	si->is_begin = inst->probe_cnt && inst->probes[0]->kind == PROBE_BEGIN;
	si->is_end = inst->probe_cnt && inst->probes[0]->kind == PROBE_END;
	return 0;
}

static void scan_inst(struct split *sp, struct split_inst *si)
{
	struct scan s = { sp, si };
	struct guard *g = NULL;

	if (si->inst->pred) {
		scan_node(&s, si->inst->pred, NULL, NULL);
		g = guard_push(&s, NULL, 1, NULL);
	}
	scan_list(&s, si->inst->body, NULL, g);
}

int split_scan(struct split *sp)
{
	for (u32 i = 0; i < sp->prog->inst_cnt; i++) {
		if (inst_alloc(sp, &sp->insts[i], sp->prog->insts[i]))
			return -ENOMEM;
		scan_inst(sp, &sp->insts[i]);
	}
	return sp->failed ? -ENOMEM : 0;
}

/*
 * lang/bind_carry.c -- a captured string travels with its pointer.
 *
 * `@name[tid] = args.filename` in one clause and `str(@name[tid])` in another read memory in
 * between when recorded.  On a tape that has `str(args.filename)` the string is there already, so
 * the program gets a hidden map beside @name that holds the strings: every assignment, delete()
 * and clear() is doubled, and str() of the pointer becomes a read of the hidden map.  The same for $variables.
 * A map or variable takes part only if everything ever assigned to it is such a pointer (or 0).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lang/bind_priv.h"

struct carry {
	struct program *prog;
	struct inst *inst;
	const struct tape_table *tables;
	u32 table_cnt;
	bool *maps; /* by map: takes part */
	bool **vars; /* by instance and variable */
	struct map_info **shadow_map;
	struct var_info **shadow_var; /* of the current instance */
	u32 node_cap, action_cap;
	bool changed, failed;
};

static bool has_column(const struct tape_table *t, const char *leaf)
{
	for (u32 i = COL_FIXED_CNT; i < t->col_cnt; i++) {
		if (t->cols[i].role == COL_LEAF && !strcmp(t->cols[i].leaf, leaf))
			return true;
	}
	return false;
}

/* Is str(args.NAME) captured for every probe of the instance? */
static bool is_captured(const struct carry *c, const char *arg)
{
	char leaf[256];

	if (snprintf(leaf, sizeof(leaf), "str(args.%s)", arg) >= (int)sizeof(leaf))
		return false;
	for (u32 p = 0; p < c->inst->probe_cnt; p++) {
		bool found = false;

		for (u32 i = 0; i < c->table_cnt && !found; i++)
			found = bind_has_probe(&c->tables[i], c->inst->probes[p]->name) &&
				has_column(&c->tables[i], leaf);
		if (!found)
			return false;
	}
	return true;
}

static bool is_args_field(const struct node *n)
{
	return n->kind == NODE_FIELD && n->field.base->kind == NODE_BUILTIN &&
	       n->field.base->builtin.b->id == BI_ARGS;
}

static bool carries(const struct carry *c, const struct node *n)
{
	switch (n->kind) {
	case NODE_INT:
		return n->integer.val == 0;
	case NODE_CAST:
		return carries(c, n->cast.arg);
	case NODE_FIELD:
		return is_args_field(n) && is_captured(c, n->field.name);
	case NODE_MAP:
		return c->maps[n->map.info->idx];
	case NODE_VAR:
		return c->vars[c->inst->idx][n->var.info->idx];
	default:
		return false;
	}
}

static void refuse(struct carry *c, bool *slot)
{
	if (*slot)
		c->changed = true;
	*slot = false;
}

/* A call whose value nobody takes; ids go parents first. */
static bool is_statement(const struct carry *c, const struct node *call)
{
	const struct node *above = call->id ? c->inst->nodes[call->id - 1] : NULL;

	return above && above->kind == NODE_EXPR_STMT && above->unary.arg == call;
}

/* Take out what is assigned something that does not carry, or emptied in a way not followed. */
static void prune_node(struct carry *c, struct node *n)
{
	struct node *map = node_written_map(n);
	struct var_info *var = node_written_var(n);
	const struct node *rhs = n->kind == NODE_ASSIGN ? n->assign.rhs :
				 n->kind == NODE_LET	? n->let.rhs :
							  NULL;
	bool plain = (n->kind == NODE_LET || (n->kind == NODE_ASSIGN && n->assign.op == OP_NONE)) &&
		     (!rhs || carries(c, rhs));

	if (map && n->kind == NODE_CALL)
		plain = n->call.b->id != BI_ZERO && is_statement(c, n);
	if (map && (!plain || node_has_effect(map->map.key)))
		refuse(c, &c->maps[map->map.info->idx]);
	if (var && !plain)
		refuse(c, &c->vars[c->inst->idx][var->idx]);
}

static void prune(struct carry *c)
{
	do {
		c->changed = false;
		for (u32 i = 0; i < c->prog->inst_cnt; i++) {
			c->inst = c->prog->insts[i];
			for (u32 k = 0; k < c->inst->node_cnt; k++)
				prune_node(c, c->inst->nodes[k]);
		}
	} while (c->changed);
}

/* ---- rewriting ---- */

static struct node *add_node(struct carry *c, enum node_kind kind, const struct node *like)
{
	struct node *n =
		c->inst->node_cnt < c->node_cap ? node_new(c->prog->arena, kind, like->span) : NULL;

	if (!n) {
		c->failed = true;
		return NULL;
	}
	n->id = c->inst->node_cnt;
	c->inst->nodes[c->inst->node_cnt++] = n;
	return n;
}

static void number(void *ctx, struct node *n)
{
	struct carry *c = ctx;

	if (c->inst->node_cnt >= c->node_cap) {
		c->failed = true;
		return;
	}
	n->id = c->inst->node_cnt;
	c->inst->nodes[c->inst->node_cnt++] = n;
	node_each_child(n, number, c);
}

static struct node *copy(struct carry *c, const struct node *n)
{
	struct node *k = n ? node_copy(c->prog->arena, n) : NULL;

	if (n && !k)
		c->failed = true;
	if (k) {
		k->next = NULL;
		number(c, k);
	}
	return k;
}

static const struct type *string_type(struct carry *c)
{
	return type_str(c->prog->arena, c->prog->max_strlen);
}

/* The string that goes with a pointer expression. */
static struct node *shadow_of(struct carry *c, const struct node *n)
{
	struct node *s;

	switch (n->kind) {
	case NODE_CAST:
		return shadow_of(c, n->cast.arg);
	case NODE_MAP:
		s = add_node(c, NODE_MAP, n);
		if (s) {
			s->map.info = c->shadow_map[n->map.info->idx];
			s->map.name = s->map.info->name;
			s->map.key = copy(c, n->map.key);
		}
		break;
	case NODE_VAR:
		s = add_node(c, NODE_VAR, n);
		if (s) {
			s->var.info = c->shadow_var[n->var.info->idx];
			s->var.name = s->var.info->name;
		}
		break;
	case NODE_INT:
		s = add_node(c, NODE_STR, n);
		break;
	default:
		s = add_node(c, NODE_CALL, n);
		if (s) {
			s->call.name = "str";
			s->call.b = builtin_find(STR("str"));
			s->call.args = copy(c, n);
			s->call.arg_cnt = 1;
			s->call.action = -1;
		}
	}
	if (s)
		s->type = string_type(c);
	return s;
}

static bool is_carried(const struct carry *c, const struct node *n)
{
	return (n->kind == NODE_MAP && c->maps[n->map.info->idx]) ||
	       (n->kind == NODE_VAR && c->vars[c->inst->idx][n->var.info->idx]);
}

static void insert_after(struct node *stmt, struct node *n)
{
	if (!n)
		return;
	n->next = stmt->next;
	stmt->next = n;
}

static void double_assign(struct carry *c, struct node *n)
{
	const struct node *rhs = n->kind == NODE_LET ? n->let.rhs : n->assign.rhs;
	struct node *s, *lhs;

	if (n->kind == NODE_LET && !rhs)
		return;
	s = add_node(c, NODE_ASSIGN, n);
	if (!s)
		return;
	if (n->kind == NODE_LET) {
		lhs = add_node(c, NODE_VAR, n);
		if (lhs) {
			lhs->var.info = c->shadow_var[n->let.var->idx];
			lhs->var.name = lhs->var.info->name;
			lhs->type = string_type(c);
		}
	} else {
		lhs = shadow_of(c, n->assign.lhs);
	}
	s->assign.lhs = lhs;
	s->assign.rhs = shadow_of(c, rhs);
	if (lhs && s->assign.rhs)
		insert_after(n, s);
}

/* clear() of the strings too. */
static void add_action(struct carry *c, struct node *call, const struct map_info *map)
{
	struct program *p = c->prog;
	struct action *act = arena_dup(p->arena, p->actions[call->call.action], sizeof(*act));

	if (!act || p->action_cnt >= c->action_cap) {
		c->failed = true;
		return;
	}
	act->idx = p->action_cnt;
	act->call = call;
	act->map = map;
	call->call.action = act->idx;
	p->actions[p->action_cnt++] = act;
}

/* delete() and clear() */
static void double_call(struct carry *c, struct node *stmt)
{
	const struct node *call = stmt->unary.arg;
	struct node *s = add_node(c, NODE_EXPR_STMT, stmt), *twin;

	twin = s ? add_node(c, NODE_CALL, call) : NULL;
	if (!twin)
		return;
	s->unary.arg = twin;
	s->type = stmt->type;
	twin->call = call->call;
	twin->type = call->type;
	twin->call.args = shadow_of(c, call->call.args);
	if (!twin->call.args)
		return;
	if (twin->call.action >= 0)
		add_action(c, twin, twin->call.args->map.info);
	insert_after(stmt, s);
}

static bool is_carried_call(const struct carry *c, const struct node *n)
{
	const struct node *call = n->kind == NODE_EXPR_STMT ? n->unary.arg : NULL;

	return call && node_written_map(call) && call->kind == NODE_CALL &&
	       is_carried(c, call->call.args);
}

static void rewrite_node(struct carry *c, struct node *n)
{
	if (n->kind == NODE_CALL && n->call.b && n->call.b->id == BI_STR && n->call.arg_cnt == 1 &&
	    is_carried(c, n->call.args)) {
		struct node *s = shadow_of(c, n->call.args);

		if (!s)
			return;
		n->kind = s->kind;
		n->type = s->type;
		if (s->kind == NODE_MAP)
			n->map = s->map;
		else
			n->var = s->var;
	} else if ((n->kind == NODE_ASSIGN && is_carried(c, n->assign.lhs)) ||
		   (n->kind == NODE_LET && c->vars[c->inst->idx][n->let.var->idx])) {
		double_assign(c, n);
	} else if (is_carried_call(c, n)) {
		double_call(c, n);
	}
}

static int make_shadow_maps(struct carry *c)
{
	struct arena *a = c->prog->arena;
	u32 old = c->prog->map_cnt;
	struct map_info **maps = arena_new_n(a, struct map_info *, old * 2 + 1);

	if (!maps)
		return -ENOMEM;
	memcpy(maps, c->prog->maps, old * sizeof(*maps));
	for (u32 i = 0; i < old; i++) {
		struct map_info *m;

		if (!c->maps[i])
			continue;
		m = arena_new(a, struct map_info);
		if (!m)
			return -ENOMEM;
		*m = *maps[i];
		m->name = arena_printf(a, "%s#str", maps[i]->name);
		m->idx = c->prog->map_cnt;
		m->val = string_type(c);
		m->is_hidden = true;
		c->shadow_map[i] = maps[c->prog->map_cnt++] = m;
	}
	c->prog->maps = maps;
	return 0;
}

/* Room for twins of all actions. */
static int make_room_for_actions(struct carry *c)
{
	struct program *p = c->prog;
	struct action **all;

	c->action_cap = p->action_cnt * 2;
	all = arena_new_n(p->arena, struct action *, c->action_cap + 1);
	if (!all)
		return -ENOMEM;
	memcpy(all, p->actions, p->action_cnt * sizeof(*all));
	p->actions = all;
	return 0;
}

static int make_shadow_vars(struct carry *c)
{
	struct arena *a = c->prog->arena;
	struct inst *inst = c->inst;
	u32 old = inst->var_cnt;
	struct var_info **vars = arena_new_n(a, struct var_info *, old * 2 + 1);

	c->shadow_var = arena_new_n(a, struct var_info *, old + 1);
	if (!vars || !c->shadow_var)
		return -ENOMEM;
	memcpy(vars, inst->vars, old * sizeof(*vars));
	for (u32 i = 0; i < old; i++) {
		struct var_info *v;

		if (!c->vars[inst->idx][i])
			continue;
		v = arena_new(a, struct var_info);
		if (!v)
			return -ENOMEM;
		v->name = arena_printf(a, "%s#str", vars[i]->name);
		v->idx = inst->var_cnt;
		v->type = string_type(c);
		c->shadow_var[i] = vars[inst->var_cnt++] = v;
	}
	inst->vars = vars;
	return 0;
}

static int rewrite_inst(struct carry *c)
{
	struct inst *inst = c->inst;
	u32 old = inst->node_cnt;
	struct node **nodes;

	c->node_cap = old * 8 + 64;
	nodes = arena_new_n(c->prog->arena, struct node *, c->node_cap);
	if (!nodes || make_shadow_vars(c))
		return -ENOMEM;
	memcpy(nodes, inst->nodes, old * sizeof(*nodes));
	inst->nodes = nodes;
	for (u32 i = 0; i < old && !c->failed; i++)
		rewrite_node(c, nodes[i]);
	return c->failed ? -ENOMEM : 0;
}

static bool is_pointer(const struct type *t)
{
	return t && t->kind == TYPE_PTR;
}

static int start(struct carry *c)
{
	struct program *prog = c->prog;
	struct arena *a = prog->arena;

	c->maps = arena_new_n(a, bool, prog->map_cnt + 1);
	c->vars = arena_new_n(a, bool *, prog->inst_cnt + 1);
	c->shadow_map = arena_new_n(a, struct map_info *, prog->map_cnt + 1);
	if (!c->maps || !c->vars || !c->shadow_map)
		return -ENOMEM;
	for (u32 i = 0; i < prog->map_cnt; i++)
		c->maps[i] = is_pointer(prog->maps[i]->val);
	for (u32 i = 0; i < prog->inst_cnt; i++) {
		c->vars[i] = arena_new_n(a, bool, prog->insts[i]->var_cnt + 1);
		if (!c->vars[i])
			return -ENOMEM;
		for (u32 v = 0; v < prog->insts[i]->var_cnt; v++)
			c->vars[i][v] = is_pointer(prog->insts[i]->vars[v]->type);
	}
	return 0;
}

int bind_carry(struct program *prog, const struct tape_table *tables, u32 table_cnt)
{
	struct carry c = { .prog = prog, .tables = tables, .table_cnt = table_cnt };
	int rc = start(&c);

	if (rc)
		return rc;
	prune(&c);
	rc = make_shadow_maps(&c);
	rc = rc ? rc : make_room_for_actions(&c);
	for (u32 i = 0; i < prog->inst_cnt && !rc; i++) {
		c.inst = prog->insts[i];
		rc = rewrite_inst(&c);
	}
	return rc;
}

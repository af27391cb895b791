/*
 * lang/bind_twin.c -- twins of maps and variables that hold pointers: they hold the strings.
 *
 * `@p[k] = args.x` gets `@p#str[k] = str(args.x)` behind it, delete() and clear() of @p act on
 * both, and `str(@p[k])` becomes `@p#str[k]`.  No script can name the twins: '#' is in no name.
 */
#include <errno.h>
#include <string.h>

#include "lang/bind_priv.h"

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

int bind_twin(struct carry *c)
{
	int rc = make_shadow_maps(c);

	rc = rc ? rc : make_room_for_actions(c);
	for (u32 i = 0; i < c->prog->inst_cnt && !rc; i++) {
		c->inst = c->prog->insts[i];
		rc = rewrite_inst(c);
	}
	return rc;
}

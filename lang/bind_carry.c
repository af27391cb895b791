/*
 * lang/bind_carry.c -- a captured string travels with its pointer.
 *
 * `@name[tid] = args.filename` in one clause and `str(@name[tid])` in another read memory in
 * between when recorded.  On a tape that has `str(args.filename)` the string is there already, so
 * the program gets a hidden map beside @name that holds the strings (bind_twin.c), and str() of
 * the pointer becomes a read of it.  The same for $variables.
 * A map or variable takes part only if everything ever assigned to it is such a pointer (or 0), and
 * it is emptied only by statements that can be doubled.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lang/bind_priv.h"

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
	return bind_twin(&c);
}

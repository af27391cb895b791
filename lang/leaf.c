/*
 * lang/leaf.c -- which nodes are leaves, what they are made of, and a few questions about nodes
 * that several passes ask.
 *
 * A chain is a run of member accesses by value: in `p->a.b[2]` the parts `.a`, `.b`, `[2]` hang on
 * the pointer `p`.  The whole chain is one leaf (one read); its operands are the pointer and the
 * indexes.  A chain that hangs on `args` reads no memory.
 */
#include "lang/split_priv.h"

static bool is_chain_link(const struct node *n)
{
	return n->kind == NODE_FIELD || n->kind == NODE_INDEX;
}

static struct node *link_base(const struct node *n)
{
	return n->kind == NODE_FIELD ? n->field.base : n->index.base;
}

static bool is_by_value(const struct node *n)
{
	return n->type && (n->type->kind == TYPE_STRUCT || n->type->kind == TYPE_ARRAY);
}

/* The node a chain hangs on: the first base that is not itself a link by value. */
static struct node *chain_root(const struct node *n)
{
	struct node *base = link_base(n);

	while (is_chain_link(base) && is_by_value(base))
		base = link_base(base);
	return base;
}

static bool is_args(const struct node *n)
{
	return n->kind == NODE_BUILTIN && n->builtin.b->id == BI_ARGS;
}

static enum leaf_kind chain_kind(const struct node *n)
{
	const struct node *root = chain_root(n);

	if (is_args(root))
		return LEAF_FIRING;
	if (root->type && root->type->kind == TYPE_PTR)
		return LEAF_READ;
	if (root->kind == NODE_UNARY && root->unary.op == OP_DEREF)
		return LEAF_READ;
	return LEAF_NONE; /* a member of a string, a tuple or a stored struct: computed */
}

static enum leaf_kind builtin_kind(const struct node *n)
{
	switch (n->builtin.b->id) {
	case BI_ARGS:
		return LEAF_NONE;
	case BI_RAND:
		return LEAF_RAND;
	case BI_KSTACK:
	case BI_USTACK:
		return LEAF_READ;
	default:
		return n->builtin.b->cls == BC_LEAF_CALL ? LEAF_READ : LEAF_FIRING;
	}
}

static bool is_k_map(const struct split *sp, const struct node *map)
{
	return sp->maps[map->map.info->idx].cls == MAP_K;
}

/* str() and buf() of what is a string already read nothing. */
static bool is_of_string(const struct node *n)
{
	const struct node *arg = n->call.args;

	return (n->call.b->id == BI_STR || n->call.b->id == BI_BUF) && arg->type &&
	       arg->type->kind == TYPE_STR;
}

static enum leaf_kind call_kind(const struct split *sp, const struct node *n)
{
	const struct builtin *b = n->call.b;

	if (!b)
		return LEAF_NONE;
	if (is_of_string(n))
		return LEAF_NONE;
	if (b->cls == BC_LEAF_CALL || b->id == BI_JOIN || b->id == BI_KSTACK || b->id == BI_USTACK)
		return LEAF_READ;
	if (b->id == BI_MACADDR && n->call.args->type && type_is_num(n->call.args->type))
		return LEAF_READ; /* of an address */
	if (b->cls == BC_VAR)
		return LEAF_FIRING;
	if (b->cls == BC_MAP && n->call.args && n->call.args->kind == NODE_MAP &&
	    is_k_map(sp, n->call.args))
		return LEAF_KMAP;
	return LEAF_NONE;
}

enum leaf_kind leaf_kind_of(const struct split *sp, const struct node *n)
{
	switch (n->kind) {
	case NODE_IDENT:
		return n->ident.leaf ? LEAF_FIRING : LEAF_NONE;
	case NODE_BUILTIN:
		return builtin_kind(n);
	case NODE_FIELD:
	case NODE_INDEX:
		return chain_kind(n);
	case NODE_UNARY:
		return n->unary.op == OP_DEREF ? LEAF_READ : LEAF_NONE;
	case NODE_CALL:
		return call_kind(sp, n);
	case NODE_MAP:
		return is_k_map(sp, n) ? LEAF_KMAP : LEAF_NONE;
	case NODE_INCDEC:
		return n->unary.arg->kind == NODE_MAP && is_k_map(sp, n->unary.arg) ? LEAF_KMAP :
										      LEAF_NONE;
	default:
		return LEAF_NONE;
	}
}

/* Operands of a chain: its root, then the indexes, outermost first. */
static struct node *chain_operand(const struct node *n, int i)
{
	struct node *root = chain_root(n);
	const struct node *link;

	if (!is_args(root) && i-- == 0)
		return root;
	for (link = n; link != root; link = link_base(link)) {
		if (link->kind == NODE_INDEX && i-- == 0)
			return link->index.idx;
	}
	return NULL;
}

static struct node *nth(struct node *list, int i)
{
	while (list && i-- > 0)
		list = list->next;
	return list;
}

struct node *leaf_operand(const struct node *n, int i)
{
	switch (n->kind) {
	case NODE_FIELD:
	case NODE_INDEX:
		return chain_operand(n, i);
	case NODE_UNARY:
		return i == 0 ? n->unary.arg : NULL;
	case NODE_CALL:
		if (n->call.b && n->call.b->cls == BC_MAP)
			return i == 0 ? n->call.args->map.key : NULL;
		if (n->call.b && n->call.b->id == BI_JOIN) /* the separator is the analyzer's */
			return i == 0 ? n->call.args : NULL;
		return nth(n->call.args, i);
	case NODE_MAP:
		return i == 0 ? n->map.key : NULL;
	case NODE_INCDEC:
		return i == 0 && n->unary.arg->kind == NODE_MAP ? n->unary.arg->map.key : NULL;
	default:
		return NULL;
	}
}

int leaf_fixed_col(const struct node *n)
{
	if (n->kind != NODE_BUILTIN)
		return -1;
	switch (n->builtin.b->id) {
	case BI_NSECS:
	case BI_ELAPSED:
		return COL_TS;
	case BI_CPU:
		return COL_CPU;
	case BI_PID:
		return COL_PID;
	case BI_TID:
		return COL_TID;
	default:
		return -1;
	}
}

static void and_constant(void *ctx, struct node *child)
{
	bool *all = ctx;

	*all = *all && leaf_is_constant(child);
}

bool leaf_needs_kernel(const struct node *n)
{
	if (n->kind == NODE_CALL && n->call.b && n->call.b->id == BI_DEBUGF)
		return true;
	if (n->kind != NODE_BUILTIN)
		return false;
	switch (n->builtin.b->id) {
	case BI_CURTASK:
	case BI_CGROUP:
	case BI_NUMAID:
	case BI_JIFFIES:
	case BI_PPID:
	case BI_PCOMM:
	case BI_LEADER_COMM:
		return true;
	default:
		return false;
	}
}

bool leaf_is_constant(const struct node *n)
{
	bool all = true;

	switch (n->kind) {
	case NODE_INT:
	case NODE_FLOAT:
	case NODE_STR:
	case NODE_BOOL:
	case NODE_IDENT:	/* the mode of a stack */
		return true;
	case NODE_BUILTIN:
		return n->builtin.b->id != BI_RAND && n->builtin.b->cls != BC_LEAF_CALL;
	case NODE_FIELD:
	case NODE_INDEX:
		if (chain_kind(n) == LEAF_READ)
			return false;
		break;
	case NODE_UNARY:
		if (n->unary.op == OP_DEREF)
			return false;
		break;
	case NODE_BINARY:
	case NODE_LOGIC:
	case NODE_TERNARY:
	case NODE_CAST:
	case NODE_TUPLE:
	case NODE_MEMBER:
		break;
	default:
		return false;
	}
	node_each_child((struct node *)n, and_constant, &all);
	return all;
}

struct node *node_written_map(const struct node *n)
{
	struct node *target = NULL;

	if (n->kind == NODE_ASSIGN)
		target = n->assign.lhs;
	else if (n->kind == NODE_INCDEC)
		target = n->unary.arg;
	else if (n->kind == NODE_CALL && n->call.b &&
		 (n->call.b->id == BI_DELETE || n->call.b->id == BI_CLEAR ||
		  n->call.b->id == BI_ZERO))
		target = n->call.args;
	return target && target->kind == NODE_MAP ? target : NULL;
}

struct var_info *node_written_var(const struct node *n)
{
	const struct node *target = NULL;

	switch (n->kind) {
	case NODE_LET:
		return n->let.var;
	case NODE_ASSIGN:
		target = n->assign.lhs;
		break;
	case NODE_INCDEC:
		target = n->unary.arg;
		break;
	case NODE_FOR_MAP:
	case NODE_FOR_RANGE:
		target = n->loop.var;
		break;
	default:
		return NULL;
	}
	return target && target->kind == NODE_VAR ? target->var.info : NULL;
}

static void find_effect(void *ctx, struct node *n)
{
	bool *found = ctx;

	*found = *found || node_written_map(n) || node_written_var(n);
	if (!*found)
		node_each_child(n, find_effect, found);
}

bool node_has_effect(struct node *n)
{
	bool found = false;

	if (n)
		find_effect(&found, n);
	return found;
}

bool node_names_map(const struct program *prog, const struct node *n)
{
	if (n->kind != NODE_CALL || !n->call.b || !n->call.args || n->call.args->kind != NODE_MAP)
		return false;
	return n->call.b->cls == BC_MAP ||
	       (n->call.action >= 0 && prog->actions[n->call.action]->map);
}

bool node_is_exit(const struct node *n)
{
	return n->kind == NODE_CALL && n->call.b && n->call.b->id == BI_EXIT;
}

bool node_is_loop(const struct node *n)
{
	return n->kind == NODE_WHILE || n->kind == NODE_UNROLL || n->kind == NODE_FOR_MAP ||
	       n->kind == NODE_FOR_RANGE;
}

bool node_is_branch(const struct node *n)
{
	return n->kind == NODE_IF || n->kind == NODE_TERNARY || n->kind == NODE_LOGIC ||
	       node_is_loop(n);
}

bool node_is_stmt(const struct node *n)
{
	return n->kind >= NODE_EXPR_STMT && n->kind < NODE_KIND_CNT;
}

struct node *branch_cond(const struct node *n)
{
	switch (n->kind) {
	case NODE_IF:
	case NODE_TERNARY:
		return n->branch.cond;
	case NODE_LOGIC:
		return n->binary.l;
	case NODE_WHILE:
	case NODE_UNROLL:
		return n->loop.cond;
	default:
		return NULL;
	}
}

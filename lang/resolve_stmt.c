/*
 * lang/resolve_stmt.c -- names in statements: where variables begin and end.
 */
#include <string.h>

#include "lang/check_priv.h"

static void resolve_body(struct check *ck, struct node *list)
{
	scope_enter(ck);
	resolve_list(ck, list);
	scope_leave(ck);
}

static bool is_discard(const struct node *lhs)
{
	return lhs->kind == NODE_IDENT && !strcmp(lhs->ident.name, "_");
}

static void resolve_assign(struct check *ck, struct node *n)
{
	struct node *lhs = n->assign.lhs;

	resolve_expr(ck, n->assign.rhs);
	if (is_discard(lhs)) { /* _ = e;  is e; without the warning */
		return;
	} else if (lhs->kind == NODE_VAR && n->assign.op == OP_NONE) {
		lhs->var.info = scope_assign(ck, lhs->var.name, lhs->span);
	} else if (lhs->kind == NODE_MAP) {
		resolve_target(ck, lhs);
	} else if (lhs->kind == NODE_VAR) {
		resolve_expr(ck, lhs);
	} else {
		ck_error(ck, lhs->span, "only a $variable or a @map can be assigned to");
		resolve_expr(ck, lhs);
	}
	if (lhs->kind == NODE_MAP && lhs->map.info)
		lhs->map.info->is_written = true;
}

static bool is_action_call(const struct node *n)
{
	const struct builtin *b = n && n->kind == NODE_CALL ? builtin_find(str_of(n->call.name)) :
							      NULL;

	return b && (b->cls == BC_ACTION || b->cls == BC_KERNEL_ACTION || b->id == BI_DELETE);
}

static struct node *as_stmt(struct check *ck, struct node *e)
{
	struct node *s = node_new(ck->a, NODE_EXPR_STMT, e->span);

	if (s)
		s->unary.arg = e;
	return s;
}

/* "c ? print(1) : print(2);" is an if. */
static void resolve_expr_stmt(struct check *ck, struct node *n)
{
	struct node *e = n->unary.arg, *cond, *then, *els;

	if (e->kind == NODE_TERNARY &&
	    (is_action_call(e->branch.then) || is_action_call(e->branch.els))) {
		cond = e->branch.cond;
		then = e->branch.then ? as_stmt(ck, e->branch.then) : NULL;
		els = as_stmt(ck, e->branch.els);
		node_become(n, NODE_IF);
		n->branch.cond = cond;
		n->branch.then = then;
		n->branch.els = els;
		resolve_expr(ck, cond);
		resolve_list(ck, then);
		resolve_list(ck, els);
		return;
	}
	resolve_expr(ck, e);
}

static void resolve_let(struct check *ck, struct node *n)
{
	if (n->let.rhs)
		resolve_expr(ck, n->let.rhs);
	if (n->let.tn.of)
		resolve_expr(ck, n->let.tn.of);
	n->let.var = scope_declare(ck, n->let.var_name, n->span, n->let.has_type);
}

static void resolve_for(struct check *ck, struct node *n)
{
	struct node *var = n->loop.var;

	if (n->kind == NODE_FOR_RANGE) {
		resolve_expr(ck, n->loop.lo);
		resolve_expr(ck, n->loop.hi);
	} else if (n->loop.map) {
		resolve_expr(ck, n->loop.map);
	}
	scope_enter(ck);
	if (var)
		var->var.info = scope_declare(ck, var->var.name, var->span, false);
	resolve_list(ck, n->loop.body);
	scope_leave(ck);
}

static void resolve_if(struct check *ck, struct node *n)
{
	resolve_expr(ck, n->branch.cond);
	resolve_body(ck, n->branch.then);
	resolve_body(ck, n->branch.els);
}

static void resolve_stmt(struct check *ck, struct node *n)
{
	switch (n->kind) {
	case NODE_EXPR_STMT:
		resolve_expr_stmt(ck, n);
		break;
	case NODE_ASSIGN:
		resolve_assign(ck, n);
		break;
	case NODE_LET:
		resolve_let(ck, n);
		break;
	case NODE_IF:
		resolve_if(ck, n);
		break;
	case NODE_WHILE:
	case NODE_UNROLL:
		resolve_expr(ck, n->loop.cond);
		resolve_body(ck, n->loop.body);
		break;
	case NODE_FOR_MAP:
	case NODE_FOR_RANGE:
		resolve_for(ck, n);
		break;
	case NODE_RETURN:
		if (n->unary.arg)
			resolve_expr(ck, n->unary.arg);
		break;
	case NODE_BLOCK:
		resolve_body(ck, n->list.items);
		break;
	default:
		break;
	}
}

void resolve_list(struct check *ck, struct node *list)
{
	for (; list; list = list->next)
		resolve_stmt(ck, list);
}

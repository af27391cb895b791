/*
 * lang/check_stmt.c -- statements: what may be assigned to what, conditions, loops.
 */
#include <string.h>

#include "lang/check_priv.h"

#define UNROLL_MAX 100

/* A literal must fit a declared type; other numbers are cut, as in C, with a warning. */
static void assign_declared(struct check *ck, struct node *at, const struct var_info *v,
			    const struct type *t)
{
	const struct type *d = v->type;

	if (!d || !is_known(t) || !is_known(d))
		return;
	if (d->kind == TYPE_INT && t->kind == TYPE_INT) {
		const struct type *u = unify(ck, d, t);

		if (u == d)
			return;
		if (at->kind == NODE_INT)
			ck_error(ck, at->span, "the value does not fit %s, the type of %s",
				 ck_type_text(ck, d), v->name);
		else
			ck_hint(ck,
				ck_warn(ck, at->span, "%s is cut to %s, the type of %s",
					ck_type_text(ck, t), ck_type_text(ck, d), v->name),
				"a cast says that it is meant: (%s)", ck_type_text(ck, d));
		return;
	}
	if (d->kind == TYPE_STR && t->kind == TYPE_STR) {
		if (at->kind == NODE_STR && t->size > d->size)
			ck_error(ck, at->span, "the string does not fit %s, the type of %s",
				 ck_type_text(ck, d), v->name);
		return;
	}
	if (!unify(ck, d, t) || (t->kind == TYPE_FLOAT && d->kind != TYPE_FLOAT))
		ck_error(ck, at->span, "%s is %s; it cannot become %s", v->name,
			 ck_type_text(ck, d), ck_type_text(ck, t));
}

static void assign_var(struct check *ck, struct node *n, struct var_info *v, const struct type *t)
{
	struct node *rhs = n->kind == NODE_LET ? n->let.rhs : n->assign.rhs;

	if (!v)
		return;
	if (v->is_declared && n->kind == NODE_ASSIGN && n->assign.op != OP_NONE)
		return; /* x += 1 stays in x's type, as in C */
	if (v->is_declared)
		assign_declared(ck, rhs, v, t);
	else if (!grow(ck, &v->type, t))
		ck_error(ck, rhs->span, "%s is %s; it cannot become %s", v->name,
			 ck_type_text(ck, v->type), ck_type_text(ck, t));
}

static void assign_map(struct check *ck, struct node *n, const struct type *t)
{
	struct map_info *m = n->assign.lhs->map.info;

	if (!m || !is_known(t))
		return;
	if (m->val && m->val->kind == TYPE_AGG && t->kind != TYPE_AGG)
		ck_not_assignable(ck, n->span, m);
	else if (!grow(ck, &m->val, t))
		ck_error(ck, n->span, "%s is %s; it cannot become %s", m->name,
			 ck_type_text(ck, m->val), ck_type_text(ck, t));
}

static bool is_agg_call(const struct node *n)
{
	return n->kind == NODE_CALL && n->call.b && n->call.b->cls == BC_AGG;
}

/* Type of "lhs op rhs". */
static const struct type *compound_type(struct check *ck, struct node *n, const struct type *l,
					const struct type *r)
{
	bool is_fresh = !is_known(l);

	if (!is_known(r))
		return &type_unknown;
	if (is_fresh)
		l = ck->o->compat == COMPAT_17 ? &type_u64 : &type_s64;
	if (l->kind == TYPE_AGG)
		return &type_s64; /* reported by assign_map() */
	if (takes_float(l, r))
		return float_arith(ck, n->span, n->assign.op);
	if (!type_is_num(l) || !type_is_num(r)) {
		ck_error(ck, n->span, "%s= does not work between %s and %s", op_text(n->assign.op),
			 ck_type_text(ck, l), ck_type_text(ck, r));
		return &type_unknown;
	}
	if (l->kind == TYPE_PTR && (n->assign.op == OP_ADD || n->assign.op == OP_SUB))
		return l;
	if ((n->assign.op == OP_DIV || n->assign.op == OP_MOD) && n->assign.rhs->kind == NODE_INT &&
	    !n->assign.rhs->integer.val)
		ck_warn_zero(ck, n->span, n->assign.op);
	return arith_type(ck, n->assign.op, l, r, &n->assign.is_signed);
}

static void lhs_type(struct node *lhs)
{
	if (lhs->kind == NODE_MAP) {
		lhs->type = lhs->map.info && lhs->map.info->val ? lit_plain(lhs->map.info->val) :
								  &type_unknown;
	} else if (lhs->kind == NODE_VAR) {
		lhs->type = lhs->var.info && lhs->var.info->type ? lit_plain(lhs->var.info->type) :
								   &type_unknown;
	} else {
		lhs->type = &type_none;
	}
}

static void check_assign(struct check *ck, struct node *n)
{
	struct node *lhs = n->assign.lhs;
	const struct type *t;

	if (is_agg_call(n->assign.rhs) && lhs->kind == NODE_MAP && n->assign.op == OP_NONE)
		t = check_agg(ck, n->assign.rhs);
	else
		t = check_value(ck, n->assign.rhs);
	if (lhs->kind == NODE_MAP)
		check_map_key(ck, lhs);
	lhs_type(lhs);
	if (n->assign.op != OP_NONE)
		t = compound_type(ck, n, lhs->type, t);
	if (lhs->kind == NODE_VAR)
		assign_var(ck, n, lhs->var.info, t);
	else if (lhs->kind == NODE_MAP)
		assign_map(ck, n, t);
	lhs_type(lhs);
	n->type = &type_none;
}

static void check_let(struct check *ck, struct node *n)
{
	struct var_info *v = n->let.var;
	const struct type *t = n->let.rhs ? check_value(ck, n->let.rhs) : NULL;

	n->type = &type_none;
	if (!v)
		return;
	if (n->let.has_type && (!v->type || !is_known(v->type))) {
		const struct type *d = type_from_name(ck, &n->let.tn);

		if (d->kind == TYPE_STRUCT || d->kind == TYPE_ARRAY)
			d = type_whole(ck, n->span, d);
		v->type = is_known(d) || !n->let.tn.of ? d : NULL;
		ck->is_changed |= is_known(d);
	}
	if (t)
		assign_var(ck, n, v, t);
}

static void check_unroll(struct check *ck, struct node *n)
{
	struct node *c = n->loop.cond;

	check_expr(ck, c);
	fold(ck, c); /* of comptime */
	if (c->kind != NODE_INT)
		ck_error(ck, c->span, "unroll() needs a number written out here");
	else if (c->integer.val < 1 || c->integer.val > UNROLL_MAX)
		ck_error(ck, c->span, "unroll() repeats 1 to %d times, not %lld", UNROLL_MAX,
			 (long long)c->integer.val);
}

static void check_for_range(struct check *ck, struct node *n)
{
	struct node *var = n->loop.var;
	const struct type *lo = check_int(ck, n->loop.lo, "the start of a range");
	const struct type *hi = check_int(ck, n->loop.hi, "the end of a range");
	const struct type *t = is_known(lo) && is_known(hi) ? unify(ck, lo, hi) : NULL;

	if (!var || !var->var.info || !t)
		return;
	grow(ck, &var->var.info->type, lit_plain(t));
	var->type = var->var.info->type;
}

static void check_loop(struct check *ck, struct node *n)
{
	n->type = &type_none;
	switch (n->kind) {
	case NODE_WHILE:
		check_cond(ck, &n->loop.cond);
		break;
	case NODE_UNROLL:
		check_unroll(ck, n);
		break;
	case NODE_FOR_MAP:
		check_for_map(ck, n);
		break;
	default:
		check_for_range(ck, n);
		break;
	}
	ck->loops++;
	check_list(ck, n->loop.body);
	ck->loops--;
}

static void check_expr_stmt(struct check *ck, struct node *n)
{
	struct node *e = n->unary.arg;
	const struct builtin *b = e->kind == NODE_CALL ? e->call.b : NULL;
	const struct type *t;

	n->type = &type_none;
	if (b && b->id == BI_STATIC_ASSERT) {
		check_static_assert(ck, n);
		return;
	}
	if (b && (b->cls == BC_ACTION || b->cls == BC_KERNEL_ACTION)) {
		check_action(ck, e);
		return;
	}
	t = check_expr(ck, e);
	if (is_known(t) && t->kind != TYPE_NONE && e->kind != NODE_INCDEC &&
	    !(b && b->id == BI_DELETE))
		ck_warn(ck, e->span, "the value is not used");
}

static void check_return(struct check *ck, struct node *n)
{
	n->type = &type_none;
	if (n->unary.arg)
		check_int(ck, n->unary.arg, "the value of return");
}

static void check_jump(struct check *ck, struct node *n)
{
	n->type = &type_none;
	if (!ck->loops)
		ck_error(ck, n->span, "%s outside a loop",
			 n->kind == NODE_BREAK ? "break" : "continue");
}

static void check_stmt(struct check *ck, struct node *n)
{
	switch (n->kind) {
	case NODE_EXPR_STMT:
		check_expr_stmt(ck, n);
		break;
	case NODE_ASSIGN:
		check_assign(ck, n);
		break;
	case NODE_LET:
		check_let(ck, n);
		break;
	case NODE_IF:
		if (check_comptime_if(ck, n))
			break;
		n->type = &type_none;
		check_cond(ck, &n->branch.cond);
		check_list(ck, n->branch.then);
		check_list(ck, n->branch.els);
		break;
	case NODE_WHILE:
	case NODE_UNROLL:
	case NODE_FOR_MAP:
	case NODE_FOR_RANGE:
		check_loop(ck, n);
		break;
	case NODE_BREAK:
	case NODE_CONTINUE:
		check_jump(ck, n);
		break;
	case NODE_RETURN:
		check_return(ck, n);
		break;
	case NODE_BLOCK:
		n->type = &type_none;
		check_list(ck, n->list.items);
		break;
	default:
		ck_error(ck, n->span, "%s is not a statement", node_kind_name(n->kind));
		break;
	}
}

static bool ends_flow(const struct node *n)
{
	const struct node *e = n->kind == NODE_EXPR_STMT ? n->unary.arg : NULL;

	if (n->kind == NODE_RETURN || n->kind == NODE_BREAK || n->kind == NODE_CONTINUE)
		return true;
	return e && e->kind == NODE_CALL && e->call.b && e->call.b->id == BI_EXIT;
}

void check_list(struct check *ck, struct node *list)
{
	for (; list; list = list->next) {
		check_stmt(ck, list);
		if (list->next && ends_flow(list))
			ck_warn(ck, list->next->span, "this is never reached");
	}
}

void check_inst(struct check *ck, struct inst *in)
{
	ck->in = in;
	ck->loops = 0;
	if (in->pred)
		check_cond(ck, &in->pred);
	check_list(ck, in->body);
}

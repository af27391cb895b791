/*
 * lang/check_float.c -- types of what has floating-point numbers in it.
 *
 * An integer beside one becomes one.  The kernel has none: the analyzer computes them
 * (split_eval.c).
 */
#include "lang/check_priv.h"

static bool is_number(const struct type *t)
{
	return t->kind == TYPE_INT || t->kind == TYPE_BOOL || t->kind == TYPE_FLOAT;
}

bool takes_float(const struct type *l, const struct type *r)
{
	return is_number(l) && is_number(r) && (l->kind == TYPE_FLOAT || r->kind == TYPE_FLOAT);
}

const struct type *float_arith(struct check *ck, struct span at, enum op op)
{
	if (op == OP_ADD || op == OP_SUB || op == OP_MUL || op == OP_DIV)
		return &type_double;
	ck_hint(ck, ck_error(ck, at, "%s does not work on double", op_text(op)),
		"it is for integers: a cast makes one, (int64)x");
	return &type_unknown;
}

const struct type *float_binary(struct check *ck, struct node *n)
{
	if (n->binary.op >= OP_EQ && n->binary.op <= OP_GE)
		return bool_type(ck);
	return float_arith(ck, n->span, n->binary.op);
}

const struct type *float_unary(struct check *ck, struct node *n)
{
	if (n->unary.op == OP_NEG || n->unary.op == OP_PLUS)
		return &type_double;
	ck_hint(ck, ck_error(ck, n->span, "%s does not work on double", op_text(n->unary.op)),
		"it is for integers: a cast makes one, (int64)x");
	return &type_unknown;
}

/* (double)x, (int64)x */
bool float_cast(struct check *ck, const struct node *n, const struct type *to,
		const struct type *from)
{
	if (!takes_float(to, from))
		return false;
	if (to->kind == TYPE_BOOL)
		ck_hint(ck, ck_error(ck, n->span, "double cannot be cast to bool"),
			"compare it: x != 0");
	return true;
}

/* Of sum() and its like; false: this one counts integers. */
bool float_agg(struct check *ck, const struct node *arg, const struct builtin *b)
{
	switch (b->id) {
	case BI_SUM:
	case BI_MIN:
	case BI_MAX:
	case BI_AVG:
	case BI_STATS:
		return true;
	default:
		ck_hint(ck, ck_error(ck, arg->span, "%s() counts integers, not double", b->name),
			"cast it, in the unit that you want: %s((int64)(x * 1000))", b->name);
		return false;
	}
}

/*
 * lang/const_eval.c -- constants of C by walking the tree.
 *
 * All is computed in 64 bits with a sign, which is what #if does; trees are as deep as the parser
 * lets them be.
 */
#include "lang/const_eval.h"

struct eval {
	const struct const_names *names;
	const struct node *bad;
	const char *why;
};

static s64 walk(struct eval *e, const struct node *n);

static s64 fail(struct eval *e, const struct node *n, const char *why)
{
	if (!e->bad) {
		e->bad = n;
		e->why = why;
	}
	return 0;
}

static s64 divide(struct eval *e, const struct node *n, s64 l, s64 r)
{
	if (!r)
		return fail(e, n, "division by zero");
	if (r == -1)
		return n->binary.op == OP_DIV ? (s64)(0 - (u64)l) : 0;
	return n->binary.op == OP_DIV ? l / r : l % r;
}

static s64 binary(struct eval *e, const struct node *n)
{
	s64 l = walk(e, n->binary.l), r = walk(e, n->binary.r);

	switch (n->binary.op) {
	case OP_ADD:
		return (s64)((u64)l + (u64)r);
	case OP_SUB:
		return (s64)((u64)l - (u64)r);
	case OP_MUL:
		return (s64)((u64)l * (u64)r);
	case OP_DIV:
	case OP_MOD:
		return e->bad ? 0 : divide(e, n, l, r);
	case OP_AND:
		return l & r;
	case OP_OR:
		return l | r;
	case OP_XOR:
		return l ^ r;
	case OP_SHL:
		return (s64)((u64)l << (r & 63));
	case OP_SHR:
		return l >> (r & 63);
	case OP_EQ:
		return l == r;
	case OP_NE:
		return l != r;
	case OP_LT:
		return l < r;
	case OP_LE:
		return l <= r;
	case OP_GT:
		return l > r;
	case OP_GE:
		return l >= r;
	default:
		return fail(e, n, "this is not a constant of C");
	}
}

static s64 unary(struct eval *e, const struct node *n)
{
	s64 v = walk(e, n->unary.arg);

	switch (n->unary.op) {
	case OP_NOT:
		return !v;
	case OP_BNOT:
		return ~v;
	case OP_NEG:
		return (s64)(0 - (u64)v);
	case OP_PLUS:
		return v;
	default:
		return fail(e, n, "this is not a constant of C");
	}
}

static s64 name(struct eval *e, const struct node *n)
{
	s64 v = 0;

	if (e->names->find(e->names->ctx, n->ident.name, &v))
		return v;
	return fail(e, n, "this name is no constant");
}

static s64 walk(struct eval *e, const struct node *n)
{
	s64 v = 0;

	switch (n->kind) {
	case NODE_INT:
	case NODE_BOOL:
		return n->integer.val;
	case NODE_IDENT:
		return name(e, n);
	case NODE_UNARY:
		return unary(e, n);
	case NODE_BINARY:
		return binary(e, n);
	case NODE_LOGIC:
		v = walk(e, n->binary.l);
		if (n->binary.op == OP_LAND ? !v : v)
			return !!v;
		return !!walk(e, n->binary.r);
	case NODE_TERNARY:
		v = walk(e, n->branch.cond);
		if (v && !n->branch.then)
			return v;
		return walk(e, v ? n->branch.then : n->branch.els);
	case NODE_SIZEOF:
		if (e->names->size && e->names->size(e->names->ctx, n, &v))
			return v;
		return fail(e, n, "the size of this is not known here");
	case NODE_CAST:
		return walk(e, n->cast.arg);
	default:
		return fail(e, n, "this is not a constant of C");
	}
}

bool const_eval(const struct node *n, const struct const_names *names, s64 *ret,
		const struct node **ret_bad, const char **ret_why)
{
	struct eval e = { .names = names };

	*ret = walk(&e, n);
	*ret_bad = e.bad;
	*ret_why = e.why;
	return !e.bad;
}

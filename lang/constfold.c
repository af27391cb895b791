/*
 * lang/constfold.c -- operations on literals, done while compiling.
 *
 * 0.27 computes as with unlimited numbers and refuses what does not fit 64 bits; ~ gives an
 * unsigned number.  0.17 wraps at 64 bits and, as it does at run time, divides and shifts
 * unsigned.
 */
#include <string.h>

#include "lang/check_priv.h"

struct lit {
	s64 val;
	bool is_unsigned;
};

static __int128 wide(struct lit l)
{
	return l.is_unsigned ? (__int128)(u64)l.val : (__int128)l.val;
}

static void become_int(struct node *n, s64 val, bool is_uns)
{
	node_become(n, NODE_INT);
	n->integer.val = val;
	n->integer.is_unsigned = is_uns && val < 0;
}

static void become_truth(struct check *ck, struct node *n, bool is_true)
{
	node_become(n, ck->o->compat == COMPAT_17 ? NODE_INT : NODE_BOOL);
	n->integer.val = is_true;
}

/* A literal that is not negative counts as fitting both signs. */
static bool wide_to_int(struct node *n, __int128 v)
{
	if (v > (__int128)UINT64_MAX || v < (__int128)INT64_MIN)
		return false;
	become_int(n, (s64)(u64)v, v > (__int128)INT64_MAX);
	return true;
}

static bool shift_wide(enum op op, __int128 l, __int128 r, __int128 *ret)
{
	if (r < 0 || r >= 64)
		return false;
	*ret = op == OP_SHL ? (__int128)((unsigned __int128)l << (int)r) : l >> (int)r;
	return true;
}

/* 0.27.  The overflow of a product of two 64-bit numbers fits 128 bits. */
static bool arith_wide(enum op op, struct lit a, struct lit b, __int128 *ret)
{
	__int128 l = wide(a), r = wide(b);

	switch (op) {
	case OP_ADD:
		*ret = l + r;
		return true;
	case OP_SUB:
		*ret = l - r;
		return true;
	case OP_MUL:
		return !__builtin_mul_overflow(l, r, ret);
	case OP_DIV:
		*ret = l / r;
		return true;
	case OP_MOD:
		*ret = l % r;
		return true;
	case OP_AND:
		*ret = l & r;
		return true;
	case OP_OR:
		*ret = l | r;
		return true;
	case OP_XOR:
		*ret = l ^ r;
		return true;
	case OP_SHL:
	case OP_SHR:
		return shift_wide(op, l, r, ret);
	default:
		return false;
	}
}

/* 0.17: everything wraps at 64 bits. */
static bool arith_17(enum op op, u64 l, u64 r, s64 *ret)
{
	switch (op) {
	case OP_ADD:
		*ret = l + r;
		return true;
	case OP_SUB:
		*ret = l - r;
		return true;
	case OP_MUL:
		*ret = l * r;
		return true;
	case OP_DIV:
		*ret = r ? l / r : 0;
		return true;
	case OP_MOD:
		*ret = r ? l % r : l;
		return true;
	case OP_AND:
		*ret = l & r;
		return true;
	case OP_OR:
		*ret = l | r;
		return true;
	case OP_XOR:
		*ret = l ^ r;
		return true;
	case OP_SHL:
		*ret = l << (r & 63);
		return true;
	case OP_SHR:
		*ret = l >> (r & 63);
		return true;
	default:
		return false;
	}
}

static int compare(__int128 l, __int128 r)
{
	return l < r ? -1 : l > r;
}

static bool holds(enum op op, int c)
{
	switch (op) {
	case OP_EQ:
		return c == 0;
	case OP_NE:
		return c != 0;
	case OP_LT:
		return c < 0;
	case OP_LE:
		return c <= 0;
	case OP_GT:
		return c > 0;
	default:
		return c >= 0;
	}
}

static bool is_comparison(enum op op)
{
	return op >= OP_EQ && op <= OP_GE;
}

static void fold_ints(struct check *ck, struct node *n)
{
	struct lit a = { n->binary.l->integer.val, n->binary.l->integer.is_unsigned };
	struct lit b = { n->binary.r->integer.val, n->binary.r->integer.is_unsigned };
	enum op op = n->binary.op;
	__int128 v;
	s64 w;

	/* literals are signed in 0.17, numbers of the machine (kaddr) are not */
	if (ck->o->compat == COMPAT_17 && n->binary.l->type != &type_u64 &&
	    n->binary.r->type != &type_u64)
		a.is_unsigned = b.is_unsigned = false;

	if (is_comparison(op)) {
		become_truth(ck, n, holds(op, compare(wide(a), wide(b))));
		return;
	}
	if (ck->o->compat == COMPAT_17) {
		if (arith_17(op, a.val, b.val, &w))
			become_int(n, w, false);
		return;
	}
	if ((op == OP_DIV || op == OP_MOD) && !b.val) {
		ck_error(ck, n->span, "division by zero");
		return;
	}
	if ((op == OP_SHL || op == OP_SHR) && (wide(b) < 0 || wide(b) > 63))
		ck_error(ck, n->span, "a shift is by 0 to 63 bits");
	else if (!arith_wide(op, a, b, &v) || !wide_to_int(n, v))
		ck_error(ck, n->span, "the value of this expression does not fit 64 bits");
}

static void fold_strings(struct check *ck, struct node *n)
{
	int c = str_cmp(n->binary.l->text.s, n->binary.r->text.s);

	if (n->binary.op == OP_EQ || n->binary.op == OP_NE)
		become_truth(ck, n, holds(n->binary.op, c));
}

static void fold_unary(struct check *ck, struct node *n)
{
	const struct node *arg = n->unary.arg;
	bool is_17 = ck->o->compat == COMPAT_17;
	struct lit l;

	if (arg->kind != NODE_INT && (arg->kind != NODE_BOOL || n->unary.op != OP_NOT))
		return;
	l = (struct lit){ arg->integer.val, arg->kind == NODE_INT && arg->integer.is_unsigned };
	switch (n->unary.op) {
	case OP_NOT:
		become_truth(ck, n, !l.val);
		break;
	case OP_BNOT:
		become_int(n, ~l.val, !is_17 && l.val >= 0);
		break;
	case OP_PLUS:
		become_int(n, l.val, l.is_unsigned);
		break;
	case OP_NEG:
		if (is_17)
			become_int(n, (s64)(0 - (u64)l.val), false);
		else if (!wide_to_int(n, -wide(l)))
			ck_error(ck, n->span, "the value of this expression does not fit 64 bits");
		break;
	default:
		break;
	}
}

/* c ? a : b with a literal condition is the side it takes. */
static void fold_ternary(struct node *n)
{
	struct node *cond = n->branch.cond, *side, *next = n->next;

	if (cond->kind != NODE_INT && cond->kind != NODE_BOOL)
		return;
	side = cond->integer.val ? n->branch.then : n->branch.els;
	if (!side) /* c ?: b is c itself */
		side = cond;
	*n = *side;
	n->next = next;
}

void fold(struct check *ck, struct node *n)
{
	if (n->kind == NODE_BINARY) {
		enum node_kind l = n->binary.l->kind, r = n->binary.r->kind;

		if (l == NODE_INT && r == NODE_INT)
			fold_ints(ck, n);
		else if (l == NODE_STR && r == NODE_STR)
			fold_strings(ck, n);
	} else if (n->kind == NODE_UNARY) {
		fold_unary(ck, n);
	} else if (n->kind == NODE_TERNARY) {
		fold_ternary(n);
	}
}

/*
 * lang/codegen/cg_arith.c -- arithmetic, comparison and branches in expressions; the undefined
 * corners.
 *
 * Every operation is defined for all operands and the same on every machine:
 *   x / 0, x % 0      1 and 1 (0.27), 0 and x (0.17): what the two bpftrace versions give
 *   MIN / -1, MIN % -1    MIN and 0, the wrapped result
 *   shifts            by the low six bits of the count, as eBPF does
 * Signed division is unsigned division of the magnitudes: eBPF has no other before cpu v4.
 */
#include <errno.h>

#include "lang/codegen/cg_priv.h"

static LLVMValueRef negate_if(struct cg *cg, LLVMValueRef c, LLVMValueRef v)
{
	return ir_select(cg, c, LLVMBuildNeg(cg->b, v, ""), v);
}

static LLVMValueRef is_neg(struct cg *cg, LLVMValueRef v)
{
	return ir_cmp(cg, LLVMIntSLT, v, ir_i64(cg, 0));
}

static LLVMValueRef div_zero_result(struct cg *cg, enum op op, LLVMValueRef l)
{
	if (cg->prog->compat != COMPAT_17)
		return ir_i64(cg, 1);
	return op == OP_DIV ? ir_i64(cg, 0) : l;
}

static LLVMValueRef divide(struct cg *cg, enum op op, LLVMValueRef l, LLVMValueRef r,
			   bool is_signed)
{
	LLVMValueRef zero = ir_cmp(cg, LLVMIntEQ, r, ir_i64(cg, 0)), ln = NULL, rn = NULL;
	LLVMValueRef a = l, b = r, q;

	if (is_signed) {
		ln = is_neg(cg, l);
		rn = is_neg(cg, r);
		a = negate_if(cg, ln, l);
		b = negate_if(cg, rn, r);
	}
	b = ir_select(cg, zero, ir_i64(cg, 1), b);
	q = op == OP_DIV ? LLVMBuildUDiv(cg->b, a, b, "") : LLVMBuildURem(cg->b, a, b, "");
	if (is_signed)
		q = negate_if(cg, op == OP_DIV ? LLVMBuildXor(cg->b, ln, rn, "") : ln, q);
	return ir_select(cg, zero, div_zero_result(cg, op, l), q);
}

static LLVMValueRef shift(struct cg *cg, enum op op, LLVMValueRef l, LLVMValueRef r, bool is_signed)
{
	r = LLVMBuildAnd(cg->b, r, ir_i64(cg, 63), "");
	if (op == OP_SHL)
		return LLVMBuildShl(cg->b, l, r, "");
	return is_signed ? LLVMBuildAShr(cg->b, l, r, "") : LLVMBuildLShr(cg->b, l, r, "");
}

LLVMValueRef cg_arith(struct cg *cg, enum op op, LLVMValueRef l, LLVMValueRef r, bool is_signed)
{
	switch (op) {
	case OP_ADD:
		return LLVMBuildAdd(cg->b, l, r, "");
	case OP_SUB:
		return LLVMBuildSub(cg->b, l, r, "");
	case OP_MUL:
		return LLVMBuildMul(cg->b, l, r, "");
	case OP_AND:
		return LLVMBuildAnd(cg->b, l, r, "");
	case OP_OR:
		return LLVMBuildOr(cg->b, l, r, "");
	case OP_XOR:
		return LLVMBuildXor(cg->b, l, r, "");
	case OP_DIV:
	case OP_MOD:
		return divide(cg, op, l, r, is_signed);
	default:
		return shift(cg, op, l, r, is_signed);
	}
}

static const LLVMIntPredicate predicates[OP_CNT][2] = {
	[OP_EQ] = { LLVMIntEQ, LLVMIntEQ },   [OP_NE] = { LLVMIntNE, LLVMIntNE },
	[OP_LT] = { LLVMIntULT, LLVMIntSLT }, [OP_LE] = { LLVMIntULE, LLVMIntSLE },
	[OP_GT] = { LLVMIntUGT, LLVMIntSGT }, [OP_GE] = { LLVMIntUGE, LLVMIntSGE },
};

static struct cg_val order_bytes(struct cg *cg, const struct node *n, struct cg_val l,
				 struct cg_val r)
{
	LLVMValueRef v;

	if (!cg->target->bytes_cmp) {
		cg_fail(cg, -ENOTSUP, n, "the order of strings is not supported here");
		return cg_poison(cg, n->type);
	}
	v = cg->target->bytes_cmp(cg, l, r);
	v = ir_cmp(cg, predicates[n->binary.op][true], v, ir_i64(cg, 0));
	return ir_word(ir_zext(cg, v));
}

static struct cg_val compare_bytes(struct cg *cg, const struct node *n, struct cg_val l,
				   struct cg_val r)
{
	const struct type *as = n->binary.as;
	enum op op = n->binary.op;
	LLVMValueRef eq;

	if (op < OP_EQ || op > OP_GE || !l.len || !r.len) {
		cg_fail(cg, -ENOTSUP, n, "%s does not work on strings", op_text(op));
		return cg_poison(cg, n->type);
	}
	if (op != OP_EQ && op != OP_NE)
		return order_bytes(cg, n, l, r);
	if (as) {
		l = cg_coerce(cg, l, n->binary.l->type, as);
		r = cg_coerce(cg, r, n->binary.r->type, as);
	}
	eq = cg->target->bytes_eq(cg, l, r);
	return ir_word(ir_zext(cg, op == OP_EQ ? eq : LLVMBuildNot(cg->b, eq, "")));
}

/* p + n counts in elements */
static LLVMValueRef scale(struct cg *cg, const struct type *ptr, LLVMValueRef n)
{
	return ptr->elem && ptr->elem->size > 1 ?
		       LLVMBuildMul(cg->b, n, ir_i64(cg, ptr->elem->size), "") :
		       n;
}

static bool is_ptr(const struct node *n)
{
	return n->type && n->type->kind == TYPE_PTR;
}

static LLVMValueRef pointer_or_plain(struct cg *cg, const struct node *n, LLVMValueRef l,
				     LLVMValueRef r)
{
	enum op op = n->binary.op;

	if (is_ptr(n) && (op == OP_ADD || op == OP_SUB)) {
		if (is_ptr(n->binary.l) && !is_ptr(n->binary.r))
			r = scale(cg, n->binary.l->type, r);
		else if (is_ptr(n->binary.r) && !is_ptr(n->binary.l))
			l = scale(cg, n->binary.r->type, l);
	}
	return cg_arith_of(cg, n, op, (struct cg_operands){ l, r, n->binary.is_signed });
}

static bool is_float(const struct node *n)
{
	return n->type && n->type->kind == TYPE_FLOAT;
}

struct cg_val cg_binary(struct cg *cg, const struct node *n)
{
	struct cg_val l = cg_eval(cg, n->binary.l), r = cg_eval(cg, n->binary.r);
	enum op op = n->binary.op;

	if (cg->rc)
		return cg_poison(cg, n->type);
	cg_at(cg, n);
	if (l.len || r.len)
		return compare_bytes(cg, n, l, r);
	if (is_float(n->binary.l) || is_float(n->binary.r))
		return ir_word(cg_float_op(cg, n, op,
					   (struct cg_floats){ l.v, r.v, n->binary.l->type,
							       n->binary.r->type }));
	if (op >= OP_EQ && op <= OP_GE)
		return ir_word(
			ir_zext(cg, ir_cmp(cg, predicates[op][n->binary.is_signed], l.v, r.v)));
	return ir_word(pointer_or_plain(cg, n, l.v, r.v));
}

/*
 * lang/codegen/cg_float.c -- floating-point numbers: an i64 with the bits of a double.
 *
 * Defined for all operands: x / 0 is an infinity or NaN, as IEEE 754 says; a double that no int64
 * holds becomes the nearest one, NaN 0.  Only targets on the host have them.
 */
#include <errno.h>

#include "lang/codegen/cg_priv.h"

static LLVMTypeRef double_type(struct cg *cg)
{
	return LLVMDoubleTypeInContext(cg->ctx);
}

static bool has_floats(struct cg *cg, const struct node *n)
{
	if (cg->target->form != CG_FIXED)
		return true;
	cg_fail(cg, -ENOTSUP, n, "the kernel has no floating-point numbers");
	return false;
}

static LLVMValueRef to_double(struct cg *cg, LLVMValueRef bits)
{
	return LLVMBuildBitCast(cg->b, bits, double_type(cg), "");
}

static LLVMValueRef to_bits(struct cg *cg, LLVMValueRef v)
{
	return LLVMBuildBitCast(cg->b, v, cg->i64, "");
}

/* A value of @t as a double. */
static LLVMValueRef widen(struct cg *cg, LLVMValueRef v, const struct type *t)
{
	if (t->kind == TYPE_FLOAT)
		return to_double(cg, v);
	return t->kind == TYPE_INT && t->is_signed ?
		       LLVMBuildSIToFP(cg->b, v, double_type(cg), "") :
		       LLVMBuildUIToFP(cg->b, v, double_type(cg), "");
}

static LLVMValueRef narrow(struct cg *cg, LLVMValueRef bits, const struct type *to)
{
	bool is_signed = to->kind == TYPE_INT && to->is_signed;
	const char *name = is_signed ? "llvm.fptosi.sat" : "llvm.fptoui.sat";
	LLVMTypeRef types[] = { cg->i64, double_type(cg) };
	LLVMValueRef v = to_double(cg, bits), fn;

	fn = LLVMGetIntrinsicDeclaration(cg->mod, LLVMLookupIntrinsicID(name, 15), types, 2);
	return LLVMBuildCall2(cg->b, LLVMGlobalGetValueType(fn), fn, &v, 1, "");
}

struct cg_val cg_float_literal(struct cg *cg, const struct node *n)
{
	has_floats(cg, n);
	return ir_word(ir_i64(cg, n->integer.val));
}

LLVMValueRef cg_float_coerce(struct cg *cg, LLVMValueRef v, const struct type *from,
			     const struct type *to)
{
	bool is_from = from && from->kind == TYPE_FLOAT, is_to = to->kind == TYPE_FLOAT;

	if (is_from == is_to || !from || !has_floats(cg, NULL))
		return v;
	return is_to ? to_bits(cg, widen(cg, v, from)) : narrow(cg, v, to);
}

/* Equal values have equal bytes: -0 is stored as 0. */
LLVMValueRef cg_float_stored(struct cg *cg, LLVMValueRef v)
{
	LLVMValueRef zero = LLVMConstReal(double_type(cg), 0.0);

	return to_bits(cg, LLVMBuildFAdd(cg->b, to_double(cg, v), zero, ""));
}

static const LLVMRealPredicate predicates[OP_CNT] = {
	[OP_EQ] = LLVMRealOEQ, [OP_NE] = LLVMRealUNE, [OP_LT] = LLVMRealOLT,
	[OP_LE] = LLVMRealOLE, [OP_GT] = LLVMRealOGT, [OP_GE] = LLVMRealOGE,
};

static LLVMValueRef compute(struct cg *cg, enum op op, LLVMValueRef l, LLVMValueRef r)
{
	switch (op) {
	case OP_ADD:
		return LLVMBuildFAdd(cg->b, l, r, "");
	case OP_SUB:
		return LLVMBuildFSub(cg->b, l, r, "");
	case OP_MUL:
		return LLVMBuildFMul(cg->b, l, r, "");
	default:
		return LLVMBuildFDiv(cg->b, l, r, "");
	}
}

LLVMValueRef cg_float_op(struct cg *cg, const struct node *n, enum op op, struct cg_floats x)
{
	LLVMValueRef l, r;

	if (!has_floats(cg, n))
		return LLVMGetPoison(cg->i64);
	l = widen(cg, x.l, x.lt);
	r = widen(cg, x.r, x.rt);
	if (op >= OP_EQ && op <= OP_GE)
		return ir_zext(cg, LLVMBuildFCmp(cg->b, predicates[op], l, r, ""));
	return to_bits(cg, compute(cg, op, l, r));
}

LLVMValueRef cg_float_neg(struct cg *cg, const struct node *n, LLVMValueRef v)
{
	if (!has_floats(cg, n))
		return v;
	return to_bits(cg, LLVMBuildFNeg(cg->b, to_double(cg, v), ""));
}

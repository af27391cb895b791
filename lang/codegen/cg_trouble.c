/*
 * lang/codegen/cg_trouble.c -- what may go wrong in an expression is counted by the target.
 *
 * The value does not depend on it.
 */
#include "lang/codegen/cg_priv.h"

void cg_trouble(struct cg *cg, const struct node *n, enum trouble_kind kind, LLVMValueRef cond)
{
	bool is_never = LLVMIsConstant(cond) && !LLVMIsUndef(cond) &&
			LLVMIsAConstantInt(cond) && !LLVMConstIntGetZExtValue(cond);

	if (cg->target->trouble && !cg->rc && !is_never)
		cg->target->trouble(cg, n, kind, cond);
}

LLVMValueRef cg_arith_of(struct cg *cg, const struct node *n, enum op op, struct cg_operands x)
{
	if (op == OP_DIV || op == OP_MOD)
		cg_trouble(cg, n, TROUBLE_DIVIDE, ir_cmp(cg, LLVMIntEQ, x.r, ir_i64(cg, 0)));
	return cg_arith(cg, op, x.l, x.r, x.is_signed);
}

/*
 * lang/codegen/ir.c -- thin helpers over LLVM-C.
 *
 * Opaque pointers only (LLVM 15 and newer), so a pointer is a pointer.  Constants fold in the
 * builder, which the callers use: an offset that is known stays a constant.
 */
#include "lang/codegen/ir.h"

#include <errno.h>

LLVMValueRef ir_i64(struct cg *cg, s64 v)
{
	return LLVMConstInt(cg->i64, (unsigned long long)v, true);
}

LLVMValueRef ir_i32(struct cg *cg, u32 v)
{
	return LLVMConstInt(cg->i32, v, false);
}

LLVMValueRef ir_i1(struct cg *cg, bool v)
{
	return LLVMConstInt(cg->i1, v, false);
}

LLVMValueRef ir_null(struct cg *cg)
{
	return LLVMConstNull(cg->ptr);
}

struct cg_val ir_word(LLVMValueRef v)
{
	return (struct cg_val){ .v = v };
}

static LLVMValueRef entry_alloca(struct cg *cg, LLVMTypeRef t, const char *name)
{
	LLVMBasicBlockRef here = LLVMGetInsertBlock(cg->b);
	LLVMMetadataRef loc = LLVMGetCurrentDebugLocation2(cg->b);
	LLVMValueRef first = LLVMGetFirstInstruction(cg->entry), v;

	if (first)
		LLVMPositionBuilderBefore(cg->b, first);
	else
		LLVMPositionBuilderAtEnd(cg->b, cg->entry);
	LLVMSetCurrentDebugLocation2(cg->b, NULL);
	v = LLVMBuildAlloca(cg->b, t, name);
	LLVMPositionBuilderAtEnd(cg->b, here);
	LLVMSetCurrentDebugLocation2(cg->b, loc);
	return v;
}

LLVMValueRef ir_alloca(struct cg *cg, LLVMTypeRef t, const char *name)
{
	return entry_alloca(cg, t, name);
}

LLVMValueRef ir_alloca_bytes(struct cg *cg, u32 size, const char *name)
{
	LLVMValueRef v = entry_alloca(cg, LLVMArrayType2(cg->i8, size ? size : 1), name);

	LLVMSetAlignment(v, 8);
	return v;
}

LLVMValueRef ir_load(struct cg *cg, LLVMTypeRef t, LLVMValueRef p)
{
	return LLVMBuildLoad2(cg->b, t, p, "");
}

void ir_store(struct cg *cg, LLVMValueRef v, LLVMValueRef p)
{
	LLVMBuildStore(cg->b, v, p);
}

LLVMValueRef ir_load_un(struct cg *cg, LLVMTypeRef t, LLVMValueRef p)
{
	LLVMValueRef v = LLVMBuildLoad2(cg->b, t, p, "");

	LLVMSetAlignment(v, 1);
	return v;
}

void ir_store_un(struct cg *cg, LLVMValueRef v, LLVMValueRef p)
{
	LLVMSetAlignment(LLVMBuildStore(cg->b, v, p), 1);
}

LLVMValueRef ir_at(struct cg *cg, LLVMValueRef p, LLVMValueRef off)
{
	return LLVMBuildGEP2(cg->b, cg->i8, p, &off, 1, "");
}

LLVMValueRef ir_off(struct cg *cg, LLVMValueRef p, u32 off)
{
	return off ? ir_at(cg, p, ir_i64(cg, off)) : p;
}

LLVMValueRef ir_bool(struct cg *cg, LLVMValueRef v)
{
	return LLVMBuildICmp(cg->b, LLVMIntNE, v, LLVMConstNull(LLVMTypeOf(v)), "");
}

LLVMValueRef ir_zext(struct cg *cg, LLVMValueRef v)
{
	return LLVMTypeOf(v) == cg->i64 ? v : LLVMBuildZExt(cg->b, v, cg->i64, "");
}

LLVMValueRef ir_trunc32(struct cg *cg, LLVMValueRef v)
{
	return LLVMTypeOf(v) == cg->i32 ? v : LLVMBuildTrunc(cg->b, v, cg->i32, "");
}

LLVMValueRef ir_cmp(struct cg *cg, LLVMIntPredicate p, LLVMValueRef a, LLVMValueRef b)
{
	return LLVMBuildICmp(cg->b, p, a, b, "");
}

LLVMValueRef ir_select(struct cg *cg, LLVMValueRef c, LLVMValueRef a, LLVMValueRef b)
{
	return LLVMBuildSelect(cg->b, c, a, b, "");
}

LLVMValueRef ir_umin(struct cg *cg, LLVMValueRef a, LLVMValueRef b)
{
	return ir_select(cg, ir_cmp(cg, LLVMIntULT, a, b), a, b);
}

LLVMBasicBlockRef ir_block(struct cg *cg, const char *name)
{
	return LLVMAppendBasicBlockInContext(cg->ctx, cg->fn, name);
}

void ir_enter(struct cg *cg, LLVMBasicBlockRef bb)
{
	LLVMPositionBuilderAtEnd(cg->b, bb);
}

void ir_br(struct cg *cg, LLVMBasicBlockRef bb)
{
	LLVMBuildBr(cg->b, bb);
}

void ir_br_if(struct cg *cg, LLVMValueRef c, LLVMBasicBlockRef yes, LLVMBasicBlockRef no)
{
	LLVMBuildCondBr(cg->b, c, yes, no);
}

LLVMBasicBlockRef ir_here(struct cg *cg)
{
	return LLVMGetInsertBlock(cg->b);
}

LLVMValueRef ir_phi2(struct cg *cg, LLVMValueRef a, LLVMBasicBlockRef from_a, LLVMValueRef b,
		     LLVMBasicBlockRef from_b)
{
	LLVMValueRef phi = LLVMBuildPhi(cg->b, LLVMTypeOf(a), "");
	LLVMValueRef vals[] = { a, b };
	LLVMBasicBlockRef from[] = { from_a, from_b };

	LLVMAddIncoming(phi, vals, from, 2);
	return phi;
}

#define CALL_ARGS_MAX 12

LLVMValueRef ir_call(struct cg *cg, const char *name, LLVMTypeRef ret, LLVMValueRef *args,
		     unsigned args_n)
{
	LLVMTypeRef types[CALL_ARGS_MAX], t;
	LLVMValueRef fn = LLVMGetNamedFunction(cg->mod, name);

	if (args_n > CALL_ARGS_MAX) {
		cg_fail(cg, -E2BIG, NULL, "call of %s", name);
		return LLVMGetPoison(ret);
	}
	for (unsigned i = 0; i < args_n; i++)
		types[i] = LLVMTypeOf(args[i]);
	t = LLVMFunctionType(ret, types, args_n, false);
	if (!fn)
		fn = LLVMAddFunction(cg->mod, name, t);
	return LLVMBuildCall2(cg->b, t, fn, args, args_n, "");
}

LLVMValueRef ir_normalise(struct cg *cg, LLVMValueRef v, const struct type *t)
{
	LLVMTypeRef narrow;

	if (!t)
		return v;
	if (t->kind == TYPE_BOOL)
		return ir_zext(cg, ir_bool(cg, v));
	if (t->kind != TYPE_INT || t->size >= 8 || !t->size)
		return v;
	narrow = LLVMIntTypeInContext(cg->ctx, t->size * 8);
	v = LLVMBuildTrunc(cg->b, v, narrow, "");
	return t->is_signed ? LLVMBuildSExt(cg->b, v, cg->i64, "") :
			      LLVMBuildZExt(cg->b, v, cg->i64, "");
}

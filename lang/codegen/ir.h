/*
 * lang/codegen/ir.h -- thin helpers over LLVM-C for the lowering and the targets: constants,
 * memory, control flow.
 */
#pragma once

#include "lang/codegen/target.h"

LLVMValueRef ir_i64(struct cg *cg, s64 v);
LLVMValueRef ir_i32(struct cg *cg, u32 v);
LLVMValueRef ir_i1(struct cg *cg, bool v);
LLVMValueRef ir_null(struct cg *cg);
struct cg_val ir_word(LLVMValueRef v); /* a cg_val of one i64 */

LLVMValueRef ir_alloca(struct cg *cg, LLVMTypeRef t, const char *name); /* in the entry block */
LLVMValueRef ir_alloca_bytes(struct cg *cg, u32 size, const char *name); /* aligned to 8 */
LLVMValueRef ir_load(struct cg *cg, LLVMTypeRef t, LLVMValueRef p);
void ir_store(struct cg *cg, LLVMValueRef v, LLVMValueRef p);
LLVMValueRef ir_load_un(struct cg *cg, LLVMTypeRef t, LLVMValueRef p); /* no alignment assumed */
void ir_store_un(struct cg *cg, LLVMValueRef v, LLVMValueRef p);
LLVMValueRef ir_off(struct cg *cg, LLVMValueRef p, u32 off); /* p + constant bytes */
LLVMValueRef ir_at(struct cg *cg, LLVMValueRef p, LLVMValueRef off); /* p + i32 or i64 bytes */

LLVMValueRef ir_bool(struct cg *cg, LLVMValueRef v); /* i64 -> i1: != 0 */
LLVMValueRef ir_zext(struct cg *cg, LLVMValueRef v); /* to i64 */
LLVMValueRef ir_trunc32(struct cg *cg, LLVMValueRef v);
LLVMValueRef ir_cmp(struct cg *cg, LLVMIntPredicate p, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef ir_select(struct cg *cg, LLVMValueRef c, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef ir_umin(struct cg *cg, LLVMValueRef a, LLVMValueRef b);

/* appended to the function, not entered */
LLVMBasicBlockRef ir_block(struct cg *cg, const char *name);
void ir_enter(struct cg *cg, LLVMBasicBlockRef bb);
void ir_br(struct cg *cg, LLVMBasicBlockRef bb);
void ir_br_if(struct cg *cg, LLVMValueRef c, LLVMBasicBlockRef yes, LLVMBasicBlockRef no);
LLVMBasicBlockRef ir_here(struct cg *cg);
LLVMValueRef ir_phi2(struct cg *cg, LLVMValueRef a, LLVMBasicBlockRef from_a, LLVMValueRef b,
		     LLVMBasicBlockRef from_b);

/*
 * Call a C function by name (an undefined symbol of the module; hosts only).  @args_n
 * operands of their own types.
 */
LLVMValueRef ir_call(struct cg *cg, const char *name, LLVMTypeRef ret, LLVMValueRef *args,
		     unsigned args_n);

/* Extend or wrap an i64 to the type's width and sign. */
LLVMValueRef ir_normalise(struct cg *cg, LLVMValueRef v, const struct type *t);

/*
 * record/target_bpf_str.c -- functions over strings: calls of the runtime.
 */
#include <errno.h>

#include "lang/codegen/ir.h"
#include "record/bpf/capture_rt.h"
#include "record/target_bpf.h"

LLVMValueRef bpf_bytes_find(struct cg *cg, struct cg_val a, struct cg_val b)
{
	LLVMValueRef args[] = { a.v, a.len, ir_i32(cg, a.cap), b.v, b.len, ir_i32(cg, b.cap),
				cg_scratch(cg, CAP_FIND_WORK) };

	if (b.cap > CAP_NEEDLE_MAX)
		cg_fail(cg, -ENOTSUP, NULL, "the kernel searches for %d bytes at most",
			CAP_NEEDLE_MAX);
	return cg->rc ? LLVMGetPoison(cg->i64) : bpf_rt(cg, "cap_find", args, 7);
}

LLVMValueRef bpf_bytes_diff(struct cg *cg, struct cg_val a, struct cg_val b, LLVMValueRef n)
{
	LLVMValueRef args[] = { a.v, a.len, ir_i32(cg, a.cap), b.v, b.len, ir_i32(cg, b.cap), n };

	return bpf_rt(cg, "cap_diff", args, 7);
}

void bpf_bytes_append(struct cg *cg, LLVMValueRef dst, LLVMValueRef off, u32 off_max,
		      struct cg_val src)
{
	LLVMValueRef args[] = { dst, off, ir_i32(cg, off_max), src.v, src.len,
				ir_i32(cg, src.cap) };

	bpf_rt(cg, "cap_append", args, 6);
}

/*
 * lang/codegen/target.h -- the back-end interface of the one lowering.
 *
 * The lowering (cg_expr, cg_stmt) knows the language; a target knows where values live.  No `if (target == BPF)` there.
 * Values: integers are i64, extended by their type; strings and packed values are a pointer and an i32 length.
 * This header is owned by the lowering; targets: record/target_bpf, analyze/jit/target_jit, tests/support/target_fake.
 */
#pragma once

#include <llvm-c/Core.h>

#include "lang/plan.h"

enum cg_mode { CG_FULL, CG_CAPTURE, CG_ANALYSIS };

struct cg;

struct cg_val {
	LLVMValueRef v;		/* i64 for INT BOOL PTR; pointer for STR BUF TUPLE */
	LLVMValueRef len;	/* i32: bytes; NULL for integers */
};

/* To be completed by the owner of lang/codegen; the shape every target fills in. */
struct cg_target;

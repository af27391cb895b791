/*
 * analyze/jit/target_jit.h -- the host target of CG_ANALYSIS: functions of type rt_clause_fn over
 * struct rt_col.
 */
#pragma once

#include "lang/codegen/host.h"

struct target_jit {
	struct cg_host host; /* must be first */
	LLVMValueRef cols, row_slot, end_slot, zero;
	LLVMBasicBlockRef head;
};

/*
 * cg_job.target; cg_job.tctx is a zeroed struct target_jit, which may be used again for the next
 * function.
 */
extern const struct cg_target target_jit;

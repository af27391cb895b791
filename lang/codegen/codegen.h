/*
 * lang/codegen/codegen.h -- public entry: program + plan + target -> LLVM module.
 *
 * One module holds any number of functions.  LLVM reports into `struct err`; it never ends the
 * process by itself
 * (except for "cannot select", which aborts: the recorder compiles in a child).
 */
#pragma once

#include "lang/codegen/target.h"

struct cg_module;

struct cg_module_opts {
	const char *name;
	const char *triple; /* NULL: the host's */
	const char *cpu; /* NULL: "generic"; BPF "v3" */
	const char *passes; /* new pass manager's text, NULL: none.  CG_PASSES_* */
	int codegen_level; /* LLVMCodeGenOptLevel of the target machine: 0..3 */
	const struct source *src; /* for line information; NULL: none is made */
};

#define CG_PASSES_BPF	"function(sroa,early-cse,instcombine<no-verify-fixpoint>,simplifycfg)"
#define CG_PASSES_QUICK "function(sroa,early-cse,simplifycfg)"
#define CG_PASSES_HOST	"default<O2>"

struct cg_job {
	const char *fn_name;
	const char *section; /* NULL: the default one */
	enum cg_mode mode;
	const struct cg_target *target;
	void *tctx; /* cg->tctx */
	const struct program *prog;
	const struct inst *inst;
	const struct plan *plan; /* these two are NULL in CG_FULL */
	const struct plan_table *table;
	const struct probe *probe; /* NULL: one function for all probes of the instance */
};

/* NULL on failure */
struct cg_module *cg_module_new(const struct cg_module_opts *o, struct err *err);
void cg_module_free(struct cg_module *m);

/*
 * Append one function.  -ENOTSUP: a construct that the target or the lowering does not
 * evaluate; the place is in @err.
 */
int cg_lower(struct cg_module *m, const struct cg_job *job, struct err *err);

/* Verify, then run the passes.  Nothing may be lowered into it any more. */
int cg_module_finish(struct cg_module *m, struct err *err);

/*
 * Machine code of a finished module.  *ret is freed by the caller with
 * LLVMDisposeMemoryBuffer().
 */
int cg_module_emit(struct cg_module *m, LLVMMemoryBufferRef *ret, struct err *err);

/* borrowed; to link bitcode in before cg_module_finish() */
void cg_module_set_passes(struct cg_module *m, const char *passes); /* borrowed */
LLVMModuleRef cg_module_llvm(struct cg_module *m);
LLVMContextRef cg_module_ctx(struct cg_module *m);
/*
 * Hand module and context out (for an ORC thread-safe module); @m is left empty and still
 * to be freed.
 */
void cg_module_detach(struct cg_module *m, LLVMContextRef *ret_ctx, LLVMModuleRef *ret_mod);
/* IR for debugging; LLVMDisposeMessage() */
char *cg_module_text(struct cg_module *m);

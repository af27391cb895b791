/*
 * lang/codegen/module.c -- an LLVM module from its creation to verified, optimised machine code.
 *
 * (1) LLVM ends the process on a back-end error unless the context has a diagnostic handler; with
 *     one it goes on and returns success with garbage.  So errors are kept in m->diag and looked at
 *     behind every step.
 * (2) Nothing here knows a target beyond its triple and CPU.
 */
#include "lang/codegen/cg_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <llvm-c/Analysis.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>
#include <llvm-c/Transforms/PassBuilder.h>

static void on_diagnostic(LLVMDiagnosticInfoRef info, void *ctx)
{
	struct cg_module *m = ctx;
	char *text;

	if (LLVMGetDiagInfoSeverity(info) != LLVMDSError || m->diag.code)
		return;
	text = LLVMGetDiagInfoDescription(info);
	err_set(&m->diag, -EINVAL, "%s", text);
	LLVMDisposeMessage(text);
}

static void init_targets(bool is_bpf)
{
	if (is_bpf) {
		LLVMInitializeBPFTargetInfo();
		LLVMInitializeBPFTarget();
		LLVMInitializeBPFTargetMC();
		LLVMInitializeBPFAsmPrinter();
		return;
	}
	LLVMInitializeNativeTarget();
	LLVMInitializeNativeAsmPrinter();
}

static int make_machine(struct cg_module *m, const struct cg_module_opts *o, struct err *err)
{
	char *triple = o->triple ? LLVMCreateMessage(o->triple) : LLVMGetDefaultTargetTriple();
	char *text = NULL;
	LLVMTargetDataRef layout;
	LLVMTargetRef t;
	bool is_bpf = !strncmp(triple, "bpf", 3);
	int rc = 0;

	init_targets(is_bpf);
	if (LLVMGetTargetFromTriple(triple, &t, &text)) {
		rc = err_set(err, -ENOTSUP, "LLVM has no target %s: %s", triple, text);
		LLVMDisposeMessage(text);
		LLVMDisposeMessage(triple);
		return rc;
	}
	m->tm = LLVMCreateTargetMachine(t, triple, o->cpu ? o->cpu : "generic", "",
					(LLVMCodeGenOptLevel)o->codegen_level,
					is_bpf ? LLVMRelocDefault : LLVMRelocPIC,
					LLVMCodeModelDefault);
	if (!m->tm) {
		LLVMDisposeMessage(triple);
		return err_set(err, -ENOTSUP, "LLVM cannot make code for this machine");
	}
	layout = LLVMCreateTargetDataLayout(m->tm);
	LLVMSetTarget(m->mod, triple);
	LLVMSetModuleDataLayout(m->mod, layout);
	LLVMDisposeTargetData(layout);
	LLVMDisposeMessage(triple);
	return 0;
}

static void make_debug_info(struct cg_module *m)
{
	const char *name = m->src->name;
	LLVMMetadataRef i64t, params[2];
	LLVMValueRef version;

	m->di = LLVMCreateDIBuilder(m->mod);
	m->di_file = LLVMDIBuilderCreateFile(m->di, name, strlen(name), "", 0);
	m->di_unit = LLVMDIBuilderCreateCompileUnit(m->di, LLVMDWARFSourceLanguageC, m->di_file,
						    "bpftape", 7, true, "", 0, 0, "", 0,
						    LLVMDWARFEmissionFull, 0, false, false, "", 0,
						    "", 0);
	i64t = LLVMDIBuilderCreateBasicType(m->di, "long", 4, 64, 5 /* DW_ATE_signed */,
					    LLVMDIFlagZero);
	params[0] = i64t;
	params[1] = LLVMDIBuilderCreatePointerType(m->di, NULL, 64, 0, 0, "", 0);
	m->di_fn_type =
		LLVMDIBuilderCreateSubroutineType(m->di, m->di_file, params, 2, LLVMDIFlagZero);
	version = LLVMConstInt(LLVMInt32TypeInContext(m->ctx), LLVMDebugMetadataVersion(), false);
	LLVMAddModuleFlag(m->mod, LLVMModuleFlagBehaviorWarning, "Debug Info Version", 18,
			  LLVMValueAsMetadata(version));
}

struct cg_module *cg_module_new(const struct cg_module_opts *o, struct err *err)
{
	struct cg_module *m = calloc(1, sizeof(*m));

	if (!m) {
		err_oom(err);
		return NULL;
	}
	m->ctx = LLVMContextCreate();
	LLVMContextSetDiagnosticHandler(m->ctx, on_diagnostic, m);
	m->mod = LLVMModuleCreateWithNameInContext(o->name ? o->name : "script", m->ctx);
	m->b = LLVMCreateBuilderInContext(m->ctx);
	m->passes = o->passes;
	m->src = o->src;
	if (make_machine(m, o, err)) {
		cg_module_free(m);
		return NULL;
	}
	if (m->src)
		make_debug_info(m);
	return m;
}

void cg_module_free(struct cg_module *m)
{
	if (!m)
		return;
	if (m->di)
		LLVMDisposeDIBuilder(m->di);
	if (m->b)
		LLVMDisposeBuilder(m->b);
	if (m->tm)
		LLVMDisposeTargetMachine(m->tm);
	if (m->mod)
		LLVMDisposeModule(m->mod);
	if (m->ctx)
		LLVMContextDispose(m->ctx);
	free(m);
}

static int check_diag(struct cg_module *m, struct err *err)
{
	return m->diag.code ? err_set(err, m->diag.code, "LLVM: %s", m->diag.msg) : 0;
}

static int verify(struct cg_module *m, struct err *err)
{
	char *text = NULL;
	int rc = 0;

	if (LLVMVerifyModule(m->mod, LLVMReturnStatusAction, &text))
		rc = err_set(err, -EFAULT, "the compiler made wrong code: %.300s", text);
	LLVMDisposeMessage(text);
	return rc;
}

static int run_passes(struct cg_module *m, struct err *err)
{
	LLVMPassBuilderOptionsRef o = LLVMCreatePassBuilderOptions();
	LLVMErrorRef e = LLVMRunPasses(m->mod, m->passes, m->tm, o);
	int rc = 0;

	LLVMDisposePassBuilderOptions(o);
	if (e) {
		char *text = LLVMGetErrorMessage(e);

		rc = err_set(err, -EINVAL, "LLVM passes: %s", text);
		LLVMDisposeErrorMessage(text);
	}
	return rc ? rc : check_diag(m, err);
}

int cg_module_finish(struct cg_module *m, struct err *err)
{
	int rc;

	if (m->is_finished)
		return 0;
	if (m->di)
		LLVMDIBuilderFinalize(m->di);
	rc = verify(m, err);
	if (!rc && m->passes)
		rc = run_passes(m, err);
	m->is_finished = !rc;
	return rc;
}

int cg_module_emit(struct cg_module *m, LLVMMemoryBufferRef *ret, struct err *err)
{
	LLVMMemoryBufferRef code = NULL;
	char *text = NULL;
	int rc;

	if (LLVMTargetMachineEmitToMemoryBuffer(m->tm, m->mod, LLVMObjectFile, &text, &code)) {
		rc = err_set(err, -EINVAL, "LLVM: %s", text);
		LLVMDisposeMessage(text);
		return rc;
	}
	rc = check_diag(m, err);
	if (rc) {
		LLVMDisposeMemoryBuffer(code);
		return rc;
	}
	*ret = code;
	return 0;
}

void cg_module_set_passes(struct cg_module *m, const char *passes)
{
	m->passes = passes;
}

LLVMModuleRef cg_module_llvm(struct cg_module *m)
{
	return m->mod;
}

LLVMContextRef cg_module_ctx(struct cg_module *m)
{
	return m->ctx;
}

void cg_module_detach(struct cg_module *m, LLVMContextRef *ret_ctx, LLVMModuleRef *ret_mod)
{
	if (m->di)
		LLVMDisposeDIBuilder(m->di);
	LLVMDisposeBuilder(m->b);
	LLVMContextSetDiagnosticHandler(m->ctx, NULL, NULL);
	m->di = NULL;
	m->b = NULL;
	*ret_ctx = m->ctx;
	*ret_mod = m->mod;
	m->ctx = NULL;
	m->mod = NULL;
}

char *cg_module_text(struct cg_module *m)
{
	return LLVMPrintModuleToString(m->mod);
}

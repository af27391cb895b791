/*
 * analyze/jit/jit.c -- LLVM's ORC: one LLJIT, symbols given by address.
 *
 * Modules are compiled by codegen and come as objects, so this knows nothing of IR.  Nothing is
 * looked up in the process: what compiled code may call is the list given and the memory functions
 * below.
 */
#include "analyze/jit/jit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <llvm-c/Error.h>
#include <llvm-c/LLJIT.h>
#include <llvm-c/Orc.h>
#include <llvm-c/Target.h>

struct jit_engine {
	LLVMOrcLLJITRef jit;
	LLVMOrcJITDylibRef lib;
};

static const struct jit_sym libc_syms[] = {
	{ "memcpy", memcpy }, { "memmove", memmove }, { "memset", memset }, { "memcmp", memcmp },
	{ "bcmp", memcmp },   { "strlen", strlen }, { "memmem", memmem },
	{ "strnlen", strnlen },   { NULL, NULL },
};

static int orc_error(LLVMErrorRef e, const char *what, struct err *err)
{
	char *text = LLVMGetErrorMessage(e);

	err_set(err, -EINVAL, "%s: %s", what, text);
	LLVMDisposeErrorMessage(text);
	return -EINVAL;
}

static int define(struct jit_engine *e, const struct jit_sym *syms, struct err *err)
{
	LLVMJITSymbolFlags flags = {
		LLVMJITSymbolGenericFlagsExported | LLVMJITSymbolGenericFlagsCallable, 0
	};
	LLVMOrcCSymbolMapPair *pairs;
	LLVMErrorRef fail;
	size_t n = 0;

	while (syms[n].name)
		n++;
	if (!n)
		return 0;
	pairs = calloc(n, sizeof(*pairs));
	if (!pairs)
		return err_oom(err);
	for (size_t i = 0; i < n; i++) {
		pairs[i].Name = LLVMOrcLLJITMangleAndIntern(e->jit, syms[i].name);
		pairs[i].Sym.Address = (LLVMOrcExecutorAddress)(uintptr_t)syms[i].addr;
		pairs[i].Sym.Flags = flags;
	}
	fail = LLVMOrcJITDylibDefine(e->lib, LLVMOrcAbsoluteSymbols(pairs, n));
	free(pairs);
	return fail ? orc_error(fail, "symbols for the compiled script", err) : 0;
}

int jit_engine_new(const struct jit_sym *syms, struct jit_engine **ret, struct err *err)
{
	struct jit_engine *e = calloc(1, sizeof(*e));
	LLVMErrorRef fail;
	int rc;

	if (!e)
		return err_oom(err);
	LLVMInitializeNativeTarget();
	LLVMInitializeNativeAsmPrinter();
	fail = LLVMOrcCreateLLJIT(&e->jit, NULL);
	if (fail) {
		free(e);
		return orc_error(fail, "starting the compiler", err);
	}
	e->lib = LLVMOrcLLJITGetMainJITDylib(e->jit);
	rc = define(e, libc_syms, err);
	if (!rc)
		rc = define(e, syms, err);
	if (rc) {
		jit_engine_free(e);
		return rc;
	}
	*ret = e;
	return 0;
}

void jit_engine_free(struct jit_engine *e)
{
	LLVMErrorRef fail;

	if (!e)
		return;
	fail = e->jit ? LLVMOrcDisposeLLJIT(e->jit) : NULL;
	if (fail)
		LLVMConsumeError(fail);
	free(e);
}

int jit_engine_add(struct jit_engine *e, struct cg_module *m, struct err *err)
{
	LLVMMemoryBufferRef code;
	LLVMErrorRef fail;
	int rc = cg_module_emit(m, &code, err);

	if (rc)
		return rc;
	fail = LLVMOrcLLJITAddObjectFile(e->jit, e->lib, code);
	return fail ? orc_error(fail, "loading the compiled script", err) : 0;
}

int jit_engine_find(struct jit_engine *e, const char *name, void **ret, struct err *err)
{
	LLVMOrcExecutorAddress addr = 0;
	LLVMErrorRef fail = LLVMOrcLLJITLookup(e->jit, &addr, name);

	if (fail)
		return orc_error(fail, name, err);
	*ret = (void *)(uintptr_t)addr;
	return 0;
}

/*
 * analyze/jit/jit.h -- LLVM's ORC behind four functions: modules in, function pointers out, one
 * life time.
 */
#pragma once

#include "lang/codegen/codegen.h"

struct jit_engine;

struct jit_sym {
	const char *name;
	void *addr;
};

/*
 * Compiled code may call @syms (ended by a row without name) and the few functions of libc that
 * LLVM makes calls of.
 */
int jit_engine_new(const struct jit_sym *syms, struct jit_engine **ret, struct err *err);
/* Every function pointer it gave is dead then.  NULL is fine. */
void jit_engine_free(struct jit_engine *e);

/* Add the machine code of a finished module; @m is still the caller's and no longer needed. */
int jit_engine_add(struct jit_engine *e, struct cg_module *m, struct err *err);
/* Address of a function, compiled at the first look into its module.  -ENOENT, -EINVAL. */
int jit_engine_find(struct jit_engine *e, const char *name, void **ret, struct err *err);

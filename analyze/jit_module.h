/*
 * analyze/jit_module.h -- the entries of bpftape-jit.so, the only code of the analyzer that holds
 * LLVM.
 *
 * It is loaded when a script must be evaluated.  Compiled clauses call the program's rt_*
 * functions (analyze/rt.h).
 */
#pragma once

#include "analyze/rt.h"
#include "lang/plan.h"

struct jit;

/*
 * Compile every table of a bound plan whose analysis does something.  @plan is borrowed and must
 * outlive *ret. -ENOTSUP: a construct that is not evaluated (its place is in @err); -ENOMEM;
 * -EPROTO: a bug of ours.
 */
typedef int jit_compile_fn(const struct plan *plan, struct jit **ret, struct err *err);
/* The function of plan->tables[table]; NULL: its analysis does nothing. */
typedef rt_clause_fn jit_clause_fn(const struct jit *j, u32 table);
typedef void jit_free_fn(struct jit *j);		/* NULL is fine */

#define JIT_MODULE_FILE "bpftape-jit.so"
#define JIT_MODULE_COMPILE "jit_compile"
#define JIT_MODULE_CLAUSE "jit_clause"
#define JIT_MODULE_FREE "jit_free"
jit_compile_fn jit_compile;
jit_clause_fn jit_clause;
jit_free_fn jit_free;

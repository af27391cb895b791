/*
 * lang/codegen/cg_path.c -- path(), fdpath(): text that the kernel makes of its own structures.
 */
#include <errno.h>

#include "lang/codegen/cg_priv.h"

struct cg_val cg_path(struct cg *cg, const struct node *n)
{
	struct cg_val v = { .cap = n->type->size };
	LLVMValueRef what = cg_word(cg, n->call.args), got, bad, zero = ir_i64(cg, 0);

	if (cg->rc || !cg_has_leaves(cg, n))
		return cg_poison(cg, n->type);
	if (!cg->target->path) {
		cg_fail(cg, -ENOTSUP, n, "%s() is found in the kernel only", n->call.name);
		return cg_poison(cg, n->type);
	}
	v.v = cg_scratch(cg, v.cap + 8);
	cg_at(cg, n);
	got = cg->target->path(cg, v.v, v.cap, what, n->call.b->id == BI_FDPATH);
	bad = ir_cmp(cg, LLVMIntSLT, got, zero);
	v.err = ir_select(cg, bad, got, zero);
	v.len = ir_trunc32(cg, ir_select(cg, bad, zero, got));
	return v;
}

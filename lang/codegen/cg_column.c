/*
 * lang/codegen/cg_column.c -- leaves between kernel and analyzer: stored in CG_CAPTURE, read back
 * in CG_ANALYSIS.
 */
#include <errno.h>

#include "lang/codegen/cg_priv.h"

static bool is_probe(const struct node *n)
{
	return n->kind == NODE_BUILTIN && n->builtin.b->id == BI_PROBE;
}

/* Its column is a list of strings and no value of the node: cg_join.c stores and reads them. */
bool cg_is_join(const struct node *n)
{
	return n->kind == NODE_CALL && n->call.b && n->call.b->id == BI_JOIN;
}

void cg_capture(struct cg *cg, const struct node *n, struct cg_val v)
{
	const struct plan_col *col = &cg->table->cols[cg_note(cg, n)->col];

	if (is_probe(n) || cg_is_join(n)) /* the row has the one, cg_join.c stores the other */
		return;
	cg->target->capture(cg, col, v);
}

/* The column's value for this evaluation of node @n: of a list the next element. */
struct cg_val cg_column(struct cg *cg, const struct node *n, const struct plan_col *col)
{
	LLVMValueRef slot = cg->st->list_pos[n->id], pos = NULL;

	if (col->is_list && slot) {
		pos = ir_load(cg, cg->i32, slot);
		ir_store(cg, LLVMBuildAdd(cg->b, pos, ir_i32(cg, 1), ""), slot);
	}
	return cg->target->column(cg, col, pos);
}

/* A tuple that is NULL has no bytes; its zero value has. */
static struct cg_val whole_tuple(struct cg *cg, struct cg_val v, const struct type *t)
{
	struct cg_val zero = cg_zero(cg, t);
	LLVMValueRef none = ir_cmp(cg, LLVMIntEQ, v.len, ir_i32(cg, 0));

	v.v = ir_select(cg, none, zero.v, v.v);
	v.len = ir_select(cg, none, zero.len, v.len);
	v.cap = cg_max_size(cg, t);
	return v;
}

struct cg_val cg_read_col(struct cg *cg, const struct node *n, const struct plan_col *col)
{
	struct cg_val v = cg_column(cg, n, col);
	const struct type *t = n->type;

	if (is_probe(n))
		return cg_probe_name(cg, v.v, t);
	if (n->kind == NODE_BUILTIN && n->builtin.b->id == BI_ELAPSED)
		v.v = LLVMBuildSub(cg->b, v.v, cg->target->session_start(cg), "");
	if (!t || (v.len == NULL) != type_is_word(t) ||
	    (t->kind == TYPE_TUPLE && !type_eq(t, col->type))) {
		cg_fail(cg, -EBADMSG, n, "column %s of the tape has another type", col->name);
		return cg_poison(cg, t);
	}
	if (!v.len)
		return ir_word(ir_normalise(cg, v.v, t));
	if (t->kind == TYPE_TUPLE)
		return cg_coerce(cg, whole_tuple(cg, v, col->type), col->type, t);
	return type_is_block(t) ? cg_block(cg, v, t) : cg_cut(cg, v, t->size);
}

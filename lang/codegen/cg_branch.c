/*
 * lang/codegen/cg_branch.c -- branches inside expressions, and the bits that carry them to the
 * analyzer.
 *
 * The kernel stores the truth of a condition as soon as it has it; the analyzer follows that bit
 * and evaluates the condition again only for its effects on state that is the analyzer's own.
 */
#include <errno.h>

#include "lang/codegen/cg_priv.h"

static const struct plan_col *bit_col(const struct cg *cg, const struct node_note *note)
{
	return &cg->table->cols[note->bit];
}

void cg_store_bit(struct cg *cg, const struct node *branch, LLVMValueRef taken)
{
	const struct node_note *note = cg_note(cg, branch);

	if (cg->mode != CG_CAPTURE || note->bit < 0)
		return;
	if (note->bit_is_col)
		cg->target->capture(cg, bit_col(cg, note), ir_word(ir_zext(cg, taken)));
	else
		cg->target->path_bit(cg, note->bit, taken);
}

LLVMValueRef cg_follow_bit(struct cg *cg, const struct node *branch)
{
	const struct node_note *note = cg_note(cg, branch);

	if (note->bit_is_col)
		return ir_bool(cg, cg_column(cg, branch, bit_col(cg, note)).v);
	return cg->target->path_bit_get(cg, note->bit);
}

LLVMValueRef cg_decide(struct cg *cg, const struct node *branch, const struct node *cond)
{
	LLVMValueRef taken;

	if (cg->mode == CG_ANALYSIS && cg_note(cg, branch)->bit >= 0) {
		if (cg_note(cg, cond)->in_analysis)
			cg_eval(cg, cond);
		return cg_follow_bit(cg, branch);
	}
	taken = cg_truth(cg, cg_eval(cg, cond));
	cg_store_bit(cg, branch, taken);
	return taken;
}

struct cg_val cg_logic(struct cg *cg, const struct node *n)
{
	bool is_and = n->binary.op == OP_LAND;
	LLVMValueRef l = cg_decide(cg, n, n->binary.l), r, phi;
	LLVMBasicBlockRef from, rhs = ir_block(cg, "rhs"), end = ir_block(cg, "logic");

	from = ir_here(cg);
	ir_br_if(cg, l, is_and ? rhs : end, is_and ? end : rhs);
	ir_enter(cg, rhs);
	r = ir_zext(cg, cg_truth(cg, cg_eval(cg, n->binary.r)));
	rhs = ir_here(cg);
	ir_br(cg, end);
	ir_enter(cg, end);
	phi = ir_phi2(cg, ir_i64(cg, !is_and), from, r, rhs);
	return ir_word(phi);
}

/* One side: its value in the type of the whole. */
static struct cg_val side(struct cg *cg, const struct node *n, const struct node *expr)
{
	struct cg_val v = cg_eval_as(cg, expr, n->type);

	if (!cg->rc && v.len && cg->target->form == CG_FIXED)
		v = cg_settle(cg, v, n->type);
	return v;
}

static struct cg_val elvis_value(struct cg *cg, const struct node *n, struct cg_val cond)
{
	cond = cg_coerce(cg, cond, n->branch.cond->type, n->type);
	return cond.len && cg->target->form == CG_FIXED ? cg_settle(cg, cond, n->type) : cond;
}

static u32 joint_cap(struct cg_val a, struct cg_val b)
{
	if (!a.cap || !b.cap)
		return 0;
	return a.cap > b.cap ? a.cap : b.cap;
}

/* c ?: b -- the condition is the value, so it is evaluated also where a bit decides */
static LLVMValueRef elvis_decide(struct cg *cg, const struct node *n, struct cg_val *ret)
{
	LLVMValueRef taken;

	*ret = cg_eval(cg, n->branch.cond);
	if (cg->mode == CG_ANALYSIS && cg_note(cg, n)->bit >= 0)
		return cg_follow_bit(cg, n);
	taken = cg_truth(cg, *ret);
	cg_store_bit(cg, n, taken);
	return taken;
}

struct cg_val cg_ternary(struct cg *cg, const struct node *n)
{
	LLVMBasicBlockRef yes = ir_block(cg, "then"), no = ir_block(cg, "else"),
			  end = ir_block(cg, "endif");
	struct cg_val a = { 0 }, b, v = { 0 };
	LLVMValueRef c;

	c = n->branch.then ? cg_decide(cg, n, n->branch.cond) : elvis_decide(cg, n, &a);
	if (cg->rc)
		return cg_poison(cg, n->type);
	ir_br_if(cg, c, yes, no);
	ir_enter(cg, yes);
	a = n->branch.then ? side(cg, n, n->branch.then) : elvis_value(cg, n, a);
	yes = ir_here(cg);
	ir_br(cg, end);
	ir_enter(cg, no);
	b = side(cg, n, n->branch.els);
	no = ir_here(cg);
	ir_br(cg, end);
	ir_enter(cg, end);
	if (cg->rc)
		return cg_poison(cg, n->type);
	v.v = ir_phi2(cg, a.v, yes, b.v, no);
	if (a.len)
		v.len = ir_phi2(cg, a.len, yes, b.len, no);
	v.cap = joint_cap(a, b);
	return v;
}

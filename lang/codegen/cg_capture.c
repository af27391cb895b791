/*
 * lang/codegen/cg_capture.c -- the walk of CG_CAPTURE through what the kernel does not evaluate as
 * a whole.
 *
 * A statement of the slice runs; any other is searched for captures, in the order of evaluation.  A
 * branch that the kernel decides captures on the side taken only; of one that the analyzer decides
 * both sides are captured.
 */
#include <errno.h>

#include "lang/codegen/cg_priv.h"

static bool is_decided(const struct cg *cg, const struct node *n)
{
	const struct node_note *note = cg_note(cg, n);

	return (note->in_slice && !note->is_deferred) || note->bit >= 0;
}

static void walk_list(struct cg *cg, const struct node *list)
{
	cg_list(cg, list);
}

static void walk_children(struct cg *cg, const struct node *n)
{
	const struct node *child;

	for (int i = 0; (child = node_child(n, i)); i++)
		cg_walk(cg, child);
}

/* ---- expressions ---- */

static void walk_if_set(struct cg *cg, const struct node *n)
{
	if (n)
		cg_walk(cg, n);
}

static void walk_sides(struct cg *cg, LLVMValueRef c, const struct node *yes, const struct node *no)
{
	LLVMBasicBlockRef then = ir_block(cg, "then"), els = ir_block(cg, "else"),
			  end = ir_block(cg, "endif");

	ir_br_if(cg, c, then, els);
	ir_enter(cg, then);
	walk_if_set(cg, yes);
	ir_br(cg, end);
	ir_enter(cg, els);
	walk_if_set(cg, no);
	ir_br(cg, end);
	ir_enter(cg, end);
}

static void walk_logic(struct cg *cg, const struct node *n)
{
	bool is_and = n->binary.op == OP_LAND;
	LLVMValueRef c;

	if (!is_decided(cg, n)) {
		walk_children(cg, n);
		return;
	}
	c = cg_decide(cg, n, n->binary.l);
	walk_sides(cg, c, is_and ? n->binary.r : NULL, is_and ? NULL : n->binary.r);
}

static void walk_ternary(struct cg *cg, const struct node *n)
{
	if (!is_decided(cg, n)) {
		walk_children(cg, n);
		return;
	}
	walk_sides(cg, cg_decide(cg, n, n->branch.cond), n->branch.then, n->branch.els);
}

void cg_walk(struct cg *cg, const struct node *n)
{
	const struct node_note *note = cg_note(cg, n);

	if (cg->rc)
		return;
	if (cg->st->depth >= CG_DEPTH_MAX) {
		cg_fail(cg, -E2BIG, n, "nested too deeply");
		return;
	}
	cg_mark_reached(cg, n);
	cg->st->depth++;
	if (n->kind == NODE_LOGIC)
		walk_logic(cg, n);
	else if (n->kind == NODE_TERNARY)
		walk_ternary(cg, n);
	else if (note->in_slice || note->col >= COL_FIXED_CNT)
		cg_eval(cg, n);
	else
		walk_children(cg, n);
	cg->st->depth--;
}

/* ---- statements ---- */

static void visit_if(struct cg *cg, const struct node *n)
{
	if (is_decided(cg, n)) {
		cg_exec(cg, n);
		return;
	}
	cg_walk(cg, n->branch.cond);
	walk_list(cg, n->branch.then);
	walk_list(cg, n->branch.els);
}

/* A loop that the analyzer runs is walked once; its break and continue decide nothing here. */
static void walk_body(struct cg *cg, const struct node *n)
{
	struct cg_loop l = { .node = n, .outer = cg->st->loop };

	cg->st->loop = &l;
	walk_list(cg, n->loop.body);
	cg->st->loop = l.outer;
}

static void visit_loop(struct cg *cg, const struct node *n)
{
	if (is_decided(cg, n)) {
		cg_exec(cg, n);
		return;
	}
	walk_if_set(cg, n->loop.lo);
	walk_if_set(cg, n->loop.hi);
	walk_if_set(cg, n->loop.cond);
	if (n->kind == NODE_FOR_MAP)
		cg_visit_for_map(cg, n);
	walk_body(cg, n);
}

static void visit_block(struct cg *cg, const struct node *n)
{
	walk_list(cg, n->list.items);
}

static void visit_control(struct cg *cg, const struct node *n)
{
	if (cg_note(cg, n)->in_slice)
		cg_exec(cg, n);
}

typedef void (*visit_fn)(struct cg *cg, const struct node *n);

static const visit_fn visit_fns[NODE_KIND_CNT] = {
	[NODE_IF] = visit_if,	       [NODE_WHILE] = visit_loop,
	[NODE_UNROLL] = visit_loop,    [NODE_FOR_RANGE] = visit_loop,
	[NODE_FOR_MAP] = visit_loop,   [NODE_BLOCK] = visit_block,
	[NODE_BREAK] = visit_control,  [NODE_CONTINUE] = visit_control,
	[NODE_RETURN] = visit_control,
};

void cg_visit(struct cg *cg, const struct node *n)
{
	visit_fn fn = visit_fns[n->kind];

	cg_mark_reached(cg, n);
	if (fn)
		fn(cg, n);
	else if (cg_note(cg, n)->in_slice)
		cg_exec(cg, n);
	else
		walk_children(cg, n);
}

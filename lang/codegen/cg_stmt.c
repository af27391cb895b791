/*
 * lang/codegen/cg_stmt.c -- statements: by mode, then by kind.
 *
 * CG_FULL runs all of them, CG_ANALYSIS those with in_analysis, CG_CAPTURE visits each
 * (cg_capture.c).  Scratch of a statement's values is given back behind it.
 */
#include <errno.h>

#include "lang/codegen/cg_priv.h"

typedef void (*stmt_fn)(struct cg *cg, const struct node *n);

void cg_leave(struct cg *cg)
{
	cg_store_trips(cg);
	cg_end_for_maps(cg);
	ir_br(cg, cg->st->leave);
	ir_enter(cg, ir_block(cg, "dead"));
}

void cg_mark_reached(struct cg *cg, const struct node *n)
{
	if (cg->st->reached && cg_note(cg, n)->emits)
		ir_store(cg, ir_i1(cg, true), cg->st->reached);
}

static void stmt_expr(struct cg *cg, const struct node *n)
{
	cg_eval(cg, n->unary.arg);
}

/* $x op= e: what $x was before e was evaluated. */
static void var_update(struct cg *cg, const struct node *n)
{
	const struct var_info *var = n->assign.lhs->var.info;
	struct cg_val old = cg_var_load(cg, var), v = cg_eval(cg, n->assign.rhs);

	if (cg->rc)
		return;
	if (old.len || v.len) {
		cg_fail(cg, -ENOTSUP, n, "%s= does not work on strings", op_text(n->assign.op));
		return;
	}
	if (var->type->kind == TYPE_FLOAT || n->assign.rhs->type->kind == TYPE_FLOAT) {
		v.v = cg_float_op(cg, n, n->assign.op,
				  (struct cg_floats){ old.v, v.v, var->type, n->assign.rhs->type });
		cg_var_store(cg, var, v, &type_double);
		return;
	}
	if (var->type->kind == TYPE_PTR && var->type->elem && var->type->elem->size > 1)
		v.v = LLVMBuildMul(cg->b, v.v, ir_i64(cg, var->type->elem->size), "");
	v.v = cg_arith_of(cg, n, n->assign.op,
			  (struct cg_operands){ old.v, v.v, n->assign.is_signed });
	cg_var_store(cg, var, v, var->type);
}

static void stmt_assign(struct cg *cg, const struct node *n)
{
	const struct node *lhs = n->assign.lhs;
	struct cg_val v;

	if (lhs->kind == NODE_MAP) {
		cg_map_assign(cg, n);
		return;
	}
	if (lhs->kind == NODE_VAR && n->assign.op != OP_NONE) {
		var_update(cg, n);
		return;
	}
	v = cg_eval(cg, n->assign.rhs);
	if (lhs->kind == NODE_VAR && !cg->rc) /* else _ = e */
		cg_var_store(cg, lhs->var.info, v, n->assign.rhs->type);
}

static void stmt_let(struct cg *cg, const struct node *n)
{
	const struct type *t = n->let.var->type;

	if (n->let.rhs)
		cg_var_store(cg, n->let.var, cg_eval(cg, n->let.rhs), n->let.rhs->type);
	else
		cg_var_store(cg, n->let.var, cg_zero(cg, t), t);
}

static void stmt_if(struct cg *cg, const struct node *n)
{
	LLVMBasicBlockRef yes = ir_block(cg, "then"), no = ir_block(cg, "else"),
			  end = ir_block(cg, "endif");
	LLVMValueRef c = cg_decide(cg, n, n->branch.cond);

	ir_br_if(cg, c, yes, no);
	ir_enter(cg, yes);
	cg_list(cg, n->branch.then);
	ir_br(cg, end);
	ir_enter(cg, no);
	cg_list(cg, n->branch.els);
	ir_br(cg, end);
	ir_enter(cg, end);
}

static void stmt_block(struct cg *cg, const struct node *n)
{
	cg_list(cg, n->list.items);
}

static void stmt_return(struct cg *cg, const struct node *n)
{
	if (n->unary.arg)
		cg_eval(cg, n->unary.arg);
	cg_leave(cg);
}

static const stmt_fn stmt_fns[NODE_KIND_CNT] = {
	[NODE_EXPR_STMT] = stmt_expr, [NODE_ASSIGN] = stmt_assign, [NODE_LET] = stmt_let,
	[NODE_IF] = stmt_if,	      [NODE_WHILE] = cg_loop,	   [NODE_UNROLL] = cg_loop,
	[NODE_FOR_RANGE] = cg_loop,   [NODE_BREAK] = cg_break,	   [NODE_CONTINUE] = cg_break,
	[NODE_RETURN] = stmt_return,  [NODE_BLOCK] = stmt_block,   [NODE_FOR_MAP] = cg_for_map,
};

void cg_exec(struct cg *cg, const struct node *n)
{
	stmt_fn fn = stmt_fns[n->kind];

	if (fn)
		fn(cg, n);
	else
		cg_fail(cg, -ENOTSUP, n, "%s is not supported yet", node_kind_name(n->kind));
}

static void one(struct cg *cg, const struct node *n)
{
	if (cg->mode == CG_CAPTURE)
		cg_visit(cg, n);
	else if (cg_note(cg, n)->in_analysis)
		cg_exec(cg, n);
}

void cg_list(struct cg *cg, const struct node *list)
{
	if (cg->st->depth >= CG_DEPTH_MAX) {
		cg_fail(cg, -E2BIG, list, "nested too deeply");
		return;
	}
	cg->st->depth++;
	for (; list && !cg->rc; list = list->next) {
		u32 mark = cg_scratch_mark(cg);

		cg_at(cg, list);
		one(cg, list);
		cg_scratch_release(cg, mark);
	}
	cg->st->depth--;
}

/* The kernel has decided it already unless it was deferred. */
void cg_predicate(struct cg *cg)
{
	const struct node *pred = cg->inst->pred;
	const struct node_note *note = cg_note(cg, pred);
	LLVMBasicBlockRef yes;
	LLVMValueRef c;

	if (cg->mode == CG_ANALYSIS && !note->is_deferred)
		return;
	if (cg->mode == CG_CAPTURE && (note->is_deferred || !note->in_slice)) {
		cg_walk(cg, pred);
		return;
	}
	yes = ir_block(cg, "body");
	c = cg_truth(cg, cg_eval(cg, pred));
	ir_br_if(cg, c, yes, cg->st->leave);
	ir_enter(cg, yes);
}

/*
 * lang/codegen/cg_loop.c -- while, unroll and ranges are one shape:
 *
 *   head: may another round begin?     while: the condition; unroll, range: a counter; analysis:
 *       the trips made
 *   body: statements; break goes to the end, continue to the latch
 *   latch: the target may refuse another round (step budget, verifier)
 *
 * (1) `trips` counts rounds begun.  The kernel stores it at every way out, return and exit()
 *     included, and the analyzer begins exactly that many.
 */
#include <errno.h>

#include "lang/codegen/cg_priv.h"

struct shape {
	const struct node *n;
	LLVMValueRef first, limit; /* i64: counted loops */
	LLVMValueRef trip_limit; /* i32: CG_ANALYSIS of a loop that the kernel ran */
	struct cg_loop l;
};

static void store_trips_of(struct cg *cg, const struct cg_loop *l)
{
	const struct node_note *note = cg_note(cg, l->node);

	if (cg->mode != CG_CAPTURE || note->trips_col < 0 || !l->trips)
		return;
	cg->target->capture(cg, &cg->table->cols[note->trips_col],
			    ir_word(ir_zext(cg, ir_load(cg, cg->i32, l->trips))));
}

void cg_store_trips(struct cg *cg)
{
	for (const struct cg_loop *l = cg->st->loop; l; l = l->outer)
		store_trips_of(cg, l);
}

static bool follows_trips(const struct cg *cg, const struct node *n)
{
	return cg->mode == CG_ANALYSIS && cg_note(cg, n)->trips_col >= 0;
}

/* What is evaluated once, before the first round. */
static void prepare(struct cg *cg, struct shape *s)
{
	const struct node *n = s->n;

	if (follows_trips(cg, n)) {
		const struct plan_col *col = &cg->table->cols[cg_note(cg, n)->trips_col];

		s->trip_limit = ir_trunc32(cg, cg_column(cg, n, col).v);
		if (n->kind == NODE_FOR_RANGE)
			s->first = cg_note(cg, n->loop.lo)->in_analysis ? cg_word(cg, n->loop.lo) :
									  ir_i64(cg, 0);
		return;
	}
	if (n->kind == NODE_UNROLL) {
		s->first = ir_i64(cg, 0);
		s->limit = cg_word(cg, n->loop.cond);
	} else if (n->kind == NODE_FOR_RANGE) {
		s->first = cg_word(cg, n->loop.lo);
		s->limit = cg_word(cg, n->loop.hi);
	}
}

/* i1: begin another round? */
static LLVMValueRef again(struct cg *cg, const struct shape *s, LLVMValueRef trips)
{
	const struct node *n = s->n;
	LLVMValueRef i;

	if (s->trip_limit) {
		if (n->kind == NODE_WHILE && cg_note(cg, n->loop.cond)->in_analysis)
			cg_eval(cg, n->loop.cond);
		return ir_cmp(cg, LLVMIntULT, trips, s->trip_limit);
	}
	if (n->kind == NODE_WHILE)
		return cg_truth(cg, cg_eval(cg, n->loop.cond));
	i = LLVMBuildAdd(cg->b, s->first, ir_zext(cg, trips), "");
	return ir_cmp(cg, LLVMIntSLT, i, s->limit);
}

static void set_range_var(struct cg *cg, const struct shape *s, LLVMValueRef trips)
{
	LLVMValueRef i;

	if (s->n->kind != NODE_FOR_RANGE || !s->n->loop.var)
		return;
	i = LLVMBuildAdd(cg->b, s->first, ir_zext(cg, trips), "");
	cg_var_store(cg, s->n->loop.var->var.info, ir_word(i), &type_s64);
}

static void body(struct cg *cg, struct shape *s, LLVMValueRef trips)
{
	s->l.outer = cg->st->loop;
	cg->st->loop = &s->l;
	set_range_var(cg, s, trips);
	ir_store(cg, LLVMBuildAdd(cg->b, trips, ir_i32(cg, 1), ""), s->l.trips);
	cg_list(cg, s->n->loop.body);
	cg->st->loop = s->l.outer;
}

void cg_loop(struct cg *cg, const struct node *n)
{
	LLVMBasicBlockRef head = ir_block(cg, "head"), round = ir_block(cg, "round");
	struct shape s = { .n = n };
	LLVMValueRef trips;

	s.l = (struct cg_loop){ .brk = ir_block(cg, "done"),
				.cont = ir_block(cg, "latch"),
				.trips = ir_alloca(cg, cg->i32, "trips"),
				.node = n };
	prepare(cg, &s);
	ir_store(cg, ir_i32(cg, 0), s.l.trips);
	ir_br(cg, head);
	ir_enter(cg, head);
	trips = ir_load(cg, cg->i32, s.l.trips);
	ir_br_if(cg, again(cg, &s, trips), round, s.l.brk);
	ir_enter(cg, round);
	body(cg, &s, trips);
	ir_br(cg, s.l.cont);
	ir_enter(cg, s.l.cont);
	ir_br_if(cg, cg->target->loop_step(cg, ir_load(cg, cg->i32, s.l.trips)), head, s.l.brk);
	ir_enter(cg, s.l.brk);
	store_trips_of(cg, &s.l);
}

void cg_break(struct cg *cg, const struct node *n)
{
	const struct cg_loop *l = cg->st->loop;

	if (!l) {
		cg_fail(cg, -EINVAL, n, "%s outside a loop", node_kind_name(n->kind));
		return;
	}
	if (!l->brk)
		return;
	ir_br(cg, n->kind == NODE_BREAK ? l->brk : l->cont);
	ir_enter(cg, ir_block(cg, "dead"));
}

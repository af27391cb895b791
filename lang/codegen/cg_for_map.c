/*
 * lang/codegen/cg_for_map.c -- for ($kv : @m): the target walks, a round has the entry in $kv.
 *
 *   begin -> head: the next entry, or done
 *            round: $kv = the entry; statements
 *            latch: may another round begin (step budget)?  -> head
 *   done: end
 *
 * Only the analyzer runs such a loop.  Of a map that the kernel has, the slice tells the recorder
 * to keep what is in it (the loop's action), and the analyzer walks over that.
 */
#include <errno.h>

#include "lang/codegen/cg_priv.h"

static const struct action *action_of(const struct cg *cg, const struct node *n)
{
	s32 idx = n->loop.action;

	return idx >= 0 && (u32)idx < cg->prog->action_cnt ? cg->prog->actions[idx] : NULL;
}

void cg_visit_for_map(struct cg *cg, const struct node *n)
{
	const struct action *a = action_of(cg, n);

	if (a && cg_map_is_live(cg, a->map) && cg_note(cg, n)->in_slice)
		cg->target->action(cg, a, (struct cg_val){ 0 });
}

void cg_end_for_maps(struct cg *cg)
{
	for (const struct cg_loop *l = cg->st->loop; l; l = l->outer) {
		if (l->node->kind == NODE_FOR_MAP && l->brk)
			cg->target->for_end(cg);
	}
}

static void set_var(struct cg *cg, const struct node *var, LLVMValueRef p, LLVMValueRef len)
{
	struct cg_val v = { .v = p, .len = len, .cap = cg_max_size(cg, var->type) };

	cg_var_store(cg, var->var.info, v, var->type);
}

static void body(struct cg *cg, const struct node *n, struct cg_loop *l)
{
	l->outer = cg->st->loop;
	cg->st->loop = l;
	cg_list(cg, n->loop.body);
	cg->st->loop = l->outer;
}

void cg_for_map(struct cg *cg, const struct node *n)
{
	LLVMBasicBlockRef head, round;
	struct cg_loop l = { .node = n };
	LLVMValueRef p, len;

	if (!cg->target->for_begin || n->loop.var->type->kind != TYPE_TUPLE) {
		cg_fail(cg, -ENOTSUP, n, "a loop over a map is run by the analyzer only");
		return;
	}
	head = ir_block(cg, "head");
	round = ir_block(cg, "round");
	l.cont = ir_block(cg, "latch");
	l.brk = ir_block(cg, "done");
	cg->target->for_begin(cg, n->loop.map->map.info, action_of(cg, n));
	ir_br(cg, head);
	ir_enter(cg, head);
	p = cg->target->for_next(cg, &len);
	ir_br_if(cg, LLVMBuildIsNull(cg->b, p, ""), l.brk, round);
	ir_enter(cg, round);
	set_var(cg, n->loop.var, p, len);
	body(cg, n, &l);
	ir_br(cg, l.cont);
	ir_enter(cg, l.cont);
	ir_br_if(cg, cg->target->loop_step(cg, ir_i32(cg, 0)), head, l.brk);
	ir_enter(cg, l.brk);
	cg->target->for_end(cg);
}

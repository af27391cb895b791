/*
 * lang/codegen/cg_var.c -- $variables: a slot each, zero at the start of every firing.
 *
 * Words are allocas, which become registers.  Strings and tuples have scratch of their type's size
 * that is theirs for the whole function.
 */
#include <errno.h>

#include "lang/codegen/cg_priv.h"

static void var_init(struct cg *cg, struct cg_var *v, const struct type *t)
{
	struct cg_val zero;

	if (!t || type_is_word(t)) {
		v->p = ir_alloca(cg, cg->i64, "var");
		ir_store(cg, ir_i64(cg, 0), v->p);
		return;
	}
	v->cap = type_is_bytes(t) ? t->size : cg_max_size(cg, t);
	v->p = cg_scratch(cg, v->cap);
	v->len = ir_alloca(cg, cg->i32, "len");
	zero = cg_zero(cg, t);
	cg->target->copy(cg, v->p, v->cap, zero);
	ir_store(cg, zero.len, v->len);
}

void cg_vars_init(struct cg *cg)
{
	const struct inst *in = cg->inst;

	cg->st->vars = arena_new_n(cg->st->arena, struct cg_var, in->var_cnt + 1);
	if (!cg->st->vars) {
		cg_fail(cg, -ENOMEM, NULL, "out of memory");
		return;
	}
	for (u32 i = 0; i < in->var_cnt; i++)
		var_init(cg, &cg->st->vars[i], in->vars[i]->type);
}

struct cg_val cg_var_load(struct cg *cg, const struct var_info *v)
{
	const struct cg_var *slot = &cg->st->vars[v->idx];

	if (!slot->len)
		return ir_word(ir_load(cg, cg->i64, slot->p));
	return (struct cg_val){ .v = slot->p,
				.len = ir_load(cg, cg->i32, slot->len),
				.cap = slot->cap };
}

void cg_var_store(struct cg *cg, const struct var_info *v, struct cg_val x, const struct type *t)
{
	const struct cg_var *slot = &cg->st->vars[v->idx];

	x = cg_coerce(cg, x, t, v->type);
	if (cg->rc)
		return;
	if (!slot->len) {
		ir_store(cg, x.v, slot->p);
		return;
	}
	cg->target->copy(cg, slot->p, slot->cap, x);
	ir_store(cg, x.len, slot->len);
}

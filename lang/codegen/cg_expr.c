/*
 * lang/codegen/cg_expr.c -- expressions: a table by node kind, and what the three modes do around
 * each.
 *
 * CG_CAPTURE stores a value that has a column as soon as it is evaluated, so each leaf is evaluated
 * once. CG_ANALYSIS reads it from the column and does not look below.
 */
#include <errno.h>

#include "lang/codegen/cg_priv.h"

typedef struct cg_val (*expr_fn)(struct cg *cg, const struct node *n);

static struct cg_val expr_int(struct cg *cg, const struct node *n)
{
	return ir_word(ir_i64(cg, n->integer.val));
}

static struct cg_val expr_str(struct cg *cg, const struct node *n)
{
	u32 len = n->text.s.len;

	return (struct cg_val){ .v = cg->target->literal(cg, n->text.s),
				.len = ir_i32(cg, len),
				.cap = len };
}

static struct cg_val expr_var(struct cg *cg, const struct node *n)
{
	return cg_var_load(cg, n->var.info);
}

static struct cg_val expr_member(struct cg *cg, const struct node *n)
{
	const struct type *t = n->member.base->type;
	struct cg_val base = cg_eval(cg, n->member.base);

	if (!t || t->kind != TYPE_TUPLE || n->member.n >= t->elem_cnt) {
		cg_fail(cg, -ENOTSUP, n, "member of something that is no tuple");
		return cg_poison(cg, n->type);
	}
	return cg_member(cg, base, t, n->member.n);
}

static struct cg_val expr_unary(struct cg *cg, const struct node *n)
{
	LLVMValueRef v;

	switch (n->unary.op) {
	case OP_DEREF:
		return cg_deref(cg, n);
	case OP_ADDR:
		return ir_word(cg_address(cg, n->unary.arg));
	case OP_NOT:
		v = cg_truth(cg, cg_eval(cg, n->unary.arg));
		return ir_word(ir_zext(cg, LLVMBuildNot(cg->b, v, "")));
	case OP_BNOT:
		return ir_word(LLVMBuildNot(cg->b, cg_word(cg, n->unary.arg), ""));
	case OP_NEG:
		if (n->type && n->type->kind == TYPE_FLOAT)
			return ir_word(cg_float_neg(cg, n, cg_word(cg, n->unary.arg)));
		return ir_word(LLVMBuildNeg(cg->b, cg_word(cg, n->unary.arg), ""));
	default:
		return cg_eval(cg, n->unary.arg);
	}
}

static struct cg_val expr_incdec(struct cg *cg, const struct node *n)
{
	const struct node *arg = n->unary.arg;
	bool is_dec = n->unary.op == OP_PRE_DEC || n->unary.op == OP_POST_DEC;
	bool is_post = n->unary.op == OP_POST_INC || n->unary.op == OP_POST_DEC;
	const struct type *t;
	LLVMValueRef old, now;
	s64 step = 1;

	if (arg->kind == NODE_MAP)
		return cg_map_incdec(cg, n);
	t = arg->var.info->type;
	if (t && t->kind == TYPE_PTR && t->elem && t->elem->size > 1)
		step = t->elem->size;
	old = cg_var_load(cg, arg->var.info).v;
	now = LLVMBuildAdd(cg->b, old, ir_i64(cg, is_dec ? -step : step), "");
	now = ir_normalise(cg, now, t);
	cg_var_store(cg, arg->var.info, ir_word(now), arg->var.info->type);
	return ir_word(is_post ? old : now);
}

static struct cg_val expr_cast(struct cg *cg, const struct node *n)
{
	struct cg_val v = cg_eval(cg, n->cast.arg);

	if (n->type && n->cast.arg->type &&
	    (type_is_block(n->type) || type_is_block(n->cast.arg->type)))
		return cg_array_cast(cg, n, v);
	return cg_coerce(cg, v, n->cast.arg->type, n->type);
}

static struct cg_val expr_tuple(struct cg *cg, const struct node *n)
{
	const struct type *t = n->type;
	struct cg_pack k = { cg->target->form, NULL, ir_i32(cg, 0), 0 };
	const struct node *item = n->list.items;

	if (!t || t->kind != TYPE_TUPLE) {
		cg_fail(cg, -EINVAL, n, "a tuple without its type");
		return cg_poison(cg, n->type);
	}
	k.cap = cg_max_size(cg, t);
	k.p = cg_scratch(cg, k.cap);
	for (u32 i = 0; i < t->elem_cnt && item; i++, item = item->next)
		cg_pack_put(cg, &k, cg_eval_as(cg, item, t->members[i]), t->members[i]);
	return (struct cg_val){ .v = k.p, .len = k.off, .cap = k.cap };
}

static const expr_fn expr_fns[NODE_KIND_CNT] = {
	[NODE_FLOAT] = cg_float_literal,
	[NODE_INT] = expr_int,	     [NODE_BOOL] = expr_int,	[NODE_STR] = expr_str,
	[NODE_BUILTIN] = cg_builtin, [NODE_VAR] = expr_var,	[NODE_MAP] = cg_map_read,
	[NODE_CALL] = cg_call,	     [NODE_FIELD] = cg_chain,	[NODE_INDEX] = cg_chain,
	[NODE_MEMBER] = expr_member, [NODE_UNARY] = expr_unary, [NODE_INCDEC] = expr_incdec,
	[NODE_BINARY] = cg_binary,   [NODE_LOGIC] = cg_logic,	[NODE_TERNARY] = cg_ternary,
	[NODE_CAST] = expr_cast,     [NODE_TUPLE] = expr_tuple,
};

static struct cg_val eval_kind(struct cg *cg, const struct node *n)
{
	expr_fn fn = expr_fns[n->kind];
	struct cg_val v;

	if (!fn) {
		cg_fail(cg, -ENOTSUP, n, "%s is not supported yet", node_kind_name(n->kind));
		return cg_poison(cg, n->type);
	}
	v = fn(cg, n);
	if (!v.len && n->type)
		v.v = ir_normalise(cg, v.v, n->type);
	return v;
}

struct cg_val cg_eval(struct cg *cg, const struct node *n)
{
	const struct node_note *note = cg_note(cg, n);
	struct cg_val v;

	if (cg->rc || cg->st->depth >= CG_DEPTH_MAX) {
		if (!cg->rc)
			cg_fail(cg, -E2BIG, n, "nested too deeply");
		return cg_poison(cg, n->type);
	}
	cg_at(cg, n);
	if (cg->mode == CG_ANALYSIS && note->col >= 0 && !cg_is_join(n))
		return cg_read_col(cg, n, &cg->table->cols[note->col]);
	cg_mark_reached(cg, n);
	cg->st->depth++;
	v = eval_kind(cg, n);
	cg->st->depth--;
	if (cg->rc)
		return cg_poison(cg, n->type);
	if (cg->mode == CG_CAPTURE && note->col >= COL_FIXED_CNT)
		cg_capture(cg, n, v);
	return v;
}

struct cg_val cg_eval_as(struct cg *cg, const struct node *n, const struct type *t)
{
	struct cg_val v = cg_eval(cg, n);

	return cg->rc ? cg_poison(cg, t) : cg_coerce(cg, v, n->type, t);
}

LLVMValueRef cg_word(struct cg *cg, const struct node *n)
{
	struct cg_val v = cg_eval(cg, n);

	if (!v.len)
		return v.v;
	cg_fail(cg, -ENOTSUP, n, "a number is needed here");
	return LLVMGetPoison(cg->i64);
}

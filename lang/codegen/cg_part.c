/*
 * lang/codegen/cg_part.c -- members and elements of values that are not in memory any more:
 * structs, unions and arrays in variables, maps and columns.
 *
 * (1) Such a value has all bytes of its type, always: what comes from outside with another length
 *     counts as zeros (cg_block()).  So a constant offset needs no check but the one made here,
 *     when the code is generated: layouts may come from a tape.
 * (2) An index that is not constant is compared; beyond the end is zero.
 */
#include <errno.h>

#include "lang/codegen/cg_priv.h"

bool type_is_block(const struct type *t)
{
	return t->kind == TYPE_STRUCT || t->kind == TYPE_ARRAY;
}

static const char zeros[VALUE_BYTES_MAX];

struct cg_val cg_zero_block(struct cg *cg, const struct type *t)
{
	struct cg_val v = { .len = ir_i32(cg, t->size), .cap = t->size };

	if (t->size > sizeof(zeros)) {
		cg_fail(cg, -E2BIG, NULL, "a value of %u bytes is too large", t->size);
		return cg_poison(cg, t);
	}
	if (cg->target->form == CG_FIXED) {
		v.v = cg_scratch(cg, t->size);
		cg->target->copy(cg, v.v, t->size,
				 (struct cg_val){ .v = cg->target->literal(cg, STR("")),
						  .len = ir_i32(cg, 0) });
		return v;
	}
	v.v = cg->target->literal(cg, (struct str){ zeros, t->size });
	return v;
}

struct cg_val cg_block(struct cg *cg, struct cg_val v, const struct type *t)
{
	struct cg_val zero;
	LLVMValueRef fits;

	if (cg->target->form == CG_FIXED) { /* made by ourselves */
		v.len = ir_i32(cg, t->size);
		v.cap = t->size;
		return v;
	}
	zero = cg_zero_block(cg, t);
	fits = ir_cmp(cg, LLVMIntEQ, v.len, ir_i32(cg, t->size));
	zero.v = ir_select(cg, fits, v.v, zero.v);
	zero.err = v.err;
	return zero;
}

/* ---- parts ---- */

struct part {
	LLVMValueRef p;
	LLVMValueRef in; /* i1: the index is inside; NULL: it is */
	const struct field *f; /* NULL: an element */
	u32 left; /* bytes from p to the end of the whole, at least */
};

static bool field_part(struct cg *cg, const struct node *n, struct cg_val whole, struct part *ret)
{
	const struct field *f = n->field.f;
	u32 size = n->field.base->type->size;

	if (!f || f->off > size || f->is_data_loc)
		return false;
	ret->p = ir_off(cg, whole.v, f->off);
	ret->f = f;
	ret->left = size - f->off;
	return true;
}

static bool element_part(struct cg *cg, const struct node *n, struct cg_val whole, struct part *ret)
{
	const struct type *t = n->index.base->type;
	u32 size = n->type->size;
	LLVMValueRef idx = cg_word(cg, n->index.idx);

	if (!t->elem_cnt || !size || (u64)size * t->elem_cnt > t->size)
		return false;
	ret->in = ir_cmp(cg, LLVMIntULT, idx, ir_i64(cg, t->elem_cnt));
	idx = ir_select(cg, ret->in, idx, ir_i64(cg, 0));
	ret->p = ir_at(cg, whole.v, LLVMBuildMul(cg->b, idx, ir_i64(cg, size), ""));
	ret->left = size;
	return true;
}

static u32 word_bytes(const struct part *pt, const struct type *t)
{
	u32 need = pt->f && pt->f->bit_sz ? (pt->f->bit_off + pt->f->bit_sz + 7u) / 8 : t->size;
	u32 size = 1;

	while (size < need && size < 8)
		size *= 2;
	return size > pt->left && need <= pt->left ? need : size;
}

/* @n bytes (1 to 8), the first the lowest. */
static LLVMValueRef load_bytes(struct cg *cg, LLVMValueRef p, u32 n)
{
	LLVMValueRef v = ir_i64(cg, 0), b;

	if (!(n & (n - 1)))
		return ir_zext(cg, ir_load_un(cg, LLVMIntTypeInContext(cg->ctx, n * 8), p));
	for (u32 i = 0; i < n; i++) {
		b = ir_zext(cg, ir_load_un(cg, cg->i8, ir_off(cg, p, i)));
		v = LLVMBuildOr(cg->b, v, LLVMBuildShl(cg->b, b, ir_i64(cg, 8 * i), ""), "");
	}
	return v;
}

static struct cg_val part_word(struct cg *cg, const struct node *n, const struct part *pt)
{
	LLVMValueRef v;
	u32 size = word_bytes(pt, n->type);

	if (size > pt->left) {
		cg_fail(cg, -EBADMSG, n, "a member lies outside of its struct");
		return cg_poison(cg, n->type);
	}
	v = cg_take_bits(cg, n, load_bytes(cg, pt->p, size));
	if (pt->in)
		v = ir_select(cg, pt->in, v, ir_i64(cg, 0));
	return ir_word(v);
}

/* An array of characters: up to its NUL. */
static struct cg_val part_text(struct cg *cg, const struct node *n, const struct part *pt)
{
	struct cg_val v = cg->target->text(cg, pt->p, n->type->size);

	if (pt->in)
		v.len = ir_select(cg, pt->in, v.len, ir_i32(cg, 0));
	return v;
}

static struct cg_val part_block(struct cg *cg, const struct node *n, const struct part *pt)
{
	struct cg_val v = { .v = pt->p, .len = ir_i32(cg, n->type->size), .cap = n->type->size };

	if (pt->in)
		v.v = ir_select(cg, pt->in, v.v, cg_zero_block(cg, n->type).v);
	return v;
}

struct cg_val cg_part(struct cg *cg, const struct node *n)
{
	const struct node *base = n->kind == NODE_FIELD ? n->field.base : n->index.base;
	struct cg_val whole = cg_eval(cg, base);
	struct part pt = { .p = NULL };
	bool ok;

	if (cg->rc || !whole.len || !base->type)
		return cg_poison(cg, n->type);
	ok = n->kind == NODE_FIELD ? field_part(cg, n, whole, &pt) :
				     element_part(cg, n, whole, &pt);
	if (ok && type_is_word(n->type))
		return part_word(cg, n, &pt);
	if (!ok || n->type->size > pt.left || !type_is_bytes(n->type)) {
		cg_fail(cg, -EBADMSG, n, "a member lies outside of its struct");
		return cg_poison(cg, n->type);
	}
	return n->type->kind == TYPE_STR ? part_text(cg, n, &pt) : part_block(cg, n, &pt);
}

/* ---- casts ---- */

static struct cg_val block_of_word(struct cg *cg, struct cg_val v, const struct type *to)
{
	struct cg_val r = { .len = ir_i32(cg, to->size), .cap = to->size };

	r.v = cg_scratch(cg, 8);
	ir_store_un(cg, v.v, r.v);
	return r;
}

static struct cg_val block_of_text(struct cg *cg, struct cg_val v, const struct type *to)
{
	struct cg_val r = { .len = ir_i32(cg, to->size), .cap = to->size };

	r.v = cg_scratch(cg, to->size);
	cg->target->copy(cg, r.v, to->size, cg_zero_block(cg, to));
	cg->target->copy(cg, r.v, to->size, cg_cut(cg, v, to->size));
	return r;
}

struct cg_val cg_array_cast(struct cg *cg, const struct node *n, struct cg_val v)
{
	const struct type *to = n->type, *from = n->cast.arg->type;

	if (cg->rc)
		return cg_poison(cg, to);
	if (to->kind == TYPE_ARRAY && from->kind == TYPE_ARRAY && to->size == from->size)
		return v;
	if (to->kind == TYPE_ARRAY && from->kind == TYPE_STR)
		return block_of_text(cg, v, to);
	if (to->kind == TYPE_ARRAY && type_is_word(from) && to->size <= 8)
		return block_of_word(cg, v, to);
	if (from->kind == TYPE_ARRAY && type_is_word(to) && from->size == to->size)
		return ir_word(load_bytes(cg, v.v, to->size));
	cg_fail(cg, -ENOTSUP, n, "this cast is not supported here");
	return cg_poison(cg, to);
}

/*
 * lang/codegen/cg_value.c -- shapes of values, and their serialised forms (lang/packed.h).
 *
 * A word is an i64, a string is bytes and a length, a tuple is its own serialised form.  In
 * CG_FIXED every member has a constant place; in CG_PACKED places depend on the lengths in front,
 * so offsets are computed (they fold to constants up to the first string).
 *
 * (1) A string in memory from cg_settle(), a variable or a map has all of its type's bytes; other
 *     values may be shorter.  Where two values meet in one (?:), CG_FIXED settles them.
 */
#include <errno.h>

#include "lang/codegen/cg_priv.h"

bool type_is_bytes(const struct type *t)
{
	switch (t->kind) {
	case TYPE_STR:
	case TYPE_BUF:
	case TYPE_INET:
	case TYPE_MAC:
	case TYPE_ARRAY:
	case TYPE_STRUCT:
		return true;
	default:
		return false;
	}
}

bool type_is_word(const struct type *t)
{
	return !type_is_bytes(t) && t->kind != TYPE_TUPLE;
}

static u64 round8(u64 n)
{
	return (n + 7) & ~(u64)7;
}

static u64 wide_size(enum cg_form form, const struct type *t)
{
	u64 n = 0;

	if (type_is_bytes(t))
		return form == CG_FIXED ? round8((u64)4 + t->size) : (u64)4 + t->size;
	if (type_is_word(t))
		return 8;
	for (u32 i = 0; i < t->elem_cnt; i++)
		n += wide_size(form, t->members[i]);
	return n;
}

/* What is too large for any place stays so, and can be added to. */
static u32 form_size(enum cg_form form, const struct type *t)
{
	u64 n = wide_size(form, t);

	return n > TYPE_BYTES_MAX ? TYPE_BYTES_MAX : (u32)n;
}

u32 cg_max_size(const struct cg *cg, const struct type *t)
{
	return form_size(cg->target->form, t);
}

u32 cg_packed_max(const struct type *t)
{
	return form_size(CG_PACKED, t);
}

/* Bytes of the serialised form of the zero value. */
static u32 zero_size(enum cg_form form, const struct type *t)
{
	u32 n = 0;

	if (form == CG_FIXED)
		return form_size(form, t);
	if (type_is_bytes(t))
		return 4;
	if (type_is_word(t))
		return 8;
	for (u32 i = 0; i < t->elem_cnt; i++)
		n += zero_size(form, t->members[i]);
	return n;
}

static struct cg_val empty_bytes(struct cg *cg)
{
	return (struct cg_val){ .v = cg->target->literal(cg, STR("")), .len = ir_i32(cg, 0) };
}

/* Zero @n bytes (constant) at @p. */
static void put_zeros(struct cg *cg, LLVMValueRef p, u32 n)
{
	u32 i = 0;

	if (cg->target->form == CG_FIXED) {
		cg->target->copy(cg, p, n, empty_bytes(cg));
		return;
	}
	for (; i + 4 <= n; i += 4)
		ir_store_un(cg, ir_i32(cg, 0), ir_off(cg, p, i));
}

static bool has_block(const struct type *t)
{
	if (t->kind != TYPE_TUPLE)
		return type_is_block(t);
	for (u32 i = 0; i < t->elem_cnt; i++) {
		if (has_block(t->members[i]))
			return true;
	}
	return false;
}

/* A tuple whose zero value is not all zeros: a struct in it has its length in front. */
static struct cg_val zero_tuple(struct cg *cg, const struct type *t)
{
	struct cg_pack k = { cg->target->form, NULL, ir_i32(cg, 0), cg_max_size(cg, t) };

	k.p = cg_scratch(cg, k.cap);
	for (u32 i = 0; i < t->elem_cnt && !cg->rc; i++)
		cg_pack_put(cg, &k, cg_zero(cg, t->members[i]), t->members[i]);
	return (struct cg_val){ .v = k.p, .len = k.off, .cap = k.cap };
}

struct cg_val cg_zero(struct cg *cg, const struct type *t)
{
	struct cg_val v = { 0 };
	u32 n;

	if (!t || type_is_word(t))
		return ir_word(ir_i64(cg, 0));
	if (has_block(t))
		return type_is_block(t) ? cg_zero_block(cg, t) : zero_tuple(cg, t);
	if (type_is_bytes(t) && cg->target->form == CG_PACKED)
		return empty_bytes(cg);
	n = type_is_bytes(t) ? t->size : zero_size(cg->target->form, t);
	v.v = cg_scratch(cg, n);
	put_zeros(cg, v.v, n);
	v.len = ir_i32(cg, type_is_bytes(t) ? 0 : n);
	v.cap = n;
	return v;
}

struct cg_val cg_cut(struct cg *cg, struct cg_val v, u32 cap)
{
	if (v.cap && v.cap <= cap)
		return v;
	v.len = ir_umin(cg, v.len, ir_i32(cg, cap));
	if (!v.cap || v.cap > cap)
		v.cap = cap;
	return v;
}

LLVMValueRef cg_truth(struct cg *cg, struct cg_val v)
{
	return ir_bool(cg, v.len ? v.len : v.v);
}

/* ---- tuples ---- */

/* Which member of @from is the @i-th of @to: records go by names.  -1: none. */
static int member_like(const struct type *from, const struct type *to, u32 i)
{
	if (from->names && to->names)
		return type_member(from, to->names[i]);
	return i < from->elem_cnt ? (int)i : -1;
}

static bool same_layout(const struct type *a, const struct type *b)
{
	if (a == b)
		return true;
	if (type_is_bytes(a) && type_is_bytes(b))
		return a->size == b->size;
	if (type_is_word(a) && type_is_word(b))
		return a->kind == b->kind && a->size == b->size && a->is_signed == b->is_signed;
	if (a->kind != TYPE_TUPLE || b->kind != TYPE_TUPLE || a->elem_cnt != b->elem_cnt)
		return false;
	for (u32 i = 0; i < a->elem_cnt; i++) {
		if (member_like(a, b, i) != (int)i || !same_layout(a->members[i], b->members[i]))
			return false;
	}
	return true;
}

/* Bytes that one serialised value of @t takes at @p.  i32 */
static LLVMValueRef size_at(struct cg *cg, LLVMValueRef p, const struct type *t)
{
	LLVMValueRef off = ir_i32(cg, 0);

	if (type_is_word(t) || cg->target->form == CG_FIXED)
		return ir_i32(cg, form_size(cg->target->form, t));
	if (type_is_bytes(t))
		return LLVMBuildAdd(cg->b, ir_load_un(cg, cg->i32, p), ir_i32(cg, 4), "");
	for (u32 i = 0; i < t->elem_cnt; i++)
		off = LLVMBuildAdd(cg->b, off, size_at(cg, ir_at(cg, p, off), t->members[i]), "");
	return off;
}

struct cg_val cg_deserialise(struct cg *cg, LLVMValueRef p, LLVMValueRef len, const struct type *t)
{
	struct cg_val v = { 0 };

	if (type_is_word(t))
		return ir_word(ir_load_un(cg, cg->i64, p));
	if (type_is_bytes(t)) {
		v.v = ir_off(cg, p, 4);
		v.len = ir_load_un(cg, cg->i32, p);
		if (type_is_block(t))
			return cg_block(cg, v, t);
		v.len = ir_umin(cg, v.len, ir_i32(cg, t->size));
		v.cap = t->size;
		return v;
	}
	v.v = p;
	v.len = len ? len : size_at(cg, p, t);
	v.cap = cg_max_size(cg, t);
	return v;
}

static struct cg_val member_as(struct cg *cg, struct cg_val tuple, const struct type *t, u32 n,
			       const struct type *as)
{
	LLVMValueRef p = tuple.v;

	for (u32 i = 0; i < n; i++)
		p = ir_at(cg, p, size_at(cg, p, t->members[i]));
	return cg_deserialise(cg, p, NULL, as);
}

struct cg_val cg_member(struct cg *cg, struct cg_val tuple, const struct type *t, u32 n)
{
	return member_as(cg, tuple, t, n, t->members[n]);
}

static void put_bytes(struct cg *cg, struct cg_pack *k, struct cg_val v, const struct type *t)
{
	LLVMValueRef p = ir_at(cg, k->p, k->off);

	v = cg_cut(cg, v, t->size);
	ir_store_un(cg, v.len, p);
	if (k->form == CG_FIXED) {
		u32 size = form_size(CG_FIXED, t);

		cg->target->copy(cg, ir_off(cg, p, 4), size - 4, v);
		k->off = LLVMBuildAdd(cg->b, k->off, ir_i32(cg, size), "");
		return;
	}
	cg->target->copy(cg, ir_off(cg, p, 4), t->size, v);
	k->off = LLVMBuildAdd(cg->b, k->off, LLVMBuildAdd(cg->b, v.len, ir_i32(cg, 4), ""), "");
}

void cg_pack_put(struct cg *cg, struct cg_pack *k, struct cg_val v, const struct type *t)
{
	if (type_is_bytes(t)) {
		put_bytes(cg, k, v, t);
		return;
	}
	if (type_is_word(t)) {
		if (t->kind == TYPE_FLOAT)
			v.v = cg_float_stored(cg, v.v);
		ir_store_un(cg, v.v, ir_at(cg, k->p, k->off));
		k->off = LLVMBuildAdd(cg->b, k->off, ir_i32(cg, 8), "");
		return;
	}
	cg->target->copy(cg, ir_at(cg, k->p, k->off), form_size(k->form, t), v);
	k->off = LLVMBuildAdd(cg->b, k->off, v.len, "");
}

static struct cg_pack new_pack(struct cg *cg, const struct type *t)
{
	u32 cap = cg_max_size(cg, t);

	return (struct cg_pack){ cg->target->form, cg_scratch(cg, cap), ir_i32(cg, 0), cap };
}

static struct cg_val pack_value(const struct cg_pack *k)
{
	return (struct cg_val){ .v = k->p, .len = k->off, .cap = k->cap };
}

struct cg_val cg_serialise(struct cg *cg, struct cg_val v, const struct type *t)
{
	struct cg_pack k;

	if (t->kind == TYPE_TUPLE)
		return v;
	k = new_pack(cg, t);
	cg_pack_put(cg, &k, v, t);
	return pack_value(&k);
}

/* A tape's text of a type does not say how large a struct is; the script's own type does. */
static const struct type *laid_out(const struct type *from, const struct type *to)
{
	return type_is_block(from) && type_is_block(to) ? to : from;
}

static struct cg_val relayout(struct cg *cg, struct cg_val v, const struct type *from,
			      const struct type *to)
{
	struct cg_pack k = new_pack(cg, to);

	for (u32 i = 0; i < to->elem_cnt; i++) {
		int n = member_like(from, to, i);
		const struct type *ft;
		struct cg_val m;

		if (n < 0) {
			cg_fail(cg, -EINVAL, NULL, "a tuple does not fit its place");
			break;
		}
		ft = laid_out(from->members[n], to->members[i]);
		m = member_as(cg, v, from, (u32)n, ft);
		cg_pack_put(cg, &k, cg_coerce(cg, m, ft, to->members[i]), to->members[i]);
	}
	return pack_value(&k);
}

struct cg_val cg_coerce(struct cg *cg, struct cg_val v, const struct type *from,
			const struct type *to)
{
	LLVMValueRef err = v.err;

	if (!to || (v.len == NULL) != type_is_word(to)) {
		if (to)
			cg_fail(cg, -ENOTSUP, NULL, "a value of this type is not supported here");
		return v;
	}
	if (type_is_word(to))
		v.v = ir_normalise(cg, cg_float_coerce(cg, v.v, from, to), to);
	else if (type_is_bytes(to))
		v = cg_cut(cg, v, to->size);
	else if (from && !same_layout(from, to))
		v = relayout(cg, v, from, to);
	v.err = err;
	return v;
}

struct cg_val cg_settle(struct cg *cg, struct cg_val v, const struct type *t)
{
	struct cg_val s = v;

	if (type_is_word(t))
		return v;
	s.cap = type_is_bytes(t) ? t->size : cg_max_size(cg, t);
	s.v = cg_scratch(cg, s.cap);
	cg->target->copy(cg, s.v, s.cap, v);
	return s;
}

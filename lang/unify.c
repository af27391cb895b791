/*
 * lang/unify.c -- how types go together: literals, growth of maps and variables, results of
 * arithmetic.
 *
 * 0.27: a literal has the smallest signed type that holds it and adapts to unsigned numbers it
 * fits; maps and variables get the smallest type that holds all that is assigned to them;
 * arithmetic gives 64 bits, unsigned only if both sides are. 0.17: a literal is int64; a map or
 * variable keeps the type of its first assignment; arithmetic gives 64 bits, signed only if both
 * sides are.
 */
#include <string.h>

#include "lang/check_priv.h"

const struct type type_unknown = { .kind = TYPE_NONE };

/*
 * Size as a signed type; elem_cnt: bytes needed as an unsigned one, 0 if negative.  See
 * check_priv.h.
 */
static const struct type lits[] = {
	{ .kind = TYPE_INT, .size = 1, .is_signed = true, .elem_cnt = 1 }, /* up to 127 */
	{ .kind = TYPE_INT, .size = 2, .is_signed = true, .elem_cnt = 1 }, /* 128 to 255 */
	{ .kind = TYPE_INT, .size = 2, .is_signed = true, .elem_cnt = 2 },
	{ .kind = TYPE_INT, .size = 4, .is_signed = true, .elem_cnt = 2 },
	{ .kind = TYPE_INT, .size = 4, .is_signed = true, .elem_cnt = 4 },
	{ .kind = TYPE_INT, .size = 8, .is_signed = true, .elem_cnt = 4 },
	{ .kind = TYPE_INT, .size = 8, .is_signed = true, .elem_cnt = 8 },
};

bool is_lit(const struct type *t)
{
	for (size_t i = 0; i < countof(lits); i++) {
		if (t == &lits[i])
			return true;
	}
	return false;
}

static u32 unsigned_need(u64 v)
{
	return v <= UINT8_MAX ? 1 : v <= UINT16_MAX ? 2 : v <= UINT32_MAX ? 4 : 8;
}

static u32 signed_need(s64 v)
{
	if (v >= INT8_MIN && v <= INT8_MAX)
		return 1;
	if (v >= INT16_MIN && v <= INT16_MAX)
		return 2;
	return v >= INT32_MIN && v <= INT32_MAX ? 4 : 8;
}

static const struct type *lit_find(u32 size, u32 need)
{
	for (size_t i = 0; i < countof(lits); i++) {
		if (lits[i].size == size && lits[i].elem_cnt == need)
			return &lits[i];
	}
	return &lits[countof(lits) - 1];
}

const struct type *lit_type(s64 val, bool is_uns)
{
	if (is_uns && val < 0)
		return &type_u64;
	if (val < 0)
		return type_int(signed_need(val), true);
	return lit_find(signed_need(val), unsigned_need(val));
}

const struct type *lit_plain(const struct type *t)
{
	return is_lit(t) ? type_int(t->size, true) : t;
}

static u32 max_u32(u32 a, u32 b)
{
	return a > b ? a : b;
}

static const struct type *unify_width(const struct type *a, const struct type *b)
{
	u32 need;

	if (is_lit(a) && is_lit(b)) {
		if (b->size <= a->size && b->elem_cnt <= a->elem_cnt)
			return a;
		return lit_find(max_u32(a->size, b->size), max_u32(a->elem_cnt, b->elem_cnt));
	}
	if (is_lit(b) && !a->is_signed)
		return b->elem_cnt <= a->size ? a : type_int(b->elem_cnt, false);
	if (is_lit(a) && !b->is_signed)
		return a->elem_cnt <= b->size ? b : type_int(a->elem_cnt, false);
	if (a->is_signed == b->is_signed) {
		if (is_lit(a))
			return type_int(max_u32(a->size, b->size), true);
		return b->size <= a->size ? a : lit_plain(b);
	}
	/* Signs differ: the signed type that holds both, as far as there is one. */
	need = a->is_signed ? b->size * 2 : a->size * 2;
	if (need > 8)
		need = 8;
	need = max_u32(need, a->is_signed ? a->size : b->size);
	return a->is_signed && a->size >= need ? a : type_int(need, true);
}

static bool is_same_enum(const struct type *a, const struct type *b)
{
	return a->name == b->name || (a->name && b->name && !strcmp(a->name, b->name));
}

/* Constants of an enum and other numbers together are numbers. */
static const struct type *unify_int(const struct type *a, const struct type *b)
{
	const struct type *t = unify_width(a, b);

	return t->name && !is_same_enum(a, b) ? type_int(t->size, t->is_signed) : t;
}

/* Members of records go together by their names; the order is that of @a. */
static const struct type *unify_tuple(struct check *ck, const struct type *a, const struct type *b)
{
	const struct type **m;
	bool is_same = true;

	if (a->elem_cnt != b->elem_cnt || !a->names != !b->names)
		return NULL;
	m = arena_new_n(ck->a, const struct type *, a->elem_cnt + 1);
	if (!m)
		return a;
	for (u32 i = 0; i < a->elem_cnt; i++) {
		int k = a->names ? type_member(b, a->names[i]) : (int)i;

		m[i] = k < 0 ? NULL : unify(ck, a->members[i], b->members[k]);
		if (!m[i])
			return NULL;
		is_same = is_same && m[i] == a->members[i];
	}
	return is_same ? a : type_tuple_like(ck->a, a, m);
}

static const struct type *unify_ptr(struct check *ck, const struct type *a, const struct type *b)
{
	enum addr_space as = a->aspace == b->aspace ? a->aspace : ASPACE_ANY;
	const struct type *to = a->elem;

	if (a->elem && b->elem && !type_eq(a->elem, b->elem)) {
		if (a->elem->kind == TYPE_STRUCT && b->elem->kind == TYPE_STRUCT)
			return NULL;
		to = NULL;
	} else if (!a->elem || !b->elem) {
		to = NULL;
	}
	if (to == a->elem && as == a->aspace)
		return a;
	return type_ptr(ck->a, to, as);
}

static const struct type *unify_agg(struct check *ck, const struct type *a, const struct type *b)
{
	struct type *t;
	const struct type *arg;

	if (!type_same_agg(a, b))
		return NULL;
	if (a->agg == AGG_DISTINCT || !a->elem || !b->elem)
		return a;
	arg = unify(ck, a->elem, b->elem);
	if (!arg || arg == a->elem)
		return arg ? a : NULL;
	t = arena_dup(ck->a, a, sizeof(*a));
	if (!t)
		return a;
	t->elem = arg;
	t->is_signed = arg->kind == TYPE_INT && arg->is_signed;
	return t;
}

/* Kinds that go together only with themselves. */
static const struct type *unify_other(const struct type *a, const struct type *b)
{
	if (a->aspace != b->aspace || a->elem_cnt != b->elem_cnt)
		return NULL;
	if (a->time_fmt && b->time_fmt && strcmp(a->time_fmt, b->time_fmt))
		return NULL;
	if (a->name && b->name && strcmp(a->name, b->name))
		return NULL;
	return a;
}

const struct type *unify(struct check *ck, const struct type *a, const struct type *b)
{
	if (!is_known(b) || a == b)
		return a;
	if (!is_known(a))
		return b;
	if (a->kind == TYPE_FLOAT && (b->kind == TYPE_INT || b->kind == TYPE_FLOAT))
		return a;
	if (b->kind == TYPE_FLOAT && a->kind == TYPE_INT)
		return &type_double;
	if (a->kind == TYPE_PTR && b->kind == TYPE_INT && is_lit(b))
		return a;
	if (b->kind == TYPE_PTR && a->kind == TYPE_INT && is_lit(a))
		return b;
	if (a->kind == TYPE_INT && b->kind == TYPE_BOOL && ck->o->compat == COMPAT_17)
		return a;
	if (a->kind != b->kind)
		return NULL;
	switch (a->kind) {
	case TYPE_INT:
		return ck->o->compat == COMPAT_17 ? a : unify_int(a, b);
	case TYPE_STR:
	case TYPE_BUF:
	case TYPE_INET:
		return b->size > a->size ? b : a;
	case TYPE_PTR:
		return unify_ptr(ck, a, b);
	case TYPE_TUPLE:
		return unify_tuple(ck, a, b);
	case TYPE_ARRAY:
		return type_eq(a, b) ? a : NULL;
	case TYPE_AGG:
		return unify_agg(ck, a, b);
	default:
		return unify_other(a, b);
	}
}

bool grow(struct check *ck, const struct type **slot, const struct type *t)
{
	const struct type *old = *slot, *res;

	if (!is_known(t))
		return true;
	res = old ? unify(ck, old, t) : t;
	if (!res)
		return false;
	if (res != old) {
		*slot = res;
		ck->is_changed = true;
	}
	return true;
}

bool is_unsigned(const struct type *t)
{
	if (t->kind != TYPE_INT)
		return true;
	return !t->is_signed || is_lit(t);
}

/* Both sides plain literals that were not folded: signed. */
static bool both_unsigned(struct check *ck, const struct type *l, const struct type *r)
{
	if (ck->o->compat == COMPAT_17)
		return (l->kind != TYPE_INT || !l->is_signed) ||
		       (r->kind != TYPE_INT || !r->is_signed);
	if (is_lit(l) && is_lit(r))
		return false;
	return is_unsigned(l) && is_unsigned(r);
}

const struct type *arith_type(struct check *ck, enum op op, const struct type *l,
			      const struct type *r, bool *ret_signed)
{
	bool uns = both_unsigned(ck, l, r);

	/* The sign of a shift is that of the value shifted. */
	if (op == OP_SHL || op == OP_SHR)
		uns = l->kind != TYPE_INT || (!l->is_signed && !is_lit(l));
	*ret_signed = !uns;
	/* bpftrace 0.17 divides and shifts unsigned, whatever the types. */
	if (ck->o->compat == COMPAT_17 && (op == OP_DIV || op == OP_MOD || op == OP_SHR))
		*ret_signed = false;
	if (op == OP_SUB && ck->o->compat == COMPAT_27)
		return &type_s64;
	return uns ? &type_u64 : &type_s64;
}

bool compares_signed(struct check *ck, const struct type *l, const struct type *r)
{
	return !both_unsigned(ck, l, r);
}

const struct type *bool_type(const struct check *ck)
{
	return ck->o->compat == COMPAT_17 ? &type_s64 : &type_bool;
}

const struct type *truth_type(const struct check *ck, bool is_uns)
{
	return ck->o->compat == COMPAT_17 && is_uns ? &type_u64 : bool_type(ck);
}

const struct type *agg_number(const struct check *ck, const struct type *agg)
{
	if (type_is_float_agg(agg) && agg->agg <= AGG_AVG)
		return &type_double;
	switch (agg->agg) {
	case AGG_COUNT:
		return ck->o->compat == COMPAT_17 ? &type_s64 : &type_u64;
	case AGG_DISTINCT:
		return &type_u64;
	case AGG_SUM:
	case AGG_MIN:
	case AGG_MAX:
	case AGG_AVG:
		return agg->is_signed ? &type_s64 : &type_u64;
	default:
		return NULL;
	}
}

/*
 * Each member passed here before, so measuring is quick, though tuples of variables double:
 * $b = ($a, $a).
 */
const struct type *tuple_type(struct check *ck, struct span sp, const struct type *const *m, u32 n)
{
	const struct type *t;

	if (!type_tuple_fits(m, n)) {
		ck_error(ck, sp,
			 "too large: a tuple has at most %d members, %d levels and %d values "
			 "in all",
			 TYPE_MEMBERS_MAX, TYPE_NEST_MAX, TUPLE_VALUES_MAX);
		return &type_unknown;
	}
	t = type_tuple(ck->a, m, n);
	return t ? t : &type_unknown;
}

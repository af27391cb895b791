/*
 * lang/check_op.c -- types of operators, members and casts.
 */
#include <string.h>

#include "lang/check_priv.h"

static const struct type *bad_operand(struct check *ck, const struct node *n, enum op op,
				      const struct type *t)
{
	ck_error(ck, n->span, "%s does not work on %s", op_text(op), ck_type_text(ck, t));
	return &type_unknown;
}

static const struct type *check_deref(struct check *ck, struct node *n, const struct type *t)
{
	/* an address as kaddr() gives it */
	if (t->kind == TYPE_INT && t->size == 8 && !t->is_signed && !is_lit(t))
		return &type_u64;
	if (t->kind != TYPE_PTR) {
		ck_hint(ck, ck_error(ck, n->span, "* needs a pointer, not %s", ck_type_text(ck, t)),
			"cast it: *(uint32 *)x");
		return &type_unknown;
	}
	if (!t->elem) {
		ck_hint(ck, ck_error(ck, n->span, "a void pointer cannot be read"),
			"cast it: *(uint32 *)x");
		return &type_unknown;
	}
	return t->elem;
}

static const struct type *check_address(struct check *ck, const struct node *n)
{
	const struct node *arg = n->unary.arg;
	struct diag *g;

	if (arg->kind == NODE_VAR)
		g = ck_error(ck, n->span,
			     "a variable has no address: it has a copy in the kernel and one in "
			     "the analyzer");
	else
		g = ck_error(ck, n->span, "& takes a variable, not %s",
			     source_quote(ck, arg->span));
	ck_hint(ck, g, "*&$x is $x; a kernel symbol's address is kaddr(\"name\")");
	return &type_unknown;
}

const struct type *check_unary(struct check *ck, struct node *n)
{
	bool is_17 = ck->o->compat == COMPAT_17;
	const struct type *t;

	if (n->unary.op == OP_NOT) {
		check_cond(ck, &n->unary.arg);
		t = n->unary.arg->type;
		/* 0.17: unsigned, whatever it was */
		return is_17 && is_known(t) && t->kind == TYPE_INT ? type_int(t->size, false) :
								     truth_type(ck, true);
	}
	t = check_value(ck, n->unary.arg);
	if (!is_known(t))
		return t;
	switch (n->unary.op) {
	case OP_DEREF:
		return check_deref(ck, n, t);
	case OP_ADDR:
		return check_address(ck, n);
	default:
		break;
	}
	if (t->kind == TYPE_FLOAT)
		return float_unary(ck, n);
	if (t->kind != TYPE_INT)
		return bad_operand(ck, n, n->unary.op, t);
	/*
	 * As in bpftrace ~x has x's width and no sign, and in 0.17 so has -x; in ours -x is what C
	 * says.
	 */
	if (t->size < 8 && (n->unary.op == OP_BNOT || (n->unary.op == OP_NEG && is_17)))
		return type_int(t->size, false);
	if (n->unary.op == OP_NEG && t->is_signed)
		return &type_s64;
	return lit_plain(t);
}

/* ++ and -- make what they work on 64 bits wide (0.27). */
const struct type *check_incdec(struct check *ck, struct node *n)
{
	struct node *arg = n->unary.arg;
	const struct type *t = check_expr(ck, arg), **slot = NULL, *wide;
	bool is_17 = ck->o->compat == COMPAT_17;

	if (arg->kind == NODE_VAR && arg->var.info)
		slot = &arg->var.info->type;
	else if (arg->kind == NODE_MAP && arg->map.info)
		slot = &arg->map.info->val;
	if (!slot)
		return &type_unknown; /* reported by the parser or by resolve_expr() */
	if (arg->kind == NODE_MAP)
		arg->map.info->is_written = true;
	if (is_known(t) && t->kind == TYPE_PTR)
		return t;
	if (is_known(t) && t->kind != TYPE_INT) {
		if (t->kind == TYPE_AGG)
			ck_not_assignable(ck, n->span, arg->map.info);
		else
			bad_operand(ck, n, n->unary.op, t);
		return &type_unknown;
	}
	wide = is_known(t) && !t->is_signed ? &type_u64 : &type_s64;
	if (!is_17 || !*slot) {
		if (!(arg->kind == NODE_VAR && arg->var.info->is_declared))
			grow(ck, slot, wide);
		return arg->type = *slot ? lit_plain(*slot) : wide;
	}
	return t;
}

/* ---- binary ---- */

static const struct type *mismatch(struct check *ck, struct node *n, const struct type *l,
				   const struct type *r)
{
	ck_error(ck, n->span, "%s does not work between %s and %s", op_text(n->binary.op),
		 ck_type_text(ck, l), ck_type_text(ck, r));
	return &type_unknown;
}

static bool is_ordering(enum op op)
{
	return op >= OP_LT && op <= OP_GE;
}

static const struct type *check_compare(struct check *ck, struct node *n, const struct type *l,
					const struct type *r)
{
	const struct type *both;

	if (type_is_num(l) && type_is_num(r)) {
		n->binary.is_signed = compares_signed(ck, l, r);
		return truth_type(ck, !n->binary.is_signed);
	}
	both = l->kind == r->kind ? unify(ck, l, r) : NULL;
	if (!both)
		return mismatch(ck, n, l, r);
	n->binary.as = both->kind == TYPE_TUPLE ? both : NULL;
	if (is_ordering(n->binary.op) && l->kind != TYPE_STR)
		return mismatch(ck, n, l, r);
	return truth_type(ck, true);
}

/* Pointers move by elements, as in C. */
static const struct type *check_pointer_math(struct check *ck, struct node *n, const struct type *l,
					     const struct type *r)
{
	enum op op = n->binary.op;

	if (op == OP_ADD && l->kind == TYPE_PTR && r->kind == TYPE_INT)
		return l;
	if (op == OP_ADD && r->kind == TYPE_PTR && l->kind == TYPE_INT)
		return r;
	if (op == OP_SUB && l->kind == TYPE_PTR && r->kind == TYPE_INT)
		return l;
	if (op == OP_SUB && l->kind == TYPE_PTR && r->kind == TYPE_PTR)
		return &type_s64;
	if (op == OP_AND || op == OP_OR || op == OP_XOR || op == OP_SHR || op == OP_MOD)
		return &type_u64;
	return mismatch(ck, n, l, r);
}

static void warn_zero(struct check *ck, const struct node *n)
{
	const struct node *r = n->binary.r;

	if ((n->binary.op == OP_DIV || n->binary.op == OP_MOD) && r->kind == NODE_INT &&
	    !r->integer.val)
		ck_warn_zero(ck, n->span, n->binary.op);
}

const struct type *check_binary(struct check *ck, struct node *n)
{
	const struct type *l = check_value(ck, n->binary.l), *r = check_value(ck, n->binary.r);
	enum op op = n->binary.op;

	if (is_known(l) && is_known(r) && takes_float(l, r))
		return float_binary(ck, n);
	if (op >= OP_EQ && op <= OP_GE) {
		if (!is_known(l) || !is_known(r))
			return bool_type(ck);
		return check_compare(ck, n, l, r);
	}
	if (!is_known(l) || !is_known(r))
		return &type_unknown;
	if (!type_is_num(l) || !type_is_num(r))
		return mismatch(ck, n, l, r);
	if (l->kind == TYPE_PTR || r->kind == TYPE_PTR)
		return check_pointer_math(ck, n, l, r);
	warn_zero(ck, n);
	return arith_type(ck, op, l, r, &n->binary.is_signed);
}

/* ---- members ---- */

static const struct type *field_type(struct check *ck, const struct field *f)
{
	struct type *t;

	/* A string whose length is known at the firing only. */
	if (f->type->kind != TYPE_STR || f->type->size)
		return f->type;
	t = arena_dup(ck->a, f->type, sizeof(*t));
	if (!t)
		return f->type;
	t->size = str_room(ck);
	return t;
}

static const struct type *no_such_field(struct check *ck, const struct node *n,
					const struct type *rec, const char *of)
{
	struct str_nearest near;
	struct diag *g;

	str_nearest_init(&near, n->field.name);
	for (u32 i = 0; i < rec->field_cnt; i++) {
		if (rec->fields[i].name)
			str_nearest_offer(&near, rec->fields[i].name);
	}
	g = ck_error(ck, n->span, "%s has no field %s", of, n->field.name);
	if (near.n || !rec->field_cnt || !rec->fields[0].name)
		ck_hint_near(ck, g, &near);
	else
		ck_hint_fields(ck, g, rec);
	return &type_unknown;
}

static const struct type *args_member(struct check *ck, struct node *n)
{
	const struct type *rec = ck->in->args;
	const struct probe *p = ck->in->probes[0];

	if (!rec) {
		ck_error(ck, n->span, "%s has no args", p->name);
		return n->field.base->type = &type_unknown;
	}
	n->field.base->type = rec;
	n->field.f = type_field(rec, n->field.name);
	if (!n->field.f)
		return no_such_field(ck, n, rec, p->name);
	return field_type(ck, n->field.f);
}

/* A record's member: not a field of memory, so n->field.f stays NULL. */
static const struct type *record_member(struct check *ck, struct node *n, const struct type *t)
{
	int i = type_member(t, n->field.name);
	struct str_nearest near;
	struct diag *g;

	if (i >= 0)
		return t->members[i];
	str_nearest_init(&near, n->field.name);
	for (u32 k = 0; k < t->elem_cnt; k++)
		str_nearest_offer(&near, t->names[k]);
	g = ck_error(ck, n->span, "the record has no member %s: it is %s", n->field.name,
		     ck_type_text(ck, t));
	ck_hint_near(ck, g, &near);
	return &type_unknown;
}

const struct type *check_field(struct check *ck, struct node *n)
{
	struct node *base = n->field.base;
	const struct type *t, *full, *whole;

	if (base->kind == NODE_BUILTIN && base->builtin.b->id == BI_ARGS)
		return args_member(ck, n);
	whole = check_expr(ck, base);
	if (!is_known(whole))
		return whole;
	if (whole->kind == TYPE_TUPLE && whole->names)
		return record_member(ck, n, whole);
	t = whole->kind == TYPE_PTR && whole->elem ? whole->elem : whole;
	if (t->kind != TYPE_STRUCT) {
		ck_error(ck, n->span, "%s has no members: it is %s", source_quote(ck, base->span),
			 ck_type_text(ck, whole));
		return &type_unknown;
	}
	full = struct_full(ck, t);
	if (!full) {
		ck_hint(ck,
			ck_error(ck, n->span, "the members of %s are not known",
				 ck_type_text(ck, t)),
			"types come from the kernel's BTF");
		return &type_unknown;
	}
	n->field.f = type_field(full, n->field.name);
	return n->field.f ? field_type(ck, n->field.f) :
			    no_such_field(ck, n, full, ck_type_text(ck, t));
}

/* $t[1] is $t.1 */
static const struct type *tuple_element(struct check *ck, const struct node *n,
					const struct type *t)
{
	const struct node *idx = n->index.idx;

	if (idx->kind != NODE_INT) {
		ck_error(ck, n->span, "the index into a tuple must be a number written out here");
		return &type_unknown;
	}
	if (idx->integer.val < 0 || idx->integer.val >= t->elem_cnt) {
		ck_error(ck, n->span, "[%lld] is beyond the end: the tuple has %u members",
			 (long long)idx->integer.val, t->elem_cnt);
		return &type_unknown;
	}
	return t->members[idx->integer.val];
}

const struct type *check_index(struct check *ck, struct node *n)
{
	const struct type *t = check_expr(ck, n->index.base);
	const struct node *idx = n->index.idx;

	check_int(ck, n->index.idx, "an index");
	if (!is_known(t))
		return t;
	if (t->kind == TYPE_PTR)
		return check_deref(ck, n, t);
	if (t->kind == TYPE_ARRAY) {
		if (t->elem_cnt && idx->kind == NODE_INT &&
		    (idx->integer.val < 0 || idx->integer.val >= t->elem_cnt))
			ck_error(ck, n->span, "the index is outside the array of %u elements",
				 t->elem_cnt);
		return t->elem;
	}
	if (t->kind == TYPE_STR)
		return &type_s8;
	if (t->kind == TYPE_TUPLE && !t->names)
		return tuple_element(ck, n, t);
	ck_error(ck, n->span, "%s is %s and has no elements", source_quote(ck, n->index.base->span),
		 ck_type_text(ck, t));
	return &type_unknown;
}

const struct type *check_member(struct check *ck, struct node *n)
{
	const struct type *t = check_expr(ck, n->member.base);

	if (!is_known(t))
		return t;
	if (t->kind != TYPE_TUPLE) {
		ck_error(ck, n->span, ".%u needs a tuple, not %s", n->member.n,
			 ck_type_text(ck, t));
		return &type_unknown;
	}
	if (n->member.n >= t->elem_cnt) {
		ck_error(ck, n->span, ".%u is beyond the end: the tuple has %u members",
			 n->member.n, t->elem_cnt);
		return &type_unknown;
	}
	return t->members[n->member.n];
}

/* A pointer made of a number points where the probe's arguments point. */
static enum addr_space cast_aspace(struct check *ck, const struct type *from)
{
	if (from->kind == TYPE_PTR)
		return from->aspace;
	switch (ck->in->probes[0]->kind) {
	case PROBE_UPROBE:
	case PROBE_URETPROBE:
	case PROBE_USDT:
		return ASPACE_USER;
	case PROBE_KPROBE:
	case PROBE_KRETPROBE:
	case PROBE_FENTRY:
	case PROBE_FEXIT:
	case PROBE_RAWTRACEPOINT:
		return ASPACE_KERNEL;
	default:
		return ASPACE_ANY;
	}
}

/* bpftrace 0.27 knows at once that (enum color)99 is none of them. */
static void check_enum_value(struct check *ck, const struct node *n, const struct type *to)
{
	const struct type *full = ck->o->compat == COMPAT_17 ? to : enum_full(ck, to);

	if (full->enum_cnt && n->cast.arg->kind == NODE_INT &&
	    !type_enum_name(full, n->cast.arg->integer.val))
		ck_error(ck, n->span, "%s has no constant with the value %lld", to->name,
			 (long long)n->cast.arg->integer.val);
}

const struct type *check_cast(struct check *ck, struct node *n)
{
	const struct type *to = type_from_name(ck, &n->cast.tn),
			  *from = check_value(ck, n->cast.arg);

	if (!is_known(to) || !is_known(from))
		return to;
	if (to->kind == TYPE_ARRAY || from->kind == TYPE_ARRAY)
		return check_array_cast(ck, n, from, to);
	if (to->kind == TYPE_STRUCT) {
		ck_hint(ck,
			ck_error(ck, n->span, "a cast to %s is not supported yet",
				 ck_type_text(ck, to)),
			"cast to a pointer and read it");
		return &type_unknown;
	}
	if (float_cast(ck, n, to, from))
		return to;
	if (to->kind == from->kind && (to->kind == TYPE_STR || to->kind == TYPE_TUPLE))
		return to;
	if (!type_is_num(to) || !type_is_num(from)) {
		ck_error(ck, n->span, "%s cannot be cast to %s", ck_type_text(ck, from),
			 ck_type_text(ck, to));
		return &type_unknown;
	}
	check_enum_value(ck, n, to);
	return to->kind == TYPE_PTR ? type_ptr(ck->a, to->elem, cast_aspace(ck, from)) : to;
}

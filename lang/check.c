/*
 * lang/check.c -- types of expressions: names, maps, variables, members, casts.
 *
 * check_expr() gives every node below @n its type.  It runs several times over the same tree
 * (check_priv.h), so it keeps nothing but types, and rewrites a node only into one that means the
 * same.
 */
#include <string.h>

#include "lang/check_priv.h"

static const struct type *check_string(struct check *ck, struct node *n)
{
	if (n->text.s.len > ck->prog->max_strlen)
		ck_hint(ck,
			ck_error(ck, n->span,
				 "the string has %zu bytes, more than max_strlen allows (%u)",
				 n->text.s.len, ck->prog->max_strlen),
			"config = { max_strlen = N }");
	return n->type && n->type->kind == TYPE_STR ? n->type : type_str(ck->a, n->text.s.len);
}

static const struct type *check_var(const struct node *n)
{
	const struct var_info *v = n->var.info;

	return v && v->type ? lit_plain(v->type) : &type_unknown;
}

/* ---- maps ---- */

static const char *key_text(struct check *ck, const struct type *key)
{
	return key ? ck_type_text(ck, key) : "no key";
}

static bool can_be_key(const struct type *t)
{
	switch (t->kind) {
	case TYPE_NONE:
	case TYPE_AGG:
		return false;
	default:
		return true;
	}
}

static const struct type *key_type(struct check *ck, struct node *key)
{
	const struct type *t = check_value(ck, key);

	if (is_known(t) && !can_be_key(t)) {
		ck_error(ck, key->span, "a value of type %s cannot be a key", ck_type_text(ck, t));
		return &type_unknown;
	}
	return t;
}

/* @m[k] fits the keys that @m has elsewhere. */
void check_map_key(struct check *ck, struct node *n)
{
	struct map_info *m = n->map.info;
	const struct type *key = n->map.key ? key_type(ck, n->map.key) : NULL;
	struct map_keys *k;

	if (!m)
		return;
	k = vec_get(&ck->keys, struct map_keys, m->idx);
	if (!key) {
		if (k->has_key)
			ck_error(ck, n->span, "%s needs a key here: its keys are %s", m->name,
				 key_text(ck, m->key));
		k->is_scalar = true;
		return;
	}
	if (k->is_scalar && !k->has_key) {
		ck_error(ck, n->span, "%s has no keys elsewhere", m->name);
		return;
	}
	k->has_key = true;
	if (!grow(ck, &m->key, key))
		ck_error(ck, n->map.key->span, "%s has keys of type %s, this one is %s", m->name,
			 key_text(ck, m->key), key_text(ck, key));
}

static const struct type *check_map(struct check *ck, struct node *n)
{
	const struct map_info *m = n->map.info;

	check_map_key(ck, n);
	if (!m)
		return &type_unknown;
	if (!m->is_written && !ck->is_partial)
		ck_hint_maps(ck,
			     ck_warn(ck, n->span, "%s is never assigned; it is 0 here", m->name),
			     m->name);
	return m->val ? lit_plain(m->val) : &type_unknown;
}

/* ---- operators with a type of their own ---- */

static const struct type *check_ternary(struct check *ck, struct node *n)
{
	const struct type *l, *r, *t;

	if (n->branch.cond->kind == NODE_COMPTIME)
		return check_comptime_ternary(ck, n);
	if (n->branch.then)
		check_cond(ck, &n->branch.cond);
	else
		check_value(ck, n->branch.cond);
	l = n->branch.then ? check_value(ck, n->branch.then) : n->branch.cond->type;
	r = check_value(ck, n->branch.els);
	if (!is_known(l) || !is_known(r))
		return is_known(l) ? l : r;
	t = unify(ck, l, r);
	if (!t) {
		ck_error(ck, n->span, "the two sides of ?: do not go together: %s and %s",
			 ck_type_text(ck, l), ck_type_text(ck, r));
		return &type_unknown;
	}
	return t;
}

static const struct type *check_tuple(struct check *ck, struct node *n)
{
	const struct type **m = arena_new_n(ck->a, const struct type *, n->list.cnt + 1);
	const struct type *t;
	bool known = true;
	u32 i = 0;

	if (!m)
		return &type_unknown;
	for (struct node *it = n->list.items; it && i < n->list.cnt; it = it->next) {
		m[i] = check_value(ck, it);
		known = known && is_known(m[i]);
		if (is_known(m[i]) && !can_be_key(m[i])) {
			ck_error(ck, it->span, "a value of type %s cannot be in a tuple",
				 ck_type_text(ck, m[i]));
			known = false;
		}
		i++;
	}
	if (!known)
		return &type_unknown;
	t = tuple_type(ck, n->span, m, n->list.cnt);
	if (is_known(t) && n->list.names)
		((struct type *)t)->names = n->list.names;	/* made just now */
	return t;
}

static const struct type *check_logic(struct check *ck, struct node *n)
{
	check_cond(ck, &n->binary.l);
	check_cond(ck, &n->binary.r);
	return truth_type(ck, !compares_signed(ck, n->binary.l->type, n->binary.r->type));
}

static const struct type *check_int_literal(struct check *ck, const struct node *n)
{
	if (n->type)
		return n->type; /* an enum constant */
	return ck->o->compat == COMPAT_17 ? &type_s64 :
					    lit_type(n->integer.val, n->integer.is_unsigned);
}

static const struct type *type_of(struct check *ck, struct node *n)
{
	switch (n->kind) {
	case NODE_INT:
		return check_int_literal(ck, n);
	case NODE_FLOAT:
		return &type_double;
	case NODE_BOOL:
		return bool_type(ck);
	case NODE_STR:
		return check_string(ck, n);
	case NODE_IDENT:	/* a column; other names are something else by now */
		return n->type ? n->type : &type_unknown;
	case NODE_BUILTIN:
		return check_builtin(ck, n);
	case NODE_VAR:
		return check_var(n);
	case NODE_MAP:
		return check_map(ck, n);
	case NODE_CALL:
		return check_call(ck, n);
	case NODE_FIELD:
		return check_field(ck, n);
	case NODE_INDEX:
		return check_index(ck, n);
	case NODE_MEMBER:
		return check_member(ck, n);
	case NODE_UNARY:
		return check_unary(ck, n);
	case NODE_INCDEC:
		return check_incdec(ck, n);
	case NODE_BINARY:
		return check_binary(ck, n);
	case NODE_LOGIC:
		return check_logic(ck, n);
	case NODE_TERNARY:
		return check_ternary(ck, n);
	case NODE_CAST:
		return check_cast(ck, n);
	case NODE_SIZEOF:
		return check_sizeof(ck, n);
	case NODE_OFFSETOF:
		return check_offsetof(ck, n);
	case NODE_COMPTIME:
		return check_comptime(ck, n);
	case NODE_TUPLE:
		return check_tuple(ck, n);
	default:
		return &type_unknown;
	}
}

const struct type *check_expr(struct check *ck, struct node *n)
{
	const struct type *t = type_of(ck, n);

	if (!t) /* no memory: program_compile() says so at the end */
		t = &type_unknown;
	n->type = t;
	return t;
}

const struct type *check_value(struct check *ck, struct node *n)
{
	const struct type *t = check_expr(ck, n), *num;

	if (!is_known(t))
		return t;
	if (t->kind == TYPE_AGG) {
		num = agg_number(ck, t);
		if (!num)
			ck_hint(ck,
				ck_error(ck, n->span, "%s holds %s() and has no single value",
					 n->map.name, agg_name(t)),
				"print(%s) prints it", n->map.name);
		return n->type = num ? num : &type_unknown;
	}
	if (t->kind == TYPE_STRUCT || t->kind == TYPE_ARRAY)
		return n->type = type_whole(ck, n->span, t);
	if (t->kind == TYPE_NONE) {
		ck_error(ck, n->span, "%s gives no value",
			 n->kind == NODE_CALL ? arena_printf(ck->a, "%s()", n->call.name) : "this");
		return n->type = &type_unknown;
	}
	return t;
}

const struct type *check_int(struct check *ck, struct node *n, const char *what)
{
	const struct type *t = check_value(ck, n);

	if (is_known(t) && !type_is_num(t)) {
		ck_error(ck, n->span, "%s must be a number, not %s", what, ck_type_text(ck, t));
		return &type_unknown;
	}
	return t;
}

/* A string counts as true if it is not empty: s becomes s != "". */
void check_cond(struct check *ck, struct node **np)
{
	struct node *n = *np, *cmp, *empty;
	const struct type *t = check_value(ck, n);
	struct diag *g;

	if (!is_known(t) || type_is_num(t))
		return;
	if (t->kind != TYPE_STR) {
		g = ck_error(ck, n->span, "a condition must be a number or a string, not %s",
			     ck_type_text(ck, t));
		if (t->kind == TYPE_FLOAT)
			ck_hint(ck, g, "compare it: x != 0");
		return;
	}
	cmp = node_new(ck->a, NODE_BINARY, n->span);
	empty = node_new(ck->a, NODE_STR, n->span);
	if (!cmp || !empty)
		return;
	empty->text.s = str_of("");
	cmp->next = n->next;
	n->next = NULL;
	cmp->binary.op = OP_NE;
	cmp->binary.l = n;
	cmp->binary.r = empty;
	*np = cmp;
	check_expr(ck, cmp);
}

/*
 * lang/typename.c -- types as scripts write them, and structs by name.
 */
#include <string.h>

#include "lang/check_priv.h"

static const struct {
	const char *name;
	u32 size;
	bool is_signed;
} int_names[] = {
	{ "int8", 1, true },
	{ "int16", 2, true },
	{ "int32", 4, true },
	{ "int64", 8, true },
	{ "uint8", 1, false },
	{ "uint16", 2, false },
	{ "uint32", 4, false },
	{ "uint64", 8, false },
	{ "int8_t", 1, true },
	{ "int16_t", 2, true },
	{ "int32_t", 4, true },
	{ "int64_t", 8, true },
	{ "uint8_t", 1, false },
	{ "uint16_t", 2, false },
	{ "uint32_t", 4, false },
	{ "uint64_t", 8, false },
	{ "s8", 1, true },
	{ "s16", 2, true },
	{ "s32", 4, true },
	{ "s64", 8, true },
	{ "u8", 1, false },
	{ "u16", 2, false },
	{ "u32", 4, false },
	{ "u64", 8, false },
	{ "__s8", 1, true },
	{ "__s16", 2, true },
	{ "__s32", 4, true },
	{ "__s64", 8, true },
	{ "__u8", 1, false },
	{ "__u16", 2, false },
	{ "__u32", 4, false },
	{ "__u64", 8, false },
	{ "__le16", 2, false },
	{ "__le32", 4, false },
	{ "__le64", 8, false },
	{ "__be16", 2, false },
	{ "__be32", 4, false },
	{ "__be64", 8, false },
	{ "char", 1, true },
	{ "signed char", 1, true },
	{ "unsigned char", 1, false },
	{ "short", 2, true },
	{ "unsigned short", 2, false },
	{ "int", 4, true },
	{ "unsigned int", 4, false },
	{ "unsigned", 4, false },
	{ "long", 8, true },
	{ "unsigned long", 8, false },
	{ "long long", 8, true },
	{ "unsigned long long", 8, false },
	{ "size_t", 8, false },
	{ "ssize_t", 8, true },
	{ "uintptr_t", 8, false },
	{ "intptr_t", 8, true },
	{ "pid_t", 4, true },
	{ "uid_t", 4, false },
	{ "gid_t", 4, false },
	{ "off_t", 8, true },
	{ "loff_t", 8, true },
	{ "dev_t", 4, false },
	{ "sector_t", 8, false },
	{ "umode_t", 2, false },
};

const struct type *type_int_word(const char *name)
{
	for (size_t i = 0; i < countof(int_names); i++) {
		if (!strcmp(name, int_names[i].name))
			return type_int(int_names[i].size, int_names[i].is_signed);
	}
	if (!strcmp(name, "bool") || !strcmp(name, "_Bool"))
		return &type_bool;
	if (!strcmp(name, "double"))
		return &type_double;
	return strcmp(name, "void") ? NULL : &type_none;
}

void type_offer_words(struct str_nearest *near)
{
	for (size_t i = 0; i < countof(int_names); i++)
		str_nearest_offer(near, int_names[i].name);
	str_nearest_offer(near, "bool");
	str_nearest_offer(near, "double");
	str_nearest_offer(near, "string");
}

const struct type *ck_find_type(struct check *ck, const char *name)
{
	return decls_find_type(&ck->decls, name);
}

/* "strftime", "count_t" ...: types that values have and no variable can be made of. */
static const struct type *named_of_values(struct check *ck, const struct type_name *tn)
{
	static const struct {
		const char *word, *text;
	} words[] = {
		{ "username_t", "username" },
		{ "macaddr_t", "macaddr" },
		{ "cgroup_path_t", "cgroup_path" },
		{ "ksym_t", "ksym" },
		{ "usym_t", "usym" },
	};

	for (size_t i = 0; i < countof(words); i++) {
		if (!strcmp(tn->base, words[i].word))
			return type_parse(ck->a, words[i].text);
	}
	return NULL;
}

static const struct type *base_type(struct check *ck, const struct type_name *tn)
{
	const struct type *t = strmap_find(&ck->decls.types, str_of(tn->base));

	if (!t)
		t = type_int_word(tn->base);
	if (!t)
		t = named_of_values(ck, tn);
	if (!t)
		t = ck_find_type(ck, tn->base);
	/* "task_struct" for "struct task_struct" */
	if (!t && !strchr(tn->base, ' '))
		t = ck_find_type(ck, arena_printf(ck->a, "struct %s", tn->base));
	if (!t && !strncmp(tn->base, "enum ", 5)) {
		t = enum_find(ck, tn->base);
		return t ? t : &type_u32;
	}
	return t;
}

static const struct type *unknown_type(struct check *ck, const struct type_name *tn)
{
	static const char *const no_vars[] = {
		"buffer", "inet",    "timestamp", "count_t",  "sum_t",	  "min_t",  "max_t",
		"avg_t",  "stats_t", "usum_t",	  "umin_t",   "umax_t",	  "uavg_t", "ustats_t",
		"hist_t", "lhist_t", "tseries_t", "kstack_t", "ustack_t", "kstack", "ustack",
	};
	struct str_nearest near;
	struct diag *g;

	for (size_t i = 0; i < countof(no_vars); i++) {
		if (strcmp(tn->base, no_vars[i]))
			continue;
		ck_hint(ck, ck_error(ck, tn->span, "%s cannot be written as a type", tn->base),
			"leave the type out: it is found from what is assigned");
		return &type_unknown;
	}
	str_nearest_init(&near, tn->base);
	type_offer_words(&near);
	decls_offer_types(&ck->decls, &near);
	g = ck_error(ck, tn->span, "unknown type %s", tn->base);
	ck_hint_near(ck, g, &near);
	return &type_unknown;
}

static const struct type *string_named(struct check *ck, const struct type_name *tn)
{
	s64 n = tn->array_len;

	if (n < 0)
		n = ck->prog->max_strlen;
	if (n < 1 || n > ck->prog->max_strlen) {
		ck_error(ck, tn->span, "a string holds 1 to %u bytes (max_strlen)",
			 ck->prog->max_strlen);
		return &type_unknown;
	}
	return type_str(ck->a, n);
}

/* The type of a value; what it is computed from is not evaluated. */
static const struct type *type_of_value(struct check *ck, struct type_name *tn)
{
	const struct type *t;

	if (tn->known)
		return tn->known;
	t = check_expr(ck, tn->of);
	if (!is_known(t))
		return t;
	if (t->kind == TYPE_AGG) {
		ck_error(ck, tn->span, "%s() is not the type of a value", agg_name(t));
		t = &type_unknown;
	}
	t = lit_plain(t);
	if (ck->is_final) {
		tn->known = t;
		tn->of = NULL;
	}
	return t;
}

static const struct type *pointers(struct check *ck, const struct type *t, u32 depth)
{
	for (u32 i = 0; t && i < depth; i++)
		t = type_ptr(ck->a, t->kind == TYPE_NONE ? NULL : t, ASPACE_ANY);
	return t;
}

static const struct type *array_named(struct check *ck, const struct type_name *tn,
				      const struct type *t)
{
	if (!t || tn->array_len < 0)
		return t;
	t = tn->array_len > 65536 ? NULL : type_array(ck->a, t, (u32)tn->array_len);
	if (!t) {
		ck_error(ck, tn->span, "an array of %lld elements is too large",
			 (long long)tn->array_len);
		return &type_unknown;
	}
	return pointers(ck, t, tn->outer_depth);
}

/* A member has to be the type of a value, and one that is kept whole. */
static const struct type *member_type(struct check *ck, const struct type_name *tuple,
				      const struct type_name *member)
{
	struct type_name tn = *member;
	const struct type *t;

	tn.span = tuple->span; /* of a macro, it is the expansion's */
	t = type_from_name(ck, &tn);
	return t->kind == TYPE_STRUCT || t->kind == TYPE_ARRAY ? type_whole(ck, tn.span, t) : t;
}

static bool member_names_fit(const struct type_name *members)
{
	for (const struct type_name *m = members; m; m = m->next) {
		if (!m->member_name != !members->member_name)
			return false;
		for (const struct type_name *k = members; m->member_name && k != m; k = k->next) {
			if (!strcmp(k->member_name, m->member_name))
				return false;
		}
	}
	return true;
}

static const struct type *tuple_named(struct check *ck, const struct type_name *tn)
{
	const struct type *m[TYPE_MEMBERS_MAX + 1] = { NULL };
	const char *names[TYPE_MEMBERS_MAX + 1] = { NULL };
	const struct type *t;
	struct type *record;
	u32 n = 0;

	for (const struct type_name *it = tn->members; it && n < countof(m); it = it->next, n++) {
		names[n] = it->member_name;
		m[n] = member_type(ck, tn, it);
		if (!is_known(m[n]))
			return &type_unknown;
	}
	t = tuple_type(ck, tn->span, m, n);
	if (!is_known(t))
		return t;
	if (!member_names_fit(tn->members)) {
		ck_error(ck, tn->span, "the members of a record have a name each, all different");
		return &type_unknown;
	}
	if (!n || !names[0])
		return t;
	record = arena_dup(ck->a, t, sizeof(*t));
	if (!record)
		return &type_unknown;
	record->names = arena_dup(ck->a, names, n * sizeof(*names));
	return record->names ? record : &type_unknown;
}

const struct type *type_from_name(struct check *ck, struct type_name *tn)
{
	const struct type *t;

	if (tn->of || tn->known)
		t = type_of_value(ck, tn);
	else if (!strcmp(tn->base, "string") && !tn->ptr_depth)
		return string_named(ck, tn);
	else if (tn->is_tuple)
		t = tuple_named(ck, tn);
	else
		t = base_type(ck, tn);
	if (!t)
		return unknown_type(ck, tn);
	if (!is_known(t))
		return t;
	if (t->kind == TYPE_NONE && !tn->ptr_depth) {
		ck_error(ck, tn->span, "void is not the type of a value");
		return &type_unknown;
	}
	t = array_named(ck, tn, pointers(ck, t, tn->ptr_depth));
	return t ? t : &type_unknown;
}

const struct type *struct_full(struct check *ck, const struct type *t)
{
	if (t->fields || !t->name)
		return t->fields ? t : NULL;
	t = ck_find_type(ck, t->name);
	return t && t->kind == TYPE_STRUCT && t->fields ? t : NULL;
}

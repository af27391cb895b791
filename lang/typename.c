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

static const struct type *base_type(struct check *ck, const struct type_name *tn)
{
	const struct type *t;

	for (size_t i = 0; i < countof(int_names); i++) {
		if (!strcmp(tn->base, int_names[i].name))
			return type_int(int_names[i].size, int_names[i].is_signed);
	}
	if (!strcmp(tn->base, "bool") || !strcmp(tn->base, "_Bool"))
		return &type_bool;
	if (!strcmp(tn->base, "void"))
		return &type_none;
	if (!strncmp(tn->base, "enum ", 5))
		return &type_u32;
	t = ck->cat->ops->find_type ? ck->cat->ops->find_type(ck->cat, ck->a, tn->base) : NULL;
	/* "task_struct" for "struct task_struct" */
	if (!t && ck->cat->ops->find_type && !strchr(tn->base, ' '))
		t = ck->cat->ops->find_type(ck->cat, ck->a,
					    arena_printf(ck->a, "struct %s", tn->base));
	return t;
}

static const struct type *unknown_type(struct check *ck, const struct type_name *tn)
{
	struct str_nearest near;
	struct diag *g;

	if (ck->prog->ast.c_text.len && !strncmp(tn->base, "struct ", 7) &&
	    memmem(ck->prog->ast.c_text.s, ck->prog->ast.c_text.len, tn->base, strlen(tn->base))) {
		ck_error(ck, tn->span, "%s: types defined in the script are not supported yet",
			 tn->base);
		return &type_unknown;
	}
	str_nearest_init(&near, tn->base);
	for (size_t i = 0; i < 8; i++)
		str_nearest_offer(&near, int_names[i].name);
	str_nearest_offer(&near, "bool");
	str_nearest_offer(&near, "string");
	g = ck_error(ck, tn->span, "unknown type %s", tn->base);
	ck_hint_near(ck, g, &near);
	return &type_unknown;
}

static const struct type *array_of(struct check *ck, const struct type *elem, s64 n)
{
	struct type *t = arena_new(ck->a, struct type);

	if (!t)
		return &type_unknown;
	*t = (struct type){
		.kind = TYPE_ARRAY, .elem = elem, .elem_cnt = n, .size = elem->size * n
	};
	return t;
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

const struct type *type_from_name(struct check *ck, const struct type_name *tn)
{
	const struct type *t;

	if (!strcmp(tn->base, "string") && !tn->ptr_depth)
		return string_named(ck, tn);
	t = base_type(ck, tn);
	if (!t)
		return unknown_type(ck, tn);
	if (t->kind == TYPE_NONE && !tn->ptr_depth) {
		ck_error(ck, tn->span, "void is not the type of a value");
		return &type_unknown;
	}
	for (u32 i = 0; t && i < tn->ptr_depth; i++)
		t = type_ptr(ck->a, t->kind == TYPE_NONE ? NULL : t, ASPACE_ANY);
	if (t && tn->array_len >= 0) {
		if (tn->array_len > 65536) {
			ck_error(ck, tn->span, "an array of %lld elements is too large",
				 (long long)tn->array_len);
			return &type_unknown;
		}
		t = array_of(ck, t, tn->array_len);
	}
	return t ? t : &type_unknown;
}

const struct type *struct_full(struct check *ck, const struct type *t)
{
	if (t->fields || !t->name || !ck->cat->ops->find_type)
		return t->fields ? t : NULL;
	t = ck->cat->ops->find_type(ck->cat, ck->a, t->name);
	return t && t->kind == TYPE_STRUCT && t->fields ? t : NULL;
}

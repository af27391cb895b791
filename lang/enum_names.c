/*
 * lang/enum_names.c -- enums with the names of their constants.
 *
 * A value of an enum prints as its constant (0.27).  The catalog is asked once for each enum; the
 * constants of those that are printed become constants that the program uses, so that they are on
 * the tape and the names are the same when it is replayed.
 */
#include <string.h>

#include "lang/check_priv.h"

#define NAMES_MAX 1024 /* of one enum: larger ones print as numbers */

const struct type *enum_find(struct check *ck, const char *name)
{
	const struct catalog_ops *ops = ck->cat->ops;
	const struct type *t = strmap_find(&ck->enums, str_of(name));

	if (t || !ops->find_enum)
		return t;
	t = ops->find_enum(ck->cat, ck->a, name);
	if (t && strmap_put(&ck->enums, str_of(name), (void *)t, NULL) < 0)
		return NULL;
	return t;
}

static bool is_enum(const struct type *t)
{
	return t->kind == TYPE_INT && t->name && !strncmp(t->name, "enum ", 5);
}

const struct type *enum_full(struct check *ck, const struct type *t)
{
	const struct type *full = is_enum(t) && !t->enums ? enum_find(ck, t->name) : NULL;

	return full && full->size == t->size && full->enum_cnt <= NAMES_MAX ? full : t;
}

static const struct type *tuple_named(struct check *ck, const struct type *t)
{
	const struct type **m = arena_new_n(ck->a, const struct type *, t->elem_cnt + 1);
	struct type *copy = arena_dup(ck->a, t, sizeof(*t));

	if (!m || !copy)
		return t;
	for (u32 i = 0; i < t->elem_cnt; i++)
		m[i] = enum_named(ck, t->members[i]);
	copy->members = m;
	return copy;
}

/* 0.17 prints numbers. */
static const struct type *without_names(struct check *ck, const struct type *t)
{
	struct type *copy = t && t->enums ? arena_dup(ck->a, t, sizeof(*t)) : NULL;

	if (!copy)
		return t;
	copy->enums = NULL;
	copy->enum_cnt = 0;
	return copy;
}

const struct type *enum_named(struct check *ck, const struct type *t)
{
	const struct type *full;

	if (!t || ck->o->compat == COMPAT_17)
		return without_names(ck, t);
	if (t->kind == TYPE_TUPLE)
		return tuple_named(ck, t);
	full = enum_full(ck, t);
	for (u32 i = 0; full->kind == TYPE_INT && i < full->enum_cnt; i++)
		resolve_use_const(ck, full->enums[i].name, full->enums[i].val, full);
	return full;
}

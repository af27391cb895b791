/*
 * lang/whole.c -- structs, unions and arrays as values.
 *
 * Memory is typed one level deep (catalog.h): what lies in a struct by value is opaque until it is
 * asked for.  A value is printed with all that is in it, so its type has to be complete.
 * type_whole() makes it so, once for each name.
 *
 * (1) A complete type has a size, and each of its fields, and each element of its arrays, lies
 *     inside it.  Layouts come from a tape, too: what does not fit is left out.
 * (2) A struct that has itself by value, as a tape may say, is left out there.
 */
#include <string.h>

#include "lang/check_priv.h"

#define WHOLE_NEST_MAX 32

struct whole {
	struct check *ck;
	u32 depth;
};

static const struct type *complete(struct whole *w, const struct type *t);

static const struct type *array_whole(struct whole *w, const struct type *t)
{
	const struct type *elem = t->elem ? complete(w, t->elem) : NULL;
	struct type *copy;
	u32 size;

	if (!elem || __builtin_mul_overflow(elem->size, t->elem_cnt, &size))
		return NULL;
	if (elem == t->elem && size == t->size)
		return t;
	copy = arena_dup(w->ck->a, t, sizeof(*t));
	if (!copy)
		return NULL;
	copy->elem = elem;
	copy->size = size;
	return copy;
}

/* Does @f lie inside of @size bytes?  A bit field is read as up to 8 of them. */
static bool field_fits(const struct field *f, const struct type *t, u32 size)
{
	u64 bytes = f->bit_sz ? ((u64)f->bit_off + f->bit_sz + 7) / 8 : t->size;

	if (f->bit_sz && (t->kind != TYPE_INT || f->bit_off + f->bit_sz > 64))
		return false;
	return !f->is_data_loc && f->off + bytes <= size;
}

static bool fill_fields(struct whole *w, const struct type *t, struct type *out)
{
	struct field *fields = arena_new_n(w->ck->a, struct field, (size_t)t->field_cnt + 1);

	if (!fields)
		return false;
	for (u32 i = 0; i < t->field_cnt; i++) {
		const struct type *ft = complete(w, t->fields[i].type);

		if (!ft || !field_fits(&t->fields[i], ft, t->size))
			continue;
		fields[out->field_cnt] = t->fields[i];
		fields[out->field_cnt++].type = ft;
	}
	out->fields = fields;
	return true;
}

static const struct type *struct_whole(struct whole *w, const struct type *t)
{
	struct check *ck = w->ck;
	const struct type *known = t->name ? strmap_find(&ck->wholes, str_of(t->name)) : NULL;
	const struct type *full;
	struct type *out;

	if (known)
		return known->fields ? known : NULL; /* (2): it is being made */
	full = struct_full(ck, t);
	out = full && t->name && w->depth < WHOLE_NEST_MAX ? arena_dup(ck->a, full, sizeof(*full)) :
							     NULL;
	if (!out)
		return NULL;
	out->fields = NULL;
	out->field_cnt = 0;
	if (strmap_put(&ck->wholes, str_of(t->name), out, NULL))
		return NULL;
	w->depth++;
	if (!fill_fields(w, full, out))
		out = NULL;
	w->depth--;
	return out;
}

/* NULL: it cannot be a value, or part of one. */
static const struct type *complete(struct whole *w, const struct type *t)
{
	switch (t->kind) {
	case TYPE_STRUCT:
		return struct_whole(w, t);
	case TYPE_ARRAY:
		return array_whole(w, t);
	case TYPE_INT:
		return enum_named(w->ck, t);
	case TYPE_BOOL:
	case TYPE_PTR:
	case TYPE_STR:
		return t;
	default:
		return NULL;
	}
}

const struct type *type_whole(struct check *ck, struct span sp, const struct type *t)
{
	struct whole w = { .ck = ck };
	const struct type *full = complete(&w, t);

	if (!full) {
		ck_hint(ck,
			ck_error(ck, sp, "the members of %s are not known", ck_type_text(ck, t)),
			"types come from the kernel's BTF");
		return &type_unknown;
	}
	if (full->size > VALUE_BYTES_MAX || !full->size) {
		ck_hint(ck,
			ck_error(ck, sp, "a value of type %s has %u bytes; 1 to %d can be kept",
				 ck_type_text(ck, full), full->size, VALUE_BYTES_MAX),
			full->kind == TYPE_STRUCT ? "name one of its members" :
						    "name one of its elements");
		return &type_unknown;
	}
	return full;
}

/* ---- casts to and from arrays ---- */

static const struct type *no_cast(struct check *ck, const struct node *n, const struct type *from,
				  const struct type *to)
{
	ck_error(ck, n->span, "%s cannot be cast to %s", ck_type_text(ck, from),
		 ck_type_text(ck, to));
	return &type_unknown;
}

static bool is_small(const struct type *t)
{
	return t->kind == TYPE_INT || t->kind == TYPE_BOOL;
}

/* How many bytes the array is made of; of a string its NUL counts. */
static u32 source_size(const struct type *from)
{
	return from->kind == TYPE_STR ? from->size + 1 : lit_plain(from)->size;
}

/* T[] takes as many elements as there are. */
static const struct type *sized(struct check *ck, const struct node *n, const struct type *from,
				const struct type *to)
{
	u32 size = source_size(from);
	struct type *t = arena_dup(ck->a, to, sizeof(*to));

	if (!t || to->elem_cnt || size % to->elem->size)
		return to;
	if (n->cast.tn.array_len)
		return to;
	t->elem_cnt = size / to->elem->size;
	t->size = size;
	return t;
}

const struct type *check_array_cast(struct check *ck, struct node *n, const struct type *from,
				    const struct type *to)
{
	const struct type *t;

	if (to->kind != TYPE_ARRAY) /* from one, to a number */
		return is_small(to) && from->kind == TYPE_ARRAY && is_small(from->elem) &&
				       from->size == to->size ?
			       to :
			       no_cast(ck, n, from, to);
	if (type_eq(from, to))
		return from;
	if (!is_small(to->elem) ||
	    (from->kind != TYPE_INT && from->kind != TYPE_STR && from->kind != TYPE_BOOL))
		return no_cast(ck, n, from, to);
	if (from->kind == TYPE_STR && to->elem->size != 1)
		return no_cast(ck, n, from, to);
	t = sized(ck, n, from, to);
	if (from->kind == TYPE_INT && is_lit(from) && t->size >= from->size && t->size <= 8 &&
	    t->size)
		return t; /* a literal is as wide as it has to be */
	if (t->size != source_size(from))
		return no_cast(ck, n, from, t);
	return t;
}

/*
 * lang/check_sizeof.c -- sizeof and offsetof: numbers, once all types are known.
 */
#include <stdlib.h>
#include <string.h>

#include "lang/check_priv.h"

/* In memory, as a struct of its members. */
static u32 tuple_size(struct check *ck, const struct type *t, u32 *ret_align)
{
	u32 size = 0;

	*ret_align = 1;
	for (u32 i = 0; i < t->elem_cnt; i++) {
		const struct type *m = lit_plain(t->members[i]);
		u32 align = decls_align(&ck->decls, m), bytes = m->size;

		if (m->kind == TYPE_TUPLE)
			bytes = tuple_size(ck, m, &align);
		size = (size + align - 1) / align * align + bytes;
		*ret_align = align > *ret_align ? align : *ret_align;
	}
	return (size + *ret_align - 1) / *ret_align * *ret_align;
}

static u32 size_of(struct check *ck, const struct node *n, const struct type *t)
{
	const struct type *full = t->kind == TYPE_STRUCT ? struct_full(ck, t) : NULL;
	u32 align;

	if (n->cast.arg && n->cast.arg->kind == NODE_STR)
		return (u32)n->cast.arg->text.s.len + 1;
	if (t->kind == TYPE_TUPLE)
		return tuple_size(ck, t, &align);
	return full ? full->size : lit_plain(t)->size;
}

const struct type *check_sizeof(struct check *ck, struct node *n)
{
	const struct type *t = n->cast.arg ? check_expr(ck, n->cast.arg) :
					     type_from_name(ck, &n->cast.tn);
	u32 size;

	if (!is_known(t))
		return &type_unknown;
	size = size_of(ck, n, t);
	if (!ck->is_final)
		return ck->o->compat == COMPAT_17 ? &type_u64 : lit_type(size, false);
	node_become(n, NODE_INT);
	n->integer.val = size;
	return ck->o->compat == COMPAT_17 ? &type_u64 : lit_type(size, false);
}

/* One step of a path: a member, or "[n]".  false: there is none. */
static bool path_step(struct check *ck, const char *part, const struct type **t, s64 *off)
{
	const struct type *full = *t && (*t)->kind == TYPE_STRUCT ? struct_full(ck, *t) : NULL;
	const struct field *f = full ? type_field(full, part) : NULL;
	char *end;

	if (*part == '[' && *t && (*t)->kind == TYPE_ARRAY) {
		s64 n = strtoll(part + 1, &end, 0);

		*t = (*t)->elem;
		*off += n < UINT32_MAX ? n * (*t)->size : 0;
		return *end == ']' && n < UINT32_MAX;
	}
	if (!f)
		return false;
	*off += f->off;
	*t = f->type;
	return true;
}

/* Offset of a.b[2].c in a struct; -1 and a report if a part is missing. */
static s64 path_offset(struct check *ck, const struct node *n, const struct type *t)
{
	const char *path = n->offsetof_.path;
	s64 off = 0;

	while (path && *path) {
		size_t len = *path == '[' ? strcspn(path, "]") + 1 : strcspn(path, ".[");
		const char *part = arena_dup(ck->a, path, len);
		const struct type *in = t;

		if (!part || !path_step(ck, part, &t, &off)) {
			ck_error(ck, n->span, "%s has no member %s",
				 in ? ck_type_text(ck, in) : "it", part ? part : path);
			return -1;
		}
		path += len;
		path += *path == '.';
	}
	return off;
}

const struct type *check_offsetof(struct check *ck, struct node *n)
{
	const struct type *t = n->offsetof_.arg ? check_expr(ck, n->offsetof_.arg) :
						  type_from_name(ck, &n->offsetof_.tn);
	s64 off = is_known(t) ? path_offset(ck, n, t) : -1;

	if (off < 0)
		return &type_unknown;
	if (ck->is_final) {
		node_become(n, NODE_INT);
		n->integer.val = off;
	}
	return ck->o->compat == COMPAT_17 ? &type_u64 : lit_type(off, false);
}

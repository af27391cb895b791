/*
 * lang/check_kernel.c -- functions about what only the kernel has: paths of open files.
 */
#include <string.h>

#include "lang/check_priv.h"

static bool is_path_struct(const struct type *t)
{
	return t && t->kind == TYPE_STRUCT && t->name && !strcmp(t->name, "struct path");
}

static bool is_const_index(const struct node *n)
{
	return n->index.idx->kind == NODE_INT && n->index.idx->integer.val >= 0;
}

/* The pointer that a chain of members by value hangs on, and the bytes from there; NULL: none. */
static struct node *chain_start(struct node *n, u64 *ret_off)
{
	struct node *base = n;

	do {
		const struct type *t = base->kind == NODE_FIELD ? base->field.base->type :
				       base->kind == NODE_INDEX ? base->index.base->type :
								  NULL;

		if (!t)
			return NULL;
		if (base->kind == NODE_FIELD) {
			if (!base->field.f)
				return NULL;
			*ret_off += base->field.f->off;
			base = base->field.base;
			continue;
		}
		if (!is_const_index(base) || !t->elem)
			return NULL;
		*ret_off += (u64)base->index.idx->integer.val * t->elem->size;
		base = base->index.base;
	} while (base->type->kind == TYPE_STRUCT || base->type->kind == TYPE_ARRAY);
	return base->type->kind == TYPE_PTR ? base : NULL;
}

/* p->f_path becomes (uint64)p + offset. */
static bool become_address(struct check *ck, struct node *n)
{
	struct node *next = n->next, *cast, *off;
	u64 bytes = 0;
	struct node *p = chain_start(n, &bytes);

	if (!p)
		return false;
	cast = node_new(ck->a, NODE_CAST, p->span);
	off = node_new(ck->a, NODE_INT, n->span);
	if (!cast || !off)
		return true;
	cast->cast.tn = (struct type_name){ .base = "uint64", .array_len = -1 };
	cast->cast.arg = p;
	p->next = NULL;
	off->integer.val = (s64)bytes;
	node_become(n, NODE_BINARY);
	n->binary.op = OP_ADD;
	n->binary.l = cast;
	n->binary.r = off;
	n->next = next;
	check_expr(ck, n);
	return true;
}

/* path(p), path(file->f_path): at most n bytes. */
static const struct type *check_path(struct check *ck, struct node *n)
{
	struct node *arg = n->call.args, *len = arg->next;
	const struct type *t = check_expr(ck, arg);
	u32 room = str_room(ck);

	if (len) {
		check_expr(ck, len);
		if (len->kind != NODE_INT || len->integer.val < 1)
			ck_error(ck, len->span,
				 "the length of path() is a number written out here");
		else if (len->integer.val < room)
			room = (u32)len->integer.val;
	}
	if (!is_known(t))
		return t;
	if (is_path_struct(t) && become_address(ck, arg))
		return type_str(ck->a, room);
	if (t->kind == TYPE_PTR && is_path_struct(t->elem))
		return type_str(ck->a, room);
	if (arg->kind == NODE_BINARY && t->kind == TYPE_INT)
		return type_str(ck->a, room); /* of an earlier round */
	ck_hint(ck,
		ck_error(ck, arg->span, "path() takes a struct path or its address, not %s",
			 ck_type_text(ck, t)),
		"%s", n->call.b->signature);
	return &type_unknown;
}

const struct type *check_kernel_func(struct check *ck, struct node *n)
{
	return n->call.b->id == BI_PATH ? check_path(ck, n) : NULL;
}

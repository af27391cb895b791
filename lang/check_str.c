/*
 * lang/check_str.c -- types of functions over strings that their rows cannot say.
 */
#include <string.h>

#include "lang/check_priv.h"
#include "lang/pton.h"

static bool is_bytes(const struct type *t)
{
	switch (t->kind) {
	case TYPE_STR:
	case TYPE_BUF:
	case TYPE_INET:
	case TYPE_MAC:
		return true;
	case TYPE_ARRAY:
		return t->elem->kind == TYPE_INT && t->elem->size == 1;
	default:
		return false;
	}
}

/* false: not known, or reported */
static bool check_bytes(struct check *ck, const struct node *n, struct node *arg)
{
	const struct type *t = check_expr(ck, arg);

	if (is_known(t) && !is_bytes(t))
		ck_hint(ck,
			ck_error(ck, arg->span, "%s() compares strings and bytes, not %s",
				 n->call.b->name, ck_type_text(ck, t)),
			"buf(ptr, n) gives the bytes at an address");
	return is_known(t) && is_bytes(t);
}

static const struct type *check_memcmp(struct check *ck, struct node *n)
{
	struct node *a = n->call.args, *b = a->next, *len = b->next;
	bool ok = check_bytes(ck, n, a);

	ok = check_bytes(ck, n, b) && ok;
	check_int(ck, len, "the length of memcmp()");
	if (len->kind == NODE_INT && len->integer.val < 0)
		ck_error(ck, len->span, "the length of memcmp() must be positive");
	return ok ? &type_s64 : &type_unknown;
}

/* All of the bytes of a kernel's char array may be used; others end with a NUL. */
static bool is_char_array(const struct node *n)
{
	switch (n->kind) {
	case NODE_FIELD:
	case NODE_INDEX:
		return true;
	case NODE_BUILTIN:
		return n->builtin.b->id == BI_COMM || n->builtin.b->id == BI_PCOMM;
	default:
		return false;
	}
}

/* A number, once the types do not grow any more. */
static const struct type *check_strcap(struct check *ck, struct node *n)
{
	const struct node *arg = n->call.args;
	u32 size;

	if (!check_call_args(ck, n))
		return &type_unknown;
	if (ck->is_final) {
		size = arg->type->size + !is_char_array(arg);
		node_become(n, NODE_INT);
		n->integer.val = size;
	}
	return &type_u64;
}

static const struct type *check_buf_to_str(struct check *ck, struct node *n)
{
	struct node *arg = n->call.args;
	const struct type *t = check_expr(ck, arg);
	u32 room = str_room(ck);

	if (!is_known(t))
		return t;
	if (t->kind == TYPE_BUF || (t->kind == TYPE_ARRAY && is_bytes(t)))
		return type_str(ck->a, t->size < room ? t->size : room);
	ck_hint(ck,
		ck_error(ck, arg->span, "buf_to_str() takes a buffer, not %s", ck_type_text(ck, t)),
		"buf_to_str(buf(ptr, n)); str(ptr) reads a string at once");
	return &type_unknown;
}

static const struct type *check_pton(struct check *ck, struct node *n)
{
	const struct node *arg = n->call.args;
	u8 bytes[PTON_MAX];
	struct type *t;
	u32 len;

	if (!check_call_args(ck, n))
		return &type_unknown;
	len = pton_parse(arg->text.s, bytes);
	if (!len) {
		ck_error(ck, arg->span, "\"" STR_FMT "\" is no IPv4 or IPv6 address",
			 STR_ARG(arg->text.s));
		return &type_unknown;
	}
	t = arena_new(ck->a, struct type);
	if (!t)
		return &type_unknown;
	*t = (struct type){ .kind = TYPE_ARRAY, .size = len, .elem_cnt = len, .elem = &type_u8 };
	return t;
}

const struct type *check_str_of_str(struct check *ck, struct node *n, const struct type *t)
{
	struct node *arg = n->call.args, *len = arg->next, *next = n->next;
	s64 want = len->kind == NODE_INT ? len->integer.val : INT64_MAX;

	if (want < 0)
		ck_error(ck, len->span, "the length of str() must be positive");
	if (want < 0 || len->kind != NODE_INT)
		return type_str(ck->a, t->size);
	if (arg->kind == NODE_STR) { /* text that is written out has no NUL to be counted */
		*n = *arg;
		n->next = next;
		if ((s64)n->text.s.len > want)
			n->text.s.len = (size_t)want;
		return n->type = type_str(ck->a, n->text.s.len);
	}
	want -= want && ck->o->compat == COMPAT_27;
	return type_str(ck->a, want < t->size ? (u32)want : t->size);
}

const struct type *check_str_func(struct check *ck, struct node *n)
{
	switch (n->call.b->id) {
	case BI_MEMCMP:
		return check_memcmp(ck, n);
	case BI_STRCAP:
		return check_strcap(ck, n);
	case BI_BUF_TO_STR:
		return check_buf_to_str(ck, n);
	case BI_PTON:
		return check_pton(ck, n);
	default:
		return check_kernel_func(ck, n);
	}
}

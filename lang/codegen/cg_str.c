/*
 * lang/codegen/cg_str.c -- functions over strings, once for all targets.
 */
#include <errno.h>
#include <string.h>

#include "lang/codegen/cg_priv.h"
#include "lang/number_names.h"
#include "lang/pton.h"

/* Temporaries of so many bytes never lie on the stack of a kernel program. */
#define OFF_STACK 136

struct cg_val cg_capped(struct cg_val v, u32 cap)
{
	v.cap = v.cap ? v.cap : cap;
	return v;
}

/* The argument as bytes whose most is known. */
static struct cg_val bytes_of(struct cg *cg, const struct node *n)
{
	struct cg_val v = cg_eval(cg, n);

	if (!cg->rc && !v.len) {
		cg_fail(cg, -ENOTSUP, n, "a string is needed here");
		return cg_poison(cg, &type_none);
	}
	return cg->rc ? v : cg_capped(v, n->type->size ? n->type->size : 1);
}

struct cg_val cg_zeros(struct cg *cg, u32 size)
{
	struct type t = { .kind = TYPE_BUF, .size = size ? size : 1 };
	struct cg_val v = { .v = cg_scratch(cg, t.size + OFF_STACK), .len = ir_i32(cg, 0),
			    .cap = t.size };

	if (cg->rc)
		return v;
	if (cg->target->form == CG_FIXED)
		cg->target->copy(cg, v.v, t.size,
				 (struct cg_val){ .v = cg->target->literal(cg, STR("")),
						  .len = ir_i32(cg, 0) });
	else
		LLVMBuildMemSet(cg->b, v.v, LLVMConstNull(cg->i8), ir_i64(cg, t.size), 1);
	return v;
}

/* 0: the first n bytes are the same, or both end before. */
struct cg_val cg_strncmp(struct cg *cg, const struct node *n)
{
	const struct node *x = n->call.args, *y = x->next;
	s64 most = y->next->integer.val;
	u32 len = most > UINT16_MAX ? UINT16_MAX : (u32)most;
	struct cg_val a = cg_eval(cg, x), b = cg_eval(cg, y);
	LLVMValueRef same;

	if (cg->rc || !len)
		return ir_word(ir_i64(cg, 0));
	same = cg->target->bytes_eq(cg, cg_cut(cg, a, len), cg_cut(cg, b, len));
	return ir_word(ir_zext(cg, LLVMBuildNot(cg->b, same, "")));
}

struct cg_val cg_strlen(struct cg *cg, const struct node *n)
{
	struct cg_val v = cg_eval(cg, n->call.args);

	return ir_word(cg->rc ? ir_i64(cg, 0) : ir_zext(cg, v.len));
}

/* Where the second argument begins in the first one, or -ENOENT. */
static LLVMValueRef find(struct cg *cg, const struct node *n)
{
	struct cg_val a = bytes_of(cg, n->call.args), b = bytes_of(cg, n->call.args->next);

	return cg->rc ? LLVMGetPoison(cg->i64) : cg->target->bytes_find(cg, a, b);
}

struct cg_val cg_strstr(struct cg *cg, const struct node *n)
{
	return ir_word(find(cg, n));
}

struct cg_val cg_strcontains(struct cg *cg, const struct node *n)
{
	LLVMValueRef at = find(cg, n);

	return ir_word(ir_zext(cg, ir_cmp(cg, LLVMIntSGE, at, ir_i64(cg, 0))));
}

struct cg_val cg_str_concat(struct cg *cg, const struct node *n)
{
	struct cg_val a = bytes_of(cg, n->call.args), b = bytes_of(cg, n->call.args->next), to;

	if (cg->rc)
		return cg_poison(cg, n->type);
	a = cg_cut(cg, a, n->type->size);
	b = cg_cut(cg, b, n->type->size);
	to = (struct cg_val){ .cap = a.cap + b.cap };
	to.v = cg_scratch(cg, to.cap + OFF_STACK);
	if (cg->rc)
		return to;
	cg->target->bytes_append(cg, to.v, ir_i32(cg, 0), 0, a);
	cg->target->bytes_append(cg, to.v, a.len, a.cap, b);
	to.len = LLVMBuildAdd(cg->b, a.len, b.len, "");
	return cg_cut(cg, to, n->type->size);
}

struct cg_val cg_memcmp(struct cg *cg, const struct node *n)
{
	const struct node *x = n->call.args, *y = x->next;
	struct cg_val a = bytes_of(cg, x), b = bytes_of(cg, y);
	LLVMValueRef len = cg_word(cg, y->next), zero = ir_i64(cg, 0);

	if (cg->rc)
		return cg_poison(cg, n->type);
	cg_scratch(cg, OFF_STACK);
	len = ir_select(cg, ir_cmp(cg, LLVMIntSLT, len, zero), zero, len);
	return ir_word(cg->target->bytes_diff(cg, a, b, len));
}

struct cg_val cg_buf_to_str(struct cg *cg, const struct node *n)
{
	struct cg_val v = bytes_of(cg, n->call.args), nul = { .cap = 1 };
	LLVMValueRef at;

	if (cg->rc)
		return cg_poison(cg, n->type);
	nul.v = cg->target->literal(cg, (struct str){ "\0", 1 });
	nul.len = ir_i32(cg, 1);
	at = cg->target->bytes_find(cg, v, nul);
	v.len = ir_trunc32(cg, ir_umin(cg, at, ir_zext(cg, v.len))); /* -ENOENT is the largest */
	return cg_cut(cg, v, n->type->size);
}

/* strerror(), signal_name(), syscall_name() */
struct cg_val cg_name_of(struct cg *cg, const struct node *n)
{
	LLVMValueRef v = cg_word(cg, n->call.args);
	struct cg_val to = { .cap = NAMES_MAX };

	if (!cg->target->name_of)
		cg_fail(cg, -ENOTSUP, n, "%s() is computed by the analyzer only", n->call.name);
	if (cg->rc)
		return cg_poison(cg, n->type);
	to.v = cg_scratch(cg, NAMES_MAX);
	to.len = cg->target->name_of(cg, n->call.b->id, v, to.v);
	return cg_cut(cg, to, n->type->size);
}

struct cg_val cg_pton(struct cg *cg, const struct node *n)
{
	u8 bytes[PTON_MAX];
	u32 len = pton_parse(n->call.args->text.s, bytes);

	if (len != n->type->size) {
		cg_fail(cg, -EINVAL, n, "pton() without its type");
		return cg_poison(cg, n->type);
	}
	return (struct cg_val){ .v = cg->target->literal(cg,
							 (struct str){ (const char *)bytes, len }),
				.len = ir_i32(cg, len),
				.cap = len };
}

/*
 * lang/codegen/cg_func.c -- functions over bytes and numbers, once for all targets.
 *
 * A value of ntop() is 4 or 16 bytes in the order of the wire, none if the family is unknown; one
 * of macaddr() is 6.  Integers are taken apart as memory of the recorded machine has them, little
 * end first.
 */
#include <errno.h>

#include "lang/codegen/cg_priv.h"
#include "lang/registers.h"

#define AF_V4	2
#define AF_V6	10
#define V4_LEN	4
#define V6_LEN	16
#define MAC_LEN 6

/* ---- numbers ---- */

struct cg_val cg_bswap(struct cg *cg, const struct node *n)
{
	LLVMValueRef v = cg_word(cg, n->call.args);
	u32 size = n->type->size;
	LLVMTypeRef t = LLVMIntTypeInContext(cg->ctx, size * 8);
	LLVMValueRef fn;

	if (cg->rc || size < 2)
		return ir_word(v);
	fn = LLVMGetIntrinsicDeclaration(cg->mod, LLVMLookupIntrinsicID("llvm.bswap", 10), &t, 1);
	v = LLVMBuildTrunc(cg->b, v, t, "");
	v = LLVMBuildCall2(cg->b, LLVMGlobalGetValueType(fn), fn, &v, 1, "");
	return ir_word(ir_zext(cg, v));
}

struct cg_val cg_same(struct cg *cg, const struct node *n)
{
	return ir_word(cg_word(cg, n->call.args));
}

struct cg_val cg_reg(struct cg *cg, const struct node *n)
{
	int off = register_offset(n->call.args->text.s);

	if (!cg_has_leaves(cg, n))
		return cg_poison(cg, n->type);
	if (off < 0 || !cg->target->reg) {
		cg_fail(cg, -ENOTSUP, n, "a register cannot be read here");
		return cg_poison(cg, n->type);
	}
	return ir_word(cg->target->reg(cg, (u32)off));
}

/* ---- memory ---- */

static enum addr_space space_of(const struct node *p)
{
	return p->type && p->type->kind == TYPE_PTR ? p->type->aspace : ASPACE_ANY;
}

static LLVMValueRef wanted_len(struct cg *cg, const struct node *len, u32 cap)
{
	LLVMValueRef n, zero = ir_i64(cg, 0);

	if (!len)
		return ir_i32(cg, cap);
	n = cg_word(cg, len);
	n = ir_select(cg, ir_cmp(cg, LLVMIntSLT, n, zero), zero, n);
	return ir_trunc32(cg, ir_umin(cg, n, ir_i64(cg, cap)));
}

/*
 * Of an array or a string.  What a length asks for beyond the end is zeros, as the memory behind a
 * string of bpftrace has them.
 */
static struct cg_val buf_of_bytes(struct cg *cg, const struct node *n)
{
	const struct node *arg = n->call.args;
	struct cg_val v = cg_eval(cg, arg), to;
	bool is_string = arg->type->kind == TYPE_STR;

	if (cg->rc)
		return v;
	v = cg_cut(cg, v, n->type->size);
	if (!is_string || !arg->next) {
		v.len = ir_umin(cg, v.len, wanted_len(cg, arg->next, n->type->size));
		return v;
	}
	to = cg_zeros(cg, n->type->size);
	cg->target->bytes_append(cg, to.v, ir_i32(cg, 0), 0, cg_capped(v, n->type->size));
	to.len = wanted_len(cg, arg->next, n->type->size);
	return to;
}

struct cg_val cg_buf(struct cg *cg, const struct node *n)
{
	const struct node *arg = n->call.args;
	struct cg_val v = { .cap = n->type->size };
	LLVMValueRef addr, len, got, bad, zero = ir_i64(cg, 0);

	if (arg->type && !type_is_word(arg->type))
		return buf_of_bytes(cg, n);
	addr = cg_word(cg, arg);
	len = wanted_len(cg, arg->next, v.cap);
	if (cg->rc || !cg_has_leaves(cg, n))
		return cg_poison(cg, n->type);
	v.v = cg_scratch(cg, v.cap + 8);
	cg_at(cg, n);
	got = cg->target->read_bytes(cg, v.v, v.cap, addr, len, space_of(arg));
	bad = ir_cmp(cg, LLVMIntSLT, got, zero);
	v.err = ir_select(cg, bad, got, zero);
	v.len = ir_trunc32(cg, ir_select(cg, bad, zero, got));
	return v;
}

/* ---- addresses ---- */

/* The bytes of a word, the first @n of them. */
static void put_word(struct cg *cg, LLVMValueRef v, LLVMValueRef to, u32 n)
{
	for (u32 i = 0; i < n; i += 4) {
		LLVMValueRef part = i < 8 ? LLVMBuildLShr(cg->b, v, ir_i64(cg, i * 8), "") :
					    ir_i64(cg, 0);

		ir_store_un(cg, ir_trunc32(cg, part), ir_off(cg, to, i));
	}
}

/* How many bytes a family has; 0: it is not known. */
static LLVMValueRef family_len(struct cg *cg, const struct node *af)
{
	LLVMValueRef f = cg_word(cg, af), len;

	len = ir_select(cg, ir_cmp(cg, LLVMIntEQ, f, ir_i64(cg, AF_V6)), ir_i32(cg, V6_LEN),
			ir_i32(cg, 0));
	return ir_select(cg, ir_cmp(cg, LLVMIntEQ, f, ir_i64(cg, AF_V4)), ir_i32(cg, V4_LEN), len);
}

struct cg_val cg_ntop(struct cg *cg, const struct node *n)
{
	const struct node *af = n->call.arg_cnt == 2 ? n->call.args : NULL;
	const struct node *addr = af ? af->next : n->call.args;
	u32 cap = n->type->size;
	LLVMValueRef len = af ? family_len(cg, af) : ir_i32(cg, cap);
	struct cg_val v = cg_eval(cg, addr), to = { .cap = cap };

	if (cg->rc)
		return cg_poison(cg, n->type);
	to.v = cg_scratch(cg, cap);
	to.len = len;
	if (v.len)
		cg->target->copy(cg, to.v, cap, cg_cut(cg, v, cap));
	else
		put_word(cg, v.v, to.v, cap);
	if (cg->target->form == CG_PACKED && v.len && af) /* no zeros behind a short array */
		to.len = ir_umin(cg, len, v.len);
	return to;
}

struct cg_val cg_macaddr(struct cg *cg, const struct node *n)
{
	const struct node *arg = n->call.args;
	struct cg_val v = { .cap = MAC_LEN };
	LLVMValueRef addr;

	if (arg->type && !type_is_word(arg->type))
		return cg_cut(cg, cg_eval(cg, arg), MAC_LEN);
	addr = cg_word(cg, arg);
	if (cg->rc || !cg_has_leaves(cg, n))
		return cg_poison(cg, n->type);
	v.v = cg_scratch(cg, 8);
	v.len = ir_i32(cg, MAC_LEN);
	cg_at(cg, n);
	v.err = cg->target->read_mem(cg, v.v, addr, MAC_LEN, space_of(arg));
	return v;
}

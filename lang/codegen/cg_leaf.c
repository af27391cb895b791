/*
 * lang/codegen/cg_leaf.c -- values that exist only at the firing: builtins, fields of args, memory,
 * strings.
 *
 * A chain of member accesses by value (`p->a.b[2]`) is one read: cg_address() adds up offsets
 * without reading what lies between.
 */
#include <errno.h>
#include <string.h>

#include "lang/codegen/cg_priv.h"

/* The analyzer has columns only; a leaf without one cannot be had. */
bool cg_has_leaves(struct cg *cg, const struct node *n)
{
	if (cg->mode != CG_ANALYSIS)
		return true;
	cg_fail(cg, -ENOTSUP, n, "a value of this expression is not on the tape");
	return false;
}

/* ---- builtins ---- */

/* The name of the probe that fired: a choice among constants. */
struct cg_val cg_probe_name(struct cg *cg, LLVMValueRef id, const struct type *t)
{
	const struct inst *in = cg->inst;
	struct cg_val v = { 0 }, one;

	for (u32 i = 0; i < in->probe_cnt; i++) {
		struct str name = str_of(in->probes[i]->name);
		LLVMValueRef is_it = ir_cmp(cg, LLVMIntEQ, id, ir_i64(cg, in->probes[i]->id));

		if (name.len > t->size)
			name.len = t->size;
		one = (struct cg_val){ .v = cg->target->literal(cg, name),
				       .len = ir_i32(cg, name.len),
				       .cap = name.len };
		if (cg->target->form == CG_FIXED)
			one = cg_settle(cg, one, t);
		if (!v.v) {
			v = one;
			continue;
		}
		v.v = ir_select(cg, is_it, one.v, v.v);
		v.len = ir_select(cg, is_it, one.len, v.len);
		v.cap = one.cap > v.cap ? one.cap : v.cap;
	}
	return v.v ? v : cg_zero(cg, t);
}

struct cg_val cg_builtin(struct cg *cg, const struct node *n)
{
	struct cg_val v;

	if (n->builtin.b->id == BI_PROBE) {
		if (cg->mode == CG_CAPTURE && !cg_note(cg, n)->in_slice)
			return cg_poison(cg, n->type); /* only its id is captured */
		if (cg->inst->probe_cnt == 1)
			return cg_probe_name(cg, ir_i64(cg, cg->inst->probes[0]->id), n->type);
		if (cg->mode == CG_ANALYSIS && cg->table->probe_cnt == 1) /* another script's */
			return cg_probe_name(cg, ir_i64(cg, cg->table->probes[0]->id), n->type);
		if (cg->mode != CG_ANALYSIS)
			return cg_probe_name(cg, cg->target->probe_id(cg), n->type);
	}
	if (n->type && n->type->kind == TYPE_STACK)
		return cg_stack(cg, n);
	if (!n->builtin.b->is_evaluated)
		cg_fail(cg, -ENOTSUP, n, "%s is not supported yet", n->builtin.b->name);
	if (!cg_has_leaves(cg, n) || cg->rc)
		return cg_poison(cg, n->type);
	v = cg->target->builtin(cg, n);
	return v.len ? cg_cut(cg, v, n->type->size) : v;
}

/* ---- chains ---- */

static bool is_by_value(const struct node *n)
{
	return n->type && (n->type->kind == TYPE_STRUCT || n->type->kind == TYPE_ARRAY);
}

static const struct node *base_of(const struct node *n)
{
	return n->kind == NODE_FIELD ? n->field.base : n->index.base;
}

static bool is_link(const struct node *n)
{
	return n->kind == NODE_FIELD || n->kind == NODE_INDEX;
}

static const struct node *chain_root(const struct node *n)
{
	const struct node *base = base_of(n);

	while (is_link(base) && is_by_value(base))
		base = base_of(base);
	return base;
}

static LLVMValueRef index_offset(struct cg *cg, const struct node *n)
{
	const struct type *t = n->index.base->type;
	LLVMValueRef idx = cg_word(cg, n->index.idx);

	if (t->kind == TYPE_ARRAY && t->elem_cnt)
		cg_trouble(cg, n, TROUBLE_INDEX,
			   ir_cmp(cg, LLVMIntUGE, idx, ir_i64(cg, t->elem_cnt)));
	return LLVMBuildMul(cg->b, idx, ir_i64(cg, t->elem ? t->elem->size : 1), "");
}

LLVMValueRef cg_address(struct cg *cg, const struct node *n)
{
	const struct node *base;
	LLVMValueRef p;

	if (n->kind == NODE_UNARY && n->unary.op == OP_DEREF)
		return cg_word(cg, n->unary.arg);
	if (!is_link(n)) {
		cg_fail(cg, -ENOTSUP, n, "this has no address");
		return LLVMGetPoison(cg->i64);
	}
	base = base_of(n);
	p = is_by_value(base) ? cg_address(cg, base) : cg_word(cg, base);
	if (n->kind == NODE_FIELD)
		return LLVMBuildAdd(cg->b, p, ir_i64(cg, n->field.f->off), "");
	return LLVMBuildAdd(cg->b, p, index_offset(cg, n), "");
}

static enum addr_space space_of(const struct node *n)
{
	while (is_link(n) || (n->kind == NODE_UNARY && n->unary.op == OP_DEREF)) {
		n = is_link(n) ? base_of(n) : n->unary.arg;
		if (n->type && n->type->kind == TYPE_PTR)
			return n->type->aspace;
	}
	return ASPACE_ANY;
}

static const struct field *bit_field(const struct node *n)
{
	return n->kind == NODE_FIELD && n->field.f->bit_sz ? n->field.f : NULL;
}

/* Bytes to read for a word: of a bit field as many as hold it. */
static u32 word_size(const struct node *n)
{
	const struct field *f = bit_field(n);
	u32 need = f ? (f->bit_off + f->bit_sz + 7u) / 8 : n->type->size, size = 1;

	while (size < need && size < 8)
		size *= 2;
	return size;
}

LLVMValueRef cg_take_bits(struct cg *cg, const struct node *n, LLVMValueRef v)
{
	const struct field *f = bit_field(n);
	LLVMValueRef up, down;

	if (!f)
		return v;
	if (f->bit_off + f->bit_sz > 64) {
		cg_fail(cg, -ENOTSUP, n, "the bit field %s is not supported", n->field.name);
		return v;
	}
	up = ir_i64(cg, 64 - f->bit_off - f->bit_sz);
	down = ir_i64(cg, 64 - f->bit_sz);
	v = LLVMBuildShl(cg->b, v, up, "");
	return n->type->is_signed ? LLVMBuildAShr(cg->b, v, down, "") :
				    LLVMBuildLShr(cg->b, v, down, "");
}

/* ---- args ---- */

/* Constant place of a chain in the record; false: an index is computed. */
static bool args_place(const struct node *n, struct cg_args_ref *r)
{
	const struct node *base = base_of(n);
	const struct type *t = base->type;

	if (is_link(base) && !args_place(base, r))
		return false;
	if (n->kind == NODE_FIELD) {
		if (!r->f)
			r->f = n->field.f;
		r->off += n->field.f->off;
		return true;
	}
	if (n->index.idx->kind != NODE_INT || n->index.idx->integer.val < 0 ||
	    (u64)n->index.idx->integer.val >= t->elem_cnt)
		return false;
	r->off += (u32)n->index.idx->integer.val * t->elem->size;
	return true;
}

/* Element @idx (i64) of @size bytes each; beyond the end 0. */
static LLVMValueRef element(struct cg *cg, struct cg_val bytes, LLVMValueRef idx, u32 size)
{
	LLVMTypeRef t = LLVMIntTypeInContext(cg->ctx, size * 8);
	LLVMValueRef cnt = LLVMBuildUDiv(cg->b, ir_zext(cg, bytes.len), ir_i64(cg, size), ""), v,
		     in;
	LLVMBasicBlockRef from = ir_here(cg), load = ir_block(cg, "element"),
			  end = ir_block(cg, "end");

	in = ir_cmp(cg, LLVMIntULT, idx, cnt);
	ir_br_if(cg, in, load, end);
	ir_enter(cg, load);
	v = ir_at(cg, bytes.v, LLVMBuildMul(cg->b, idx, ir_i64(cg, size), ""));
	v = ir_zext(cg, ir_load_un(cg, t, v));
	ir_br(cg, end);
	ir_enter(cg, end);
	return ir_phi2(cg, ir_i64(cg, 0), from, v, load);
}

static struct cg_val indexed_bytes(struct cg *cg, const struct node *n)
{
	struct cg_val bytes = cg_eval(cg, n->index.base);
	u32 size = n->type->size;

	if (cg->rc || !bytes.len || !type_is_word(n->type) || size > 8 || (size & (size - 1)) ||
	    !size) {
		cg_fail(cg, -ENOTSUP, n, "an index into this is not supported");
		return cg_poison(cg, n->type);
	}
	return ir_word(element(cg, bytes, cg_word(cg, n->index.idx), size));
}

static struct cg_val args_chain(struct cg *cg, const struct node *n)
{
	struct cg_args_ref r = { .type = n->type };
	struct cg_val v;

	if (!cg_has_leaves(cg, n))
		return cg_poison(cg, n->type);
	if (!args_place(n, &r)) {
		if (n->kind == NODE_INDEX)
			return indexed_bytes(cg, n);
		cg_fail(cg, -ENOTSUP, n, "an index into a structure of args must be a number");
		return cg_poison(cg, n->type);
	}
	r.read_sz = type_is_word(n->type) ? word_size(n) : n->type->size;
	v = cg->target->args_field(cg, &r);
	if (cg->rc)
		return cg_poison(cg, n->type);
	if (v.len)
		return cg_cut(cg, v, n->type->size);
	v.v = cg_take_bits(cg, n, v.v);
	return v;
}

/* ---- memory ---- */

static struct cg_val read_word(struct cg *cg, const struct node *n, LLVMValueRef addr)
{
	u32 size = word_size(n);
	LLVMTypeRef t = LLVMIntTypeInContext(cg->ctx, size * 8);
	LLVMValueRef slot = ir_alloca(cg, cg->i64, "word");
	struct cg_val v;

	v = ir_word(NULL);
	v.err = cg->target->read_mem(cg, slot, addr, size, space_of(n));
	v.v = cg_take_bits(cg, n, ir_zext(cg, ir_load(cg, t, slot)));
	return v;
}

static struct cg_val read_string(struct cg *cg, u32 cap, LLVMValueRef addr, LLVMValueRef max,
				 enum addr_space as)
{
	struct cg_val v = { .v = cg_scratch(cg, cap + 8), .cap = cap };
	LLVMValueRef got, zero = ir_i64(cg, 0), bad;

	if (cg->rc)
		return v;
	got = cg->target->read_str(cg, v.v, cap, addr, max, as);
	bad = ir_cmp(cg, LLVMIntSLT, got, zero);
	v.err = ir_select(cg, bad, got, zero);
	v.len = ir_trunc32(cg, ir_select(cg, bad, zero, got));
	return v;
}

static struct cg_val read_node(struct cg *cg, const struct node *n, LLVMValueRef addr)
{
	const struct type *t = n->type;
	struct cg_val v = { 0 };

	if (cg->rc || !cg_has_leaves(cg, n))
		return cg_poison(cg, t);
	cg_at(cg, n);
	if (type_is_word(t))
		return read_word(cg, n, addr);
	if (t->kind == TYPE_STR)
		return read_string(cg, t->size, addr, ir_i32(cg, t->size), space_of(n));
	v.v = cg_scratch(cg, t->size);
	v.len = ir_i32(cg, t->size);
	v.cap = t->size;
	v.err = cg->target->read_mem(cg, v.v, addr, t->size, space_of(n));
	return v;
}

/* $t[1] of a tuple, .x of a record */
static struct cg_val tuple_part(struct cg *cg, const struct node *n)
{
	const struct type *t = base_of(n)->type;
	s64 i = n->kind == NODE_FIELD ? type_member(t, n->field.name) : n->index.idx->integer.val;
	struct cg_val v = cg_eval(cg, base_of(n));

	if (i >= 0 && i < t->elem_cnt && (n->kind == NODE_FIELD || n->index.idx->kind == NODE_INT))
		return cg_member(cg, v, t, (u32)i);
	cg_fail(cg, -EINVAL, n, "the tuple has no such member");
	return cg_poison(cg, n->type);
}

struct cg_val cg_chain(struct cg *cg, const struct node *n)
{
	const struct node *root = chain_root(n);

	if (base_of(n)->type && base_of(n)->type->kind == TYPE_TUPLE)
		return tuple_part(cg, n);

	if (root->kind == NODE_BUILTIN && root->builtin.b->id == BI_ARGS)
		return args_chain(cg, n);
	if (n->kind == NODE_INDEX && root->type && root->type->kind == TYPE_STR)
		return indexed_bytes(cg, n);
	if (root->type && root->type->kind != TYPE_PTR &&
	    !(root->kind == NODE_UNARY && root->unary.op == OP_DEREF))
		return cg_part(cg, n);
	return read_node(cg, n, cg_address(cg, n));
}

struct cg_val cg_deref(struct cg *cg, const struct node *n)
{
	return read_node(cg, n, cg_address(cg, n));
}

/* ---- str(p[, n]) ---- */

/* The longest result, i32.  From 0.23 on n counts the NUL. */
static LLVMValueRef str_limit(struct cg *cg, const struct node *len, u32 cap)
{
	LLVMValueRef n, most = ir_i64(cg, cap), zero = ir_i64(cg, 0);

	if (!len)
		return ir_i32(cg, cap);
	n = cg_word(cg, len);
	if (cg->prog->compat != COMPAT_17)
		n = LLVMBuildSub(cg->b, n, ir_i64(cg, 1), "");
	n = ir_select(cg, ir_cmp(cg, LLVMIntSLT, n, zero), zero, n);
	return ir_trunc32(cg, ir_umin(cg, n, most));
}

static struct cg_val cut_string(struct cg *cg, const struct node *n)
{
	const struct node *arg = n->call.args;
	struct cg_val v = cg_eval(cg, arg);

	if (cg->rc)
		return v;
	v = cg_cut(cg, v, n->type->size);
	v.len = ir_umin(cg, v.len, str_limit(cg, arg->next, n->type->size));
	return v;
}

struct cg_val cg_str_call(struct cg *cg, const struct node *n)
{
	const struct node *arg = n->call.args;
	enum addr_space as = arg->type && arg->type->kind == TYPE_PTR ? arg->type->aspace :
									ASPACE_ANY;
	LLVMValueRef addr, max;

	if (arg->type && arg->type->kind == TYPE_STR)
		return cut_string(cg, n);
	addr = cg_word(cg, arg);
	max = str_limit(cg, arg->next, n->type->size);
	if (cg->rc || !cg_has_leaves(cg, n))
		return cg_poison(cg, n->type);
	cg_at(cg, n);
	return read_string(cg, n->type->size, addr, max, as);
}

/* ---- stacks and symbols ---- */

struct cg_val cg_stack(struct cg *cg, const struct node *n)
{
	const struct type *t = n->type;
	struct cg_stack_ref r = { .depth = 1 };

	if (!type_is_stack(t)) {
		cg_fail(cg, -EINVAL, n, "a stack without its type");
		return ir_word(LLVMGetPoison(cg->i64));
	}
	r.is_user = t->aspace == ASPACE_USER;
	if (t->kind == TYPE_STACK) {
		r.depth = t->elem_cnt;
		r.has_addr = t->time_fmt && strcmp(t->time_fmt, "bpftrace");
	} else {
		r.addr = cg_word(cg, n->call.args);
	}
	if (cg->rc || !cg_has_leaves(cg, n))
		return cg_poison(cg, t);
	cg_at(cg, n);
	return ir_word(cg->target->stack(cg, &r));
}

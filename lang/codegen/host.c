/*
 * lang/codegen/host.c -- hooks of targets whose code runs in this process.
 *
 * (1) A C `bool` comes back in the low byte of a register, so it is declared as i8.
 * (2) The pointer that rt_map_int() gives for a key to be created is never NULL.
 */
#include "lang/codegen/host.h"

#include <errno.h>

#include "lang/codegen/ir.h"

static LLVMValueRef rt_of(const struct cg *cg)
{
	return ((const struct cg_host *)cg->tctx)->rt;
}

LLVMValueRef host_scratch(struct cg *cg, u32 off UNUSED, u32 size)
{
	return ir_alloca_bytes(cg, size, "scratch");
}

/* The bytes, then zeros: one at least, and up to a multiple of 8 in CG_FIXED. */
LLVMValueRef host_literal(struct cg *cg, struct str s)
{
	u32 pad = cg->target->form == CG_FIXED ? 8 - s.len % 8 : 1;
	LLVMValueRef parts[2], init, g;

	parts[0] = LLVMConstStringInContext(cg->ctx, s.s ? s.s : "", s.len, true);
	parts[1] = LLVMConstNull(LLVMArrayType2(cg->i8, pad));
	init = LLVMConstStructInContext(cg->ctx, parts, 2, true);
	g = LLVMAddGlobal(cg->mod, LLVMTypeOf(init), "text");
	LLVMSetInitializer(g, init);
	LLVMSetGlobalConstant(g, true);
	LLVMSetLinkage(g, LLVMPrivateLinkage);
	LLVMSetAlignment(g, 8);
	return g;
}

void host_copy(struct cg *cg, LLVMValueRef dst, u32 cap, struct cg_val src)
{
	LLVMValueRef len = ir_zext(cg, src.len), rest;

	LLVMBuildMemMove(cg->b, dst, 1, src.v, 1, len);
	if (cg->target->form != CG_FIXED)
		return;
	rest = LLVMBuildSub(cg->b, ir_i64(cg, cap), len, "");
	LLVMBuildMemSet(cg->b, ir_at(cg, dst, len), LLVMConstNull(cg->i8), rest, 1);
}

#define SHORT_STR 1024

/* Strings of a usual length are compared in the time of a step. */
static void work(struct cg *cg, LLVMValueRef n)
{
	LLVMValueRef args[] = { rt_of(cg), n };

	if (cg->prog->max_strlen > SHORT_STR)
		ir_call(cg, "rt_work", cg->voidt, args, 2);
}

static LLVMValueRef compare(struct cg *cg, struct cg_val a, struct cg_val b, LLVMValueRef n)
{
	LLVMValueRef args[] = { a.v, b.v, ir_zext(cg, n) };

	work(cg, n);
	return ir_call(cg, "memcmp", cg->i32, args, 3);
}

struct cg_val host_text(struct cg *cg, LLVMValueRef p, u32 cap)
{
	LLVMValueRef args[] = { p, ir_i64(cg, cap) };

	return (struct cg_val){
		.v = p, .len = ir_trunc32(cg, ir_call(cg, "strnlen", cg->i64, args, 2)), .cap = cap
	};
}

LLVMValueRef host_bytes_eq(struct cg *cg, struct cg_val a, struct cg_val b)
{
	LLVMValueRef same = ir_cmp(cg, LLVMIntEQ, a.len, b.len), c;

	c = compare(cg, a, b, ir_select(cg, same, a.len, ir_i32(cg, 0)));
	c = ir_cmp(cg, LLVMIntEQ, c, ir_i32(cg, 0));
	return LLVMBuildAnd(cg->b, same, c, "");
}

LLVMValueRef host_bytes_cmp(struct cg *cg, struct cg_val a, struct cg_val b)
{
	LLVMValueRef c = compare(cg, a, b, ir_umin(cg, a.len, b.len)), diff;

	diff = LLVMBuildSub(cg->b, ir_zext(cg, a.len), ir_zext(cg, b.len), "");
	return ir_select(cg, ir_bool(cg, c), LLVMBuildSExt(cg->b, c, cg->i64, ""), diff);
}

/* Work that is paid for whatever max_strlen is. */
static void heavy_work(struct cg *cg, LLVMValueRef n)
{
	LLVMValueRef args[] = { rt_of(cg), n };

	ir_call(cg, "rt_work", cg->voidt, args, 2);
}

LLVMValueRef host_bytes_find(struct cg *cg, struct cg_val a, struct cg_val b)
{
	LLVMValueRef args[] = { a.v, ir_zext(cg, a.len), b.v, ir_zext(cg, b.len) }, p, off;

	/* the slowest search that there is */
	heavy_work(cg, LLVMBuildShl(cg->b, a.len, ir_i32(cg, 3), ""));
	p = ir_call(cg, "memmem", cg->ptr, args, 4);
	off = LLVMBuildSub(cg->b, LLVMBuildPtrToInt(cg->b, p, cg->i64, ""),
			   LLVMBuildPtrToInt(cg->b, a.v, cg->i64, ""), "");
	return ir_select(cg, LLVMBuildIsNull(cg->b, p, ""), ir_i64(cg, -ENOENT), off);
}

LLVMValueRef host_bytes_diff(struct cg *cg, struct cg_val a, struct cg_val b, LLVMValueRef n)
{
	LLVMValueRef args[] = { a.v, a.len, b.v, b.len, n };

	work(cg, ir_umin(cg, a.len, b.len));
	return ir_call(cg, "rt_bytes_diff", cg->i64, args, 5);
}

void host_bytes_append(struct cg *cg, LLVMValueRef dst, LLVMValueRef off, u32 off_max UNUSED,
		       struct cg_val src)
{
	heavy_work(cg, src.len);
	LLVMBuildMemMove(cg->b, ir_at(cg, dst, off), 1, src.v, 1, ir_zext(cg, src.len));
}

LLVMValueRef host_name_of(struct cg *cg, enum builtin_id id, LLVMValueRef n, LLVMValueRef dst)
{
	LLVMValueRef args[] = { rt_of(cg), ir_i32(cg, id), n, dst };

	return ir_call(cg, "rt_name_of", cg->i32, args, 4);
}

LLVMValueRef host_loop_step(struct cg *cg, LLVMValueRef trip UNUSED)
{
	LLVMValueRef args[] = { rt_of(cg) };

	return ir_bool(cg, ir_call(cg, "rt_step", cg->i8, args, 1));
}

/* ---- maps ---- */

static LLVMValueRef map_int(struct cg *cg, const struct map_info *m, struct cg_val key, bool create)
{
	LLVMValueRef args[] = { rt_of(cg), ir_i32(cg, m->idx), key.v, key.len,
				LLVMConstInt(cg->i8, create, false) };

	return ir_call(cg, "rt_map_int", cg->ptr, args, 5);
}

LLVMValueRef host_map_get_int(struct cg *cg, const struct map_info *m, struct cg_val key)
{
	LLVMValueRef p = map_int(cg, m, key, false), v;
	LLVMBasicBlockRef from = ir_here(cg), some = ir_block(cg, "some"),
			  end = ir_block(cg, "got");

	ir_br_if(cg, LLVMBuildIsNull(cg->b, p, ""), end, some);
	ir_enter(cg, some);
	v = ir_load(cg, cg->i64, p);
	ir_br(cg, end);
	ir_enter(cg, end);
	return ir_phi2(cg, ir_i64(cg, 0), from, v, some);
}

LLVMValueRef host_map_get(struct cg *cg, const struct map_info *m, struct cg_val key,
			  struct cg_val dst)
{
	LLVMBasicBlockRef from, some = ir_block(cg, "some"), end = ir_block(cg, "got");
	LLVMValueRef size = ir_alloca(cg, cg->i32, "size"), p, len;
	LLVMValueRef args[] = { rt_of(cg), ir_i32(cg, m->idx), key.v, key.len, size };

	p = ir_call(cg, "rt_map_get", cg->ptr, args, 5);
	from = ir_here(cg);
	ir_br_if(cg, LLVMBuildIsNull(cg->b, p, ""), end, some);
	ir_enter(cg, some);
	len = ir_umin(cg, ir_load(cg, cg->i32, size), ir_i32(cg, dst.cap));
	LLVMBuildMemMove(cg->b, dst.v, 1, p, 1, ir_zext(cg, len));
	ir_br(cg, end);
	ir_enter(cg, end);
	return ir_phi2(cg, dst.len, from, len, some);
}

void host_map_set_int(struct cg *cg, const struct map_info *m, struct cg_val key, LLVMValueRef v)
{
	ir_store(cg, v, map_int(cg, m, key, true));
}

void host_map_set(struct cg *cg, const struct map_info *m, struct cg_val key, struct cg_val v)
{
	LLVMValueRef args[] = { rt_of(cg), ir_i32(cg, m->idx), key.v, key.len, v.v, v.len };

	ir_call(cg, "rt_map_set", cg->voidt, args, 6);
}

LLVMValueRef host_map_add(struct cg *cg, const struct map_info *m, struct cg_val key,
			  LLVMValueRef delta)
{
	LLVMValueRef p = map_int(cg, m, key, true), old = ir_load(cg, cg->i64, p);

	ir_store(cg, ir_normalise(cg, LLVMBuildAdd(cg->b, old, delta, ""), m->val), p);
	return old;
}

/* rt_NAME(rt, map, key, key_sz) */
static LLVMValueRef map_ask(struct cg *cg, const char *name, LLVMTypeRef ret,
			    const struct map_info *m, struct cg_val key)
{
	LLVMValueRef args[] = { rt_of(cg), ir_i32(cg, m->idx), key.v, key.len };

	return ir_call(cg, name, ret, args, 4);
}

LLVMValueRef host_map_delete(struct cg *cg, const struct map_info *m, struct cg_val key)
{
	return ir_bool(cg, map_ask(cg, "rt_map_delete", cg->i8, m, key));
}

LLVMValueRef host_map_has(struct cg *cg, const struct map_info *m, struct cg_val key)
{
	return ir_bool(cg, map_ask(cg, "rt_map_has", cg->i8, m, key));
}

LLVMValueRef host_map_agg_read(struct cg *cg, const struct map_info *m, struct cg_val key)
{
	return map_ask(cg, "rt_map_agg_read", cg->i64, m, key);
}

LLVMValueRef host_map_len(struct cg *cg, const struct map_info *m)
{
	LLVMValueRef args[] = { rt_of(cg), ir_i32(cg, m->idx) };

	return ir_call(cg, "rt_map_len", cg->i64, args, 2);
}

void host_map_agg(struct cg *cg, const struct map_info *m, struct cg_val key, LLVMValueRef v)
{
	LLVMValueRef args[] = { rt_of(cg), ir_i32(cg, m->idx), key.v, key.len, v };

	ir_call(cg, "rt_map_agg", cg->voidt, args, 5);
}

void host_map_agg_at(struct cg *cg, const struct map_info *m, struct cg_val key, LLVMValueRef v,
		     LLVMValueRef ts)
{
	LLVMValueRef args[] = { rt_of(cg), ir_i32(cg, m->idx), key.v, key.len, v, ts };

	ir_call(cg, "rt_map_agg_at", cg->voidt, args, 6);
}

LLVMValueRef host_bytes_hash(struct cg *cg, struct cg_val a)
{
	LLVMValueRef args[] = { a.v, a.len };

	work(cg, a.len);
	return ir_call(cg, "rt_hash", cg->i64, args, 2);
}

/* ---- loops over maps ---- */

void host_for_begin(struct cg *cg, const struct map_info *m, const struct action *a)
{
	u32 action = a ? a->idx : UINT32_MAX;
	LLVMValueRef args[] = { rt_of(cg), ir_i32(cg, m->idx), ir_i32(cg, action) };

	ir_call(cg, "rt_for_begin", cg->voidt, args, 3);
}

LLVMValueRef host_for_next(struct cg *cg, LLVMValueRef *ret_len)
{
	LLVMValueRef args[] = { rt_of(cg), ir_alloca(cg, cg->i32, "size") };
	LLVMValueRef p = ir_call(cg, "rt_for_next", cg->ptr, args, 2);

	*ret_len = ir_load(cg, cg->i32, args[1]);
	return p;
}

void host_for_end(struct cg *cg)
{
	LLVMValueRef rt = rt_of(cg);

	ir_call(cg, "rt_for_end", cg->voidt, &rt, 1);
}

void host_action(struct cg *cg, const struct action *a, struct cg_val args)
{
	LLVMValueRef ops[] = { rt_of(cg), ir_i32(cg, a->idx), args.v ? args.v : ir_null(cg),
			       args.v ? args.len : ir_i32(cg, 0) };

	ir_call(cg, "rt_action", cg->voidt, ops, 4);
}

void host_trouble(struct cg *cg, const struct node *n, enum trouble_kind kind, LLVMValueRef cond)
{
	LLVMBasicBlockRef tell = ir_block(cg, "trouble"), on = ir_block(cg, "on");
	LLVMValueRef args[] = { rt_of(cg), ir_i32(cg, kind), ir_i32(cg, n->span.off),
				ir_i32(cg, n->span.len) };

	ir_br_if(cg, cond, tell, on);
	ir_enter(cg, tell);
	ir_call(cg, "rt_trouble", cg->voidt, args, 4);
	ir_br(cg, on);
	ir_enter(cg, on);
}

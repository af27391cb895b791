/*
 * record/target_bpf_bytes.c -- literals, copies and comparisons without libc and without .rodata.
 *
 * (1) Bytes behind a value's length may be anything: reading a long string does not zero the rest.
 *     So whoever needs zeros (keys, slots) makes them, and whoever compares masks.
 * (2) Short values are handled in chunks of 4 bytes, because the bytes of a serialised string lie
 *     at 4 modulo 8 and the verifier wants the stack aligned.  Long ones lie in scratch, never on
 *     the stack: they go through a helper or a bounded loop.
 */
#include <errno.h>

#include "lang/codegen/ir.h"
#include "record/bpf/capture_rt.h"
#include "record/target_bpf.h"

#define SHORT_MAX 64

static LLVMTypeRef int_of(struct cg *cg, u32 size)
{
	return LLVMIntTypeInContext(cg->ctx, size * 8);
}

/* The largest power of two <= @n, at most 4, that may stand at @off. */
static u32 chunk(u32 n, u32 off)
{
	u32 size = n >= 4 ? 4 : n >= 2 ? 2 : 1;

	while (off % size)
		size /= 2;
	return size;
}

LLVMValueRef bpf_literal(struct cg *cg, struct str s)
{
	u32 size = (s.len + 7) & ~(size_t)7;
	LLVMValueRef p = cg_scratch(cg, size ? size : 8);

	if (cg->rc)
		return p;
	for (u32 i = 0; i < size; i += 8) {
		u64 w = 0;

		for (u32 k = 0; k < 8 && i + k < s.len; k++)
			w |= (u64)(u8)s.s[i + k] << k * 8;
		ir_store(cg, ir_i64(cg, (s64)w), ir_off(cg, p, i));
	}
	return p;
}

/* Mask of the @size bytes at @off that lie below @len (i64). */
static LLVMValueRef mask(struct cg *cg, LLVMValueRef len, u32 off, u32 size)
{
	LLVMValueRef zero = ir_i64(cg, 0), most = ir_i64(cg, size), rem, bits;

	rem = LLVMBuildSub(cg->b, len, ir_i64(cg, off), "");
	rem = ir_select(cg, ir_cmp(cg, LLVMIntSLT, rem, zero), zero, rem);
	rem = ir_select(cg, ir_cmp(cg, LLVMIntSGT, rem, most), most, rem);
	bits = LLVMBuildShl(cg->b, rem, ir_i64(cg, 3), "");
	bits = LLVMBuildShl(cg->b, ir_i64(cg, 1), bits, "");
	return LLVMBuildSub(cg->b, bits, ir_i64(cg, 1), "");
}

static LLVMValueRef load_chunk(struct cg *cg, LLVMValueRef p, u32 off, u32 size)
{
	return ir_zext(cg, ir_load(cg, int_of(cg, size), ir_off(cg, p, off)));
}

static void store_chunk(struct cg *cg, LLVMValueRef v, LLVMValueRef p, u32 off, u32 size)
{
	if (size < 8)
		v = LLVMBuildTrunc(cg->b, v, int_of(cg, size), "");
	ir_store(cg, v, ir_off(cg, p, off));
}

/* Bytes that may be read at @v; of a literal's pointer without cap its length. */
static u32 readable(struct cg_val v)
{
	if (v.cap || !LLVMIsAConstantInt(v.len))
		return v.cap;
	return LLVMConstIntGetZExtValue(v.len);
}

/* `comm`: 16 bytes, aligned, zeros behind the name. */
static bool copy_padded(struct cg *cg, LLVMValueRef dst, u32 cap, struct cg_val src)
{
	u32 size = cap % 8 ? 4 : 8;

	if (src.v != bpf_fn_of(cg)->padded || src.cap != 16 || cap < 16 || cap % 4)
		return false;
	for (u32 off = 0; off < cap; off += size) {
		LLVMValueRef w = off < 16 ? load_chunk(cg, src.v, off, size) : ir_i64(cg, 0);

		store_chunk(cg, w, dst, off, size);
	}
	return true;
}

static void copy_short(struct cg *cg, LLVMValueRef dst, u32 cap, struct cg_val src)
{
	LLVMValueRef len = ir_zext(cg, src.len), w;
	u32 have = readable(src), size;

	for (u32 off = 0; off < cap; off += size) {
		size = chunk(cap - off, off);
		while (off < have && off + size > have)
			size /= 2;
		w = ir_i64(cg, 0);
		if (off < have) {
			w = load_chunk(cg, src.v, off, size);
			w = LLVMBuildAnd(cg->b, w, mask(cg, len, off, size), "");
		}
		store_chunk(cg, w, dst, off, size);
	}
}

/* A loop of 32 bytes a round, then the rest.  @dst is in scratch: alignment does not matter. */
static void zero_long(struct cg *cg, LLVMValueRef dst, u32 cap)
{
	LLVMValueRef slot = ir_alloca(cg, cg->i64, "z"), i, p;
	LLVMBasicBlockRef body = ir_block(cg, "zero"), end = ir_block(cg, "zeroed");
	u32 whole = cap & ~31u, size;

	ir_store(cg, ir_i64(cg, 0), slot);
	ir_br(cg, body);
	ir_enter(cg, body);
	i = ir_load(cg, cg->i64, slot);
	p = ir_at(cg, dst, i);
	for (u32 k = 0; k < 32; k += 8)
		store_chunk(cg, ir_i64(cg, 0), p, k, 8);
	i = LLVMBuildAdd(cg->b, i, ir_i64(cg, 32), "");
	ir_store(cg, i, slot);
	ir_br_if(cg, ir_cmp(cg, LLVMIntULT, i, ir_i64(cg, whole)), body, end);
	ir_enter(cg, end);
	for (u32 off = whole; off < cap; off += size) {
		size = chunk(cap - off, off);
		store_chunk(cg, ir_i64(cg, 0), dst, off, size);
	}
}

void bpf_copy(struct cg *cg, LLVMValueRef dst, u32 cap, struct cg_val src)
{
	u32 have = readable(src);
	LLVMValueRef args[] = { dst, src.len, NULL, src.v };

	if (cap <= SHORT_MAX) {
		if (copy_padded(cg, dst, cap, src))
			return;
		copy_short(cg, dst, cap, src);
		return;
	}
	zero_long(cg, dst, cap);
	if (!have)
		return;
	args[2] = ir_i32(cg, have < cap ? have : cap);
	bpf_rt(cg, "cap_copy", args, 4);
}

/* By the helper that reads memory: a loop here would be walked by the verifier once a length. */
struct cg_val bpf_text(struct cg *cg, LLVMValueRef p, u32 cap)
{
	struct cg_val v = { .v = cg_scratch(cg, cap + 8), .cap = cap };
	LLVMValueRef addr, len, zero = ir_i64(cg, 0);

	if (cg->rc)
		return v;
	addr = LLVMBuildPtrToInt(cg->b, p, cg->i64, "");
	len = bpf_read_str(cg, v.v, cap, addr, ir_i32(cg, cap), ASPACE_KERNEL);
	len = ir_select(cg, ir_cmp(cg, LLVMIntSLT, len, zero), zero, len);
	v.len = ir_trunc32(cg, len);
	return v;
}

/* ---- comparison ---- */

static LLVMValueRef equal_short(struct cg *cg, struct cg_val a, struct cg_val b, u32 n,
				LLVMValueRef same)
{
	LLVMValueRef len = ir_zext(cg, LLVMIsAConstantInt(b.len) ? b.len : a.len);
	LLVMValueRef diff = ir_i64(cg, 0), d;
	u32 size;

	for (u32 off = 0; off < n; off += size) {
		size = chunk(n - off, off);
		d = LLVMBuildXor(cg->b, load_chunk(cg, a.v, off, size),
				 load_chunk(cg, b.v, off, size), "");
		d = LLVMBuildAnd(cg->b, d, mask(cg, len, off, size), "");
		diff = LLVMBuildOr(cg->b, diff, d, "");
	}
	return LLVMBuildAnd(cg->b, same, ir_cmp(cg, LLVMIntEQ, diff, ir_i64(cg, 0)), "");
}

/* Byte by byte up to the length: long strings are compared rarely, and mostly differ early. */
static LLVMValueRef equal_long(struct cg *cg, struct cg_val a, struct cg_val b, u32 n,
			       LLVMValueRef same)
{
	LLVMValueRef slot = ir_alloca(cg, cg->i64, "i"), len = ir_zext(cg, a.len), i, x, y;
	LLVMValueRef result = ir_alloca(cg, cg->i1, "eq"), in;
	LLVMBasicBlockRef head = ir_block(cg, "eq"), body = ir_block(cg, "byte"),
			  next = ir_block(cg, "next"), differ = ir_block(cg, "differ"),
			  end = ir_block(cg, "compared");

	ir_store(cg, ir_i64(cg, 0), slot);
	ir_store(cg, same, result);
	ir_br_if(cg, same, head, end);
	ir_enter(cg, head);
	i = ir_load(cg, cg->i64, slot);
	in = LLVMBuildAnd(cg->b, ir_cmp(cg, LLVMIntULT, i, ir_i64(cg, n)),
			  ir_cmp(cg, LLVMIntULT, i, len), "");
	ir_br_if(cg, in, body, end);
	ir_enter(cg, body);
	x = ir_load(cg, cg->i8, ir_at(cg, a.v, i));
	y = ir_load(cg, cg->i8, ir_at(cg, b.v, i));
	ir_br_if(cg, ir_cmp(cg, LLVMIntEQ, x, y), next, differ);
	ir_enter(cg, next);
	ir_store(cg, LLVMBuildAdd(cg->b, i, ir_i64(cg, 1), ""), slot);
	ir_br(cg, head);
	ir_enter(cg, differ);
	ir_store(cg, ir_i1(cg, false), result);
	ir_br(cg, end);
	ir_enter(cg, end);
	return ir_load(cg, cg->i1, result);
}

LLVMValueRef bpf_bytes_eq(struct cg *cg, struct cg_val a, struct cg_val b)
{
	u32 na = readable(a), nb = readable(b), n = na < nb ? na : nb;
	LLVMValueRef same = ir_cmp(cg, LLVMIntEQ, a.len, b.len);

	if (n <= SHORT_MAX)
		return equal_short(cg, a, b, n, same);
	return equal_long(cg, a, b, n, same);
}

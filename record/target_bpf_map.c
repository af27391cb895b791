/*
 * record/target_bpf_map.c -- the maps that a slice reads.
 *
 * A scalar map is a hash of one key, 8 zero bytes: it can be absent, as any entry can.
 */
#include <errno.h>

#include "lang/codegen/ir.h"
#include "lang/packed.h"
#include "record/bpf/capture_rt.h"
#include "record/target_bpf.h"

static LLVMValueRef map_idx(struct cg *cg, const struct map_info *m)
{
	return ir_i32(cg, bpf_fn_of(cg)->kmap_idx[m->idx]);
}

static LLVMValueRef key_ptr(struct cg *cg, const struct map_info *m, struct cg_val key)
{
	LLVMValueRef p;

	if (m->key)
		return key.v;
	p = ir_alloca(cg, cg->i64, "key");
	ir_store(cg, ir_i64(cg, 0), p);
	return p;
}

LLVMValueRef bpf_map_get_int(struct cg *cg, const struct map_info *m, struct cg_val key)
{
	LLVMValueRef args[] = { map_idx(cg, m), key_ptr(cg, m, key) };

	return bpf_rt(cg, "cap_map_get", args, 2);
}

static LLVMValueRef find(struct cg *cg, const struct map_info *m, struct cg_val key)
{
	LLVMValueRef args[] = { map_idx(cg, m), key_ptr(cg, m, key) };

	return bpf_rt(cg, "cap_map_find", args, 2);
}

LLVMValueRef bpf_map_get(struct cg *cg, const struct map_info *m, struct cg_val key,
			 struct cg_val dst)
{
	u32 size = packed_kernel_size(m->val);
	LLVMBasicBlockRef some = ir_block(cg, "some"), end = ir_block(cg, "got");
	LLVMValueRef p = find(cg, m, key);

	if (size > dst.cap)
		cg_fail(cg, -EPROTO, NULL, "no room for a value of %s", m->name);
	ir_br_if(cg, LLVMBuildIsNull(cg->b, p, ""), end, some);
	ir_enter(cg, some);
	bpf_read_mem(cg, dst.v, LLVMBuildPtrToInt(cg->b, p, cg->i64, ""), size, ASPACE_KERNEL);
	ir_br(cg, end);
	ir_enter(cg, end);
	return ir_i32(cg, size);
}

void bpf_map_set_int(struct cg *cg, const struct map_info *m, struct cg_val key, LLVMValueRef v)
{
	LLVMValueRef args[] = { map_idx(cg, m), key_ptr(cg, m, key), v, bpf_table(cg) };

	bpf_rt(cg, "cap_map_set", args, 4);
}

void bpf_map_set(struct cg *cg, const struct map_info *m, struct cg_val key, struct cg_val v)
{
	LLVMValueRef args[] = { map_idx(cg, m), key_ptr(cg, m, key), v.v, bpf_table(cg) };

	bpf_rt(cg, "cap_map_put", args, 4);
}

LLVMValueRef bpf_map_add(struct cg *cg, const struct map_info *m, struct cg_val key,
			 LLVMValueRef delta)
{
	LLVMValueRef args[] = { map_idx(cg, m), key_ptr(cg, m, key), delta, bpf_table(cg) };

	return bpf_rt(cg, "cap_map_add", args, 4);
}

LLVMValueRef bpf_map_delete(struct cg *cg, const struct map_info *m, struct cg_val key)
{
	LLVMValueRef args[] = { map_idx(cg, m), key_ptr(cg, m, key) };

	return ir_bool(cg, bpf_rt(cg, "cap_map_delete", args, 2));
}

LLVMValueRef bpf_map_has(struct cg *cg, const struct map_info *m, struct cg_val key)
{
	return LLVMBuildIsNotNull(cg->b, find(cg, m, key), "");
}

LLVMValueRef bpf_map_len(struct cg *cg, const struct map_info *m)
{
	cg_fail(cg, -ENOTSUP, NULL, "len(%s): the kernel cannot count a map that it decides with",
		m->name);
	return LLVMGetPoison(cg->i64);
}

/* enum CAP_AGG_*; -1: not one that the kernel can read. */
static int agg_kind(const struct type *t)
{
	switch (t->agg) {
	case AGG_COUNT:
		return CAP_AGG_COUNT;
	case AGG_SUM:
	case AGG_AVG:
		return CAP_AGG_SUM;
	case AGG_MIN:
		return t->is_signed ? CAP_AGG_MIN : CAP_AGG_UMIN;
	case AGG_MAX:
		return t->is_signed ? CAP_AGG_MAX : CAP_AGG_UMAX;
	default:
		return -1;
	}
}

void bpf_map_agg(struct cg *cg, const struct map_info *m, struct cg_val key, LLVMValueRef v)
{
	int kind = agg_kind(m->val);
	LLVMValueRef args[] = { map_idx(cg, m), key_ptr(cg, m, key), v, ir_i32(cg, kind),
				bpf_table(cg) };

	if (kind < 0)
		cg_fail(cg, -ENOTSUP, NULL, "%s cannot be kept in the kernel", m->name);
	else
		bpf_rt(cg, "cap_agg", args, 5);
}

/* sum / cnt, towards zero; BPF before v4 divides unsigned only. */
static LLVMValueRef average(struct cg *cg, LLVMValueRef sum, LLVMValueRef cnt, bool is_signed)
{
	LLVMValueRef zero = ir_i64(cg, 0), neg = ir_cmp(cg, LLVMIntSLT, sum, zero), q;

	cnt = ir_select(cg, ir_cmp(cg, LLVMIntEQ, cnt, zero), ir_i64(cg, 1), cnt);
	if (!is_signed)
		return LLVMBuildUDiv(cg->b, sum, cnt, "");
	q = ir_select(cg, neg, LLVMBuildNeg(cg->b, sum, ""), sum);
	q = LLVMBuildUDiv(cg->b, q, cnt, "");
	return ir_select(cg, neg, LLVMBuildNeg(cg->b, q, ""), q);
}

LLVMValueRef bpf_map_agg_read(struct cg *cg, const struct map_info *m, struct cg_val key)
{
	int kind = agg_kind(m->val);
	LLVMValueRef cnt = ir_alloca(cg, cg->i64, "cnt"), sum;
	LLVMValueRef args[] = { map_idx(cg, m), key_ptr(cg, m, key), ir_i32(cg, kind),
				ir_i32(cg, bpf_fn_of(cg)->facts->cpu_cnt), cnt };

	if (kind < 0) {
		cg_fail(cg, -ENOTSUP, NULL, "%s cannot be read in the kernel", m->name);
		return LLVMGetPoison(cg->i64);
	}
	sum = bpf_rt(cg, "cap_agg_read", args, 5);
	if (m->val->agg != AGG_AVG)
		return sum;
	return average(cg, sum, ir_load(cg, cg->i64, cnt), m->val->is_signed);
}

/*
 * record/target_bpf_equiv.c -- a field of a tracepoint's record, made of the arguments of the call
 * behind it (record/tp_equiv.h).
 *
 * A pointer that leads nowhere makes the field 0 or "", which is also what the kernel's own code
 * puts into the record where it looks before it follows one.
 */
#include <errno.h>

#include "lang/codegen/ir.h"
#include "record/bpf/capture_rt.h"
#include "record/target_bpf.h"

static LLVMValueRef root_of(struct cg *cg, const struct tp_path *p)
{
	if (p->arg == TP_CURRENT)
		return bpf_rt(cg, "cap_curtask", NULL, 0);
	return p->is_loadable ? bpf_call_word(cg, p->arg) : bpf_call_word_read(cg, p->arg);
}

static LLVMValueRef read_at(struct cg *cg, LLVMValueRef addr, u32 off, u32 size)
{
	LLVMValueRef slot = ir_alloca(cg, cg->i64, "read");

	ir_store(cg, ir_i64(cg, 0), slot);
	addr = LLVMBuildAdd(cg->b, addr, ir_i64(cg, off), "");
	bpf_read_mem(cg, slot, addr, size, ASPACE_KERNEL);
	return ir_load(cg, cg->i64, slot);
}

/* The address that the last read of the path is at, less last_off. */
static LLVMValueRef follow(struct cg *cg, const struct tp_path *p)
{
	LLVMValueRef v = root_of(cg, p);

	for (u32 i = 0; i < p->read_cnt; i++)
		v = read_at(cg, v, p->off[i], 8);
	return v;
}

static LLVMValueRef extend(struct cg *cg, LLVMValueRef v, u32 up, u32 bits, bool is_signed)
{
	LLVMValueRef by = ir_i64(cg, 64 - bits);

	if (bits == 64 && !up)
		return v;
	v = LLVMBuildShl(cg->b, v, ir_i64(cg, 64 - bits - up), "");
	return is_signed ? LLVMBuildAShr(cg->b, v, by, "") : LLVMBuildLShr(cg->b, v, by, "");
}

static LLVMValueRef path_word(struct cg *cg, const struct tp_path *p)
{
	LLVMValueRef v = follow(cg, p);

	if (p->size)
		v = read_at(cg, v, p->last_off, p->size);
	if (p->bit_sz)
		return extend(cg, v, p->bit_off, p->bit_sz, p->is_signed);
	return extend(cg, v, 0, 8u * (p->size ? p->size : p->arg_size), p->is_signed);
}

static struct cg_val chars(struct cg *cg, const struct tp_path *p, const struct cg_args_ref *r)
{
	u32 cap = r->type->size ? r->type->size : cg->prog->max_strlen;
	struct cg_val v = { .v = cg_scratch(cg, cap + 8), .cap = cap };
	LLVMValueRef at, n, zero = ir_i64(cg, 0);
	u32 max = cap;

	/* a record's array of characters keeps room for a NUL */
	if (!r->f->is_data_loc && r->read_sz && r->read_sz <= cap)
		max = r->read_sz - 1;
	if (cg->rc)
		return v;
	at = LLVMBuildAdd(cg->b, follow(cg, p), ir_i64(cg, p->last_off), "");
	n = bpf_read_str(cg, v.v, cap, at, ir_i32(cg, max), ASPACE_KERNEL);
	v.len = ir_trunc32(cg, ir_select(cg, ir_cmp(cg, LLVMIntSLT, n, zero), zero, n));
	return v;
}

struct cg_val bpf_equiv_field(struct cg *cg, const struct cg_args_ref *r)
{
	const struct tp_value *val = tp_event_find(bpf_fn_of(cg)->equiv, r->f->name);
	LLVMValueRef v[TP_PATHS_MAX];

	if (!val || r->off != r->f->off || (val->kind == TP_CHARS) != (r->type->kind == TYPE_STR)) {
		cg_fail(cg, -EPROTO, NULL, "internal error: args.%s is not covered", r->f->name);
		return ir_word(LLVMGetPoison(cg->i64));
	}
	if (val->kind == TP_CHARS)
		return chars(cg, &val->path[0], r);
	for (u32 i = 0; i < val->path_cnt; i++)
		v[i] = path_word(cg, &val->path[i]);
	return ir_word(val->fn ? bpf_rt(cg, val->fn, v, val->path_cnt) : v[0]);
}

/*
 * record/target_bpf_stack.c -- kstack, ustack, ksym(), usym(): one word that names frames.
 *
 * A program that is called from a tracepoint has itself and the tracepoint's code on the kernel
 * stack.  Those frames are not wanted, so a few more are taken than the script asked for and the
 * recorder cuts them off.  A sample is taken in what was interrupted: there they are the news.
 */
#include "lang/codegen/ir.h"
#include "record/bpf/capture_rt.h"
#include "record/target_bpf.h"

/* Frames of the machinery, at most, and the one that shows that there are more than asked for. */
static u32 own_frames(enum bpf_source src, bool is_user)
{
	if (is_user || src == BPF_SRC_PERF || src == BPF_SRC_SAMPLE)
		return 1;
	return src == BPF_SRC_TP ? 3 : 7;
}

static u32 stack_flags(enum bpf_source src, const struct cg_stack_ref *r)
{
	bool is_sample = src == BPF_SRC_PERF || src == BPF_SRC_SAMPLE;

	return (r->is_user ? CAP_STACK_USER : 0) | (r->has_addr ? CAP_STACK_ADDR : 0) |
	       (r->addr			? CAP_STACK_SYM :
		r->is_user || is_sample ? 0 :
					  CAP_STACK_CUT);
}

LLVMValueRef bpf_stack(struct cg *cg, const struct cg_stack_ref *r)
{
	struct bpf_fn *f = bpf_fn_of(cg);
	const struct machine_facts *m = f->facts;
	u64 depth_room = (u64)r->depth << 32 | (r->depth + own_frames(f->src, r->is_user));
	LLVMValueRef table = bpf_table(cg), maps = ir_i32(cg, f->stack_maps),
		     flags = ir_i32(cg, stack_flags(f->src, r)),
		     who = ir_i64(cg, (s64)((u64)m->leader_off << 32 | m->start_off)),
		     exec = ir_i32(cg, m->exec_off);
	LLVMValueRef walk[] = { f->fire, f->ctx, table, maps, flags, ir_i64(cg, (s64)depth_room),
				who,	 exec };
	LLVMValueRef sym[] = { f->fire, table, maps, flags, r->addr, who, exec };

	f->uses_stacks = true;
	return r->addr ? bpf_rt(cg, "cap_sym", sym, 7) : bpf_rt(cg, "cap_stack", walk, 8);
}

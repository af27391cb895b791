/*
 * record/target_bpf.c -- the frame of a capture program: prologue, scratch, way out.
 *
 *   selection (system calls by number), cap_enter() (armed, own processes, -p), scratch if needed
 *   the slice
 *   the row is sent if it was reached, scratch given back, the next program of a chain called
 *
 * (1) What the function needs of scratch is known when it ends: a placeholder stands for "is
 *     scratch needed", one for where temporaries lie, one for where the row begins behind them.
 *     Few temporaries lie on the stack (512 bytes in all).
 * (2) Every way out passes `out`, so a chain goes on whatever a clause did.
 */
#include "record/target_bpf.h"

#include <errno.h>
#include <string.h>

#include "lang/codegen/ir.h"
#include "lang/packed.h"
#include "record/bpf/capture_rt.h"

#define STACK_TEMPS_MAX	  128
#define SCRATCH_TEMPS_MAX 20000
#define TRIPS_MAX	  1024

struct bpf_fn *bpf_fn_of(const struct cg *cg)
{
	return cg->tctx;
}

LLVMValueRef bpf_table(struct cg *cg)
{
	return ir_i32(cg, cg->table->idx);
}

static LLVMValueRef fit(struct cg *cg, LLVMValueRef v, LLVMTypeRef want)
{
	LLVMTypeRef have = LLVMTypeOf(v);

	if (have == want || LLVMGetTypeKind(want) != LLVMIntegerTypeKind)
		return v;
	if (LLVMGetTypeKind(have) == LLVMPointerTypeKind)
		return LLVMBuildPtrToInt(cg->b, v, want, "");
	return LLVMBuildIntCast2(cg->b, v, want, false, "");
}

LLVMValueRef bpf_rt(struct cg *cg, const char *name, LLVMValueRef *args, unsigned n)
{
	LLVMValueRef fn = LLVMGetNamedFunction(cg->mod, name), fitted[8], v;
	LLVMTypeRef type, params[8], ret;

	if (!fn || n > countof(fitted)) {
		cg_fail(cg, -EPROTO, NULL, "the runtime has no function %s", name);
		return LLVMGetPoison(cg->i64);
	}
	type = LLVMGlobalGetValueType(fn);
	if (LLVMCountParamTypes(type) != n) {
		cg_fail(cg, -EPROTO, NULL, "the runtime's %s has other arguments", name);
		return LLVMGetPoison(cg->i64);
	}
	LLVMGetParamTypes(type, params);
	for (unsigned i = 0; i < n; i++)
		fitted[i] = fit(cg, args[i], params[i]);
	ret = LLVMGetReturnType(type);
	v = LLVMBuildCall2(cg->b, type, fn, fitted, n, "");
	return LLVMGetTypeKind(ret) == LLVMVoidTypeKind ? NULL : v;
}

static LLVMTypeRef bpf_fn_type(struct cg *cg)
{
	return LLVMFunctionType(cg->i64, &cg->ptr, 1, false);
}

static LLVMValueRef placeholder(struct cg *cg, const char *name, LLVMTypeRef ret)
{
	LLVMValueRef fn = LLVMGetNamedFunction(cg->mod, name);
	LLVMTypeRef type = LLVMFunctionType(ret, NULL, 0, false);

	if (!fn)
		fn = LLVMAddFunction(cg->mod, name, type);
	return LLVMBuildCall2(cg->b, type, fn, NULL, 0, "");
}

static void replace(LLVMValueRef ph, LLVMValueRef with)
{
	LLVMReplaceAllUsesWith(ph, with);
	LLVMInstructionEraseFromParent(ph);
}

/* ---- selection ---- */

static bool is_sys(enum bpf_source src)
{
	return src == BPF_SRC_SYS_ENTER || src == BPF_SRC_SYS_EXIT;
}

static void go_on_if(struct cg *cg, LLVMValueRef cond)
{
	LLVMBasicBlockRef on = ir_block(cg, "on");

	ir_br_if(cg, cond, on, bpf_fn_of(cg)->out);
	ir_enter(cg, on);
}

static LLVMValueRef number_matches(struct cg *cg, LLVMValueRef nr)
{
	const struct bpf_numbers *num = &bpf_fn_of(cg)->numbers;
	LLVMValueRef args[] = { nr, ir_i32(cg, num->set_off) }, any = ir_i1(cg, false);

	if (num->cnt > countof(num->nr))
		return ir_cmp(cg, LLVMIntNE, bpf_rt(cg, "cap_nr_in", args, 2), ir_i32(cg, 0));
	for (u32 i = 0; i < num->cnt; i++) {
		LLVMValueRef is = ir_cmp(cg, LLVMIntEQ, nr, ir_i64(cg, num->nr[i]));

		any = LLVMBuildOr(cg->b, any, is, "");
	}
	return any;
}

static void select_syscall(struct cg *cg)
{
	struct bpf_fn *f = bpf_fn_of(cg);
	LLVMValueRef args[] = { ir_i32(cg, f->facts->compat_off), ir_i32(cg, f->facts->compat_sz),
				ir_i64(cg, f->facts->compat_mask) };

	if (!is_sys(f->src) || f->numbers.is_chained)
		return;
	go_on_if(cg, number_matches(cg, bpf_syscall_nr(cg)));
	if (f->facts->compat_mask)
		go_on_if(cg, ir_cmp(cg, LLVMIntEQ, bpf_rt(cg, "cap_is_compat", args, 3),
				    ir_i32(cg, 0)));
}

/*
 * The time costs as much as the rest of a firing that the predicate refuses, so it waits for the
 * predicate (or is read by it).
 */
static u32 enter_flags(const struct cg *cg)
{
	const struct bpf_fn *f = bpf_fn_of(cg);
	u32 when = (cg->inst->pred ? CAP_ENTER_LATE_TS : 0) |
		   (f->numbers.is_chained ? CAP_ENTER_CHAINED : 0);

	if (f->src == BPF_SRC_RUN || f->src == BPF_SRC_TEST)
		return CAP_ENTER_UNARMED;
	if (f->src == BPF_SRC_PERF)
		return 0; /* of no task */
	return CAP_ENTER_TASK | when | (f->keep_self ? 0 : CAP_ENTER_NO_SELF);
}

/* Take scratch, if the placeholder turns out to say so. */
static void take_scratch(struct cg *cg)
{
	struct bpf_fn *f = bpf_fn_of(cg);
	LLVMValueRef table = bpf_table(cg), got;
	LLVMBasicBlockRef here, take = ir_block(cg, "take"), taken = ir_block(cg, "taken"), end;

	f->ph_need = placeholder(cg, "cap_ph_need", cg->i1);
	end = ir_block(cg, "frame");
	here = ir_here(cg);
	ir_br_if(cg, f->ph_need, take, end);
	ir_enter(cg, take);
	got = bpf_rt(cg, "cap_scratch_take", &table, 1);
	ir_br_if(cg, LLVMBuildIsNull(cg->b, got, ""), f->out, taken);
	ir_enter(cg, taken);
	ir_br(cg, end);
	ir_enter(cg, end);
	f->scratch = ir_phi2(cg, ir_null(cg), here, got, taken);
	f->ph_row = placeholder(cg, "cap_ph_row", cg->i64);
	f->ph_base = placeholder(cg, "cap_ph_base", cg->ptr);
}

static void bpf_fn_begin(struct cg *cg)
{
	struct bpf_fn *f = bpf_fn_of(cg);
	LLVMTypeRef fire[] = { cg->i64, cg->i64 };
	LLVMValueRef args[2];

	f->ctx = LLVMGetParam(cg->fn, 0);
	f->fire = ir_alloca(cg, LLVMStructTypeInContext(cg->ctx, fire, 2, false), "fire");
	f->out = ir_block(cg, "out");
	select_syscall(cg);
	args[0] = f->fire;
	args[1] = ir_i32(cg, enter_flags(cg));
	go_on_if(cg, ir_cmp(cg, LLVMIntNE, bpf_rt(cg, "cap_enter", args, 2), ir_i32(cg, 0)));
	if (f->src == BPF_SRC_TEST)
		bpf_take_test_event(cg);
	take_scratch(cg);
	bpf_row_begin(cg);
}

/* ---- the way out ---- */

static void call_next(struct cg *cg)
{
	struct bpf_fn *f = bpf_fn_of(cg);
	u32 map = f->src == BPF_SRC_SYS_ENTER ? CAP_MAP_ENTER : CAP_MAP_EXIT;
	LLVMValueRef args[] = { f->fire, f->ctx, ir_i32(cg, map), NULL,
				ir_i32(cg, f->numbers.row) };

	if (!is_sys(f->src) || !f->numbers.is_chained)
		return;
	args[3] = bpf_syscall_nr(cg);
	bpf_rt(cg, "cap_next", args, 5);
}

/* Sizes are known: give the placeholders their values. */
static void settle_frame(struct cg *cg)
{
	struct bpf_fn *f = bpf_fn_of(cg);
	u32 temps = (cg->scratch_sz + 7) & ~7u, head = sizeof(struct cap_scratch);
	bool is_on_stack = temps <= STACK_TEMPS_MAX && !f->uses_paths;
	bool need = f->is_row_in_scratch || !is_on_stack;
	LLVMValueRef base;

	head += f->uses_paths ? sizeof(struct cap_path_walk) : 0;
	if (temps > SCRATCH_TEMPS_MAX)
		cg_fail(cg, -E2BIG, cg->inst->pred ? cg->inst->pred : cg->inst->body,
			"the strings and values of this clause need %u bytes in the kernel at "
			"once; %u are the most: lower max_strlen, or give str() a length",
			temps, SCRATCH_TEMPS_MAX);
	if (is_on_stack) {
		base = ir_alloca_bytes(cg, temps ? temps : 8, "temps");
	} else {
		LLVMValueRef off = ir_i64(cg, head);
		LLVMBasicBlockRef here = ir_here(cg);

		LLVMPositionBuilderBefore(cg->b, f->ph_base);
		base = LLVMBuildGEP2(cg->b, cg->i8, f->scratch, &off, 1, "temps");
		LLVMPositionBuilderAtEnd(cg->b, here);
	}
	replace(f->ph_base, base);
	replace(f->ph_row, ir_i64(cg, head + (is_on_stack ? 0 : temps)));
	replace(f->ph_need, ir_i1(cg, need));
}

static void drop_scratch(struct cg *cg)
{
	struct bpf_fn *f = bpf_fn_of(cg);
	LLVMBasicBlockRef drop = ir_block(cg, "drop");
	LLVMValueRef s = f->scratch;

	ir_br_if(cg, f->ph_need, drop, f->out);
	ir_enter(cg, drop);
	bpf_rt(cg, "cap_scratch_drop", &s, 1);
	ir_br(cg, f->out);
}

static void bpf_fn_end(struct cg *cg, LLVMValueRef reached)
{
	struct bpf_fn *f = bpf_fn_of(cg);

	if (reached) {
		LLVMBasicBlockRef send = ir_block(cg, "send"), sent = ir_block(cg, "sent");

		ir_br_if(cg, reached, send, sent);
		ir_enter(cg, send);
		bpf_row_end(cg);
		ir_br(cg, sent);
		ir_enter(cg, sent);
	}
	drop_scratch(cg);
	ir_enter(cg, f->out);
	call_next(cg);
	LLVMBuildRet(cg->b, ir_i64(cg, 0));
	settle_frame(cg);
}

static LLVMValueRef bpf_scratch(struct cg *cg, u32 off, u32 size)
{
	(void)size;
	return ir_off(cg, bpf_fn_of(cg)->ph_base, off);
}

static void bpf_exit(struct cg *cg, LLVMValueRef code)
{
	LLVMValueRef args[] = { bpf_fn_of(cg)->fire, bpf_table(cg), code };

	bpf_rt(cg, "cap_exit", args, 3);
}

/* system(), cat(): the recorder does it with the arguments that it is given. */
static void hand_over(struct cg *cg, const struct action *a, u32 kind, struct cg_val args)
{
	LLVMValueRef v[] = { bpf_fn_of(cg)->fire, ir_i32(cg, kind),	bpf_table(cg),
			     ir_i32(cg, a->idx),  args.v ? args.v : ir_null(cg),
			     ir_i32(cg, args.cap) };

	if (args.cap > CAP_CTL_ARGS_MAX)
		cg_fail(cg, -E2BIG, a->call, "the arguments of %s() need %u bytes; %u are the most",
			a->b->name, args.cap, CAP_CTL_ARGS_MAX);
	else
		bpf_rt(cg, "cap_control_args", v, 6);
}

static void send_signal(struct cg *cg, const struct action *a, struct cg_val args)
{
	LLVMValueRef v[] = { ir_load(cg, cg->i64, args.v), bpf_table(cg),
			     ir_i32(cg, a->b->id == BI_SIGNAL_THREAD) };

	bpf_rt(cg, "cap_signal", v, 3);
}

#define DEBUG_VALUES  3
#define DEBUG_FMT_MAX 255

/* debugf(): numbers as they are, of a string the address of its bytes. */
static void print_debug(struct cg *cg, const struct action *a, struct cg_val args)
{
	u32 off = 0, len = a->fmt.len < DEBUG_FMT_MAX ? (u32)a->fmt.len : DEBUG_FMT_MAX;
	char fmt[DEBUG_FMT_MAX + 1] = "";
	LLVMValueRef v[3 + DEBUG_VALUES] = { NULL, ir_i32(cg, len + 1) };

	memcpy(fmt, a->fmt.s, len);
	v[0] = bpf_literal(cg, (struct str){ fmt, len + 1 });
	for (u32 i = 0; i < DEBUG_VALUES; i++) {
		const struct type *at = i < a->arg_cnt ? a->arg_types[i] : NULL;

		v[2 + i] = ir_i64(cg, 0);
		if (!at)
			continue;
		if (at->kind == TYPE_STR)
			v[2 + i] = ir_off(cg, args.v, off + 4);
		else
			v[2 + i] = ir_load(cg, cg->i64, ir_off(cg, args.v, off));
		off += (u32)packed_kernel_size(at);
	}
	v[5] = bpf_table(cg);
	bpf_rt(cg, "cap_debug", v, 6);
}

/* print(), clear(), zero() of a map that the kernel has: the recorder does it. */
static void bpf_action(struct cg *cg, const struct action *a, struct cg_val args)
{
	static const struct {
		enum builtin_id id;
		u32 kind;
	} kinds[] = { { BI_PRINT, CAP_CTL_PRINT },
		      { BI_CLEAR, CAP_CTL_CLEAR },
		      { BI_ZERO, CAP_CTL_ZERO } };

	if (a->b->id == BI_SYSTEM || a->b->id == BI_CAT) {
		hand_over(cg, a, a->b->id == BI_CAT ? CAP_CTL_CAT : CAP_CTL_SYSTEM, args);
		return;
	}
	if (a->b->id == BI_SIGNAL || a->b->id == BI_SIGNAL_THREAD) {
		send_signal(cg, a, args);
		return;
	}
	if (a->b->id == BI_DEBUGF) {
		print_debug(cg, a, args);
		return;
	}
	for (size_t i = 0; a->map && i < countof(kinds); i++) {
		LLVMValueRef v[] = {
			bpf_fn_of(cg)->fire, ir_i32(cg, kinds[i].kind), bpf_table(cg),
			ir_i32(cg, a->idx),  ir_i32(cg, a->map->idx),	ir_i64(cg, 0)
		};

		if (a->b->id == kinds[i].id)
			bpf_rt(cg, "cap_control", v, 6);
	}
}

/* The verifier follows every round, so there has to be a last one. */
static LLVMValueRef bpf_loop_step(struct cg *cg, LLVMValueRef trip)
{
	return ir_cmp(cg, LLVMIntULT, trip, ir_i32(cg, TRIPS_MAX));
}

const struct cg_target target_bpf = {
	.name = "bpf",
	.form = CG_FIXED,
	.fn_type = bpf_fn_type,
	.fn_begin = bpf_fn_begin,
	.fn_end = bpf_fn_end,
	.scratch = bpf_scratch,
	.builtin = bpf_builtin,
	.stack = bpf_stack,
	.reg = bpf_reg,
	.probe_id = bpf_probe_id,
	.args_field = bpf_args_field,
	.read_mem = bpf_read_mem,
	.read_str = bpf_read_str,
	.read_bytes = bpf_read_bytes,
	.path = bpf_path,
	.exit = bpf_exit,
	.capture = bpf_capture,
	.path_bit = bpf_path_bit,
	.map_get_int = bpf_map_get_int,
	.map_get = bpf_map_get,
	.map_set_int = bpf_map_set_int,
	.map_set = bpf_map_set,
	.map_add = bpf_map_add,
	.map_delete = bpf_map_delete,
	.map_has = bpf_map_has,
	.map_len = bpf_map_len,
	.map_agg = bpf_map_agg,
	.map_agg_read = bpf_map_agg_read,
	.action = bpf_action,
	.literal = bpf_literal,
	.copy = bpf_copy,
	.text = bpf_text,
	.bytes_eq = bpf_bytes_eq,
	.bytes_find = bpf_bytes_find,
	.bytes_diff = bpf_bytes_diff,
	.bytes_append = bpf_bytes_append,
	.loop_step = bpf_loop_step,
};

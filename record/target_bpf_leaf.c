/*
 * record/target_bpf_leaf.c -- builtins, fields of the record, memory.
 *
 * args of a perf tracepoint are loaded from its record.  Of a system call that was attached raw
 * they are made from the registers: the tracepoint's record has the number at byte 8 and then an
 * 8-byte slot an argument, and so has what bpf_args_field() pretends.
 */
#include <errno.h>

#include "lang/codegen/ir.h"
#include "lang/registers.h"
#include "record/bpf/capture_rt.h"
#include "record/target_bpf.h"

#define NR_OFF	 8 /* of the number in a system call's record */
#define ARGS_OFF 16

static LLVMValueRef fire_word(struct cg *cg, u32 off)
{
	return ir_load(cg, cg->i64, ir_off(cg, bpf_fn_of(cg)->fire, off));
}

static LLVMValueRef ctx_word(struct cg *cg, u32 i)
{
	return ir_load(cg, cg->i64, ir_off(cg, bpf_fn_of(cg)->ctx, i * 8));
}

/* What a script sees of the firing's time; the row has all of it until it is put on the tape. */
static LLVMValueRef now(struct cg *cg)
{
	LLVMValueRef fire = bpf_fn_of(cg)->fire, v = bpf_rt(cg, "cap_now", &fire, 1);
	u64 quantum = bpf_fn_of(cg)->quantum;

	if (quantum < 2)
		return v;
	return LLVMBuildSub(cg->b, v, LLVMBuildURem(cg->b, v, ir_i64(cg, (s64)quantum), ""), "");
}

static LLVMValueRef low32(struct cg *cg, LLVMValueRef v)
{
	return LLVMBuildAnd(cg->b, v, ir_i64(cg, 0xffffffff), "");
}

static LLVMValueRef high32(struct cg *cg, LLVMValueRef v)
{
	return LLVMBuildLShr(cg->b, v, ir_i64(cg, 32), "");
}

static LLVMValueRef call0(struct cg *cg, const char *name)
{
	return bpf_rt(cg, name, NULL, 0);
}

static struct cg_val comm(struct cg *cg)
{
	struct cg_val v = { .v = cg_scratch(cg, 16), .cap = 16 };

	v.len = ir_trunc32(cg, bpf_rt(cg, "cap_comm", &v.v, 1));
	bpf_fn_of(cg)->padded = v.v;
	return v;
}

/*
 * An argument of a raw tracepoint.  To the verifier a pointer among them is one to a kernel
 * object, with which next to nothing may be computed; to the language it is a number.
 */
LLVMValueRef bpf_call_word(struct cg *cg, u32 i)
{
	LLVMValueRef v = ctx_word(cg, i);

	return bpf_rt(cg, "cap_plain", &v, 1);
}

/* The same, of a type that the verifier lets nobody load: the context is memory after all. */
LLVMValueRef bpf_call_word_read(struct cg *cg, u32 i)
{
	LLVMValueRef addr = LLVMBuildPtrToInt(cg->b, bpf_fn_of(cg)->ctx, cg->i64, "");
	LLVMValueRef slot = ir_alloca(cg, cg->i64, "arg");

	addr = LLVMBuildAdd(cg->b, addr, ir_i64(cg, i * 8), "");
	bpf_read_mem(cg, slot, addr, 8, ASPACE_KERNEL);
	return ir_load(cg, cg->i64, slot);
}

static bool is_loadable(const struct type *t)
{
	return t->kind == TYPE_INT || t->kind == TYPE_BOOL ||
	       (t->kind == TYPE_PTR && t->elem && t->elem->kind == TYPE_STRUCT);
}

/* argN: of any of the probes that the function is for. */
static LLVMValueRef call_arg_n(struct cg *cg, u32 i)
{
	bool can_load = true;

	for (u32 k = 0; k < cg->inst->probe_cnt; k++) {
		const struct type *args = cg->inst->probes[k]->args;

		can_load &= args && i < args->field_cnt && is_loadable(args->fields[i].type);
	}
	return can_load ? bpf_call_word(cg, i) : bpf_call_word_read(cg, i);
}

/* Registers of a sample: its context begins with them. */
LLVMValueRef bpf_reg(struct cg *cg, u32 off)
{
	if (bpf_fn_of(cg)->src == BPF_SRC_SAMPLE)
		return ctx_word(cg, off / 8);
	cg_fail(cg, -ENOTSUP, NULL, "the probe has no registers");
	return LLVMGetPoison(cg->i64);
}

static LLVMValueRef usermode(struct cg *cg)
{
	LLVMValueRef v;
	u64 mask, want;
	u32 off;

	if (bpf_fn_of(cg)->src == BPF_SRC_RUN) /* BEGIN: it is the recorder who called */
		return ir_i64(cg, 1);
	if (!register_user_mode(&off, &mask, &want))
		return NULL;
	v = LLVMBuildAnd(cg->b, bpf_reg(cg, off), ir_i64(cg, (s64)mask), "");
	return ir_zext(cg, ir_cmp(cg, LLVMIntEQ, v, ir_i64(cg, (s64)want)));
}

/* The task that a pointer in the running one leads to. */
static LLVMValueRef relative(struct cg *cg, u32 off)
{
	LLVMValueRef v = ir_i32(cg, off);

	return bpf_rt(cg, "cap_parent", &v, 1);
}

static LLVMValueRef ppid(struct cg *cg)
{
	const struct machine_facts *facts = bpf_fn_of(cg)->facts;
	LLVMValueRef args[] = { relative(cg, facts->parent_off), ir_i32(cg, facts->tgid_off) };

	return bpf_rt(cg, "cap_task_u32", args, 2);
}

/* Name of another task. */
static struct cg_val comm_of(struct cg *cg, LLVMValueRef task)
{
	struct cg_val v = { .v = cg_scratch(cg, 24), .cap = 16 };
	LLVMValueRef got, addr = LLVMBuildAdd(cg->b, task,
					      ir_i64(cg, bpf_fn_of(cg)->facts->comm_off), "");

	got = bpf_read_str(cg, v.v, 16, addr, ir_i32(cg, 15), ASPACE_KERNEL);
	v.len = ir_trunc32(cg, ir_select(cg, ir_cmp(cg, LLVMIntSLT, got, ir_i64(cg, 0)),
					 ir_i64(cg, 0), got));
	return v;
}

static bool knows_tasks(const struct cg *cg)
{
	return bpf_fn_of(cg)->facts->parent_off;
}

static LLVMValueRef word_builtin(struct cg *cg, enum builtin_id id)
{
	u32 ids = offsetof(struct cap_fire, pid_tgid);

	switch (id) {
	case BI_PID:
		return high32(cg, fire_word(cg, ids));
	case BI_TID:
		return low32(cg, fire_word(cg, ids));
	case BI_UID:
		return low32(cg, call0(cg, "cap_uid_gid"));
	case BI_GID:
		return high32(cg, call0(cg, "cap_uid_gid"));
	case BI_CPU:
		return call0(cg, "cap_cpu");
	case BI_NSECS:
		return now(cg);
	case BI_ELAPSED:
		return LLVMBuildSub(cg->b, now(cg), call0(cg, "cap_start"), "");
	case BI_RAND:
		return call0(cg, "cap_rand");
	case BI_CPID:
		return call0(cg, "cap_cpid");
	case BI_USERNAME:
		return low32(cg, call0(cg, "cap_uid_gid"));
	case BI_USERMODE:
		return usermode(cg);
	case BI_PPID:
		return knows_tasks(cg) ? ppid(cg) : NULL;
	case BI_CGROUP:
		return call0(cg, "cap_cgroup");
	case BI_NUMAID:
		return call0(cg, "cap_numaid");
	case BI_JIFFIES:
		return call0(cg, "cap_jiffies");
	case BI_CURTASK:
		return call0(cg, "cap_curtask");
	default:
		return NULL;
	}
}

struct cg_val bpf_builtin(struct cg *cg, const struct node *n)
{
	const struct machine_facts *facts = bpf_fn_of(cg)->facts;
	enum builtin_id id = n->builtin.b->id;
	LLVMValueRef v;

	if (id == BI_COMM)
		return comm(cg);
	if ((id == BI_PCOMM || id == BI_LEADER_COMM) && knows_tasks(cg))
		return comm_of(cg, relative(cg, id == BI_PCOMM ? facts->parent_off :
								 facts->leader_off));
	if (id == BI_ARGN && bpf_fn_of(cg)->src == BPF_SRC_RAW)
		return ir_word(call_arg_n(cg, (u32)n->builtin.arg));
	v = word_builtin(cg, id);
	if (!v) {
		cg_fail(cg, -ENOTSUP, n, "%s is not supported yet", n->builtin.b->name);
		v = LLVMGetPoison(cg->i64);
	}
	return ir_word(v);
}

void bpf_take_test_event(struct cg *cg)
{
	LLVMValueRef fire = bpf_fn_of(cg)->fire;

	ir_store(cg, ctx_word(cg, 1), ir_off(cg, fire, offsetof(struct cap_fire, ts)));
	ir_store(cg, ctx_word(cg, 2), ir_off(cg, fire, offsetof(struct cap_fire, pid_tgid)));
}

LLVMValueRef bpf_probe_id(struct cg *cg)
{
	struct bpf_fn *f = bpf_fn_of(cg);
	LLVMValueRef args[2] = { f->ctx };

	if (cg->inst->probe_cnt == 1)
		return ir_i64(cg, cg->inst->probes[0]->id);
	switch (f->src) {
	case BPF_SRC_TEST:
		return ctx_word(cg, 3);
	case BPF_SRC_TP:
	case BPF_SRC_PERF:
	case BPF_SRC_SAMPLE:
		return bpf_rt(cg, "cap_cookie", args, 1);
	case BPF_SRC_SYS_ENTER:
	case BPF_SRC_SYS_EXIT:
		args[0] = bpf_syscall_nr(cg);
		args[1] = ir_i32(cg, f->numbers.ids_off);
		return bpf_rt(cg, "cap_nr_probe", args, 2);
	default:
		f->uses_probe_mark = true;
		return call0(cg, "cap_probe_mark");
	}
}

/* ---- registers of a system call ---- */

/* Volatile: two loads of one register must not become a load through a chosen pointer. */
static LLVMValueRef reg(struct cg *cg, u32 off)
{
	LLVMValueRef regs = LLVMBuildIntToPtr(cg->b, ctx_word(cg, 0), cg->ptr, "");
	LLVMValueRef v = ir_load(cg, cg->i64, ir_off(cg, regs, off));

	LLVMSetVolatile(v, true);
	return v;
}

static bool is_enter(enum bpf_source src)
{
	return src == BPF_SRC_SYS_ENTER || src == BPF_SRC_RAW_ENTER;
}

static bool is_exit(enum bpf_source src)
{
	return src == BPF_SRC_SYS_EXIT || src == BPF_SRC_RAW_EXIT;
}

LLVMValueRef bpf_syscall_nr(struct cg *cg)
{
	struct bpf_fn *f = bpf_fn_of(cg);

	return is_enter(f->src) ? ctx_word(cg, 1) : reg(cg, f->facts->regs_nr_off);
}

/* 8-byte slot @i behind the number. */
static LLVMValueRef slot(struct cg *cg, u32 i)
{
	struct bpf_fn *f = bpf_fn_of(cg);

	if (is_exit(f->src))
		return i == 0 ? ctx_word(cg, 1) : NULL;
	return i < 6 ? reg(cg, f->facts->regs_arg_off[i]) : NULL;
}

static LLVMValueRef raw_word(struct cg *cg, u32 off, u32 size)
{
	LLVMValueRef v = off < ARGS_OFF ? bpf_syscall_nr(cg) : slot(cg, (off - ARGS_OFF) / 8);

	if (!v || off < NR_OFF)
		return NULL;
	if (off % 8)
		v = LLVMBuildLShr(cg->b, v, ir_i64(cg, off % 8 * 8), "");
	if (size < 8)
		v = LLVMBuildAnd(cg->b, v, ir_i64(cg, (s64)((1ull << size * 8) - 1)), "");
	return v;
}

static struct cg_val raw_field(struct cg *cg, const struct cg_args_ref *r)
{
	struct cg_val v = ir_word(NULL);

	if (r->type->kind != TYPE_ARRAY && r->type->kind != TYPE_STR) {
		v.v = raw_word(cg, r->off, r->read_sz);
	} else if (r->type->kind == TYPE_ARRAY && r->off % 8 == 0) {
		v.v = cg_scratch(cg, r->read_sz + 8);
		v.len = ir_i32(cg, r->read_sz);
		v.cap = r->read_sz;
		for (u32 i = 0; i < r->read_sz; i += 8) {
			LLVMValueRef w = raw_word(cg, r->off + i, 8);

			if (w)
				ir_store(cg, w, ir_off(cg, v.v, i));
		}
	}
	if (!v.v) {
		cg_fail(cg, -ENOTSUP, NULL, "args.%s cannot be taken from registers", r->f->name);
		v.v = LLVMGetPoison(cg->i64);
	}
	return v;
}

/* ---- arguments of a raw tracepoint ---- */

static struct cg_val call_arg(struct cg *cg, const struct cg_args_ref *r)
{
	enum type_kind k = r->type->kind;

	if (k == TYPE_STRUCT || k == TYPE_ARRAY || k == TYPE_STR || r->off % 8) {
		cg_fail(cg, -ENOTSUP, NULL, "args.%s is no plain value", r->f->name);
		return ir_word(LLVMGetPoison(cg->i64));
	}
	return ir_word(is_loadable(r->f->type) ? bpf_call_word(cg, r->off / 8) :
						 bpf_call_word_read(cg, r->off / 8));
}

/* ---- the record of a perf tracepoint ---- */

static LLVMValueRef record_addr(struct cg *cg, LLVMValueRef off)
{
	struct bpf_fn *f = bpf_fn_of(cg);
	LLVMValueRef p;

	if (f->src == BPF_SRC_TEST)
		p = ctx_word(cg, 0);
	else
		p = LLVMBuildPtrToInt(cg->b, f->ctx, cg->i64, "");
	return LLVMBuildAdd(cg->b, p, off, "");
}

static enum addr_space record_space(const struct cg *cg)
{
	return bpf_fn_of(cg)->src == BPF_SRC_TEST ? ASPACE_USER : ASPACE_KERNEL;
}

static LLVMValueRef test_word(struct cg *cg, u32 off, u32 size)
{
	LLVMValueRef slot = ir_alloca(cg, cg->i64, "word");

	ir_store(cg, ir_i64(cg, 0), slot);
	bpf_read_mem(cg, slot, record_addr(cg, ir_i64(cg, off)), size, ASPACE_USER);
	return ir_load(cg, cg->i64, slot);
}

/* The verifier wants loads from the record to be aligned. */
static LLVMValueRef record_word(struct cg *cg, u32 off, u32 size)
{
	u32 step = size;
	LLVMValueRef v = ir_i64(cg, 0);

	if (bpf_fn_of(cg)->src == BPF_SRC_TEST)
		return test_word(cg, off, size);
	while (off % step)
		step /= 2;
	for (u32 i = 0; i < size; i += step) {
		LLVMTypeRef t = LLVMIntTypeInContext(cg->ctx, step * 8);
		LLVMValueRef part = ir_load(cg, t, ir_off(cg, bpf_fn_of(cg)->ctx, off + i));

		LLVMSetVolatile(part, true);
		part = LLVMBuildShl(cg->b, ir_zext(cg, part), ir_i64(cg, i * 8), "");
		v = LLVMBuildOr(cg->b, v, part, "");
	}
	return v;
}

static struct cg_val record_string(struct cg *cg, const struct cg_args_ref *r)
{
	u32 cap = r->type->size ? r->type->size : cg->prog->max_strlen;
	struct cg_val v = { .v = cg_scratch(cg, cap + 8), .cap = cap };
	LLVMValueRef off = ir_i64(cg, r->off), max = ir_i32(cg, cap), n, zero = ir_i64(cg, 0);

	if (cg->rc)
		return v;
	if (r->f->is_data_loc) {
		LLVMValueRef loc = record_word(cg, r->off, 4);

		off = LLVMBuildAnd(cg->b, loc, ir_i64(cg, 0xffff), "");
		n = ir_trunc32(cg, LLVMBuildLShr(cg->b, loc, ir_i64(cg, 16), ""));
		max = ir_umin(cg, n, max);
	} else if (r->read_sz && r->read_sz < cap) {
		max = ir_i32(cg, r->read_sz);
	}
	n = bpf_read_str(cg, v.v, cap, record_addr(cg, off), max, record_space(cg));
	v.len = ir_trunc32(cg, ir_select(cg, ir_cmp(cg, LLVMIntSLT, n, zero), zero, n));
	return v;
}

static struct cg_val record_bytes(struct cg *cg, const struct cg_args_ref *r)
{
	struct cg_val v = { .v = cg_scratch(cg, r->read_sz + 8), .cap = r->read_sz };

	v.len = ir_i32(cg, r->read_sz);
	bpf_read_mem(cg, v.v, record_addr(cg, ir_i64(cg, r->off)), r->read_sz, record_space(cg));
	return v;
}

struct cg_val bpf_args_field(struct cg *cg, const struct cg_args_ref *r)
{
	struct bpf_fn *f = bpf_fn_of(cg);

	if (is_enter(f->src) || is_exit(f->src))
		return raw_field(cg, r);
	if (f->src == BPF_SRC_RAW && f->equiv)
		return bpf_equiv_field(cg, r);
	if (f->src == BPF_SRC_RAW)
		return call_arg(cg, r);
	if (f->src != BPF_SRC_TP && f->src != BPF_SRC_TEST) {
		cg_fail(cg, -EPROTO, NULL, "args.%s of a probe that has none", r->f->name);
		return ir_word(LLVMGetPoison(cg->i64));
	}
	if (r->type->kind == TYPE_STR)
		return record_string(cg, r);
	if (r->type->kind == TYPE_ARRAY || r->type->kind == TYPE_STRUCT)
		return record_bytes(cg, r);
	return ir_word(record_word(cg, r->off, r->read_sz));
}

/* ---- memory ---- */

LLVMValueRef bpf_read_mem(struct cg *cg, LLVMValueRef dst, LLVMValueRef addr, u32 size,
			  enum addr_space as)
{
	LLVMValueRef args[] = { dst, ir_i32(cg, size), addr, ir_i32(cg, as) };

	return bpf_rt(cg, "cap_read", args, 4);
}

LLVMValueRef bpf_read_str(struct cg *cg, LLVMValueRef dst, u32 cap, LLVMValueRef addr,
			  LLVMValueRef max, enum addr_space as)
{
	LLVMValueRef args[] = { dst, ir_i32(cg, cap), addr, max, ir_i32(cg, as) };

	return bpf_rt(cg, "cap_read_str", args, 5);
}

LLVMValueRef bpf_read_bytes(struct cg *cg, LLVMValueRef dst, u32 cap, LLVMValueRef addr,
			    LLVMValueRef n, enum addr_space as)
{
	LLVMValueRef args[] = { dst, ir_i32(cg, cap), addr, n, ir_i32(cg, as) };

	return bpf_rt(cg, "cap_read_bytes", args, 5);
}

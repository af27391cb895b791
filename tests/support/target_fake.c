/*
 * tests/support/target_fake.c -- the hooks of the fake target, and programs compiled with it.
 *
 * A hook is a call of a function in target_fake_rt.c.  All programs that were added are one LLVM
 * module.
 */
#include "tests/support/target_fake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyze/jit/target_jit.h"
#include "analyze/rt.h"
#include "lang/codegen/ir.h"
#include "tests/support/target_fake_priv.h"

#define ARGS_MAX 8

/* Call @name(ctx, ...). */
static LLVMValueRef call(struct cg *cg, const char *name, LLVMTypeRef ret, LLVMValueRef *args,
			 unsigned n)
{
	LLVMValueRef all[ARGS_MAX];

	all[0] = ((struct target_fake *)cg->tctx)->ctx;
	for (unsigned i = 0; i < n && i + 1 < ARGS_MAX; i++)
		all[i + 1] = args[i];
	return ir_call(cg, name, ret, all, n + 1);
}

static LLVMTypeRef fn_type(struct cg *cg)
{
	return LLVMFunctionType(cg->voidt, &cg->ptr, 1, false);
}

static void fn_begin(struct cg *cg)
{
	struct target_fake *t = cg->tctx;

	t->ctx = LLVMGetParam(cg->fn, 0);
	t->host.rt = ir_load(cg, cg->ptr, t->ctx);
}

static void fn_end(struct cg *cg, LLVMValueRef reached)
{
	LLVMBasicBlockRef send = ir_block(cg, "send"), out = ir_block(cg, "out");

	ir_br_if(cg, reached ? reached : ir_i1(cg, false), send, out);
	ir_enter(cg, send);
	call(cg, "fake_send", cg->voidt, NULL, 0);
	ir_br(cg, out);
	ir_enter(cg, out);
	LLVMBuildRetVoid(cg->b);
}

/* ---- leaves ---- */

/* Made of what was asked for and the firing: the same in all three modes. */
static LLVMValueRef stack(struct cg *cg, const struct cg_stack_ref *r)
{
	LLVMValueRef args[] = { ir_i32(cg, r->is_user << 16 | r->depth),
				r->addr ? r->addr : ir_i64(cg, 0) };

	return call(cg, "fake_stack", cg->i64, args, 2);
}

static struct cg_val builtin(struct cg *cg, const struct node *n)
{
	LLVMValueRef args[2] = { ir_i32(cg, n->builtin.b->id), ir_i32(cg, n->id) };
	struct cg_val v = { .cap = n->type->size };

	if (n->builtin.b->id != BI_COMM)
		return ir_word(call(cg, "fake_builtin", cg->i64, args, 2));
	v.v = cg_scratch(cg, v.cap);
	args[0] = v.v;
	args[1] = ir_i32(cg, v.cap);
	v.len = call(cg, "fake_comm", cg->i32, args, 2);
	return v;
}

static LLVMValueRef probe_id(struct cg *cg)
{
	return call(cg, "fake_probe_id", cg->i64, NULL, 0);
}

static struct cg_val args_field(struct cg *cg, const struct cg_args_ref *r)
{
	LLVMValueRef args[4] = { ir_i32(cg, r->off), ir_i32(cg, r->read_sz) };
	struct cg_val v = { .cap = r->type->size };

	if (r->type->kind == TYPE_INT || r->type->kind == TYPE_PTR || r->type->kind == TYPE_BOOL)
		return ir_word(call(cg, "fake_args_word", cg->i64, args, 2));
	v.v = args[2] = cg_scratch(cg, v.cap);
	args[3] = ir_i32(cg, v.cap);
	if (r->type->kind != TYPE_STR) {
		call(cg, "fake_args_bytes", cg->voidt, args, 3);
		v.len = ir_i32(cg, r->read_sz);
		return v;
	}
	if (!r->f->is_data_loc) {
		v.len = call(cg, "fake_args_str", cg->i32, args, 4);
		return v;
	}
	args[1] = v.v;
	args[2] = args[3];
	v.len = call(cg, "fake_args_loc", cg->i32, args, 3);
	return v;
}

static LLVMValueRef read_mem(struct cg *cg, LLVMValueRef dst, LLVMValueRef addr, u32 size,
			     enum addr_space as)
{
	LLVMValueRef args[] = { dst, addr, ir_i32(cg, size), ir_i32(cg, as) };

	return call(cg, "fake_read_mem", cg->i64, args, 4);
}

static LLVMValueRef read_str(struct cg *cg, LLVMValueRef dst, u32 cap, LLVMValueRef addr,
			     LLVMValueRef max, enum addr_space as)
{
	LLVMValueRef args[] = { dst, ir_i32(cg, cap), addr, max, ir_i32(cg, as) };

	return call(cg, "fake_read_str", cg->i64, args, 5);
}

static LLVMValueRef read_bytes(struct cg *cg, LLVMValueRef dst, u32 cap, LLVMValueRef addr,
			       LLVMValueRef n, enum addr_space as)
{
	LLVMValueRef args[] = { dst, ir_i32(cg, cap), addr, n, ir_i32(cg, as) };

	return call(cg, "fake_read_bytes", cg->i64, args, 5);
}

static void full_exit(struct cg *cg UNUSED, LLVMValueRef code UNUSED)
{
	/* the action has told the rt */
}

static void slice_exit(struct cg *cg, LLVMValueRef code)
{
	call(cg, "fake_exit", cg->voidt, &code, 1);
}

static void capture(struct cg *cg, const struct plan_col *col, struct cg_val v)
{
	LLVMValueRef err = v.err ? v.err : ir_i64(cg, 0);
	LLVMValueRef word[] = { ir_i32(cg, col->idx), v.v, err };
	LLVMValueRef bytes[] = { ir_i32(cg, col->idx), v.v, v.len, err };

	if (v.len)
		call(cg, "fake_capture_bytes", cg->voidt, bytes, 4);
	else
		call(cg, "fake_capture_word", cg->voidt, word, 3);
}

static void path_bit(struct cg *cg, u32 bit, LLVMValueRef taken)
{
	LLVMValueRef args[] = { ir_i32(cg, bit), LLVMBuildZExt(cg->b, taken, cg->i8, "") };

	call(cg, "fake_path_bit", cg->voidt, args, 2);
}

#define FAKE_HOOKS                                                                             \
	.fn_type = fn_type, .fn_begin = fn_begin, .fn_end = fn_end, .builtin = builtin,        \
	.stack = stack, .probe_id = probe_id, .args_field = args_field, .read_mem = read_mem,  \
	.read_str = read_str, .read_bytes = read_bytes, CG_HOST_HOOKS

const struct cg_target target_fake_full = {
	.name = "fake, whole clause",
	.form = CG_PACKED,
	.exit = full_exit,
	FAKE_HOOKS,
};

const struct cg_target target_fake_capture = {
	.name = "fake, slice",
	.form = CG_FIXED,
	.exit = slice_exit,
	.capture = capture,
	.path_bit = path_bit,
	FAKE_HOOKS,
};

/* ---- programs ---- */

typedef void (*event_fn)(struct fake_ctx *ctx);

struct fake_prog {
	const struct program *prog;
	const struct plan *plan;
	u32 id;
	event_fn *full, *slice; /* by instance, by table */
	rt_clause_fn *analysis; /* by table */
	struct fake_prog *next;
};

struct fake_jit {
	struct jit_engine *engine;
	struct cg_module *m;
	struct fake_prog *progs;
	u32 prog_cnt;
};

#define NAME_SZ 40

static void fn_name(const struct fake_prog *p, enum cg_mode mode, u32 idx, char *ret)
{
	static const char *const modes[] = { "full", "slice", "analysis" };

	snprintf(ret, NAME_SZ, "p%u_%s_%u", p->id, modes[mode], idx);
}

static int new_module(struct fake_jit *j, const char *passes, struct err *err)
{
	struct cg_module_opts o = { .name = "fake", .passes = passes };

	cg_module_free(j->m);
	j->m = cg_module_new(&o, err);
	return j->m ? 0 : -ENOMEM;
}

int fake_jit_new(struct fake_jit **ret, struct err *err)
{
	struct fake_jit *j = calloc(1, sizeof(*j));
	int rc;

	if (!j)
		return err_oom(err);
	rc = jit_engine_new(fake_syms, &j->engine, err);
	if (!rc)
		rc = new_module(j, CG_PASSES_QUICK, err);
	if (rc) {
		fake_jit_free(j);
		return rc;
	}
	*ret = j;
	return 0;
}

void fake_jit_optimise(struct fake_jit *j)
{
	cg_module_set_passes(j->m, CG_PASSES_HOST);
}

static void free_prog(struct fake_prog *p)
{
	free(p->full);
	free(p->slice);
	free(p->analysis);
	free(p);
}

void fake_jit_free(struct fake_jit *j)
{
	struct fake_prog *p, *next;

	if (!j)
		return;
	for (p = j->progs; p; p = next) {
		next = p->next;
		free_prog(p);
	}
	cg_module_free(j->m);
	jit_engine_free(j->engine);
	free(j);
}

static int lower_one(struct fake_jit *j, struct fake_prog *p, enum cg_mode mode, u32 idx,
		     struct err *err)
{
	static const struct cg_target *const targets[] = { &target_fake_full, &target_fake_capture,
							   &target_jit };
	struct target_fake fake = { 0 };
	struct target_jit jit = { 0 };
	char name[NAME_SZ];
	struct cg_job job = { .fn_name = name,
			      .mode = mode,
			      .target = targets[mode],
			      .tctx = mode == CG_ANALYSIS ? (void *)&jit : (void *)&fake,
			      .prog = p->prog };

	fn_name(p, mode, idx, name);
	if (mode == CG_FULL) {
		job.inst = p->prog->insts[idx];
	} else {
		job.plan = p->plan;
		job.table = &p->plan->tables[idx];
		job.inst = job.table->inst;
	}
	return cg_lower(j->m, &job, err);
}

static int lower_all(struct fake_jit *j, struct fake_prog *p, struct err *err)
{
	u32 tables = p->plan ? p->plan->table_cnt : 0;
	int rc = 0;

	for (u32 i = 0; i < p->prog->inst_cnt && !rc; i++)
		rc = lower_one(j, p, CG_FULL, i, err);
	for (u32 i = 0; i < tables && !rc; i++) {
		rc = lower_one(j, p, CG_CAPTURE, i, err);
		if (!rc)
			rc = lower_one(j, p, CG_ANALYSIS, i, err);
	}
	return rc;
}

int fake_jit_add(struct fake_jit *j, const struct program *prog, const struct plan *plan,
		 struct fake_prog **ret, struct err *err)
{
	struct fake_prog *p = calloc(1, sizeof(*p));
	u32 tables = plan ? plan->table_cnt : 0;
	int rc;

	if (!p)
		return err_oom(err);
	p->prog = prog;
	p->plan = plan;
	p->id = j->prog_cnt++;
	p->full = calloc(prog->inst_cnt + 1, sizeof(*p->full));
	p->slice = calloc(tables + 1, sizeof(*p->slice));
	p->analysis = calloc(tables + 1, sizeof(*p->analysis));
	rc = p->full && p->slice && p->analysis ? lower_all(j, p, err) : err_oom(err);
	if (rc) {
		free_prog(p);
		return rc;
	}
	p->next = j->progs;
	j->progs = p;
	*ret = p;
	return 0;
}

static int find(struct fake_jit *j, struct fake_prog *p, enum cg_mode mode, u32 idx, void **ret,
		struct err *err)
{
	char name[NAME_SZ];

	fn_name(p, mode, idx, name);
	return jit_engine_find(j->engine, name, ret, err);
}

static int find_all(struct fake_jit *j, struct fake_prog *p, struct err *err)
{
	u32 tables = p->plan ? p->plan->table_cnt : 0;
	int rc = 0;
	void *fn;

	for (u32 i = 0; i < p->prog->inst_cnt && !rc; i++) {
		rc = find(j, p, CG_FULL, i, &fn, err);
		p->full[i] = rc ? NULL : (event_fn)fn;
	}
	for (u32 i = 0; i < tables && !rc; i++) {
		rc = find(j, p, CG_CAPTURE, i, &fn, err);
		p->slice[i] = rc ? NULL : (event_fn)fn;
		if (!rc)
			rc = find(j, p, CG_ANALYSIS, i, &fn, err);
		p->analysis[i] = rc ? NULL : (rt_clause_fn)fn;
	}
	return rc;
}

int fake_jit_compile(struct fake_jit *j, struct err *err)
{
	int rc = cg_module_finish(j->m, err);

	if (!rc)
		rc = jit_engine_add(j->engine, j->m, err);
	for (struct fake_prog *p = j->progs; p && !rc; p = p->next)
		rc = find_all(j, p, err);
	return rc;
}

/* ---- firings ---- */

void fake_fire_full(const struct fake_prog *p, u32 inst, const struct fake_event *ev,
		    struct ref_rt *rt)
{
	struct fake_ctx ctx = { .rt = rt, .ev = ev };

	p->full[inst](&ctx);
}

static struct fake_cell *new_cells(const struct plan_table *t)
{
	struct fake_cell *cells = calloc(t->col_cnt + 1, sizeof(*cells));

	for (u32 i = 0; cells && i < t->col_cnt; i++) {
		cells[i].elems =
			calloc(t->cols[i].is_list ? PLAN_LIST_MAX : 1, sizeof(*cells[i].elems));
		if (!cells[i].elems)
			abort();
	}
	if (!cells)
		abort();
	return cells;
}

static void free_cells(const struct plan_table *t, struct fake_cell *cells)
{
	for (u32 i = 0; i < t->col_cnt; i++)
		free(cells[i].elems);
	free(cells);
}

bool fake_fire_capture(const struct fake_prog *p, u32 table, const struct fake_event *ev,
		       struct ref_rt *krt, struct buf *row)
{
	const struct plan_table *t = &p->plan->tables[table];
	struct fake_ctx ctx = { .rt = krt, .ev = ev, .table = t, .is_fixed = true };

	ctx.cells = new_cells(t);
	buf_init(&ctx.pool, 1u << 24);
	p->slice[table](&ctx);
	if (ctx.sent)
		fake_row_write(&ctx, row);
	buf_fini(&ctx.pool);
	free_cells(t, ctx.cells);
	return ctx.sent;
}

void fake_analyse(const struct fake_prog *p, u32 table, const void *row, size_t sz,
		  struct ref_rt *rt)
{
	struct fake_row *r = fake_row_read(&p->plan->tables[table], row, sz);

	/* the compiled code takes any runtime; its functions were given by address */
	p->analysis[table]((struct rt *)rt, fake_row_cols(r), 0, 1);
	fake_row_free(r);
}

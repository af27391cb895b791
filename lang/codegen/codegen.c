/*
 * lang/codegen/codegen.c -- one clause instance becomes one function.
 *
 *   entry:  allocas                       begin:  the target's prologue
 *   firing: state of the firing is reset, predicate, statements; every way out goes to `leave`
 *   leave:  the target sends the row, returns or takes the next one
 *
 * (1) The builder always stands at the end of an open block.  Behind a return, break or exit that
 *     is a dead block.
 * (2) A failure is noted in cg->rc once; lowering goes on with poison values and the function is
 *     thrown away.
 */
#include "lang/codegen/codegen.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lang/codegen/cg_priv.h"

const struct node_note cg_no_note = {
	.in_slice = true, .in_analysis = true, .col = -1, .bit = -1, .trips_col = -1
};

const struct node_note *cg_note(const struct cg *cg, const struct node *n)
{
	return cg->mode == CG_FULL ? &cg_no_note : &cg->table->notes[n->id];
}

void cg_fail(struct cg *cg, int code, const struct node *at, const char *fmt, ...)
{
	char text[256];
	u32 line, col;
	va_list ap;

	if (cg->rc)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	cg->rc = code;
	if (!at || !cg->prog->src) {
		err_set(cg->err, code, "%s", text);
		return;
	}
	source_place(cg->prog->src, at->span.off, &line, &col);
	err_set(cg->err, code, "%s:%u:%u: %s", cg->prog->src->name, line, col, text);
}

void cg_at(struct cg *cg, const struct node *n)
{
	u32 line, col;

	if (!cg->st->di_fn)
		return;
	source_place(cg->st->m->src, n->span.off, &line, &col);
	LLVMSetCurrentDebugLocation2(cg->b, LLVMDIBuilderCreateDebugLocation(cg->ctx, line, col,
									     cg->st->di_fn, NULL));
}

LLVMValueRef cg_scratch(struct cg *cg, u32 size)
{
	u32 off = cg->st->scratch_used;

	if (size > CG_SCRATCH_MAX || off + ((size + 7) & ~7u) > CG_SCRATCH_MAX) {
		cg_fail(cg, -E2BIG, NULL, "the values of a clause need more than %u bytes",
			CG_SCRATCH_MAX);
		return LLVMGetPoison(cg->ptr);
	}
	size = (size + 7) & ~7u;
	cg->st->scratch_used += size;
	if (cg->st->scratch_used > cg->scratch_sz)
		cg->scratch_sz = cg->st->scratch_used;
	return cg->target->scratch(cg, off, size);
}

u32 cg_scratch_mark(const struct cg *cg)
{
	return cg->st->scratch_used;
}

void cg_scratch_release(struct cg *cg, u32 mark)
{
	cg->st->scratch_used = mark;
}

struct cg_val cg_poison(struct cg *cg, const struct type *t)
{
	if (!t || type_is_word(t))
		return ir_word(LLVMGetPoison(cg->i64));
	return (struct cg_val){ .v = LLVMGetPoison(cg->ptr), .len = LLVMGetPoison(cg->i32) };
}

static bool is_end(const struct inst *in)
{
	return in->probe_cnt && in->probes[0]->kind == PROBE_END;
}

/* Is the map's content here?  K maps are the kernel's, and END's; T maps are the analyzer's. */
bool cg_map_is_live(const struct cg *cg, const struct map_info *m)
{
	bool is_k;

	if (cg->mode == CG_FULL || !cg->plan)
		return true;
	is_k = cg->plan->maps[m->idx].cls == MAP_K;
	if (cg->mode == CG_CAPTURE)
		return is_k;
	return !is_k || is_end(cg->inst);
}

static void start_debug_info(struct cg *cg, const char *name)
{
	struct cg_module *m = cg->st->m;
	u32 line = 1, col = 1;

	if (!m->di)
		return;
	source_place(m->src, cg->inst->clause->span.off, &line, &col);
	cg->st->di_fn = LLVMDIBuilderCreateFunction(m->di, m->di_file, name, strlen(name), "", 0,
						    m->di_file, line, m->di_fn_type, false, true,
						    line, LLVMDIFlagPrototyped, true);
	LLVMSetSubprogram(cg->fn, cg->st->di_fn);
	LLVMSetCurrentDebugLocation2(cg->b, LLVMDIBuilderCreateDebugLocation(cg->ctx, line, col,
									     cg->st->di_fn, NULL));
}

static void start_fn(struct cg *cg, const struct cg_job *job)
{
	unsigned nounwind = LLVMGetEnumAttributeKindForName("nounwind", 8);
	LLVMBasicBlockRef begin;

	cg->fn = LLVMAddFunction(cg->mod, job->fn_name, cg->target->fn_type(cg));
	LLVMAddAttributeAtIndex(cg->fn, LLVMAttributeFunctionIndex,
				LLVMCreateEnumAttribute(cg->ctx, nounwind, 0));
	if (job->section)
		LLVMSetSection(cg->fn, job->section);
	cg->entry = ir_block(cg, "entry");
	begin = ir_block(cg, "begin");
	cg->st->leave = ir_block(cg, "leave");
	ir_enter(cg, cg->entry);
	start_debug_info(cg, job->fn_name);
	ir_br(cg, begin);
	ir_enter(cg, begin);
	cg->target->fn_begin(cg);
}

static bool reads_list(const struct cg *cg, const struct node_note *note)
{
	const struct plan_col *cols = cg->table->cols;

	return (note->col >= 0 && cols[note->col].is_list) ||
	       (note->bit_is_col && note->bit >= 0) ||
	       (note->trips_col >= 0 && cols[note->trips_col].is_list);
}

/* Positions in lists start anew with each firing. */
static void start_lists(struct cg *cg)
{
	u32 n = cg->inst->node_cnt;

	if (cg->mode == CG_FULL)
		return;
	cg->st->list_pos = arena_new_n(cg->st->arena, LLVMValueRef, n + 1);
	for (u32 i = 0; cg->st->list_pos && i < n; i++) {
		if (!reads_list(cg, &cg->table->notes[i]))
			continue;
		cg->st->list_pos[i] = ir_alloca(cg, cg->i32, "pos");
		ir_store(cg, ir_i32(cg, 0), cg->st->list_pos[i]);
	}
	if (!cg->st->list_pos)
		cg_fail(cg, -ENOMEM, NULL, "out of memory");
}

static void start_firing(struct cg *cg)
{
	start_lists(cg);
	cg_vars_init(cg);
	if (cg->mode != CG_CAPTURE || !cg->table->emits)
		return;
	cg->st->reached = ir_alloca(cg, cg->i1, "reached");
	ir_store(cg, ir_i1(cg, false), cg->st->reached);
}

/* Columns of the row itself: the probe of a clause that has several. */
static void capture_row_cols(struct cg *cg)
{
	const struct plan_table *t = cg->table;

	if (cg->mode != CG_CAPTURE || !t->emits)
		return;
	for (u32 i = COL_FIXED_CNT; i < t->col_cnt; i++)
		if (t->cols[i].node == PLAN_NO_NODE)
			cg->target->capture(cg, &t->cols[i], ir_word(cg->target->probe_id(cg)));
}

static void lower_body(struct cg *cg)
{
	LLVMValueRef reached = NULL;

	start_firing(cg);
	if (cg->rc)
		return;
	if (cg->inst->pred)
		cg_predicate(cg);
	capture_row_cols(cg);
	cg_list(cg, cg->inst->body);
	ir_br(cg, cg->st->leave);
	ir_enter(cg, cg->st->leave);
	if (cg->st->reached)
		reached = ir_load(cg, cg->i1, cg->st->reached);
	cg->target->fn_end(cg, reached);
}

static void init_types(struct cg *cg)
{
	cg->i1 = LLVMInt1TypeInContext(cg->ctx);
	cg->i8 = LLVMInt8TypeInContext(cg->ctx);
	cg->i16 = LLVMInt16TypeInContext(cg->ctx);
	cg->i32 = LLVMInt32TypeInContext(cg->ctx);
	cg->i64 = LLVMInt64TypeInContext(cg->ctx);
	cg->ptr = LLVMPointerTypeInContext(cg->ctx, 0);
	cg->voidt = LLVMVoidTypeInContext(cg->ctx);
}

#define STATE_MAX (64u << 20)

int cg_lower(struct cg_module *m, const struct cg_job *job, struct err *err)
{
	struct err own = { 0 };
	struct arena a;
	struct cg_state st = { .m = m, .arena = &a };
	struct cg cg = {
		.ctx = m->ctx,
		.mod = m->mod,
		.b = m->b,
		.target = job->target,
		.tctx = job->tctx,
		.mode = job->mode,
		.prog = job->prog,
		.inst = job->inst,
		.table = job->table,
		.plan = job->plan,
		.probe = job->probe,
		.err = err ? err : &own,
		.st = &st,
	};

	arena_init(&a, STATE_MAX);
	init_types(&cg);
	start_fn(&cg, job);
	lower_body(&cg);
	LLVMSetCurrentDebugLocation2(m->b, NULL);
	if (cg.rc)
		LLVMDeleteFunction(cg.fn);
	else if (st.di_fn)
		LLVMDIBuilderFinalizeSubprogram(m->di, st.di_fn);
	arena_fini(&a);
	return cg.rc;
}

/*
 * analyze/jit/target_jit.c -- rows [begin, end) of one table in a loop, leaves read from columns.
 *
 *   head: row < end, and the rt has not stopped?  ->  firing ... leave: row + 1  ->  head
 *
 * (1) An array of a column may be NULL (not on the tape) and a list may be too short.  The address
 *     is chosen before the load: the element, or a constant zero.  So no branch is needed and LLVM
 *     moves the choice out of the loop.
 * (2) Columns do not change while the function runs: their loads are invariant.
 */
#include "analyze/jit/target_jit.h"

#include "analyze/rt.h"
#include "lang/codegen/ir.h"

static struct target_jit *self(const struct cg *cg)
{
	return cg->tctx;
}

static LLVMTypeRef fn_type(struct cg *cg)
{
	LLVMTypeRef params[] = { cg->ptr, cg->ptr, cg->i64, cg->i64 };

	return LLVMFunctionType(cg->voidt, params, 4, false);
}

static LLVMValueRef row_of(struct cg *cg)
{
	return ir_load(cg, cg->i64, self(cg)->row_slot);
}

/* Room for two offsets or one word, all zero. */
static LLVMValueRef zero_words(struct cg *cg)
{
	LLVMTypeRef t = LLVMArrayType2(cg->i64, 2);
	LLVMValueRef g = LLVMGetNamedGlobal(cg->mod, "zero_words");

	if (g)
		return g;
	g = LLVMAddGlobal(cg->mod, t, "zero_words");
	LLVMSetInitializer(g, LLVMConstNull(t));
	LLVMSetGlobalConstant(g, true);
	LLVMSetLinkage(g, LLVMPrivateLinkage);
	return g;
}

static void fn_begin(struct cg *cg)
{
	LLVMBasicBlockRef more = ir_block(cg, "more"), firing = ir_block(cg, "firing"),
			  out = ir_block(cg, "out");
	struct target_jit *t = self(cg);
	LLVMValueRef rt = LLVMGetParam(cg->fn, 0), stopped;

	t->host.rt = rt;
	t->cols = LLVMGetParam(cg->fn, 1);
	t->zero = zero_words(cg);
	t->row_slot = ir_alloca(cg, cg->i64, "row");
	ir_store(cg, LLVMGetParam(cg->fn, 2), t->row_slot);
	t->end_slot = ir_alloca(cg, cg->i64, "end");
	ir_store(cg, LLVMGetParam(cg->fn, 3), t->end_slot);
	t->head = ir_block(cg, "head");
	ir_br(cg, t->head);
	ir_enter(cg, t->head);
	ir_br_if(cg, ir_cmp(cg, LLVMIntULT, row_of(cg), ir_load(cg, cg->i64, t->end_slot)), more,
		 out);
	ir_enter(cg, more);
	stopped = ir_call(cg, "rt_stopped", cg->i8, &rt, 1);
	ir_br_if(cg, ir_bool(cg, stopped), out, firing);
	ir_enter(cg, out);
	LLVMBuildRetVoid(cg->b);
	ir_enter(cg, firing);
}

static void fn_end(struct cg *cg, LLVMValueRef reached UNUSED)
{
	ir_store(cg, LLVMBuildAdd(cg->b, row_of(cg), ir_i64(cg, 1), ""), self(cg)->row_slot);
	ir_br(cg, self(cg)->head);
}

/* No row comes behind this one.  The action has told the rt, which may act on it later. */
static void note_exit(struct cg *cg, LLVMValueRef code UNUSED)
{
	ir_store(cg, ir_i64(cg, 0), self(cg)->end_slot);
}

/* ---- columns ---- */

static LLVMValueRef fixed_load(struct cg *cg, LLVMTypeRef t, LLVMValueRef p)
{
	unsigned kind = LLVMGetMDKindIDInContext(cg->ctx, "invariant.load", 14);
	LLVMValueRef v = ir_load(cg, t, p);

	LLVMSetMetadata(v, kind, LLVMMDNodeInContext(cg->ctx, NULL, 0));
	return v;
}

/* A pointer of struct rt_col. */
static LLVMValueRef array_of(struct cg *cg, u32 col, size_t member)
{
	u32 off = col * sizeof(struct rt_col) + member;

	return fixed_load(cg, cg->ptr, ir_off(cg, self(cg)->cols, off));
}

static LLVMValueRef is_set(struct cg *cg, LLVMValueRef p)
{
	return LLVMBuildIsNotNull(cg->b, p, "");
}

/* Address of element @idx of @size bytes each if @ok, else of zeros. */
static LLVMValueRef element_at(struct cg *cg, LLVMValueRef array, LLVMValueRef idx, u32 size,
			       LLVMValueRef ok)
{
	LLVMValueRef off = LLVMBuildMul(cg->b, idx, ir_i64(cg, size), "");

	return ir_select(cg, ok, ir_at(cg, array, off), self(cg)->zero);
}

/* Two neighbours of an offset array. */
static void offsets(struct cg *cg, LLVMValueRef array, LLVMValueRef idx, LLVMValueRef ok,
		    LLVMValueRef ret[2])
{
	LLVMValueRef p =
		element_at(cg, array, idx, 4, LLVMBuildAnd(cg->b, ok, is_set(cg, array), ""));

	ret[0] = fixed_load(cg, cg->i32, p);
	ret[1] = fixed_load(cg, cg->i32, ir_off(cg, p, 4));
}

struct place {
	LLVMValueRef idx; /* i64 */
	LLVMValueRef ok; /* i1 */
};

static struct place place_of(struct cg *cg, const struct plan_col *col, LLVMValueRef elem)
{
	struct place at = { row_of(cg), ir_i1(cg, true) };
	LLVMValueRef range[2];

	if (!elem)
		return at;
	offsets(cg, array_of(cg, col->idx, offsetof(struct rt_col, list_off)), at.idx, at.ok,
		range);
	at.ok = ir_cmp(cg, LLVMIntULT, elem, LLVMBuildSub(cg->b, range[1], range[0], ""));
	at.idx = ir_zext(cg, LLVMBuildAdd(cg->b, range[0], elem, ""));
	return at;
}

static LLVMValueRef not_null(struct cg *cg, const struct plan_col *col, struct place at)
{
	LLVMValueRef array, p;

	if (col->idx < COL_FIXED_CNT)
		return at.ok;
	array = array_of(cg, col->idx, offsetof(struct rt_col, is_null));
	p = element_at(cg, array, at.idx, 1, LLVMBuildAnd(cg->b, at.ok, is_set(cg, array), ""));
	p = ir_cmp(cg, LLVMIntEQ, fixed_load(cg, cg->i8, p), LLVMConstNull(cg->i8));
	return LLVMBuildAnd(cg->b, at.ok, p, "");
}

static LLVMValueRef word_at(struct cg *cg, u32 col, struct place at)
{
	LLVMValueRef array = array_of(cg, col, offsetof(struct rt_col, v));
	LLVMValueRef ok = LLVMBuildAnd(cg->b, at.ok, is_set(cg, array), "");

	return fixed_load(cg, cg->i64, element_at(cg, array, at.idx, 8, ok));
}

static bool is_word(const struct type *t)
{
	return t->kind != TYPE_STR && t->kind != TYPE_BUF && t->kind != TYPE_TUPLE &&
	       t->kind != TYPE_INET && t->kind != TYPE_MAC && t->kind != TYPE_ARRAY &&
	       t->kind != TYPE_STRUCT;
}

static struct cg_val column(struct cg *cg, const struct plan_col *col, LLVMValueRef elem)
{
	struct place at = place_of(cg, col, elem);
	LLVMValueRef range[2], bytes;
	struct cg_val v = { 0 };

	at.ok = not_null(cg, col, at);
	if (is_word(col->type))
		return ir_word(word_at(cg, col->idx, at));
	offsets(cg, array_of(cg, col->idx, offsetof(struct rt_col, off)), at.idx, at.ok, range);
	bytes = array_of(cg, col->idx, offsetof(struct rt_col, bytes));
	v.v = ir_at(cg, bytes, ir_zext(cg, range[0]));
	v.len = LLVMBuildSub(cg->b, range[1], range[0], "");
	return v;
}

static LLVMValueRef column_cnt(struct cg *cg, const struct plan_col *col)
{
	LLVMValueRef range[2];

	offsets(cg, array_of(cg, col->idx, offsetof(struct rt_col, list_off)), row_of(cg),
		ir_i1(cg, true), range);
	return LLVMBuildSub(cg->b, range[1], range[0], "");
}

static LLVMValueRef path_bit_get(struct cg *cg, u32 bit)
{
	struct place at = { row_of(cg), ir_i1(cg, true) };
	LLVMValueRef path = word_at(cg, cg->table->col_cnt, at);

	path = LLVMBuildLShr(cg->b, path, ir_i64(cg, bit), "");
	return LLVMBuildTrunc(cg->b, path, cg->i1, "");
}

static LLVMValueRef session_start(struct cg *cg)
{
	return ir_call(cg, "rt_session_start", cg->i64, &self(cg)->host.rt, 1);
}

const struct cg_target target_jit = {
	.name = "jit",
	.form = CG_PACKED,
	.fn_type = fn_type,
	.fn_begin = fn_begin,
	.fn_end = fn_end,
	.exit = note_exit,
	.column = column,
	.column_cnt = column_cnt,
	.path_bit_get = path_bit_get,
	.session_start = session_start,
	.trouble = host_trouble,
	CG_HOST_HOOKS,
};

/*
 * record/target_bpf_row.c -- the row of a firing: slots, path, set bits, items.
 *
 * A small row without items is kept in allocas, which the optimiser turns into registers, and is
 * copied into the reserved record at the end.  Other rows are built in scratch, in place.
 */
#include <errno.h>

#include "lang/codegen/ir.h"
#include "record/bpf/capture_rt.h"
#include "record/target_bpf.h"

/* Address of word @w of a row in scratch. */
static LLVMValueRef row_word(struct cg *cg, u32 w)
{
	struct bpf_fn *f = bpf_fn_of(cg);
	LLVMValueRef off = LLVMBuildAdd(cg->b, f->ph_row, ir_i64(cg, w * 8), "");

	return ir_at(cg, f->scratch, off);
}

/* Address of a word that belongs to the row, wherever it is kept. */
static LLVMValueRef word_at(struct cg *cg, u32 w)
{
	struct bpf_fn *f = bpf_fn_of(cg);
	const struct row_layout *l = &f->layout;

	if (f->is_row_in_scratch)
		return row_word(cg, w);
	if (w == l->path_word)
		return f->path;
	if (w >= l->set_word && w < l->set_word + l->set_cnt)
		return f->set[w - l->set_word];
	return f->slots[w];
}

static LLVMValueRef word_of(struct cg *cg, const struct plan_col *col)
{
	return word_at(cg, bpf_fn_of(cg)->layout.slots[col->idx].word);
}

/* Field of struct cap_scratch as an i32 pointer. */
static LLVMValueRef scratch_field(struct cg *cg, size_t off)
{
	return ir_off(cg, bpf_fn_of(cg)->scratch, off);
}

static void begin_in_scratch(struct cg *cg)
{
	struct bpf_fn *f = bpf_fn_of(cg);
	const struct row_layout *l = &f->layout;
	LLVMValueRef pos;

	for (u32 w = sizeof(struct cap_row) / 8; w < l->word_cnt; w++)
		ir_store(cg, ir_i64(cg, 0), row_word(cg, w));
	pos = LLVMBuildAdd(cg->b, f->ph_row, ir_i64(cg, l->word_cnt * 8), "");
	ir_store(cg, ir_trunc32(cg, pos), scratch_field(cg, offsetof(struct cap_scratch, pos)));
	ir_store(cg, ir_i32(cg, 0), scratch_field(cg, offsetof(struct cap_scratch, flags)));
}

static LLVMValueRef zero_word(struct cg *cg, const char *name)
{
	LLVMValueRef p = ir_alloca(cg, cg->i64, name);

	ir_store(cg, ir_i64(cg, 0), p);
	return p;
}

/* The words of an inline string are one alloca, so that bytes can be copied over them. */
static void begin_slots(struct cg *cg)
{
	struct bpf_fn *f = bpf_fn_of(cg);
	const struct row_layout *l = &f->layout;

	for (u32 i = COL_FIXED_CNT; i < l->col_cnt; i++) {
		const struct row_slot *s = &l->slots[i];
		LLVMValueRef p = ir_alloca_bytes(cg, s->word_cnt * 8, "slot");

		for (u32 w = 0; w < s->word_cnt; w++) {
			f->slots[s->word + w] = ir_off(cg, p, w * 8);
			ir_store(cg, ir_i64(cg, 0), f->slots[s->word + w]);
		}
	}
	if (l->path_word != ROW_NO_WORD)
		f->path = zero_word(cg, "path");
	for (u32 i = 0; i < l->set_cnt; i++)
		f->set[i] = zero_word(cg, "set");
}

void bpf_row_begin(struct cg *cg)
{
	struct bpf_fn *f = bpf_fn_of(cg);

	f->is_row_in_scratch = f->layout.has_items || f->layout.word_cnt > BPF_ROW_WORDS;
	if (!cg->table->emits)
		f->is_row_in_scratch = false;
	if (f->is_row_in_scratch)
		begin_in_scratch(cg);
	else
		begin_slots(cg);
}

static void send_reserved(struct cg *cg)
{
	struct bpf_fn *f = bpf_fn_of(cg);
	const struct row_layout *l = &f->layout;
	LLVMValueRef table = bpf_table(cg), size = ir_i32(cg, l->word_cnt * 8), r;
	LLVMValueRef args[] = { NULL, f->fire, table, size,
				bpf_rt(cg, "cap_row_decide", &table, 1) };
	LLVMBasicBlockRef fill = ir_block(cg, "fill"), lost = ir_block(cg, "lost"),
			  end = ir_block(cg, "filled");

	r = args[0] = bpf_rt(cg, "cap_row_reserve", &size, 1);
	ir_br_if(cg, LLVMBuildIsNull(cg->b, r, ""), lost, fill);
	ir_enter(cg, lost);
	bpf_rt(cg, "cap_row_lost", &table, 1);
	ir_br(cg, end);
	ir_enter(cg, fill);
	bpf_rt(cg, "cap_row_fill", args, 5);
	for (u32 w = sizeof(struct cap_row) / 8; w < l->word_cnt; w++)
		ir_store(cg, ir_load(cg, cg->i64, word_at(cg, w)), ir_off(cg, r, w * 8));
	bpf_rt(cg, "cap_row_submit", &r, 1);
	ir_br(cg, end);
	ir_enter(cg, end);
}

void bpf_row_end(struct cg *cg)
{
	struct bpf_fn *f = bpf_fn_of(cg);
	LLVMValueRef args[] = { f->fire, f->scratch, f->ph_row, bpf_table(cg) };

	if (f->is_row_in_scratch)
		bpf_rt(cg, "cap_row_send", args, 4);
	else
		send_reserved(cg);
}

/* ---- capture ---- */

static void or_into(struct cg *cg, LLVMValueRef p, LLVMValueRef bits)
{
	ir_store(cg, LLVMBuildOr(cg->b, ir_load(cg, cg->i64, p), bits, ""), p);
}

static void mark_set(struct cg *cg, const struct plan_col *col, LLVMValueRef ok)
{
	u32 bit = col->idx - COL_FIXED_CNT;
	LLVMValueRef one = ir_i64(cg, (s64)(1ull << (bit & 63)));

	if (ok)
		one = ir_select(cg, ok, one, ir_i64(cg, 0));
	or_into(cg, word_at(cg, bpf_fn_of(cg)->layout.set_word + bit / 64), one);
}

/* i1: the value was read; NULL: it always is. */
static LLVMValueRef is_read(struct cg *cg, struct cg_val v)
{
	return v.err ? ir_cmp(cg, LLVMIntSGE, v.err, ir_i64(cg, 0)) : NULL;
}

static void capture_word(struct cg *cg, const struct plan_col *col, struct cg_val v)
{
	LLVMValueRef ok = is_read(cg, v);

	ir_store(cg, ok ? ir_select(cg, ok, v.v, v.err) : v.v, word_of(cg, col));
	mark_set(cg, col, ok);
}

static void capture_inline(struct cg *cg, const struct plan_col *col, struct cg_val v)
{
	const struct row_slot *s = &bpf_fn_of(cg)->layout.slots[col->idx];
	LLVMValueRef ok = is_read(cg, v), len = ir_zext(cg, v.len), p = word_of(cg, col);

	ir_store(cg, ok ? ir_select(cg, ok, len, v.err) : len, p);
	bpf_copy(cg, ir_off(cg, p, 8), (s->word_cnt - 1) * 8, v);
	mark_set(cg, col, ok);
}

static LLVMValueRef put_bytes(struct cg *cg, const struct plan_col *col, struct cg_val v)
{
	struct bpf_fn *f = bpf_fn_of(cg);
	const struct row_slot *s = &f->layout.slots[col->idx];
	u32 cap = v.cap && v.cap < s->max_len ? v.cap : s->max_len;
	LLVMValueRef args[] = { f->scratch, f->ph_row, ir_i32(cg, col->idx),
				v.v,	    v.len,     ir_i32(cg, cap) };

	return bpf_rt(cg, "cap_put_bytes", args, 6);
}

static void capture_bytes(struct cg *cg, const struct plan_col *col, struct cg_val v)
{
	LLVMBasicBlockRef put = ir_block(cg, "put"), fault = ir_block(cg, "fault"),
			  end = ir_block(cg, "captured");
	LLVMValueRef ok = is_read(cg, v), slot = word_of(cg, col), at;

	ir_br_if(cg, ok ? ok : ir_i1(cg, true), put, fault);
	ir_enter(cg, fault);
	ir_store(cg, v.err ? v.err : ir_i64(cg, 0), slot);
	ir_br(cg, end);
	ir_enter(cg, put);
	at = put_bytes(cg, col, v);
	ir_store(cg, at, slot);
	mark_set(cg, col, ir_bool(cg, at));
	ir_br(cg, end);
	ir_enter(cg, end);
}

static void put_element(struct cg *cg, const struct plan_col *col, struct cg_val v)
{
	struct bpf_fn *f = bpf_fn_of(cg);
	LLVMValueRef zero = ir_i64(cg, 0), ok = is_read(cg, v);
	LLVMValueRef args[] = { f->scratch, ir_i32(cg, col->idx), NULL, NULL };
	LLVMBasicBlockRef put, fault, end;

	if (!v.len) {
		args[2] = v.v;
		args[3] = ok ? ir_select(cg, ok, zero, v.err) : zero;
		bpf_rt(cg, "cap_put_word", args, 4);
		return;
	}
	put = ir_block(cg, "put");
	fault = ir_block(cg, "fault");
	end = ir_block(cg, "element");
	ir_br_if(cg, ok ? ok : ir_i1(cg, true), put, fault);
	ir_enter(cg, fault);
	args[2] = v.err ? v.err : zero;
	bpf_rt(cg, "cap_put_fault", args, 3);
	ir_br(cg, end);
	ir_enter(cg, put);
	put_bytes(cg, col, v);
	ir_br(cg, end);
	ir_enter(cg, end);
}

static void capture_list(struct cg *cg, const struct plan_col *col, struct cg_val v)
{
	LLVMValueRef slot = word_of(cg, col), cnt = ir_load(cg, cg->i64, slot), flags;
	LLVMBasicBlockRef put = ir_block(cg, "append"), cut = ir_block(cg, "cut"),
			  end = ir_block(cg, "appended");

	ir_store(cg, LLVMBuildAdd(cg->b, cnt, ir_i64(cg, 1), ""), slot);
	ir_br_if(cg, ir_cmp(cg, LLVMIntULT, cnt, ir_i64(cg, CAP_LIST_MAX)), put, cut);
	ir_enter(cg, cut);
	flags = scratch_field(cg, offsetof(struct cap_scratch, flags));
	ir_store(cg, ir_i32(cg, CAP_ROW_CUT), flags);
	ir_br(cg, end);
	ir_enter(cg, put);
	put_element(cg, col, v);
	ir_br(cg, end);
	ir_enter(cg, end);
}

void bpf_capture(struct cg *cg, const struct plan_col *col, struct cg_val v)
{
	static void (*const how[])(struct cg *, const struct plan_col *, struct cg_val) = {
		[CAP_WORD] = capture_word,
		[CAP_INLINE] = capture_inline,
		[CAP_BYTES] = capture_bytes,
		[CAP_LIST] = capture_list,
	};
	const struct row_slot *s = &bpf_fn_of(cg)->layout.slots[col->idx];

	if (!cg->table->emits || cg->rc)
		return;
	if (s->kind != CAP_LIST && !v.len != (s->kind == CAP_WORD)) {
		cg_fail(cg, -EPROTO, NULL, "column %s has another shape than its value", col->name);
		return;
	}
	how[s->kind](cg, col, v);
}

void bpf_path_bit(struct cg *cg, u32 bit, LLVMValueRef taken)
{
	struct bpf_fn *f = bpf_fn_of(cg);
	LLVMValueRef v = ir_zext(cg, taken);

	if (!cg->table->emits || f->layout.path_word == ROW_NO_WORD)
		return;
	v = LLVMBuildShl(cg->b, v, ir_i64(cg, bit), "");
	or_into(cg, word_at(cg, f->layout.path_word), v);
}

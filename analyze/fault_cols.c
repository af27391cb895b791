/*
 * Reads that failed: a value is 0 or "" then, and a column beside it has the errno.
 *
 * A list has no such column; an element that is NULL stands for a read that failed.
 */
#include "analyze/fault_cols.h"

#include <stdlib.h>
#include <string.h>

struct fault_col {
	struct span at;
	u16 col; /* on the tape: with the errno, or the list itself */
	bool is_list;
};

static u16 errno_col(const struct tape_schema *s, u16 of)
{
	for (u32 i = 0; i < s->col_cnt; i++) {
		if (s->cols[i].role == TAPE_ROLE_ERRNO && s->cols[i].ref == of)
			return s->cols[i].id;
	}
	return TAPE_PLAN_NO_COL;
}

static void add(struct fault_cols *f, const struct plan_col *col, struct span at,
		const struct tape_plan_cols *src)
{
	u16 value = src->col_of[col->idx];
	struct fault_col c = { .at = at, .is_list = col->is_list };

	if (value == TAPE_PLAN_NO_COL)
		return;
	c.col = col->is_list ? value : errno_col(src->schema, value);
	for (u32 i = 0; i < f->cnt; i++) {
		if (f->cols[i].col == c.col)
			return; /* several places read it: the first one is told */
	}
	if (c.col != TAPE_PLAN_NO_COL)
		f->cols[f->cnt++] = c;
}

int fault_cols_init(struct fault_cols *f, const struct plan_table *t,
		    const struct tape_plan_cols *src, struct err *err)
{
	memset(f, 0, sizeof(*f));
	if (!src || !src->schema || !t->notes)
		return 0;
	f->cols = calloc((size_t)t->col_cnt + 1, sizeof(*f->cols));
	if (!f->cols)
		return err_oom(err);
	for (u32 i = 0; i < t->inst->node_cnt; i++) {
		const struct node_note *note = &t->notes[i];

		if (t->inst->nodes[i] && note->in_analysis && note->col >= COL_FIXED_CNT &&
		    (u32)note->col < t->col_cnt && t->cols[note->col].can_fault)
			add(f, &t->cols[note->col], t->inst->nodes[i]->span, src);
	}
	return 0;
}

void fault_cols_fini(struct fault_cols *f)
{
	free(f->cols);
	memset(f, 0, sizeof(*f));
}

void fault_cols_want(const struct fault_cols *f, u8 *want, u32 n)
{
	for (u32 i = 0; i < f->cnt; i++) {
		if (f->cols[i].col < n)
			want[f->cols[i].col] = 1;
	}
}

void fault_cols_bind(struct fault_cols *f, const struct tape_batch *b)
{
	f->batch = b;
}

static void count_list(const struct tape_col *c, struct trouble *t, u32 begin, u32 end)
{
	for (u32 i = c->list_off[begin]; i < c->list_off[end]; i++)
		t->cnt += c->is_null[i];
}

static void count_words(const struct tape_col *c, struct trouble *t, u32 begin, u32 end)
{
	for (u32 row = begin; row < end; row++) {
		bool is_fault = c->v[row] && !(c->is_null && c->is_null[row]);

		t->cnt += is_fault;
		if (is_fault && c->v[row] > 0 && c->v[row] < 4096)
			t->code = (int)c->v[row];
	}
}

void fault_cols_count(const struct fault_cols *f, struct rt *rt, u32 begin, u32 end)
{
	for (u32 i = 0; f->batch && i < f->cnt; i++) {
		const struct tape_col *c = &tape_batch_cols(f->batch)[f->cols[i].col];
		struct trouble t = { .kind = TROUBLE_READ, .at = f->cols[i].at };

		if (f->cols[i].is_list && c->list_off && c->is_null)
			count_list(c, &t, begin, end);
		else if (!f->cols[i].is_list && c->v)
			count_words(c, &t, begin, end);
		rt_add_trouble(rt, &t);
	}
}

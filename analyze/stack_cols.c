/*
 * Columns of stacks: words, lists of words, and tuples that have one among their members.
 *
 * A copy is as long as the batch up to the last row bound, so that compiled code needs no other row
 * numbers; only what belongs to rows [begin, end) is filled.
 */
#include "analyze/stack_cols.h"

#include <stdlib.h>
#include <string.h>

#define COPY_MAX ((size_t)256 << 20)

struct stack_col {
	u32 col;
	const struct type *type;
	struct buf words, offs, bytes;
};

int stack_cols_init(struct stack_cols *c, const struct plan_table *t, const struct tape_state *s,
		    struct err *err)
{
	u32 n = 0;

	*c = (struct stack_cols){ .state = s };
	for (u32 i = COL_FIXED_CNT; i < t->col_cnt; i++)
		n += t->cols[i].role == COL_LEAF && symbols_concern(t->cols[i].type);
	if (!n)
		return 0;
	c->cols = calloc(n, sizeof(*c->cols));
	if (!c->cols)
		return err_oom(err);
	for (u32 i = COL_FIXED_CNT; i < t->col_cnt; i++) {
		struct stack_col *k = &c->cols[c->cnt];

		if (t->cols[i].role != COL_LEAF || !symbols_concern(t->cols[i].type))
			continue;
		*k = (struct stack_col){ .col = i, .type = t->cols[i].type };
		buf_init(&k->words, COPY_MAX);
		buf_init(&k->offs, COPY_MAX);
		buf_init(&k->bytes, COPY_MAX);
		c->cnt++;
	}
	return 0;
}

void stack_cols_fini(struct stack_cols *c)
{
	for (u32 i = 0; i < c->cnt; i++) {
		buf_fini(&c->cols[i].words);
		buf_fini(&c->cols[i].offs);
		buf_fini(&c->cols[i].bytes);
	}
	free(c->cols);
	*c = (struct stack_cols){ 0 };
}

static int bind_words(const struct stack_cols *c, struct stack_col *k, struct rt_col *col,
		      u32 begin, u32 end, struct err *err)
{
	s64 *words;

	buf_reset(&k->words);
	words = buf_extend(&k->words, ((size_t)end + 1) * sizeof(*words));
	if (!words)
		return err_oom(err);
	for (u32 i = begin; i < end; i++)
		words[i] = (s64)symbols_node(c->state, (u64)col->v[i]);
	col->v = words;
	return 0;
}

static int bind_tuples(const struct stack_cols *c, struct stack_col *k, struct rt_col *col,
		       u32 begin, u32 end, struct err *err)
{
	u32 *offs;

	buf_reset(&k->offs);
	buf_reset(&k->bytes);
	offs = buf_extend(&k->offs, ((size_t)end + 1) * sizeof(*offs));
	if (!offs)
		return err_oom(err);
	for (u32 i = begin; i < end; i++) {
		struct cursor in =
			cursor_over(col->bytes + col->off[i], col->off[i + 1] - col->off[i]);

		offs[i] = (u32)k->bytes.len;
		symbols_translate(c->state, k->type, &in, &k->bytes);
		offs[i + 1] = (u32)k->bytes.len;
	}
	if (k->bytes.is_full)
		return err_oom(err);
	col->off = offs;
	col->bytes = k->bytes.data ? k->bytes.data : (const u8 *)"";
	return 0;
}

int stack_cols_bind(struct stack_cols *c, struct rt_col *cols, u32 begin, u32 end, struct err *err)
{
	int rc = 0;

	for (u32 i = 0; !rc && i < c->cnt; i++) {
		struct rt_col *col = &cols[c->cols[i].col];
		u32 first = col->list_off ? col->list_off[begin] : begin;
		u32 last = col->list_off ? col->list_off[end] : end;

		if (col->v)
			rc = bind_words(c, &c->cols[i], col, first, last, err);
		else if (col->bytes && col->off)
			rc = bind_tuples(c, &c->cols[i], col, first, last, err);
	}
	return rc;
}

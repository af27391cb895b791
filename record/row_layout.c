/*
 * record/row_layout.c -- the layout of a table's rows, decided from the plan alone so that compiler
 * and recorder agree without telling each other.
 */
#include "record/row_layout.h"

#include <errno.h>

#include "lang/packed.h"

/* Bytes of a value; -1: one word. */
static int byte_len(const struct type *t)
{
	switch (t->kind) {
	case TYPE_STR:
	case TYPE_BUF:
		return t->size > CAP_ROW_MAX ? CAP_ROW_MAX : t->size;
	case TYPE_ARRAY:
	case TYPE_STRUCT:
		return t->size > CAP_ROW_MAX ? CAP_ROW_MAX : t->size;
	case TYPE_TUPLE:
		return packed_kernel_size(t);
	case TYPE_INET:
		return 16;
	case TYPE_MAC:
		return 6;
	default:
		return -1;
	}
}

static struct row_slot slot_of(const struct plan_col *c)
{
	struct row_slot s = {.kind = CAP_WORD, .word_cnt = 1};
	int len = c->role == COL_LEAF && c->type ? byte_len(c->type) : -1;

	s.max_len = len > 0 ? len : 0;
	if (c->is_list || c->role == COL_PATH_LIST)
		s.kind = CAP_LIST;
	else if (len > CAP_INLINE_MAX)
		s.kind = CAP_BYTES;
	else if (len >= 0)
		s.kind = CAP_INLINE;
	if (s.kind == CAP_INLINE)
		s.word_cnt = 1 + (len + 7) / 8;
	return s;
}

int row_layout_init(const struct plan_table *t, struct arena *a, struct row_layout *ret,
		    struct err *err)
{
	u32 own = t->col_cnt > COL_FIXED_CNT ? t->col_cnt - COL_FIXED_CNT : 0;
	struct row_layout l = {.path_word = ROW_NO_WORD, .col_cnt = t->col_cnt};
	u32 word = sizeof(struct cap_row) / 8;

	if (own > 1000)
		return err_set(err, -E2BIG, "table %s has more than 1000 columns", t->name);
	l.slots = arena_new_n(a, struct row_slot, t->col_cnt + 1);
	if (!l.slots)
		return err_oom(err);
	if (t->bit_cnt)
		l.path_word = word++;
	l.set_word = word;
	l.set_cnt = (own + 63) / 64;
	word += l.set_cnt;
	for (u32 i = COL_FIXED_CNT; i < t->col_cnt; i++) {
		struct row_slot *s = &l.slots[i];

		*s = slot_of(&t->cols[i]);
		s->word = word;
		word += s->word_cnt;
		l.has_lists |= s->kind == CAP_LIST;
		l.has_items |= s->kind == CAP_LIST || s->kind == CAP_BYTES;
	}
	l.word_cnt = word;
	*ret = l;
	return 0;
}

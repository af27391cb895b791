/*
 * record/row_decode.c -- from the kernel's layout of a row (record/bpf/capture_abi.h) to cells.
 *
 * Tables whose every column is a word that is always there (most) take a short way: behind the five
 * fixed words the record's words are the row's, in order, because the tape's columns were laid out
 * so (schema_out.c).
 *
 * Invariants
 * (1) cells[] of a table has an entry a tape column; those of lists point at elems + a fixed place.
 * (2) Nothing is read beyond min(size the record says, size the ring says).
 */
#include "record/row_decode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lang/packed.h"
#include "record/stacks.h"

#define PACKED_MAX (4 * CAP_ROW_MAX)

struct list_place {
	u16 col; /* plan_col.idx */
	u32 first; /* into elems */
};

struct table_decoder {
	const struct row_layout *layout;
	const struct out_table *out;
	const struct plan_table *plan;
	bool is_words; /* the short way, if all was captured */
	u32 word_cnt; /* of the row on the tape, if is_words */
	struct row_cell *cells; /* (1) */
	struct row_cell *elems; /* CAP_LIST_MAX a list */
	struct list_place *lists;
	u32 list_cnt;
	u16 *list_of; /* plan_col.idx -> index into lists; OUT_NO_COL */
	u16 *stack_cols; /* words of the short way that are hashes of stacks */
	u32 stack_cnt;
};

struct decoder {
	struct arena arena;
	struct table_decoder *tables;
	u32 table_cnt;
	u64 words[TAPE_MAX_COLS];
	struct buf packed; /* tuples of the row; never moves */
	struct stacks *stacks;
};

static u32 count_lists(const struct row_layout *l)
{
	u32 n = 0;

	for (u32 i = COL_FIXED_CNT; i < l->col_cnt; i++)
		n += l->slots[i].kind == CAP_LIST;
	return n;
}

static bool is_words_only(const struct row_layout *l, const struct out_table *out)
{
	for (u32 i = COL_FIXED_CNT; i < l->col_cnt; i++)
		if (l->slots[i].kind != CAP_WORD || out->err_col[i] != OUT_NO_COL)
			return false;
	return true;
}

static int init_lists(struct arena *a, struct table_decoder *t)
{
	const struct row_layout *l = t->layout;
	u32 n = count_lists(l);

	t->lists = arena_new_n(a, struct list_place, n + 1);
	t->elems = arena_new_n(a, struct row_cell, (size_t)n * CAP_LIST_MAX + 1);
	t->list_of = arena_new_n(a, u16, l->col_cnt);
	if (!t->lists || !t->elems || !t->list_of)
		return -ENOMEM;
	memset(t->list_of, 0xff, l->col_cnt * sizeof(u16));
	for (u32 i = COL_FIXED_CNT; i < l->col_cnt; i++) {
		if (l->slots[i].kind != CAP_LIST)
			continue;
		t->list_of[i] = (u16)t->list_cnt;
		t->lists[t->list_cnt] = (struct list_place){ (u16)i, t->list_cnt * CAP_LIST_MAX };
		t->list_cnt++;
	}
	return 0;
}

static int init_stack_cols(struct arena *a, struct table_decoder *t)
{
	t->stack_cols = arena_new_n(a, u16, t->layout->col_cnt + 1);
	if (!t->stack_cols)
		return -ENOMEM;
	for (u32 i = COL_FIXED_CNT; i < t->layout->col_cnt; i++) {
		if (type_is_stack(t->plan->cols[i].type) && !t->plan->cols[i].is_list)
			t->stack_cols[t->stack_cnt++] = t->out->val_col[i];
	}
	return 0;
}

static int init_table(struct arena *a, struct table_decoder *t, const struct row_layout *l,
		      const struct out_table *out, const struct plan_table *plan)
{
	t->plan = plan;
	t->layout = l;
	t->out = out;
	if (!out->schema)
		return 0;
	t->is_words = is_words_only(l, out);
	t->word_cnt = out->schema->col_cnt;
	t->cells = arena_new_n(a, struct row_cell, out->schema->col_cnt);
	if (!t->cells || init_stack_cols(a, t))
		return -ENOMEM;
	return init_lists(a, t);
}

int decoder_new(const struct plan *plan, const struct schema_out *out,
		const struct row_layout *layouts, struct decoder **ret, struct err *err)
{
	struct decoder *d = calloc(1, sizeof(*d));
	int rc = 0;

	if (!d)
		return err_oom(err);
	arena_init(&d->arena, 256u << 20);
	buf_init(&d->packed, PACKED_MAX);
	if (!buf_extend(&d->packed, PACKED_MAX))
		rc = -ENOMEM;
	d->table_cnt = plan->table_cnt;
	d->tables = arena_new_n(&d->arena, struct table_decoder, plan->table_cnt + 1);
	if (!d->tables)
		rc = -ENOMEM;
	for (u32 i = 0; i < plan->table_cnt && !rc; i++)
		rc = init_table(&d->arena, &d->tables[i], &layouts[i], &out->tables[i],
				&plan->tables[i]);
	if (rc) {
		decoder_free(d);
		return err_oom(err);
	}
	*ret = d;
	return 0;
}

void decoder_set_stacks(struct decoder *d, struct stacks *s)
{
	d->stacks = s;
}

void decoder_free(struct decoder *d)
{
	if (!d)
		return;
	arena_fini(&d->arena);
	buf_fini(&d->packed);
	free(d);
}

int decode_head(const struct decoder *d, const u8 *rec, u32 sz, struct decoded *ret)
{
	const struct cap_row *row = (const struct cap_row *)rec;
	const struct table_decoder *t;
	u32 table;

	if (sz < sizeof(*row))
		return -EBADMSG;
	table = row->table & CAP_TABLE_MASK;
	if (table >= d->table_cnt)
		return -EBADMSG;
	t = &d->tables[table];
	/* (2): from here on row->size bounds everything */
	if (!t->out->schema || row->size > sz || row->size % 8 ||
	    row->size / 8 < t->layout->word_cnt)
		return -EBADMSG;
	*ret = (struct decoded){ .table = table, .ts = row->ts };
	return 0;
}

/* Was every column captured?  Only asked of tables of words: each has its bit. */
static bool has_all(const struct row_layout *l, const u64 *w)
{
	u32 left = l->col_cnt - COL_FIXED_CNT;

	for (u32 i = 0; i < l->set_cnt; i++, left -= 64) {
		u64 all = left < 64 ? (1ull << left) - 1 : ~0ull;

		if ((w[l->set_word + i] & all) != all)
			return false;
	}
	return true;
}

static int add_words(struct decoder *d, const struct decoded *h, const u8 *rec, u32 cpu,
		     struct row_batch *b)
{
	const struct cap_row *row = (const struct cap_row *)rec;
	const struct table_decoder *t = &d->tables[h->table];
	const struct row_layout *l = t->layout;
	const u64 *from = (const u64 *)rec;
	u64 *w = d->words;
	u32 n = OUT_FIXED_CNT;

	w[OUT_TS] = h->ts;
	w[OUT_CPU] = cpu;
	w[OUT_PID] = row->pid;
	w[OUT_TID] = row->tid;
	w[OUT_SEQ] = row->seq;
	if (t->out->order_col != OUT_NO_COL)
		w[n++] = h->place;
	if (l->path_word != ROW_NO_WORD)
		w[n++] = from[l->path_word];
	memcpy(w + n, from + l->set_word + l->set_cnt, (t->word_cnt - n) * sizeof(u64));
	for (u32 i = 0; i < t->stack_cnt && d->stacks; i++)
		w[t->stack_cols[i]] = stacks_number(d->stacks, w[t->stack_cols[i]]);
	return row_batch_add_words(b, w);
}

static void set_fixed(const struct table_decoder *t, const struct decoded *h, const u8 *rec,
		      u32 cpu)
{
	const struct cap_row *row = (const struct cap_row *)rec;
	const u64 *w = (const u64 *)rec;

	t->cells[OUT_TS].word = h->ts;
	t->cells[OUT_CPU].word = cpu;
	t->cells[OUT_PID].word = row->pid;
	t->cells[OUT_TID].word = row->tid;
	t->cells[OUT_SEQ].word = row->seq;
	if (t->out->order_col != OUT_NO_COL)
		t->cells[t->out->order_col].word = h->place;
	if (t->out->path_col != OUT_NO_COL)
		t->cells[t->out->path_col].word =
			t->layout->path_word != ROW_NO_WORD ? w[t->layout->path_word] : 0;
}

static bool was_captured(const struct row_layout *l, const u64 *w, u32 col)
{
	u32 bit = col - COL_FIXED_CNT;

	return w[l->set_word + bit / 64] >> bit % 64 & 1;
}

/* The bytes of one value: 0, or -EBADMSG. */
static int get_bytes(const struct row_slot *s, const u8 *rec, u32 size, struct row_cell *cell)
{
	u64 word = ((const u64 *)rec)[s->word];
	u32 off = (u32)(word >> 32);

	if (s->kind == CAP_INLINE) {
		if (word > (u32)(s->word_cnt - 1) * 8)
			return -EBADMSG;
		cell->p = rec + 8 * (s->word + 1);
		cell->len = (u32)word;
		return 0;
	}
	cell->len = (u32)word;
	if (cell->len > CAP_ROW_MAX || off > size || cell->len > size - off)
		return -EBADMSG;
	cell->p = rec + off;
	return 0;
}

static u64 word_of(struct decoder *d, const struct table_decoder *t, u32 col, u64 word)
{
	return d->stacks && type_is_stack(t->plan->cols[col].type) ?
		       stacks_number(d->stacks, word) :
		       word;
}

/* A tuple comes in the kernel's fixed form and goes as a packed one. */
static int pack_tuple(struct decoder *d, const struct table_decoder *t, u32 col,
		      struct row_cell *cell)
{
	const struct type *type = t->plan->cols[col].type;
	size_t before = d->packed.len;
	int rc;

	if (!type || type->kind != TYPE_TUPLE || cell->is_null)
		return 0;
	rc = packed_from_kernel(type, cell->p, cell->len, &d->packed);
	cell->p = d->packed.data + before;
	cell->len = (u32)(d->packed.len - before);
	if (!rc && d->stacks && stacks_are_in(type))
		rc = stacks_translate(d->stacks, type, d->packed.data + before, cell->len);
	return rc ? -EBADMSG : 0;
}

static int set_scalar(struct decoder *d, const struct table_decoder *t, const u8 *rec, u32 col)
{
	const struct row_slot *s = &t->layout->slots[col];
	struct row_cell *cell = &t->cells[t->out->val_col[col]];
	bool has_err = t->out->err_col[col] != OUT_NO_COL;
	const u64 *w = (const u64 *)rec;
	u64 code = 0;
	int rc = 0;

	cell->is_null = !was_captured(t->layout, w, col);
	if (cell->is_null) {
		/* 0: the path did not come here; else why the read failed */
		code = (s64)w[s->word] < 0 ? -w[s->word] : 0;
		cell->p = NULL;
		cell->len = 0;
	} else if (s->kind == CAP_WORD) {
		cell->word = word_of(d, t, col, w[s->word]);
	} else {
		rc = get_bytes(s, rec, ((const struct cap_row *)rec)->size, cell);
		if (!rc)
			rc = pack_tuple(d, t, col, cell);
	}
	if (has_err)
		t->cells[t->out->err_col[col]].word = code;
	return rc;
}

static bool is_bytes(const struct table_decoder *t, u16 col)
{
	return t->out->schema->cols[t->out->val_col[col]].phys == TAPE_PHYS_BYTES;
}

static int set_element(struct decoder *d, const struct table_decoder *t,
		       const struct cap_item *item, struct row_cell *elem)
{
	*elem = (struct row_cell){ .is_null = item->err != 0 };
	if (item->err)
		return 0;
	if (is_bytes(t, item->col)) {
		elem->p = item + 1;
		elem->len = item->len;
		return pack_tuple(d, t, item->col, elem);
	}
	if (item->len != sizeof(elem->word))
		return -EBADMSG;
	memcpy(&elem->word, item + 1, sizeof(elem->word));
	elem->word = word_of(d, t, item->col, elem->word);
	return 0;
}

/* Elements of every list, in order of capture, behind the slots. */
static int set_elements(struct decoder *d, const struct table_decoder *t, const u8 *rec)
{
	u32 size = ((const struct cap_row *)rec)->size, at = t->layout->word_cnt * 8u;
	int rc = 0;

	while (!rc && size - at >= sizeof(struct cap_item)) {
		const struct cap_item *item = (const struct cap_item *)(rec + at);
		u64 span = sizeof(*item) + (((u64)item->len + 7) & ~7ull);
		struct row_cell *list;
		u16 place;

		if (span > size - at || item->col >= t->layout->col_cnt)
			return -EBADMSG;
		at += (u32)span;
		place = t->list_of[item->col];
		if (place == OUT_NO_COL)
			continue; /* a string: its slot names it */
		list = &t->cells[t->out->val_col[item->col]];
		if (list->len == CAP_LIST_MAX)
			return -EBADMSG;
		rc = set_element(d, t, item, &t->elems[t->lists[place].first + list->len++]);
	}
	return rc;
}

/* Start every list empty, fill them, and see how much of each is missing. */
static int set_lists(struct decoder *d, const struct table_decoder *t, const u8 *rec,
		     struct decoded *h)
{
	const u64 *w = (const u64 *)rec;
	int rc;

	for (u32 i = 0; i < t->list_cnt; i++) {
		const struct list_place *l = &t->lists[i];

		t->cells[t->out->val_col[l->col]] = (struct row_cell){ .p = &t->elems[l->first] };
	}
	rc = set_elements(d, t, rec);
	for (u32 i = 0; i < t->list_cnt && !rc; i++) {
		u16 col = t->lists[i].col;
		u64 made = w[t->layout->slots[col].word];
		u32 have = t->cells[t->out->val_col[col]].len;

		if (made > have)
			h->cut_cnt += made - have > UINT32_MAX / 2 ? UINT32_MAX / 2 :
								     (u32)(made - have);
	}
	return rc;
}

int decode_row(struct decoder *d, const u8 *rec, u32 cpu, struct decoded *h, struct row_batch *b)
{
	const struct table_decoder *t = &d->tables[h->table];
	int rc;

	if (t->is_words && has_all(t->layout, (const u64 *)rec))
		return add_words(d, h, rec, cpu, b);
	buf_reset(&d->packed);
	set_fixed(t, h, rec, cpu);
	for (u32 i = COL_FIXED_CNT; i < t->layout->col_cnt; i++) {
		if (t->list_of[i] != OUT_NO_COL)
			continue;
		rc = set_scalar(d, t, rec, i);
		if (rc)
			return rc;
	}
	rc = t->list_cnt ? set_lists(d, t, rec, h) : 0;
	return rc ? rc : row_batch_add(b, t->cells);
}

/*
 * format/rows.c -- rows on their way to a block.
 *
 * A row is added in two passes: the first makes room in every column, the second, which cannot
 * fail, appends. So a row is there whole or not at all.
 *
 * Columns with a value a row get them a stage at a time: as many rows as stay in the fastest
 * cache are kept as they come, then turned into columns.  A store to each of a dozen columns for
 * each row would cost three times as much.
 */
#include "format/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "format/rows_priv.h"
#include "format/wide.h"

#define DEFAULT_ROWS  32768
#define DEFAULT_BYTES (3u << 20)
#define MAX_BYTES     (8u << 20) /* with a row of MAX_ROW_BYTES still less than TAPE_MAX_STORED */
#define MAX_ROW_BYTES (4u << 20)
#define MIN_CAP	      64
#define STAGE_BYTES   8192
#define STAGE_ROWS    64

static int set_limits(struct row_batch *b, const struct row_batch_opts *o, struct err *err)
{
	b->max_rows = o && o->max_rows ? o->max_rows : DEFAULT_ROWS;
	b->max_bytes = o && o->max_bytes ? o->max_bytes : DEFAULT_BYTES;
	if (b->max_rows > TAPE_MAX_ROWS || b->max_bytes > MAX_BYTES)
		return err_set(err, -EINVAL, "a batch of %u rows, %u bytes is beyond the limits",
			       b->max_rows, b->max_bytes);
	return 0;
}

static void set_kinds(struct row_batch *b)
{
	for (u32 i = 0; i < b->schema->col_cnt; i++) {
		const struct tape_column *d = &b->schema->cols[i];

		b->kinds[i] = d->flags & TAPE_COL_LIST	 ? ROW_LIST :
			      d->phys == TAPE_PHYS_BYTES ? ROW_BYTES :
							   ROW_WORD;
		if (b->kinds[i] == ROW_WORD)
			b->flat[b->word_cnt++] = (u16)i;
		else
			b->vars[b->var_cnt++] = (u16)i;
	}
	b->flat_cnt = b->word_cnt;
	for (u32 k = 0; k < b->var_cnt; k++)
		if (b->kinds[b->vars[k]] == ROW_BYTES)
			b->flat[b->flat_cnt++] = b->vars[k];
	b->stage_rows = STAGE_BYTES / sizeof(u64) / b->flat_cnt; /* the time is one of them */
	b->stage_rows = b->stage_rows < STAGE_ROWS ? b->stage_rows : STAGE_ROWS;
}

int row_batch_new(const struct tape_schema *s, const struct row_batch_opts *o,
		  struct row_batch **ret, struct err *err)
{
	struct row_batch *b;
	int rc = tape_schema_check(s, err);

	if (rc)
		return rc;
	b = calloc(1, sizeof(*b));
	if (!b)
		return err_oom(err);
	rc = set_limits(b, o, err);
	if (rc)
		goto fail;
	b->schema = s;
	b->cols = calloc(s->col_cnt, sizeof(*b->cols));
	b->kinds = calloc(s->col_cnt, sizeof(*b->kinds));
	b->flat = calloc(s->col_cnt, sizeof(*b->flat));
	b->vars = calloc(s->col_cnt, sizeof(*b->vars));
	if (!b->cols || !b->kinds || !b->flat || !b->vars) {
		rc = err_oom(err);
		goto fail;
	}
	b->ts_col = tape_schema_role(s, TAPE_ROLE_TS)->id;
	set_kinds(b);
	row_batch_reset(b);
	*ret = b;
	return 0;
fail:
	row_batch_free(b);
	return rc;
}

void row_batch_free(struct row_batch *b)
{
	if (!b)
		return;
	for (u32 i = 0; b->cols && i < b->schema->col_cnt; i++) {
		free(b->cols[i].vals);
		free(b->cols[i].nulls);
		free(b->cols[i].bytes);
		free(b->cols[i].runs);
		free(b->cols[i].lens);
	}
	free(b->cols);
	free(b->kinds);
	free(b->flat);
	free(b->stage);
	free(b->vars);
	free(b);
}

void row_batch_reset(struct row_batch *b)
{
	for (u32 i = 0; i < b->schema->col_cnt; i++) {
		b->cols[i].n_vals = 0;
		b->cols[i].null_cnt = 0;
		b->cols[i].nulls_n = 0;
		b->cols[i].bytes_len = 0;
		b->cols[i].n_runs = 0;
	}
	b->n_rows = 0;
	b->staged = 0;
	b->bytes = 0;
	b->ts_min = UINT64_MAX;
	b->ts_max = 0;
	b->ts_last = 0;
	b->is_sorted = true;
}

const struct tape_schema *row_batch_schema(const struct row_batch *b)
{
	return b->schema;
}

u32 row_batch_cnt(const struct row_batch *b)
{
	return b->n_rows;
}

u64 row_batch_first_ts(const struct row_batch *b)
{
	return b->ts_min;
}

static bool grow_vals(struct row_col *c, size_t n)
{
	return array_grow(&c->vals, &c->vals_cap, n, sizeof(u64)) &&
	       array_grow(&c->nulls, &c->nulls_cap, n, 1);
}

/* Room for another row in all arrays that have one place a row. */
static bool grow_rows(struct row_batch *b)
{
	u32 n = b->rows_cap ? 2 * b->rows_cap : MIN_CAP;

	if (!b->stage)
		b->stage = malloc((size_t)b->stage_rows * b->flat_cnt * sizeof(u64));
	if (!b->stage)
		return false;
	for (u32 i = 0; i < b->schema->col_cnt; i++) {
		struct row_col *c = &b->cols[i];

		if (b->kinds[i] == ROW_LIST ? !array_grow(&c->lens, &c->lens_cap, n, sizeof(u32)) :
					      !grow_vals(c, n))
			return false;
	}
	b->rows_cap = n;
	return true;
}

typedef u64 word4 __attribute__((vector_size(32), aligned(8)));

/* Four columns of four rows: the words of each column one behind the other. */
LOOP_BODY void turn(const u64 *from, u32 step, u64 *const *to, u32 at)
{
	word4 a = *(const word4 *)from, b = *(const word4 *)(from + step);
	word4 c = *(const word4 *)(from + 2 * step), d = *(const word4 *)(from + 3 * step);
	word4 ab0 = __builtin_shufflevector(a, b, 0, 4, 2, 6);
	word4 ab1 = __builtin_shufflevector(a, b, 1, 5, 3, 7);
	word4 cd0 = __builtin_shufflevector(c, d, 0, 4, 2, 6);
	word4 cd1 = __builtin_shufflevector(c, d, 1, 5, 3, 7);

	*(word4 *)(to[0] + at) = __builtin_shufflevector(ab0, cd0, 0, 1, 4, 5);
	*(word4 *)(to[1] + at) = __builtin_shufflevector(ab1, cd1, 0, 1, 4, 5);
	*(word4 *)(to[2] + at) = __builtin_shufflevector(ab0, cd0, 2, 3, 6, 7);
	*(word4 *)(to[3] + at) = __builtin_shufflevector(ab1, cd1, 2, 3, 6, 7);
}

LOOP_WIDE static void turn_wide(const u64 *from, u32 rows, u32 step, u64 *const *to)
{
	for (u32 i = 0; i + 4 <= rows; i += 4)
		turn(from + (size_t)i * step, step, to, i);
}

static u64 *place_of(const struct row_batch *b, u32 k)
{
	return b->cols[b->flat[k]].vals + b->n_rows - b->staged;
}

static void drain_stage(struct row_batch *b)
{
	u32 n = b->staged, step = b->flat_cnt, wide = HAS_WIDE ? step & ~3u : 0;

	for (u32 k = 0; k < wide; k += 4) {
		u64 *const to[] = { place_of(b, k), place_of(b, k + 1), place_of(b, k + 2),
				    place_of(b, k + 3) };

		turn_wide(b->stage + k, n, step, to);
	}
	for (u32 k = 0; k < step; k++) {
		u64 *to = place_of(b, k);

		for (u32 i = k < wide ? n & ~3u : 0; i < n; i++)
			to[i] = b->stage[(size_t)i * step + k];
	}
	b->staged = 0;
}

void row_batch_settle(struct row_batch *b)
{
	drain_stage(b);
	for (u32 i = 0; i < b->schema->col_cnt; i++) {
		struct row_col *c = &b->cols[i];

		if (b->kinds[i] != ROW_LIST)
			c->n_vals = b->n_rows;
		if (!c->null_cnt)
			continue;
		memset(c->nulls + c->nulls_n, 0, c->n_vals - c->nulls_n);
		c->nulls_n = c->n_vals;
	}
}

/* Where a row begins: 0, -ENOSPC, -ENOMEM. */
static inline int begin_row(struct row_batch *b)
{
	if (b->n_rows >= b->max_rows || b->bytes >= b->max_bytes)
		return -ENOSPC;
	return b->n_rows < b->rows_cap || grow_rows(b) ? 0 : -ENOMEM;
}

/* Bytes of the strings of a list, -E2BIG if one is too long. */
static s64 string_bytes(const struct tape_column *d, const struct row_cell *elems, u32 n)
{
	s64 sum = 0;

	for (u32 i = 0; i < n && d->phys == TAPE_PHYS_BYTES; i++) {
		if (elems[i].is_null)
			continue;
		if (elems[i].len > TAPE_MAX_STR)
			return -E2BIG;
		sum += elems[i].len;
	}
	return sum;
}

static bool grow_strings(struct row_col *c, u32 n, size_t bytes)
{
	return array_grow(&c->runs, &c->runs_cap, c->n_runs + (size_t)n, sizeof(*c->runs)) &&
	       array_grow(&c->bytes, &c->bytes_cap, c->bytes_len + bytes, 1);
}

/* Make room for a cell of a list, and say how many bytes it counts. */
static s64 reserve_list(struct row_batch *b, u32 i, const struct row_cell *cell)
{
	const struct tape_column *d = &b->schema->cols[i];
	struct row_col *c = &b->cols[i];
	u32 n = cell->is_null ? 0 : cell->len;
	s64 sum;

	if (n > MAX_ROW_BYTES / 8)
		return -E2BIG;
	sum = string_bytes(d, cell->p, n);
	if (sum < 0 || sum > MAX_ROW_BYTES)
		return -E2BIG;
	if (!grow_vals(c, c->n_vals + (size_t)n) || !grow_strings(c, n, (size_t)sum))
		return -ENOMEM;
	return sum + (d->phys == TAPE_PHYS_BYTES ? 4 : 8) * (s64)n + 4;
}

/* The same of a string. */
static inline s64 reserve_string(struct row_col *c, const struct row_cell *cell)
{
	u32 len = cell->is_null ? 0 : cell->len;

	if (len > TAPE_MAX_STR)
		return -E2BIG;
	if ((c->n_runs >= c->runs_cap || c->bytes_len + len > c->bytes_cap) &&
	    !grow_strings(c, 1, len))
		return -ENOMEM;
	return (s64)len + 4;
}

static inline s64 reserve_cell(struct row_batch *b, u32 i, const struct row_cell *cell)
{
	if (b->kinds[i] == ROW_BYTES)
		return reserve_string(&b->cols[i], cell);
	return reserve_list(b, i, cell);
}

static void mark_null(struct row_col *c, u32 at)
{
	memset(c->nulls + c->nulls_n, 0, at - c->nulls_n);
	c->nulls[at] = 1;
	c->nulls_n = at + 1;
	c->null_cnt++;
}

static inline u64 load64(const u8 *p)
{
	u64 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline u32 load32(const u8 *p)
{
	u32 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* memcmp() of what is short and most often the same: names of commands. */
static inline bool is_same(const u8 *a, const u8 *b, u32 len)
{
	if (len >= 8 && len <= 16)
		return load64(a) == load64(b) && load64(a + len - 8) == load64(b + len - 8);
	if (len >= 4 && len < 8)
		return load32(a) == load32(b) && load32(a + len - 4) == load32(b + len - 4);
	if (len && len < 4)
		return a[0] == b[0] && a[len / 2] == b[len / 2] && a[len - 1] == b[len - 1];
	return !len || !memcmp(a, b, len);
}

static inline bool is_last_run(const struct row_col *c, const struct row_cell *cell)
{
	const struct row_run *last = &c->runs[c->n_runs - 1];

	return last->len == cell->len && is_same(c->bytes + last->off, cell->p, cell->len);
}

/* The value of a string: its run. */
static inline u64 put_string(struct row_col *c, const struct row_cell *cell)
{
	u32 n = c->n_runs;

	if (n && is_last_run(c, cell))
		return n - 1;
	c->runs[c->n_runs] = (struct row_run){ (u32)c->bytes_len, cell->len };
	if (cell->len)
		memcpy(c->bytes + c->bytes_len, cell->p, cell->len);
	c->bytes_len += cell->len;
	return c->n_runs++;
}

static void append_list(struct row_batch *b, u32 i, const struct row_cell *cell)
{
	bool is_bytes = b->schema->cols[i].phys == TAPE_PHYS_BYTES;
	const struct row_cell *elems = cell->p;
	u32 n = cell->is_null ? 0 : cell->len;
	struct row_col *c = &b->cols[i];

	for (u32 e = 0; e < n; e++) {
		u32 at = c->n_vals++;

		c->vals[at] = 0;
		if (elems[e].is_null)
			mark_null(c, at);
		else
			c->vals[at] = is_bytes ? put_string(c, &elems[e]) : elems[e].word;
	}
	c->lens[b->n_rows] = n;
}

static void stage_nulls(struct row_batch *b, const struct row_cell *cells, u64 *to)
{
	for (u32 k = 0; k < b->word_cnt; k++) {
		if (!cells[b->flat[k]].is_null)
			continue;
		mark_null(&b->cols[b->flat[k]], b->n_rows);
		to[k] = 0;
	}
}

static inline u64 *stage_of(const struct row_batch *b)
{
	return b->stage + (size_t)b->staged * b->flat_cnt;
}

/* What of a row has one word a row, to the stage. */
static inline void stage_words(struct row_batch *b, const struct row_cell *cells)
{
	u64 *to = stage_of(b);
	u32 words = b->word_cnt;
	const u16 *flat = b->flat;
	bool has_null = false;

#pragma GCC unroll 4
	for (u32 k = 0; k < words; k++) {
		const struct row_cell *cell = &cells[flat[k]];

		has_null |= cell->is_null;
		to[k] = cell->word;
	}
	if (has_null)
		stage_nulls(b, cells, to);
}

static void stage_strings(struct row_batch *b, const struct row_cell *cells)
{
	u64 *to = stage_of(b);

	for (u32 k = b->word_cnt; k < b->flat_cnt; k++) {
		const struct row_cell *cell = &cells[b->flat[k]];
		struct row_col *c = &b->cols[b->flat[k]];

		to[k] = 0;
		if (cell->is_null)
			mark_null(c, b->n_rows);
		else
			to[k] = put_string(c, cell);
	}
}

/* Most often all strings are those of the row before: they take no room, and are staged. */
static inline bool stage_same_strings(struct row_batch *b, const struct row_cell *cells, u64 *ret)
{
	u64 *to = stage_of(b), sum = *ret;

	for (u32 k = b->word_cnt; k < b->flat_cnt; k++) {
		const struct row_cell *cell = &cells[b->flat[k]];
		const struct row_col *c = &b->cols[b->flat[k]];

		if (cell->is_null || !c->n_runs || !is_last_run(c, cell))
			return false;
		to[k] = c->n_runs - 1;
		sum += cell->len + 4;
	}
	*ret = sum;
	return true;
}

/* The row is in its columns; count it.  Returns whether the batch is full now. */
static inline int count_row(struct row_batch *b, u64 ts, u64 bytes)
{
	if (ts < b->ts_last)
		b->is_sorted = false;
	b->ts_last = ts;
	b->ts_min = ts < b->ts_min ? ts : b->ts_min;
	b->ts_max = ts > b->ts_max ? ts : b->ts_max;
	b->bytes += bytes;
	b->n_rows++;
	if (++b->staged == b->stage_rows)
		drain_stage(b);
	return b->n_rows >= b->max_rows || b->bytes >= b->max_bytes;
}

/* Room for what has no fixed place, and all of it in its place. */
static int add_vars(struct row_batch *b, const struct row_cell *cells, u64 *ret)
{
	for (u32 k = 0; k < b->var_cnt; k++) {
		s64 n = reserve_cell(b, b->vars[k], &cells[b->vars[k]]);

		if (n < 0)
			return (int)n;
		*ret += (u64)n;
	}
	if (*ret > MAX_ROW_BYTES)
		return -E2BIG;
	stage_strings(b, cells);
	for (u32 k = 0; k < b->var_cnt; k++)
		if (b->kinds[b->vars[k]] == ROW_LIST)
			append_list(b, b->vars[k], &cells[b->vars[k]]);
	return 0;
}

int row_batch_add(struct row_batch *b, const struct row_cell *cells)
{
	bool has_lists = b->var_cnt > b->flat_cnt - b->word_cnt;
	u64 sum = 8 * (u64)b->word_cnt;
	int rc = begin_row(b);

	if (rc)
		return rc;
	if (has_lists || !stage_same_strings(b, cells, &sum)) {
		rc = add_vars(b, cells, &sum);
		if (rc)
			return rc;
	}
	if (sum > MAX_ROW_BYTES)
		return -E2BIG;
	stage_words(b, cells);
	return count_row(b, cells[b->ts_col].is_null ? 0 : cells[b->ts_col].word, sum);
}

int row_batch_add_words(struct row_batch *b, const u64 *words)
{
	u32 n = b->schema->col_cnt;
	int rc = b->var_cnt ? -EINVAL : begin_row(b);

	if (rc)
		return rc;
	memcpy(b->stage + (size_t)b->staged * n, words, n * sizeof(*words));
	return count_row(b, words[b->ts_col], 8 * (u64)n);
}

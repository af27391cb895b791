/*
 * format/rows.c -- rows on their way to a block.
 *
 * A row is added in two passes: the first makes room in every column, the second, which cannot
 * fail, appends. So a row is there whole or not at all.
 */
#include "format/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "format/rows_priv.h"

#define DEFAULT_ROWS  16384
#define DEFAULT_BYTES (1u << 20)
#define MAX_BYTES     (8u << 20) /* with a row of MAX_ROW_BYTES still less than TAPE_MAX_STORED */
#define MAX_ROW_BYTES (4u << 20)
#define MIN_CAP	      64

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
			b->word_cnt++;
		else
			b->vars[b->var_cnt++] = (u16)i;
	}
	b->is_words = !b->var_cnt;
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
	b->vars = calloc(s->col_cnt, sizeof(*b->vars));
	if (!b->cols || !b->kinds || !b->vars) {
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
		free(b->cols[i].lens);
	}
	free(b->cols);
	free(b->kinds);
	free(b->vars);
	free(b);
}

void row_batch_reset(struct row_batch *b)
{
	for (u32 i = 0; i < b->schema->col_cnt; i++) {
		b->cols[i].n_vals = 0;
		b->cols[i].null_cnt = 0;
		b->cols[i].bytes_len = 0;
	}
	b->n_rows = 0;
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

	if (b->n_rows < b->rows_cap)
		return true;
	for (u32 i = 0; i < b->schema->col_cnt; i++) {
		struct row_col *c = &b->cols[i];

		if (b->kinds[i] == ROW_LIST ? !array_grow(&c->lens, &c->lens_cap, n, sizeof(u32)) :
					      !grow_vals(c, n))
			return false;
	}
	b->rows_cap = n;
	return true;
}

/* Bytes of the strings of a cell, -E2BIG if one is too long. */
static s64 string_bytes(const struct tape_column *d, const struct row_cell *cell)
{
	const struct row_cell *elems = cell->p;
	s64 sum = 0;

	if (d->phys != TAPE_PHYS_BYTES)
		return 0;
	if (!(d->flags & TAPE_COL_LIST))
		return cell->is_null ? 0 : cell->len > TAPE_MAX_STR ? -E2BIG : (s64)cell->len;
	for (u32 i = 0; i < cell->len; i++) {
		if (elems[i].is_null)
			continue;
		if (elems[i].len > TAPE_MAX_STR)
			return -E2BIG;
		sum += elems[i].len;
	}
	return sum;
}

/* Make room for a cell of a column of strings or a list, and say how many bytes it counts. */
static s64 reserve_cell(struct row_batch *b, u32 i, const struct row_cell *cell)
{
	const struct tape_column *d = &b->schema->cols[i];
	bool is_list = b->kinds[i] == ROW_LIST;
	struct row_col *c = &b->cols[i];
	u32 n = is_list ? cell->is_null ? 0 : cell->len : 1;
	s64 sum;

	if (n > MAX_ROW_BYTES / 8)
		return -E2BIG;
	sum = n ? string_bytes(d, cell) : 0;
	if (sum < 0 || sum > MAX_ROW_BYTES)
		return -E2BIG;
	if (is_list && !grow_vals(c, c->n_vals + (size_t)n))
		return -ENOMEM;
	if (!array_grow(&c->bytes, &c->bytes_cap, c->bytes_len + (size_t)sum, 1))
		return -ENOMEM;
	return sum + (d->phys == TAPE_PHYS_BYTES ? 4 : 8) * (s64)n + (is_list ? 4 : 0);
}

static inline void append_value(struct row_col *c, bool is_bytes, const struct row_cell *cell)
{
	u32 at = c->n_vals++;

	c->nulls[at] = cell->is_null;
	c->null_cnt += cell->is_null;
	c->vals[at] = 0;
	if (cell->is_null)
		return;
	if (!is_bytes) {
		c->vals[at] = cell->word;
		return;
	}
	if (cell->len)
		memcpy(c->bytes + c->bytes_len, cell->p, cell->len);
	c->bytes_len += cell->len;
	c->vals[at] = cell->len;
}

static void append_list(struct row_batch *b, u32 i, const struct row_cell *cell)
{
	bool is_bytes = b->schema->cols[i].phys == TAPE_PHYS_BYTES;
	const struct row_cell *elems = cell->p;
	u32 n = cell->is_null ? 0 : cell->len;

	for (u32 e = 0; e < n; e++)
		append_value(&b->cols[i], is_bytes, &elems[e]);
	b->cols[i].lens[b->n_rows] = n;
}

/* The row is in its columns; count it.  Returns whether the batch is full now. */
static int count_row(struct row_batch *b, u64 ts, u64 bytes)
{
	if (ts < b->ts_last)
		b->is_sorted = false;
	b->ts_last = ts;
	b->ts_min = ts < b->ts_min ? ts : b->ts_min;
	b->ts_max = ts > b->ts_max ? ts : b->ts_max;
	b->bytes += bytes;
	b->n_rows++;
	return b->n_rows >= b->max_rows || b->bytes >= b->max_bytes;
}

static bool is_full(const struct row_batch *b)
{
	return b->n_rows >= b->max_rows || b->bytes >= b->max_bytes;
}

int row_batch_add(struct row_batch *b, const struct row_cell *cells)
{
	u64 sum = 8 * (u64)b->word_cnt;

	if (is_full(b))
		return -ENOSPC;
	if (!grow_rows(b))
		return -ENOMEM;
	for (u32 k = 0; k < b->var_cnt; k++) {
		s64 n = reserve_cell(b, b->vars[k], &cells[b->vars[k]]);

		if (n < 0)
			return (int)n;
		sum += (u64)n;
	}
	if (sum > MAX_ROW_BYTES)
		return -E2BIG;
	for (u32 i = 0; i < b->schema->col_cnt; i++) {
		if (b->kinds[i] == ROW_LIST)
			append_list(b, i, &cells[i]);
		else
			append_value(&b->cols[i], b->kinds[i] == ROW_BYTES, &cells[i]);
	}
	return count_row(b, cells[b->ts_col].is_null ? 0 : cells[b->ts_col].word, sum);
}

int row_batch_add_words(struct row_batch *b, const u64 *words)
{
	u32 n = b->schema->col_cnt;

	if (!b->is_words)
		return -EINVAL;
	if (is_full(b))
		return -ENOSPC;
	if (!grow_rows(b))
		return -ENOMEM;
	for (u32 i = 0; i < n; i++) {
		struct row_col *c = &b->cols[i];

		c->nulls[c->n_vals] = 0;
		c->vals[c->n_vals++] = words[i];
	}
	return count_row(b, words[b->ts_col], 8 * (u64)n);
}

/*
 * format/batch.c -- memory of a decoded run of rows.
 *
 * Arrays only ever grow; batch_begin() forgets what they held.
 */
#include "format/batch.h"

#include <stdlib.h>
#include <string.h>
#include <errno.h>

#include "format/batch_priv.h"

struct tape_batch *tape_batch_new(void)
{
	return calloc(1, sizeof(struct tape_batch));
}

static void free_col(struct batch_col *c)
{
	free(c->v);
	free(c->off);
	free(c->ids);
	free(c->list_off);
	free(c->bytes);
	free(c->nulls);
}

void tape_batch_free(struct tape_batch *b)
{
	if (!b)
		return;
	for (u32 i = 0; i < b->col_cap; i++)
		free_col(&b->own[i]);
	free_col(&b->spare);
	free(b->own);
	free(b->cols);
	free(b->info);
	free(b);
}

const struct tape_schema *tape_batch_schema(const struct tape_batch *b)
{
	return b->schema;
}

u32 tape_batch_cnt(const struct tape_batch *b)
{
	return b->n_rows;
}

const struct tape_col *tape_batch_cols(const struct tape_batch *b)
{
	return b->cols;
}

const struct tape_col_info *tape_batch_info(const struct tape_batch *b)
{
	return b->info;
}

static size_t col_mem(const struct batch_col *c)
{
	return c->v_cap * sizeof(u64) + (c->off_cap + c->ids_cap + c->list_off_cap) * sizeof(u32) +
	       c->bytes_cap + c->nulls_cap;
}

size_t tape_batch_mem(const struct tape_batch *b)
{
	size_t sum = sizeof(*b) + col_mem(&b->spare);

	for (u32 i = 0; i < b->col_cap; i++)
		sum += sizeof(b->own[i]) + sizeof(b->cols[i]) + sizeof(b->info[i]) +
		       col_mem(&b->own[i]);
	return sum;
}

bool batch_grow(void *pp, size_t *cap, size_t need, size_t item_sz)
{
	void **p = pp;
	size_t n = need + need / 4 + 16;
	void *q;

	if (need <= *cap && *p)
		return true;
	/* The old content is never needed, so that nothing is copied. */
	free(*p);
	*p = NULL;
	*cap = 0;
	q = malloc(n * item_sz);
	if (!q)
		return false;
	*p = q;
	*cap = n;
	return true;
}

static int grow_cols(struct tape_batch *b, u32 n)
{
	struct batch_col *own;
	struct tape_col_info *info;
	struct tape_col *cols;

	if (n <= b->col_cap)
		return 0;
	own = realloc(b->own, n * sizeof(*own));
	if (own)
		b->own = own;
	cols = realloc(b->cols, n * sizeof(*cols));
	if (cols)
		b->cols = cols;
	info = realloc(b->info, n * sizeof(*info));
	if (info)
		b->info = info;
	if (!own || !cols || !info)
		return -ENOMEM;
	memset(own + b->col_cap, 0, (n - b->col_cap) * sizeof(*own));
	b->col_cap = n;
	return 0;
}

int batch_begin(struct tape_batch *b, const struct tape_schema *s, u32 n_rows)
{
	b->schema = NULL;
	b->n_rows = 0;
	if (grow_cols(b, s->col_cnt))
		return -ENOMEM;
	memset(b->cols, 0, s->col_cnt * sizeof(*b->cols));
	memset(b->info, 0, s->col_cnt * sizeof(*b->info));
	b->schema = s;
	b->n_rows = n_rows;
	return 0;
}

void batch_publish(struct tape_batch *b, u32 id, bool has_nulls, bool has_ids)
{
	const struct tape_column *d = &b->schema->cols[id];
	const struct batch_col *c = &b->own[id];
	bool is_bytes = d->phys == TAPE_PHYS_BYTES;

	b->cols[id] = (struct tape_col){
		.v = is_bytes ? NULL : (const s64 *)c->v,
		.bytes = is_bytes ? c->bytes : NULL,
		.off = is_bytes ? c->off : NULL,
		.list_off = d->flags & TAPE_COL_LIST ? c->list_off : NULL,
		.is_null = has_nulls ? c->nulls : NULL,
	};
	b->info[id].ids = has_ids ? c->ids : NULL;
	b->info[id].is_decoded = true;
}

int batch_lose(struct tape_batch *b, u32 id)
{
	bool is_list = b->schema->cols[id].flags & TAPE_COL_LIST;
	struct batch_col *c = &b->own[id];
	size_t n = is_list ? 0 : b->n_rows;

	c->n_vals = (u32)n;
	if (!batch_grow(&c->v, &c->v_cap, n, sizeof(u64)) ||
	    !batch_grow(&c->nulls, &c->nulls_cap, n, 1) ||
	    !batch_grow(&c->bytes, &c->bytes_cap, 1, 1) ||
	    !batch_grow(&c->off, &c->off_cap, n + 1, sizeof(u32)) ||
	    !batch_grow(&c->list_off, &c->list_off_cap, b->n_rows + (size_t)1, sizeof(u32)))
		return -ENOMEM;
	memset(c->v, 0, n * sizeof(u64));
	memset(c->nulls, 1, n);
	memset(c->off, 0, (n + 1) * sizeof(u32));
	memset(c->list_off, 0, (b->n_rows + (size_t)1) * sizeof(u32));
	batch_publish(b, id, true, false);
	b->info[id].is_damaged = true;
	b->info[id].has_zone = false;
	return 0;
}

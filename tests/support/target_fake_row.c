/*
 * tests/support/target_fake_row.c -- rows as bytes: ts, cpu, pid, tid, path as u64 each; then for
 * each further column its number of elements (u32; 0: NULL) and for each a byte "is NULL", and a
 * u64, or a u32 length and bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "analyze/rt.h"
#include "base/cursor.h"
#include "lang/packed.h"
#include "tests/support/target_fake_priv.h"

static bool is_word(const struct type *t)
{
	return !packed_is_bytes(t) && t->kind != TYPE_TUPLE;
}

static void write_cell(const struct fake_ctx *ctx, const struct plan_col *col,
		       const struct fake_cell *c, struct buf *out)
{
	buf_put_u32(out, c->cnt);
	for (u32 i = 0; i < c->cnt; i++) {
		const struct fake_elem *e = &c->elems[i];

		buf_put_u8(out, e->is_null);
		if (is_word(col->type)) {
			buf_put_u64(out, (u64)e->v);
			continue;
		}
		buf_put_u32(out, e->len);
		buf_put(out, ctx->pool.data + e->off, e->len);
	}
}

void fake_row_write(const struct fake_ctx *ctx, struct buf *out)
{
	buf_put_u64(out, ctx->ev->ts);
	buf_put_u64(out, ctx->ev->cpu);
	buf_put_u64(out, ctx->ev->pid);
	buf_put_u64(out, ctx->ev->tid);
	buf_put_u64(out, ctx->path);
	for (u32 i = COL_FIXED_CNT; i < ctx->table->col_cnt; i++)
		write_cell(ctx, &ctx->table->cols[i], &ctx->cells[i], out);
}

/* One column of one row: arrays with an element more than needed at most. */
struct row_col {
	s64 v[PLAN_LIST_MAX];
	u32 off[PLAN_LIST_MAX + 1];
	u8 is_null[PLAN_LIST_MAX];
	u32 list_off[2];
	struct buf bytes;
};

struct fake_row {
	u32 n;
	struct row_col *store;
	struct rt_col *cols; /* n, then the path */
	s64 fixed[COL_FIXED_CNT], path;
};

static void read_cell(struct row_col *s, const struct plan_col *col, struct cursor *c)
{
	u32 cnt = cursor_u32(c);

	if (cnt > (col->is_list ? PLAN_LIST_MAX : 1))
		abort();
	for (u32 i = 0; i < cnt; i++) {
		s->is_null[i] = cursor_u8(c);
		if (is_word(col->type)) {
			s->v[i] = (s64)cursor_u64(c);
		} else {
			u32 len = cursor_u32(c);
			const u8 *p = cursor_bytes(c, len);

			if (!p)
				abort();
			buf_put(&s->bytes, p, len);
			s->off[i + 1] = s->bytes.len;
		}
	}
	s->list_off[1] = cnt;
	if (!cnt)
		s->is_null[0] = 1;
}

static struct rt_col view(struct row_col *s, const struct plan_col *col)
{
	struct rt_col v = { .is_null = s->is_null };

	if (is_word(col->type)) {
		v.v = s->v;
	} else {
		v.bytes = s->bytes.data ? s->bytes.data : (const u8 *)"";
		v.off = s->off;
	}
	if (col->is_list)
		v.list_off = s->list_off;
	return v;
}

struct fake_row *fake_row_read(const struct plan_table *t, const void *p, size_t sz)
{
	struct fake_row *r = calloc(1, sizeof(*r));
	struct cursor c = cursor_over(p, sz);

	if (!r)
		abort();
	r->n = t->col_cnt;
	r->store = calloc(r->n + 1, sizeof(*r->store));
	r->cols = calloc(r->n + 1, sizeof(*r->cols));
	if (!r->store || !r->cols)
		abort();
	for (u32 i = 0; i < COL_FIXED_CNT; i++) {
		r->fixed[i] = (s64)cursor_u64(&c);
		r->cols[i].v = &r->fixed[i];
	}
	r->path = (s64)cursor_u64(&c);
	r->cols[r->n].v = &r->path;
	for (u32 i = COL_FIXED_CNT; i < r->n; i++) {
		buf_init(&r->store[i].bytes, 1u << 24);
		read_cell(&r->store[i], &t->cols[i], &c);
		r->cols[i] = view(&r->store[i], &t->cols[i]);
	}
	if (c.is_bad || cursor_left(&c))
		abort();
	return r;
}

const struct rt_col *fake_row_cols(const struct fake_row *r)
{
	return r->cols;
}

void fake_row_free(struct fake_row *r)
{
	for (u32 i = COL_FIXED_CNT; i < r->n; i++)
		buf_fini(&r->store[i].bytes);
	free(r->store);
	free(r->cols);
	free(r);
}

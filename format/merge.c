/*
 * format/merge.c -- rows of many blocks in total order.
 *
 * Each block read becomes a sorted batch; a heap holds those that still have rows, by the key
 * of their next row.  Rows leave while they are at or below the watermark of a checkpoint that
 * has been read; then the next blocks are read.
 *
 * (1) heap[0] has the smallest key.
 * (2) A run ends where another batch has a smaller key, or where the watermark is passed: its
 *     rows are contiguous in the batch and in the order of the tape.
 * (3) What was handed out stays as it is until the next call; only then the batch is moved on.
 */
#include "format/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "format/reader_priv.h"

#define DEFAULT_MEM ((u64)1 << 30)
#define LIVE_MAX    (1u << 20)
#define POOL_MAX    64

struct live {
	struct tape_batch *batch;
	const struct tape_schema *schema;
	const u64 *ts, *cpu, *order, *seq; /* all but ts may be NULL */
	u32 pos, n;
	u64 place; /* in the order of reading */
	size_t mem;
};

struct merge_key {
	u64 ts, cpu, order, table, seq, place;
};

struct tape_merge {
	struct tape_reader *r;
	struct tape_merge_opts o;
	struct vec heap; /* struct live */
	struct vec pool; /* struct tape_batch *, empty ones for reuse */
	struct tape_item item;
	u64 watermark, place, last_ts, mem;
	u64 pool_mem; /* of the pool; with mem at most mem_max */
	u32 taken; /* rows of heap[0] handed out by the last call */
	bool is_over;
	struct tape_merge_stats stats;
};

int tape_merge_new(struct tape_reader *r, const struct tape_merge_opts *o, struct tape_merge **ret,
		   struct err *err)
{
	struct tape_merge *m = calloc(1, sizeof(*m));

	if (!m)
		return err_oom(err);
	m->r = r;
	if (o)
		m->o = *o;
	if (!m->o.mem_max)
		m->o.mem_max = DEFAULT_MEM;
	vec_init(&m->heap, sizeof(struct live), LIVE_MAX);
	vec_init(&m->pool, sizeof(struct tape_batch *), POOL_MAX);
	*ret = m;
	return 0;
}

void tape_merge_free(struct tape_merge *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->heap.n; i++)
		tape_batch_free(vec_get(&m->heap, struct live, i)->batch);
	for (size_t i = 0; i < m->pool.n; i++)
		tape_batch_free(*vec_get(&m->pool, struct tape_batch *, i));
	vec_fini(&m->heap);
	vec_fini(&m->pool);
	free(m);
}

/* ---- the heap ---- */

static struct merge_key key_at(const struct live *l, u32 row)
{
	return (struct merge_key){
		.ts = l->ts[row],
		.cpu = l->cpu ? l->cpu[row] : 0,
		.order = l->order ? l->order[row] : 0,
		.table = l->schema->id,
		.seq = l->seq ? l->seq[row] : 0,
		.place = l->place,
	};
}

static bool key_less(const struct merge_key *a, const struct merge_key *b)
{
	if (a->ts != b->ts)
		return a->ts < b->ts;
	if (a->cpu != b->cpu)
		return a->cpu < b->cpu;
	if (a->order != b->order)
		return a->order < b->order;
	if (a->table != b->table)
		return a->table < b->table;
	if (a->seq != b->seq)
		return a->seq < b->seq;
	return a->place < b->place;
}

static bool live_less(const struct live *a, const struct live *b)
{
	struct merge_key ka, kb;

	if (a->ts[a->pos] != b->ts[b->pos])
		return a->ts[a->pos] < b->ts[b->pos];
	ka = key_at(a, a->pos);
	kb = key_at(b, b->pos);
	return key_less(&ka, &kb);
}

static void swap_live(struct live *a, struct live *b)
{
	struct live t = *a;

	*a = *b;
	*b = t;
}

static void sift_up(struct live *h, size_t i)
{
	while (i && live_less(&h[i], &h[(i - 1) / 2])) {
		swap_live(&h[i], &h[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
}

static void sift_down(struct live *h, size_t n, size_t i)
{
	for (;;) {
		size_t least = i;

		for (size_t kid = 2 * i + 1; kid <= 2 * i + 2; kid++) {
			if (kid < n && live_less(&h[kid], &h[least]))
				least = kid;
		}
		if (least == i)
			return;
		swap_live(&h[i], &h[least]);
		i = least;
	}
}

/* For reuse, if there is room: a batch has grown with the largest block that it held. */
static void put_batch(struct tape_merge *m, struct tape_batch *b)
{
	u64 sz = tape_batch_mem(b);
	bool has_room = m->mem + m->pool_mem + sz <= m->o.mem_max;
	struct tape_batch **slot = has_room ? vec_push(&m->pool) : NULL;

	if (slot) {
		*slot = b;
		m->pool_mem += sz;
	} else {
		tape_batch_free(b);
	}
}

/* The rows handed out last are done with. */
static void advance(struct tape_merge *m)
{
	struct live *h = m->heap.items;

	if (!m->taken)
		return;
	h[0].pos += m->taken;
	m->taken = 0;
	if (h[0].pos == h[0].n) {
		m->mem -= h[0].mem;
		put_batch(m, h[0].batch);
		h[0] = h[--m->heap.n];
	}
	sift_down(h, m->heap.n, 0);
}

/* First row of @l after pos that does not belong to the run: key at or above @bound, or late. */
static bool is_beyond(const struct live *l, u32 row, const struct merge_key *bound, u64 watermark)
{
	struct merge_key k;

	if (l->ts[row] > watermark)
		return true;
	if (!bound)
		return false;
	k = key_at(l, row);
	return !key_less(&k, bound);
}

static u32 run_end(const struct live *l, const struct merge_key *bound, u64 watermark)
{
	u32 low = l->pos, step = 1, high;

	while (low + step < l->n && !is_beyond(l, low + step, bound, watermark)) {
		low += step;
		step *= 2;
	}
	high = low + step < l->n ? low + step : l->n;
	while (high - low > 1) {
		u32 mid = low + (high - low) / 2;

		if (is_beyond(l, mid, bound, watermark))
			high = mid;
		else
			low = mid;
	}
	return high;
}

/* Rows of the run that are older than what was handed out before. */
static u32 count_late(const struct live *l, u32 end, u64 last_ts)
{
	u32 n = 0;

	while (l->pos + n < end && l->ts[l->pos + n] < last_ts)
		n++;
	return n;
}

static void hand_out(struct tape_merge *m, u64 watermark, struct tape_run *ret)
{
	struct live *h = m->heap.items;
	struct merge_key bound;
	const struct live *next = NULL;
	u32 end;

	if (m->heap.n > 1)
		next = m->heap.n > 2 && live_less(&h[2], &h[1]) ? &h[2] : &h[1];
	if (next)
		bound = key_at(next, next->pos);
	end = run_end(&h[0], next ? &bound : NULL, watermark);
	m->stats.late_rows += count_late(&h[0], end, m->last_ts);
	m->stats.rows += end - h[0].pos;
	if (h[0].ts[end - 1] > m->last_ts)
		m->last_ts = h[0].ts[end - 1];
	m->taken = end - h[0].pos;
	*ret = (struct tape_run){
		.schema = h[0].schema,
		.batch = h[0].batch,
		.begin = h[0].pos,
		.end = end,
	};
}

/* ---- reading ---- */

static const u64 *words_of(const struct tape_batch *b, const struct tape_schema *s,
			   enum tape_role role)
{
	const struct tape_column *c = tape_schema_role(s, role);

	return c ? (const u64 *)tape_batch_cols(b)[c->id].v : NULL;
}

/* The order needs these, whoever else wants them. */
static void want_keys(struct tape_merge *m, const struct tape_schema *s)
{
	static const enum tape_role roles[] = { TAPE_ROLE_TS, TAPE_ROLE_CPU, TAPE_ROLE_ORDER,
						 TAPE_ROLE_SEQ };
	u8 *want = select_columns(&m->r->sel, s->id);

	for (size_t i = 0; want && i < countof(roles); i++) {
		const struct tape_column *c = tape_schema_role(s, roles[i]);

		if (c)
			want[c->id] = 1;
	}
}

static struct tape_batch *take_batch(struct tape_merge *m)
{
	struct tape_batch *b;

	if (!m->pool.n)
		return tape_batch_new();
	b = *vec_get(&m->pool, struct tape_batch *, m->pool.n - 1);
	m->pool.n--;
	m->pool_mem -= tape_batch_mem(b);
	return b;
}

static int push_rows(struct tape_merge *m, struct tape_batch *b, struct err *err)
{
	const struct tape_schema *s = tape_batch_schema(b);
	struct live *l = vec_push(&m->heap);

	if (!l)
		return err_oom(err);
	*l = (struct live){
		.batch = b,
		.schema = s,
		.ts = words_of(b, s, TAPE_ROLE_TS),
		.cpu = words_of(b, s, TAPE_ROLE_CPU),
		.order = words_of(b, s, TAPE_ROLE_ORDER),
		.seq = words_of(b, s, TAPE_ROLE_SEQ),
		.n = tape_batch_cnt(b),
		.place = m->place++,
		.mem = tape_batch_mem(b),
	};
	m->mem += l->mem;
	m->stats.peak_mem = m->mem > m->stats.peak_mem ? m->mem : m->stats.peak_mem;
	sift_up(m->heap.items, m->heap.n - 1);
	return 0;
}

/* The rows just read, into the heap.  Damaged ones are in the reader's losses. */
static int take_rows(struct tape_merge *m, struct err *err)
{
	struct tape_batch *b = take_batch(m);
	int rc;

	if (!b)
		return err_oom(err);
	want_keys(m, m->item.schema);
	rc = tape_reader_decode(m->r, b, err);
	if (rc > 0) {
		rc = tape_batch_sort(b, err);
		if (!rc && tape_batch_cnt(b))
			rc = push_rows(m, b, err);
		if (!rc && tape_batch_cnt(b))
			return 0;
	}
	tape_batch_free(b);
	return rc == -EBADMSG ? 0 : rc;
}

/* 1: an item for the caller; 0: rows were taken, or the input is over. */
static int read_more(struct tape_merge *m, struct err *err)
{
	int rc = tape_reader_next(m->r, &m->item, err);

	if (rc < 0)
		return rc;
	if (!rc) {
		m->is_over = true;
		if (m->o.read_all || tape_reader_state(m->r)->has_end)
			m->watermark = UINT64_MAX;
		return 0;
	}
	if (m->item.kind == TAPE_ITEM_ROWS)
		return take_rows(m, err);
	if (m->item.kind == TAPE_ITEM_CHECKPOINT && m->item.checkpoint.watermark > m->watermark)
		m->watermark = m->item.checkpoint.watermark;
	return 1;
}

static void count_unreleased(struct tape_merge *m)
{
	const struct live *h = m->heap.items;

	m->stats.unreleased_rows = 0;
	for (size_t i = 0; i < m->heap.n; i++)
		m->stats.unreleased_rows += h[i].n - h[i].pos;
}

int tape_merge_next(struct tape_merge *m, struct tape_run *ret, struct err *err)
{
	advance(m);
	for (;;) {
		const struct live *h = m->heap.items;
		int rc;

		if (m->heap.n && h[0].ts[h[0].pos] <= m->watermark) {
			hand_out(m, m->watermark, ret);
			return 1;
		}
		if (m->heap.n == LIVE_MAX || (m->heap.n && m->mem > m->o.mem_max)) {
			hand_out(m, UINT64_MAX, ret);
			return 1;
		}
		if (m->is_over) {
			count_unreleased(m);
			return 0;
		}
		rc = read_more(m, err);
		if (rc > 0)
			*ret = (struct tape_run){ .item = &m->item };
		if (rc)
			return rc;
	}
}

struct tape_merge_stats tape_merge_stats(const struct tape_merge *m)
{
	return m->stats;
}

/*
 * format/writer_tables.c -- the writer's table blocks and rows.
 *
 * (1) A string reaches the tape in a DICT block before the rows that name its id.
 * (2) A table has its SCHEMA before its rows; put_rows checks it, since no reader could use
 *     them otherwise.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/rows_priv.h"
#include "format/writer_priv.h"

#define MIXED_RAW_MAX (4u << 20) /* bytes of a MIXED block before packing */

static const u16 kept_types[] = { TAPE_META, TAPE_SCHEMA, TAPE_PLAN, TAPE_TYPES };

/* Keep what put_table wrote for the repetitions. */
static int keep(struct tape_writer *w, const struct tape_block_header *h, struct err *err)
{
	const struct buf *b = h->codec == TAPE_CODEC_NONE ? &w->raw : &w->packed;
	struct kept_block *k = vec_push(&w->kept);

	if (!k)
		return err_oom(err);
	k->header = *h;
	k->payload = malloc(b->len ? b->len : 1);
	if (!k->payload)
		return err_oom(err);
	memcpy(k->payload, b->data, b->len);
	return 0;
}

/* w->raw holds the payload of a block that is repeated. */
static int put_kept(struct tape_writer *w, u32 which, u64 ts, u32 n_rows, struct err *err)
{
	struct tape_block_header h = {
		.type = kept_types[which],
		.n_rows = n_rows,
		.stream = w->part_cnt[which],
		.ts_min = ts,
		.ts_max = ts,
	};
	int rc;

	if (h.stream >= TAPE_MAX_PARTS)
		return err_set(err, -E2BIG, "too many %s blocks", block_name(h.type));
	rc = writer_put_table(w, &h, &w->raw, err);
	if (rc)
		return rc;
	w->part_cnt[which]++;
	return keep(w, &h, err);
}

int tape_writer_put_meta(struct tape_writer *w, u64 ts, const struct tape_meta_item *items, u32 n,
			 struct err *err)
{
	int rc = writer_begin(w, ts, err);

	if (rc)
		return rc;
	buf_reset(&w->raw);
	fields_put_list(&tape_meta_desc, items, n, &w->raw);
	return put_kept(w, 0, ts, n, err);
}

static bool has_table(const struct tape_writer *w, u32 id)
{
	for (size_t i = 0; i < w->tables.n; i++) {
		if (*vec_get(&w->tables, u32, i) == id)
			return true;
	}
	return false;
}

static int check_schemas(const struct tape_writer *w, const struct tape_schema *s, u32 n,
			 struct err *err)
{
	for (u32 i = 0; i < n; i++) {
		int rc = tape_schema_check(&s[i], err);

		if (rc)
			return rc;
		if (has_table(w, s[i].id))
			return err_set(err, -EEXIST, "table %u has a schema already", s[i].id);
	}
	return 0;
}

int tape_writer_put_schemas(struct tape_writer *w, u64 ts, const struct tape_schema *s, u32 n,
			    struct err *err)
{
	int rc = writer_begin(w, ts, err);

	if (!rc)
		rc = check_schemas(w, s, n, err);
	if (rc)
		return rc;
	buf_reset(&w->raw);
	fields_put_list(&tape_schema_desc, s, n, &w->raw);
	rc = put_kept(w, 1, ts, n, err);
	for (u32 i = 0; !rc && i < n; i++) {
		u32 *id = vec_push(&w->tables);

		if (!id)
			return err_oom(err);
		*id = s[i].id;
	}
	return rc;
}

int tape_writer_put_plan(struct tape_writer *w, u64 ts, const struct tape_plan *p, struct err *err)
{
	int rc = writer_begin(w, ts, err);

	if (rc)
		return rc;
	buf_reset(&w->raw);
	fields_put(&tape_plan_desc, p, &w->raw);
	return put_kept(w, 2, ts, 1, err);
}

int tape_writer_put_types(struct tape_writer *w, u64 ts, const struct tape_types *t,
			  struct err *err)
{
	int rc = writer_begin(w, ts, err);

	if (rc)
		return rc;
	buf_reset(&w->raw);
	fields_put(&tape_types_desc, t, &w->raw);
	return put_kept(w, 3, ts, 1, err);
}

/* A block of @n records; header @h has type and times. */
static int put_list(struct tape_writer *w, struct tape_block_header h, const struct fields_desc *d,
		    const void *items, struct err *err)
{
	int rc = writer_begin(w, h.ts_max, err);

	if (rc || !h.n_rows)
		return rc;
	buf_reset(&w->raw);
	fields_put_list(d, items, h.n_rows, &w->raw);
	return writer_put_table(w, &h, &w->raw, err);
}

static struct tape_block_header list_header(u16 type, u64 ts, u32 n)
{
	return (struct tape_block_header){ .type = type, .n_rows = n, .ts_min = ts, .ts_max = ts };
}

int tape_writer_put_tasks(struct tape_writer *w, u64 ts, const struct tape_task *t, u32 n,
			  struct err *err)
{
	return put_list(w, list_header(TAPE_TASK, ts, n), &tape_task_desc, t, err);
}

int tape_writer_put_clocks(struct tape_writer *w, u64 ts, const struct tape_clock *c, u32 n,
			   struct err *err)
{
	return put_list(w, list_header(TAPE_CLOCK, ts, n), &tape_clock_desc, c, err);
}

int tape_writer_put_mapsnap(struct tape_writer *w, u64 ts, const struct tape_mapsnap *m,
			    struct err *err)
{
	return put_list(w, list_header(TAPE_MAPSNAP, ts, 1), &tape_mapsnap_desc, m, err);
}

int tape_writer_put_logs(struct tape_writer *w, u64 ts, const struct tape_log *l, u32 n,
			 struct err *err)
{
	return put_list(w, list_header(TAPE_LOG, ts, n), &tape_log_desc, l, err);
}

void writer_loss_times(struct tape_block_header *h, const struct tape_loss *l, u32 n, u64 ts)
{
	h->ts_min = h->ts_max = ts;
	for (u32 i = 0; i < n; i++) {
		h->ts_min = l[i].first_ts && l[i].first_ts < h->ts_min ? l[i].first_ts : h->ts_min;
		h->ts_max = l[i].last_ts > h->ts_max ? l[i].last_ts : h->ts_max;
	}
}

int tape_writer_put_losses(struct tape_writer *w, u64 ts, const struct tape_loss *l, u32 n,
			   struct err *err)
{
	struct tape_block_header h = list_header(TAPE_LOSS, ts, n);
	u64 sum = 0;
	int rc;

	writer_loss_times(&h, l, n, ts);
	for (u32 i = 0; i < n; i++)
		sum += l[i].count;
	rc = put_list(w, h, &tape_loss_desc, l, err);
	w->lost += rc ? 0 : sum;
	return rc;
}

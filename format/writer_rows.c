/*
 * format/writer_rows.c -- rows of batches as EVENTS and MIXED blocks.
 *
 * (1) A string reaches the tape in a DICT block before the rows that name its id.
 * (2) A table has its SCHEMA before its rows; no reader could use them otherwise.
 * (3) A batch is reset when, and only when, its rows are on the tape.
 */
#include <errno.h>

#include "format/rows_priv.h"
#include "format/writer_priv.h"

/* Bounds of one MIXED block, and the size from which a batch deserves a block of its own. */
#define MIXED_BYTES_MAX	  (4u << 20)
#define MIXED_ROWS_MAX	  (64u << 10)
#define MIXED_BATCH_BYTES (64u << 10)

static int check_table(const struct tape_writer *w, const struct row_batch *b, struct err *err)
{
	for (size_t i = 0; i < w->tables.n; i++) {
		if (*vec_get(&w->tables, u32, i) == b->schema->id)
			return 0;
	}
	return err_set(err, -EINVAL, "rows of table %u before its schema", b->schema->id);
}

static int put_dicts(struct tape_writer *w, u64 ts, struct err *err)
{
	struct tape_block_header h = { .type = TAPE_DICT, .ts_min = ts, .ts_max = ts };
	int rc;

	buf_reset(&w->dicts);
	rc = encoder_put_dicts(w->enc, &w->dicts);
	if (rc <= 0)
		return rc ? err_set(err, rc, "a DICT block is beyond the limits") : 0;
	rc = writer_put_table(w, &h, &w->dicts, err);
	if (!rc)
		encoder_dicts_written(w->enc);
	return rc;
}

static void count_rows(struct tape_writer *w, struct row_batch *b)
{
	w->rows += b->n_rows;
	w->raw_bytes += b->bytes;
	row_batch_reset(b);
}

static int put_events(struct tape_writer *w, struct row_batch *b, struct err *err)
{
	struct tape_block_header h = {
		.type = TAPE_EVENTS,
		.codec = TAPE_CODEC_COLUMNS,
		.flags = b->is_sorted ? TAPE_BLOCK_SORTED : 0,
		.n_rows = b->n_rows,
		.ts_min = b->ts_min,
		.ts_max = b->ts_max,
		.stream = b->schema->id,
	};
	u64 raw;
	int rc;

	buf_reset(&w->raw);
	rc = encoder_put_rows(w->enc, b, true, &w->raw, &raw);
	if (!rc && raw > w->raw.len * TAPE_MAX_RATIO) {
		buf_reset(&w->raw);
		rc = encoder_put_rows(w->enc, b, false, &w->raw, &raw);
	}
	if (!rc && w->raw.len > TAPE_MAX_STORED)
		rc = -E2BIG;
	if (rc)
		return err_set_errno(err, rc, "encoding %u rows of table %u", b->n_rows,
				     b->schema->id);
	rc = put_dicts(w, b->ts_max, err);
	if (rc)
		return rc;
	h.stored_len = (u32)w->raw.len;
	h.raw_len = (u32)raw;
	rc = writer_put_block(w, &h, w->raw.data, err);
	if (!rc)
		count_rows(w, b);
	return rc;
}

int tape_writer_put_rows(struct tape_writer *w, struct row_batch *b, struct err *err)
{
	int rc = writer_begin(w, b->ts_max, err);

	if (!rc)
		rc = check_table(w, b, err);
	if (rc || !b->n_rows)
		return rc;
	return put_events(w, b, err);
}

static int add_run(struct tape_writer *w, struct row_batch *b, struct err *err)
{
	struct tape_mixed_run *run = vec_push(&w->runs);
	u64 raw;
	int rc;

	if (!run)
		return err_oom(err);
	*run = (struct tape_mixed_run){
		.stream = b->schema->id,
		.n_rows = b->n_rows,
		.off = (u32)w->runs_raw.len, /* moved behind the directory at the end */
		.ts_min = b->ts_min,
		.ts_max = b->ts_max,
		.flags = b->is_sorted ? TAPE_BLOCK_SORTED : 0,
	};
	rc = encoder_put_rows(w->enc, b, false, &w->runs_raw, &raw);
	if (rc)
		return err_set_errno(err, rc, "encoding %u rows of table %u", b->n_rows,
				     b->schema->id);
	run->len = (u32)w->runs_raw.len - run->off;
	buf_align(&w->runs_raw, 8);
	return 0;
}

/* Directory and runs as the payload in w->raw; sums in the header. */
static void join_runs(struct tape_writer *w, struct tape_block_header *h)
{
	struct tape_mixed head = { .n_runs = (u32)w->runs.n };
	size_t dir = sizeof(head) + w->runs.n * sizeof(struct tape_mixed_run);

	h->ts_min = UINT64_MAX;
	for (size_t i = 0; i < w->runs.n; i++) {
		struct tape_mixed_run *r = vec_get(&w->runs, struct tape_mixed_run, i);

		r->off += (u32)dir;
		h->n_rows += r->n_rows;
		h->ts_min = r->ts_min < h->ts_min ? r->ts_min : h->ts_min;
		h->ts_max = r->ts_max > h->ts_max ? r->ts_max : h->ts_max;
	}
	buf_reset(&w->raw);
	buf_put(&w->raw, &head, sizeof(head));
	buf_put(&w->raw, w->runs.items, w->runs.n * sizeof(struct tape_mixed_run));
	buf_put(&w->raw, w->runs_raw.data, w->runs_raw.len);
}

static void note_runs(struct tape_writer *w, u64 at, const struct tape_block_header *h)
{
	for (size_t i = 0; i < w->runs.n; i++) {
		const struct tape_mixed_run *r = vec_get(&w->runs, struct tape_mixed_run, i);

		writer_note(w, &(struct tape_index_entry){
				       .off = at,
				       .ts_min = r->ts_min,
				       .ts_max = r->ts_max,
				       .stored_len = h->stored_len,
				       .n_rows = r->n_rows,
				       .stream = r->stream,
				       .type = TAPE_MIXED,
				       .run = (u16)i,
			       });
	}
}

/* One MIXED block of the batches, whose rows it takes. */
static int put_mixed(struct tape_writer *w, struct row_batch *const *batches, u32 n,
		     struct err *err)
{
	struct tape_block_header h = { .type = TAPE_MIXED };
	u64 at;
	int rc;

	if (n == 1)
		return put_events(w, batches[0], err);
	vec_reset(&w->runs);
	buf_reset(&w->runs_raw);
	for (u32 i = 0; i < n; i++) {
		rc = add_run(w, batches[i], err);
		if (rc)
			return rc;
	}
	join_runs(w, &h);
	rc = put_dicts(w, h.ts_max, err);
	if (rc)
		return rc;
	at = w->off;
	rc = writer_put_table(w, &h, &w->raw, err);
	if (rc)
		return rc;
	note_runs(w, at, &h);
	for (u32 i = 0; i < n; i++)
		count_rows(w, batches[i]);
	return 0;
}

static bool is_small(const struct tape_writer *w, const struct row_batch *b)
{
	return b->n_rows < w->o.mixed_rows && b->bytes < MIXED_BATCH_BYTES;
}

/* The small ones, as many a block as fit. */
static int flush_small(struct tape_writer *w, struct row_batch *const *batches, u32 n,
		       struct err *err)
{
	struct row_batch *group[1024];
	u64 bytes = 0, rows = 0;
	u32 cnt = 0;
	int rc = 0;

	for (u32 i = 0; i < n && !rc; i++) {
		struct row_batch *b = batches[i];

		if (!b->n_rows)
			continue;
		group[cnt++] = b;
		bytes += b->bytes;
		rows += b->n_rows;
		if (cnt < countof(group) && bytes < MIXED_BYTES_MAX && rows < MIXED_ROWS_MAX)
			continue;
		rc = put_mixed(w, group, cnt, err);
		bytes = rows = cnt = 0;
	}
	return rc || !cnt ? rc : put_mixed(w, group, cnt, err);
}

int tape_writer_flush(struct tape_writer *w, struct row_batch *const *batches, u32 n,
		      struct err *err)
{
	int rc = 0;

	for (u32 i = 0; i < n && !rc; i++) {
		rc = writer_begin(w, batches[i]->ts_max, err);
		if (!rc)
			rc = check_table(w, batches[i], err);
		if (!rc && batches[i]->n_rows && !is_small(w, batches[i]))
			rc = put_events(w, batches[i], err);
	}
	return rc ? rc : flush_small(w, batches, n, err);
}

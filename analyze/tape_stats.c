/*
 * Counting rows: from the list of blocks where there is one, else from the block headers as they
 * come.
 */
#include "analyze/tape_stats.h"

#include <stdlib.h>
#include <string.h>

void tape_stats_fini(struct tape_stats *s)
{
	free(s->tables);
	memset(s, 0, sizeof(*s));
}

static struct table_stats *get_table(struct tape_stats *s, u32 id)
{
	struct table_stats *t;

	if (id >= TAPE_TABLES_EVER)
		return NULL;
	if (id < s->table_max)
		return &s->tables[id];
	t = realloc(s->tables, ((size_t)id + 1) * sizeof(*t));
	if (!t)
		return NULL;
	memset(t + s->table_max, 0, (id + 1 - s->table_max) * sizeof(*t));
	s->tables = t;
	s->table_max = id + 1;
	return &t[id];
}

static bool add(struct tape_stats *s, const struct tape_index_entry *e)
{
	struct table_stats *t = get_table(s, e->stream);

	if (!t)
		return e->stream >= TAPE_TABLES_EVER;
	if (!t->rows || e->ts_min < t->first_ts)
		t->first_ts = e->ts_min;
	if (e->ts_max > t->last_ts)
		t->last_ts = e->ts_max;
	if (!s->rows || e->ts_min < s->first_ts)
		s->first_ts = e->ts_min;
	if (e->ts_max > s->last_ts)
		s->last_ts = e->ts_max;
	t->rows += e->n_rows;
	t->blocks++;
	s->rows += e->n_rows;
	if (e->type == TAPE_EVENTS)
		t->stored += e->stored_len;
	if (e->type == TAPE_EVENTS || !e->run)
		s->row_bytes += e->stored_len;
	return true;
}

static int from_entries(struct recording *r, struct tape_stats *s, struct err *err)
{
	u32 n;
	const struct tape_index_entry *e = tape_reader_entries(r->reader, &n);

	for (u32 i = 0; i < n; i++) {
		/* An INDEX may say anything. */
		if (e[i].stream >= TAPE_MAX_TABLES &&
		    !tape_state_schema(recording_state(r), e[i].stream))
			continue;
		if (!add(s, &e[i]))
			return err_oom(err);
	}
	return 0;
}

static int from_items(struct recording *r, tape_stats_fn each, void *ctx, bool counts,
		      struct tape_stats *s, struct err *err)
{
	struct tape_item item;
	u64 last_off = UINT64_MAX;
	int rc;

	while ((rc = tape_reader_next(r->reader, &item, err)) > 0) {
		struct tape_index_entry e = {
			.ts_min = item.ts_min, .ts_max = item.ts_max, .n_rows = item.n_rows,
			.type = item.block.type, .run = item.off == last_off,
			.stored_len = item.block.stored_len,
		};

		if (each)
			each(ctx, &item);
		if (item.kind != TAPE_ITEM_ROWS || !counts)
			continue;
		e.stream = item.schema->id;
		last_off = item.off;
		if (!add(s, &e))
			return err_oom(err);
	}
	return rc;
}

int tape_stats_read(struct recording *r, tape_stats_fn each, void *ctx, struct tape_stats *ret,
		    struct err *err)
{
	struct tape_stats s = { 0 };
	int rc = 0;

	if (r->is_loaded)
		rc = from_entries(r, &s, err);
	if (!rc && (!r->is_loaded || each))
		rc = from_items(r, each, ctx, !r->is_loaded, &s, err);
	if (rc) {
		tape_stats_fini(&s);
		return rc;
	}
	*ret = s;
	return 0;
}

/* format/select.c -- which tables, columns and times a reader of rows wants. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/reader_priv.h"

#define ZONES_MAX 1024

void select_init(struct select *s)
{
	*s = (struct select){ .ts_to = UINT64_MAX };
	vec_init(&s->zones, sizeof(struct decode_zone), ZONES_MAX);
}

void select_fini(struct select *s)
{
	for (u32 i = 0; i < s->table_cnt; i++)
		free(s->tables[i].want);
	free(s->tables);
	vec_fini(&s->zones);
}

bool select_wants_table(const struct select *s, u32 table)
{
	return table >= s->table_cnt || !s->tables[table].is_skipped;
}

bool select_wants_range(const struct select *s, u64 ts_min, u64 ts_max)
{
	return ts_max >= s->ts_from && ts_min <= s->ts_to;
}

u8 *select_columns(const struct select *s, u32 table)
{
	return table < s->table_cnt ? s->tables[table].want : NULL;
}

/* Room for what is said of @table. */
static int grow_tables(struct select *s, u32 table)
{
	u32 n = table + 1 > 2 * s->table_cnt ? table + 1 : 2 * s->table_cnt;
	struct table_select *t;

	if (table < s->table_cnt)
		return 0;
	t = realloc(s->tables, n * sizeof(*t));
	if (!t)
		return -ENOMEM;
	memset(t + s->table_cnt, 0, (n - s->table_cnt) * sizeof(*t));
	s->tables = t;
	s->table_cnt = n;
	return 0;
}

void tape_reader_set_range(struct tape_reader *r, u64 ts_from, u64 ts_to)
{
	r->sel.ts_from = ts_from;
	r->sel.ts_to = ts_to;
}

int tape_reader_select(struct tape_reader *r, u32 table, const u8 *want, u32 n)
{
	struct table_select *t;

	u64 max = r->o.limits.cols;

	if (table >= r->o.limits.tables || n > max)
		return -EINVAL;
	if (grow_tables(&r->sel, table))
		return -ENOMEM;
	t = &r->sel.tables[table];
	t->is_skipped = want && !n;
	if (!want || !n) {
		free(t->want);
		t->want = NULL;
		return 0;
	}
	if (!t->want)
		t->want = malloc(max);
	if (!t->want)
		return -ENOMEM;
	memset(t->want, 0, max);
	memcpy(t->want, want, n);
	return 0;
}

int tape_reader_set_zone(struct tape_reader *r, u32 table, u32 col, u64 min, u64 max)
{
	struct decode_zone *z = vec_push(&r->sel.zones);

	if (!z)
		return -ENOMEM;
	*z = (struct decode_zone){ table, col, min, max };
	return 0;
}

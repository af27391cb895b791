/*
 * Tables whose SCHEMA is lost: which they are, and how many of their rows are on the tape.
 *
 * Their rows are losses of the reader, a block or a run each; a table of the plan may have none.
 */
#include <stdio.h>

#include "analyze/recording.h"
#include "base/idmap.h"
#include "base/vec.h"

#define TABLES_MAX 65536
#define SAID_MAX   8 /* in full; of more only how many */

struct lost {
	struct idmap ids; /* of tables */
	struct vec rows; /* u64, same index */
};

static void add(struct lost *l, const struct tape_state *s, u32 table, u64 rows)
{
	u32 id;

	if (table == TAPE_NONE || tape_state_schema(s, table))
		return;
	id = idmap_put(&l->ids, (struct idmap_key){ .a = table });
	if (id > l->rows.n && !vec_push(&l->rows))
		return;
	if (id)
		*vec_get(&l->rows, u64, id - 1) += rows;
}

static struct str name_of(const struct tape_state *s, u32 table)
{
	for (u32 i = 0; s->plan && i < s->plan->table_cnt; i++)
		if (s->plan->tables[i].table == table)
			return s->plan->tables[i].name;
	return (struct str){ NULL, 0 };
}

static void say_one(const struct tape_state *s, const struct lost *l, u32 id,
		    void (*say)(void *ctx, const char *text), void *ctx)
{
	u32 table = (u32)l->ids.keys[id - 1].a;
	u64 rows = *vec_get(&l->rows, u64, id - 1);
	struct str name = name_of(s, table);
	char text[256];

	if (name.len > 100)
		name.len = 100;
	snprintf(
		text, sizeof(text),
		"the SCHEMA of table %u%s%.*s%s is lost: its rows, %llu as far as known, cannot be "
		"read",
		table, name.s ? " (" : "", STR_ARG(name), name.s ? ")" : "",
		(unsigned long long)rows);
	say(ctx, text);
}

bool recording_lost_tables(const struct tape_state *s, void (*say)(void *ctx, const char *text),
			   void *ctx)
{
	struct lost l;
	char text[64];
	u32 n;

	idmap_init(&l.ids, TABLES_MAX);
	vec_init(&l.rows, sizeof(u64), TABLES_MAX);
	for (u32 i = 0; s->plan && i < s->plan->table_cnt; i++)
		add(&l, s, s->plan->tables[i].table, 0);
	for (u32 i = 0; i < s->loss_cnt; i++)
		if (s->losses[i].cause == TAPE_LOSS_CORRUPT)
			add(&l, s, s->losses[i].table, s->losses[i].count);
	n = (u32)l.rows.n;
	for (u32 id = 1; id <= n && id <= SAID_MAX; id++)
		say_one(s, &l, id, say, ctx);
	if (n > SAID_MAX) {
		snprintf(text, sizeof(text), "so are those of %u other tables", n - SAID_MAX);
		say(ctx, text);
	}
	idmap_fini(&l.ids);
	vec_fini(&l.rows);
	return n;
}

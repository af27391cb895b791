/*
 * What an answer has to say about itself: a line on stderr each, and in JSON an object of type
 * "warning".
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "analyze/engine_priv.h"

void engine_warn(struct engine *e, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	e->o->warn(e->o->ctx, text);
	if (e->render.ops)
		e->render.ops->warning(&e->render, text);
}

static void warn_text(void *ctx, const char *text)
{
	engine_warn(ctx, "%s", text);
}

static bool reads_col(const struct clause_run *c, u32 col)
{
	for (u32 i = 0; c->t->notes && i < c->t->inst->node_cnt; i++)
		if (c->t->notes[i].in_analysis && c->t->notes[i].col == (s16)col)
			return true;
	return false;
}

/*
 * Another script reads what the recorded one captured: only on some of its paths, or only where
 * its predicate held.
 */
static void note_clause(struct engine *e, const struct clause_run *c)
{
	const struct tape_table *t = &e->script.view.tables[c->t->source];

	if (t->filter)
		engine_warn(e, "%s was recorded where /%s/ held; other firings are not on the tape",
			    t->name, t->filter);
	for (u32 i = COL_FIXED_CNT; i < t->col_cnt; i++)
		if (t->cols[i].cond && reads_col(c, i))
			engine_warn(
				e,
				"%s of %s was captured only where %s; elsewhere it is 0 or empty",
				t->cols[i].leaf, t->name, t->cols[i].cond);
}

void engine_note_tables(struct engine *e)
{
	const struct tape_state *s = recording_state(&e->rec);
	u64 pid = tape_state_num(s, TAPE_KEY_FILTER_PID, 0);

	if (e->script.is_recorded)	/* it said itself what it wanted */
		return;
	for (u32 i = 0; i < e->clause_cnt; i++) {
		bool is_first = true;

		for (u32 k = 0; k < i; k++)
			is_first &= e->clauses[k].src != e->clauses[i].src;
		if (e->clauses[i].src && is_first)
			note_clause(e, &e->clauses[i]);
	}
	if (pid)
		engine_warn(e, "recorded with -p %llu: other processes are not on the tape",
			    (unsigned long long)pid);
}

static void note_lost(struct engine *e, const struct loss_sum *l)
{
	struct buf text;

	buf_init(&text, 8192);
	recording_put_lost(recording_state(&e->rec), l, &text);
	if (text.len)
		engine_warn(e, "%s", buf_cstr(&text));
	buf_fini(&text);
}

static void note_unreleased(struct engine *e)
{
	struct tape_merge_stats m = e->merge ? tape_merge_stats(e->merge) :
					       (struct tape_merge_stats){ 0 };
	const struct tape_state *s = recording_state(&e->rec);
	u64 rows = m.unreleased_rows + e->unreleased_rows;

	if (s->has_end || rt_stop_reason(e->rt) == RT_DONE || e->is_over)
		return;
	if (rows)
		engine_warn(
			e,
			"the tape was not finished; %llu rows after its last checkpoint are left "
			"out (--all reads them)",
			(unsigned long long)rows);
	else
		engine_warn(e, "the tape was not finished");
}

bool engine_note_losses(struct engine *e)
{
	const struct tape_state *s = recording_state(&e->rec);
	struct loss_sum l;
	const struct map_info *map;
	u64 refused = rt_refused_keys(e->rt, &map);
	u8 *want = arena_new_n(&e->script.arena, u8, (size_t)e->table_max + 1);
	bool is_lossy, is_beyond, lacks_tables;

	for (u32 i = 0; want && i < e->clause_cnt; i++)
		if (e->clauses[i].src)
			want[e->clauses[i].src->schema->id] = 1;
	loss_sum_init(&l);
	recording_losses(s, e->from, e->to, want, e->table_max, &l);
	note_lost(e, &l);
	lacks_tables = recording_lost_tables(s, warn_text, e);
	if (l.places)
		engine_warn(e, RECORDING_PLACES, (unsigned long long)l.places,
			    l.places == 1 ? "" : "s");
	if (e->damaged_rows)
		engine_warn(e, "%llu rows lie in damaged blocks",
			    (unsigned long long)e->damaged_rows);
	if (l.late)
		engine_warn(e, "%llu rows came late: they may be out of order",
			    (unsigned long long)l.late);
	if (l.stacks)
		engine_warn(e, "%llu definitions of stacks were lost: some may be unknown",
			    (unsigned long long)l.stacks);
	if (refused && e->script.query)
		engine_warn(e, "map %s is full: %llu updates of new keys were dropped", map->name,
			    (unsigned long long)refused);
	if (snapshots_is_partial(e->snaps))
		engine_warn(e, "a snapshot of a map is incomplete: it changed while it was read");
	map = snapshots_clash(e->snaps);
	if (map)
		engine_warn(e,
			    "map %s: entries of several processes had one stack; of each the last "
			    "is shown",
			    map->name);
	if (e->outputs.dropped)
		engine_warn(e,
			    "%llu outputs of system() and cat() are left out: more than %u waited "
			    "for their firings",
			    (unsigned long long)e->outputs.dropped, OUTPUTS_WAITING_MAX);
	note_unreleased(e);
	is_beyond = recording_notes(&e->rec, warn_text, e);
	is_lossy = is_beyond || lacks_tables || l.lost || l.damaged || l.stacks || l.places ||
		   e->damaged_rows || s->damaged_blocks || !s->has_end;
	loss_sum_fini(&l);
	return is_lossy && rt_stop_reason(e->rt) != RT_DONE;
}

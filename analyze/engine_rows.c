/*
 * Rows in order: each firing runs the clauses that read its table, in the order of the script.
 *
 * (1) exit() ends the session at its firing: later rows are dropped, only END still runs.
 * (2) Intervals of another script fire on the tape's clock, before the first row that is later: of
 *     a tape with rounded times also before rows of the same time, nearly all of which are later.
 * (3) BEGIN is never cut off by --from: it sets up what the rest needs.
 */
#include <errno.h>

#include "analyze/engine_priv.h"

#define MADE_MAX 16000000u		/* firings of intervals */
#define SLICE	 1024 /* rows of a clause without actions between two looks at the runtime */

static u64 word_at(const struct tape_batch *b, u16 col, u32 row)
{
	const s64 *v = col == TAPE_PLAN_NO_COL ? NULL : tape_batch_cols(b)[col].v;

	return v ? (u64)v[row] : 0;
}

/* After a call of compiled code. */
static int look_at_runtime(struct engine *e)
{
	switch (rt_stop_reason(e->rt)) {
	case RT_FAILED:
		*e->err = *rt_error(e->rt);
		return e->err->code;
	case RT_EXITED:
		e->is_over = true;
		return 0;
	default:
		return 0;
	}
}

bool engine_is_done(const struct engine *e)
{
	if (rt_stop_reason(e->rt) == RT_DONE)
		return true;
	if (!e->is_over)
		return false;
	for (u32 i = 0; i < e->clause_cnt; i++)
		if (e->clauses[i].kind == PROBE_END && e->clauses[i].src && !e->has_run[i])
			return false;	/* its row is still to come */
	for (u32 i = 0; i < e->script.prog->map_cnt; i++)
		if (e->script.plan->maps[i].cls == MAP_K)
			return false;	/* so is the last snapshot */
	return true;
}

static int call(struct engine *e, struct clause_run *c, u64 ts, u32 begin, u32 end)
{
	e->rows += end - begin;
	if (!c->fn)
		return 0;
	rt_begin(e->rt, ts, c->drains);
	rt_allow(e->rt, end - begin);
	c->fn(e->rt, c->cols, begin, end);
	fault_cols_count(&c->faults, e->rt, begin, end);
	rt_end(e->rt);
	return look_at_runtime(e);
}

/* Once: what END then does to the maps stays done. */
static void load_end_maps(struct engine *e)
{
	if (!e->has_end_maps)
		e->has_end_maps = snapshots_load_end(e->snaps, e->rt);
}

/* END sees the maps as they were at the end, whatever stopped the session. */
static int call_end(struct engine *e, u32 clause, u64 ts, u32 row)
{
	e->has_run[clause] = true;
	rt_resume(e->rt);
	load_end_maps(e);
	return call(e, &e->clauses[clause], ts, row, row + 1);
}

static int run_row(struct engine *e, u32 clause, const struct tape_batch *b, u64 ts, u32 row)
{
	struct clause_run *c = &e->clauses[clause];

	if (!clause_run_takes(c, b, row))
		return 0;
	if (c->kind != PROBE_END && (e->is_over || (ts < e->from && c->kind != PROBE_BEGIN)))
		return 0;
	e->firing = (struct firing_id){ c->src->schema->id, (u32)word_at(b, c->src->cpu, row),
					word_at(b, c->src->seq, row) };
	if (c->kind == PROBE_END)
		return e->has_run[clause] ? 0 : call_end(e, clause, ts, row);
	return call(e, c, ts, row, row + 1);
}

/*
 * May the run go through one call?  One clause, all of its probes, nothing that must know the
 * row's time.
 */
static bool is_plain(const struct engine *e, const struct table_runs *t, const struct tape_run *run,
		     u16 ts_col)
{
	const struct clause_run *c = &e->clauses[t->clauses[0]];

	return t->cnt == 1 && run->end - run->begin > 1 && c->t->all_probes && !e->timers.n &&
	       !e->is_over && c->kind != PROBE_BEGIN && c->kind != PROBE_END && !c->has_actions &&
	       word_at(run->batch, ts_col, run->begin) >= e->from &&
	       word_at(run->batch, ts_col, run->end - 1) <= e->to;
}

static int run_plain(struct engine *e, struct clause_run *c, const struct tape_run *run, u16 ts_col)
{
	u32 stretch = c->has_loops ? 1 : SLICE;
	int rc = 0;

	for (u32 at = run->begin; !rc && at < run->end; at += stretch) {
		u32 end = run->end - at > stretch ? at + stretch : run->end;

		rc = call(e, c, word_at(run->batch, ts_col, at), at, end);
	}
	return rc;
}

static int run_each(struct engine *e, const struct table_runs *t, const struct tape_run *run,
		    u16 ts_col)
{
	int rc = 0;

	for (u32 row = run->begin; !rc && row < run->end; row++) {
		u64 ts = word_at(run->batch, ts_col, row);

		if (ts > e->to && !e->is_over) {
			rc = engine_run_timers(e, e->to + 1);
			e->is_over = true;
		}
		if (!rc && e->timers.n && !e->is_over)
			rc = engine_run_timers(e, e->quantum > 1 ? ts + e->quantum : ts);
		for (u32 k = 0; !rc && k < t->cnt; k++)
			rc = run_row(e, t->clauses[k], run->batch, ts, row);
	}
	return rc;
}

int engine_run_rows(struct engine *e, const struct tape_run *run)
{
	const struct tape_column *ts = tape_schema_role(run->schema, TAPE_ROLE_TS);
	const struct table_runs *t;
	int rc = 0;

	if (run->schema->id >= e->table_max || !ts || run->begin >= run->end)
		return 0;
	t = &e->by_table[run->schema->id];
	if (!t->cnt)
		return 0;
	for (u32 k = 0; !rc && k < t->cnt; k++)
		rc = clause_run_bind(&e->clauses[t->clauses[k]], run->batch, run->begin, run->end,
				     e->err);
	if (rc)
		return rc;
	e->last_ts = word_at(run->batch, ts->id, run->end - 1);
	if (is_plain(e, t, run, ts->id))
		return run_plain(e, &e->clauses[t->clauses[0]], run, ts->id);
	return run_each(e, t, run, ts->id);
}

/* ---- rows that the engine makes ---- */

int engine_run_made(struct engine *e, u32 clause, u64 ts)
{
	const struct tape_state *s = recording_state(&e->rec);
	struct clause_run *c = &e->clauses[clause];
	u32 pid = (u32)tape_state_num(s, "pid", 0);
	int rc;

	ts -= ts % e->quantum;
	rc = clause_run_make(c, ts, 0, pid, pid, e->err);

	if (rc)
		return rc;
	if (++e->made > MADE_MAX)
		return err_set(e->err, -E2BIG,
			       "the intervals of the script would fire more than %u times",
			       MADE_MAX);
	e->has_run[clause] = true;
	e->firing = (struct firing_id){ TAPE_NONE, 0, 0 };
	return call(e, c, ts, 0, 1);
}

static struct timer *first_due(struct engine *e)
{
	struct timer *best = NULL;

	for (size_t i = 0; i < e->timers.n; i++) {
		struct timer *t = vec_get(&e->timers, struct timer, i);

		if (!best || t->next < best->next)
			best = t;
	}
	return best;
}

int engine_run_timers(struct engine *e, u64 until)
{
	struct timer *t = first_due(e);
	int rc = 0;

	if (until == UINT64_MAX)	/* a tape that says nothing of its end */
		until = e->last_ts;
	while (!rc && t && t->next < until && !e->is_over) {
		u64 ts = t->next;

		t->next += t->period;
		if (ts >= e->from)
			rc = engine_run_made(e, t->clause, ts);
		else	/* on to the last one before it: one by one there may be very many */
			t->next += (e->from - ts - 1) / t->period * t->period;
		t = first_due(e);
	}
	return rc;
}

/* BEGINs of another script; the recorded one has rows for its own. */
int engine_run_begins(struct engine *e)
{
	u64 start = recording_start(recording_state(&e->rec));
	int rc = 0;

	for (u32 i = 0; !rc && i < e->clause_cnt && !e->is_over; i++)
		if (e->clauses[i].kind == PROBE_BEGIN && !e->clauses[i].src &&
		    !e->script.is_recorded)
			rc = engine_run_made(e, i, start);
	return rc;
}

int engine_run_ends(struct engine *e)
{
	u64 end = recording_end(recording_state(&e->rec));
	int rc = 0;

	if (rt_stop_reason(e->rt) == RT_DONE)
		return 0;
	if (end == UINT64_MAX)
		end = e->last_ts;
	load_end_maps(e);
	for (u32 i = 0; !rc && i < e->clause_cnt; i++) {
		if (e->clauses[i].kind != PROBE_END || e->has_run[i])
			continue;
		rt_resume(e->rt);
		rc = engine_run_made(e, i, end);
	}
	return rc;
}

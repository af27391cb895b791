/*
 * The engine: a tape, a script, an answer.
 *
 *	open -> tables until the plan is known -> compile, bind -> BEGIN -> rows -> END -> maps
 *
 * A file is loaded first, so that all its tables are known; a pipe is compiled as soon as its plan
 * has come and then answers while it is written.  Programs whose result does not depend on the
 * order run on all cores before the merge pass, which then only brings BEGIN, END and snapshots of
 * maps.
 */
#include "analyze/engine.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyze/engine_priv.h"
#include "base/units.h"

static void show_diags(struct engine *e)
{
	struct buf text;

	if (e->o->is_said && !e->script.diags.error_cnt)
		return;
	buf_init(&text, 1 << 20);
	script_run_show(&e->script, &text);
	if (text.len)
		e->o->show(e->o->ctx, buf_cstr(&text));
	buf_fini(&text);
}

static int compile(struct engine *e)
{
	int rc = script_run_open(&e->script, recording_state(&e->rec), &e->o->script, e->err);

	show_diags(e);
	if (e->script.diags.error_cnt) {
		*e->err = (struct err){ .code = -EINVAL };
		return -EINVAL;
	}
	return rc;
}

/* ---- clauses and what they read ---- */

static int add_reader(struct engine *e, u32 clause)
{
	const struct clause_run *c = &e->clauses[clause];
	struct table_runs *t;

	if (!c->src || c->src->schema->id >= e->table_max)
		return 0;
	t = &e->by_table[c->src->schema->id];
	if (!t->clauses)
		t->clauses = calloc(e->clause_cnt, sizeof(*t->clauses));
	if (!t->clauses)
		return err_oom(e->err);
	t->clauses[t->cnt++] = clause;
	return 0;
}

static int add_timers(struct engine *e, u32 clause)
{
	const struct clause_run *c = &e->clauses[clause];

	if (c->t->source != UINT32_MAX && e->script.view.cols[c->t->source].is_lost)
		return 0;	/* it had rows: it does not fire on the clock */
	for (u32 i = 0; c->kind == PROBE_INTERVAL && !c->src && i < c->t->probe_cnt; i++) {
		u64 period = c->t->probes[i]->period_ns;
		struct timer *t = period ? vec_push(&e->timers) : NULL;

		if (!t)
			return period ? err_oom(e->err) : 0;
		*t = (struct timer){
			clause, period, recording_start(recording_state(&e->rec)) + period
		};
	}
	return 0;
}

static int init_clauses(struct engine *e)
{
	const struct tape_state *s = recording_state(&e->rec);
	u32 n = e->script.plan->table_cnt;
	int rc = 0;

	for (u32 i = 0; i < s->schema_cnt; i++)
		if (s->schemas[i]->id >= e->table_max)
			e->table_max = s->schemas[i]->id + 1;
	e->clauses = calloc((size_t)n + 1, sizeof(*e->clauses));
	e->has_run = calloc((size_t)n + 1, sizeof(*e->has_run));
	e->by_table = calloc((size_t)e->table_max + 1, sizeof(*e->by_table));
	if (!e->clauses || !e->has_run || !e->by_table)
		return err_oom(e->err);
	for (e->clause_cnt = 0; !rc && e->clause_cnt < n; e->clause_cnt++)
		rc = clause_run_init(&e->clauses[e->clause_cnt], &e->script, e->clause_cnt,
				     &e->tasks, e->o->script.has_compat, e->err);
	for (u32 i = 0; !rc && i < n; i++) {
		rc = add_reader(e, i);
		rc = rc ? rc : add_timers(e, i);
	}
	return rc;
}

/* Tell the reader which columns of which tables are wanted. */
static int select_columns(struct engine *e)
{
	const struct tape_state *s = recording_state(&e->rec);
	u8 want[TAPE_COLS_EVER];
	int rc = 0;

	for (u32 i = 0; !rc && i < s->schema_cnt; i++) {
		const struct table_runs *t = &e->by_table[s->schemas[i]->id];

		memset(want, 0, sizeof(want));
		for (u32 k = 0; k < t->cnt; k++)
			clause_run_want(&e->clauses[t->clauses[k]], want, s->schemas[i]->col_cnt);
		rc = tape_reader_select(e->rec.reader, s->schemas[i]->id, want,
					t->cnt ? s->schemas[i]->col_cnt : 0);
	}
	return rc ? err_oom(e->err) : 0;
}

/* ---- the runtime ---- */

/* The very script that was recorded, if only as a file: its actions have the same numbers. */
static bool is_script_of_tape(const struct engine *e)
{
	struct str taped = tape_state_text(recording_state(&e->rec), TAPE_KEY_SCRIPT);
	struct str own = e->o->script.text;

	return e->script.is_recorded ||
	       (taped.s && own.len == taped.len && !memcmp(own.s, taped.s, own.len));
}

static void note_foreign_output(struct engine *e, const struct action *a)
{
	if (!e->has_foreign_output)
		engine_warn(e,
			    "%s() is not done again, and what it printed when recorded belongs to "
			    "the recorded script: nothing is shown",
			    a->b->name);
	e->has_foreign_output = true;
}

/* The texts that system() or cat() left; a loop takes one a round. */
static void show_outputs(struct engine *e, const struct action *a)
{
	enum render_text kind = a->b->id == BI_CAT ? RENDER_CAT : RENDER_SYSTEM;
	const struct tape_log *l;
	struct buf text;

	l = outputs_take(&e->outputs, recording_state(&e->rec), &e->firing, a->idx);
	if (l && l->level == TAPE_LOG_OUTPUT) {
		e->render.ops->text(&e->render, kind, l->text);
	} else if (l) {
		buf_init(&text, 1 << 16);
		buf_put(&text, l->text.s, l->text.len);
		sink_flush(&e->sink); /* in the order in which it happened */
		e->o->show(e->o->ctx, buf_cstr(&text));
		buf_fini(&text);
	}
}

static void before_action(void *ctx, struct rt *rt, const struct action *a)
{
	struct engine *e = ctx;

	if (!a->map) {
		if (is_script_of_tape(e))
			show_outputs(e, a);
		else
			note_foreign_output(e, a);
		return;
	}
	if (e->script.plan->maps[a->map->idx].cls == MAP_K)
		snapshots_load(e->snaps, rt, &e->firing, a->idx, a->map->idx);
}

u64 engine_mem_max(const struct engine *e)
{
	u64 half = 2 * tape_limits_mem();

	if (e->o->mem_max)
		return e->o->mem_max;
	return half < RT_MEM_MAX ? half : RT_MEM_MAX;
}

static int init_runtime(struct engine *e)
{
	struct rt_opts o = {
		.prog = e->script.prog,
		.render = &e->render,
		.mem_max = engine_mem_max(e),
		.steps_max = e->o->steps_max,
		.session_start = recording_start(recording_state(&e->rec)),
		.arch = tape_state_text(recording_state(&e->rec), TAPE_KEY_ARCH),
		.hook = before_action,
		.hook_ctx = e,
		.take = e->script.query ? query_take : NULL,
		.take_ctx = &e->taker,
	};

	outputs_init(&e->outputs);
	e->snaps = snapshots_new(e->script.prog, recording_state(&e->rec));
	if (!e->snaps)
		return err_oom(e->err);
	return rt_new(&o, &e->rt, e->err);
}

/* A query over nothing is a mistake; a script has its BEGIN and END. */
static int check_range(const struct engine *e)
{
	const struct tape_state *s = recording_state(&e->rec);
	u64 start = recording_start(s), end = recording_end(s);
	char length[24];

	if (!e->rec.is_loaded || (e->from <= end && e->to >= start))
		return 0;
	units_ns(end > start ? end - start : 0, length);
	return err_set(e->err, -EINVAL, "%s %s: the range is empty, the tape is %s long",
		       e->from > end ? "--from" : "--to", e->from > end ? e->o->from : e->o->to,
		       length);
}

static int parse_range(struct engine *e)
{
	const struct tape_state *s = recording_state(&e->rec);
	int rc = 0;

	if (e->o->from)
		rc = recording_parse_time(s, &e->time, e->o->from, &e->from, e->err);
	if (!rc && e->o->to)
		rc = recording_parse_time(s, &e->time, e->o->to, &e->to, e->err);
	if (rc)
		return rc;
	e->from -= e->from % e->quantum; /* what may have happened later is not left out */
	if (e->from > e->to)
		return err_set(e->err, -EINVAL, "--from %s is later than --to %s: nothing is left",
			       e->o->from, e->o->to);
	return e->o->script.query ? check_range(e) : 0;
}

static int start_query(struct engine *e)
{
	const struct query *q = e->script.query;
	int rc = query_start(q, &e->script, recording_state(&e->rec), &e->render.fmt, e->err);

	return rc ? rc : query_open(q, &e->taker, e->err);
}

/* The tables are there: get ready and run what comes before the first row. */
static int start(struct engine *e)
{
	const struct tape_state *s = recording_state(&e->rec);
	int rc = recording_times(s, &e->time, e->err);

	rc = rc ? rc : task_index_update(&e->tasks, s, e->err);
	e->quantum = recording_quantum(s);
	rc = rc ? rc : parse_range(e);
	rc = rc ? rc : compile(e);
	if (rc)
		return rc;
	e->symbols = symbols_new(s);
	if (!e->symbols)
		return err_oom(e->err);
	render_init(&e->render, e->o->format, &e->sink, e->script.compat, &e->time);
	e->render.said = &e->said;
	e->render.fmt.symbols = e->symbols;
	e->render.fmt.state = s;
	rc = init_runtime(e);
	rc = rc ? rc : init_clauses(e);
	rc = rc ? rc : select_columns(e);
	if (rc)
		return rc;
	e->is_ready = true;
	engine_note_tables(e);
	if (e->script.query)
		return start_query(e);
	e->render.ops->start(&e->render, e->script.prog->probe_cnt);
	return engine_run_begins(e);
}

static bool tables_are_there(const struct engine *e, const struct tape_item *item)
{
	const struct tape_state *s = recording_state(&e->rec);

	if (e->rec.is_loaded)
		return true;
	if (!s->plan)
		return false;
	/* TYPES is the last of the four; without it the first row has to do */
	return !item || item->kind != TAPE_ITEM_TABLES || item->block.type == TAPE_TYPES;
}

static int take_item(struct engine *e, const struct tape_item *item)
{
	const struct tape_state *s = recording_state(&e->rec);

	switch (item->kind) {
	case TAPE_ITEM_TABLES:
		if (item->block.type == TAPE_CLOCK || item->block.type == TAPE_TYPES)
			return recording_times(s, &e->time, e->err);
		return item->block.type == TAPE_TASK ? task_index_update(&e->tasks, s, e->err) : 0;
	case TAPE_ITEM_MAPSNAP:
		return snapshots_add(e->snaps, item->snaps, item->cnt, e->err);
	default:
		return 0;
	}
}

/* A pipe with nothing to read may stay so for long: what is known is shown now. */
static void flush_if_idle(struct engine *e)
{
	struct pollfd p = { .fd = e->rec.fd, .events = POLLIN };

	if (!e->rec.is_loaded && e->sink.buf.len && poll(&p, 1, 0) == 0)
		sink_flush(&e->sink);
}

/* A nanosecond of waiting is a step. */
static void earn_waiting(struct engine *e)
{
	u64 waited = tape_reader_waited_ns(e->rec.reader);

	if (waited > e->waited_ns)
		rt_earn(e->rt, waited - e->waited_ns);
	e->waited_ns = waited;
}

static int run_merge(struct engine *e)
{
	struct tape_run run;
	int rc;

	for (;;) {
		flush_if_idle(e);
		rc = tape_merge_next(e->merge, &run, e->err);
		if (rc <= 0)
			return rc;
		if (!e->is_ready && tables_are_there(e, run.item)) {
			rc = start(e);
			if (rc)
				return rc;
		}
		if (!e->is_ready)
			continue;
		earn_waiting(e);
		rc = run.item ? take_item(e, run.item) : engine_run_rows(e, &run);
		if (rc)
			return rc;
		if (engine_is_done(e) || e->sink.code)
			return 0;
	}
}

static int finish_query(struct engine *e)
{
	int rc;

	e->matched += e->taker.rows;
	rc = query_close(&e->taker, e->err);
	if (rt_stop_reason(e->rt) == RT_FAILED)
		return 0;		/* told by the caller */
	rc = rc ? rc : query_finish(e->script.query, e->script.prog, e->rt, &e->matched, e->err);
	if (!rc && !e->rows)
		engine_warn(e, "the table has no rows%s",
			    e->o->from || e->o->to ? " in this range" : "");
	else if (!rc && !e->matched)
		engine_warn(e, "no row meets the condition of --where");
	return rc;
}

static int finish(struct engine *e)
{
	u64 end;
	int rc;

	if (!e->is_ready)
		return err_set(e->err, -ENODATA, "%s: it ends before its plan", e->rec.name);
	end = recording_end(recording_state(&e->rec));
	rc = engine_run_timers(e, e->to < end ? e->to + 1 : end);
	rc = rc ? rc : engine_run_ends(e);
	if (rc)
		return rc;
	if (e->script.query)
		rc = finish_query(e);
	if (rc)
		return rc;
	if (rt_stop_reason(e->rt) != RT_FAILED &&
	    (!e->script.query || e->script.query->out & QUERY_PRINT))
		rt_print_maps(e->rt);
	if (rt_stop_reason(e->rt) == RT_FAILED) {
		*e->err = *rt_error(e->rt);
		return e->err->code;
	}
	return 0;
}

/* Everything is opened and loaded before the first byte of the tape. */
static int open_tape(struct engine *e)
{
	struct sandbox_opts sandbox = e->o->sandbox;
	int rc = recording_open_file(e->o->tape, &e->rec, e->err);

	sandbox.makes_code = true;
	rc = rc ? rc : script_run_load_compiler(e->err);
	if (!rc && sandbox_enter(&sandbox, e->err) < 0)
		rc = e->err->code;
	return rc ? rc : recording_load(&e->rec, &e->o->reader, e->err);
}

static int run(struct engine *e)
{
	struct tape_merge_opts merge = { .read_all = e->o->read_all };
	int rc = open_tape(e);

	if (rc)
		return rc;
	if (e->rec.is_loaded)
		rc = start(e);
	if (!rc && e->is_ready && engine_can_run_free(e))
		rc = engine_run_free(e);
	rc = rc ? rc : tape_merge_new(e->rec.reader, &merge, &e->merge, e->err);
	rc = rc ? rc : run_merge(e);
	return rc ? rc : finish(e);
}

static void close_all(struct engine *e)
{
	tape_merge_free(e->merge);
	for (u32 i = 0; i < e->clause_cnt; i++)
		clause_run_fini(&e->clauses[i]);
	for (u32 i = 0; e->by_table && i < e->table_max; i++)
		free(e->by_table[i].clauses);
	free(e->by_table);
	free(e->clauses);
	free(e->has_run);
	vec_fini(&e->timers);
	snapshots_free(e->snaps);
	outputs_fini(&e->outputs);
	rt_free(e->rt);
	if (e->is_ready)
		render_fini(&e->render);
	script_run_close(&e->script);
	symbols_free(e->symbols);
	task_index_fini(&e->tasks);
	timefmt_fini(&e->time);
	recording_close(&e->rec);
	sink_fini(&e->sink);
	sink_fini(&e->said);
}

int engine_run(const struct engine_opts *o, struct engine_result *ret, struct err *err)
{
	struct engine e = { .o = o, .err = err, .to = UINT64_MAX };
	int rc;

	sink_init(&e.sink, o->out_fd);
	sink_init(&e.said, STDERR_FILENO);
	timefmt_init(&e.time);
	task_index_init(&e.tasks);
	vec_init(&e.timers, sizeof(struct timer), 4096);
	arena_init(&e.script.arena, 1);
	rc = run(&e);
	query_close(&e.taker, NULL);
	*ret = (struct engine_result){ .rows = e.rows, .matched = e.matched };
	if (e.is_ready) {
		engine_note_troubles(&e);
		ret->is_lossy = engine_note_losses(&e);
		ret->exit_code = rt_exit_code(e.rt);
	}
	sink_flush(&e.sink);
	if (!rc && e.sink.code && e.sink.code != -EPIPE)
		rc = err_set_errno(err, e.sink.code, "writing the answer");
	close_all(&e);
	return rc;
}

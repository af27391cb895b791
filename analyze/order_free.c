/*
 * Programs whose result does not depend on the order of rows, on all cores.
 *
 * Workers take blocks from a common counter, each with a runtime and columns of its own; their
 * maps are merged at the end.  The merge pass that follows no longer sees these tables.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/engine_priv.h"

#define THREADS_MAX 64
#define SLICE 4096			/* rows between two looks at the runtime */

struct shared {
	struct engine *e;
	const struct tape_index_entry *entries;
	u32 cnt;
	u64 to;
	u64 mem_max;			/* of the maps of one worker */
	u64 behind;			/* rows later than this are not released: the watermark */
	atomic_uint next;
	atomic_bool stop;
};

struct worker {
	struct shared *shared;
	pthread_t thread;
	bool is_started;
	struct rt *rt;
	struct clause_run *clauses;	/* as the engine's, those it runs filled */
	struct tape_access *access;
	struct tape_batch *batch;
	struct query_taker taker;
	u64 rows, damaged_rows, unreleased_rows;
	struct err err;
	int rc;
};

static bool is_free_clause(const struct clause_run *c)
{
	return c->src && c->kind != PROBE_BEGIN && c->kind != PROBE_END;
}

bool engine_can_run_free(const struct engine *e)
{
	for (u32 i = 0; i < e->script.prog->action_cnt; i++)
		if (e->script.prog->actions[i]->b->id == BI_EXIT)
			return false;
	return e->rec.is_loaded && !e->timers.n && script_run_is_order_free(&e->script);
}

static int init_worker(struct worker *w, struct shared *sh)
{
	struct engine *e = sh->e;
	struct rt_opts o = { .prog = e->script.prog,
			     .mem_max = sh->mem_max,
			     .steps_max = e->o->steps_max,
			     .pool = rt_pool(e->rt),
			     .session_start = recording_start(recording_state(&e->rec)),
			     .arch = tape_state_text(recording_state(&e->rec), TAPE_KEY_ARCH),
			     .take = e->script.query ? query_take : NULL,
			     .take_ctx = &w->taker };
	int rc;

	w->shared = sh;
	rc = rt_new(&o, &w->rt, &w->err);
	if (!rc && e->script.query)
		rc = query_open(e->script.query, &w->taker, &w->err);
	w->clauses = calloc((size_t)e->clause_cnt + 1, sizeof(*w->clauses));
	w->access = tape_access_new(e->rec.reader);
	w->batch = tape_batch_new();
	if (rc || !w->clauses || !w->access || !w->batch)
		return rc ? rc : err_oom(&w->err);
	for (u32 i = 0; !rc && i < e->clause_cnt; i++)
		if (is_free_clause(&e->clauses[i]))
			rc = clause_run_init(&w->clauses[i], &e->script, i, &e->tasks, false,
					     &w->err);
	return rc;
}

static void fini_worker(struct worker *w)
{
	for (u32 i = 0; w->clauses && i < w->shared->e->clause_cnt; i++)
		if (w->clauses[i].t)
			clause_run_fini(&w->clauses[i]);
	free(w->clauses);
	tape_access_free(w->access);
	tape_batch_free(w->batch);
	rt_free(w->rt);
}

static bool takes(const struct worker *w, const struct clause_run *c, const s64 *ts, u32 row)
{
	const struct shared *sh = w->shared;

	return (!ts || ((u64)ts[row] >= sh->e->from && (u64)ts[row] <= sh->to)) &&
	       clause_run_takes(c, w->batch, row);
}

static int run_slice(struct worker *w, const struct clause_run *c, u32 begin, u32 end)
{
	w->rows += end - begin;
	rt_begin(w->rt, 0, false);
	rt_allow(w->rt, end - begin);
	c->fn(w->rt, c->cols, begin, end);
	fault_cols_count(&c->faults, w->rt, begin, end);
	rt_end(w->rt);
	if (rt_stop_reason(w->rt) != RT_FAILED)
		return 0;
	w->err = *rt_error(w->rt);
	return w->err.code;
}

/* Stretches of rows that the clause takes. */
static int run_clause(struct worker *w, struct clause_run *c, const s64 *ts)
{
	u32 n = tape_batch_cnt(w->batch), begin = 0, stretch = c->has_loops ? 1 : SLICE;
	int rc = clause_run_bind(c, w->batch, 0, n, &w->err);

	while (!rc && c->fn && begin < n) {
		u32 end = begin;

		while (end < n && end - begin < stretch && takes(w, c, ts, end))
			end++;
		if (end > begin)
			rc = run_slice(w, c, begin, end);
		begin = end > begin ? end : end + 1;
	}
	return rc;
}

/* Rows that would be wanted, had a checkpoint said that all before them are there. */
static void count_unreleased(struct worker *w, const s64 *ts)
{
	const struct shared *sh = w->shared;

	for (u32 i = 0, n = tape_batch_cnt(w->batch); ts && i < n; i++)
		w->unreleased_rows += (u64)ts[i] > sh->behind && (u64)ts[i] >= sh->e->from &&
				      (u64)ts[i] <= sh->e->to;
}

static bool is_wanted(const struct shared *sh, const struct tape_index_entry *entry)
{
	const struct engine *e = sh->e;
	const struct table_runs *t = entry->stream < e->table_max ? &e->by_table[entry->stream] :
								    NULL;

	return t && t->cnt && is_free_clause(&e->clauses[t->clauses[0]]) &&
	       entry->ts_min <= e->to && entry->ts_max >= e->from;
}

static int run_entry(struct worker *w, const struct tape_index_entry *entry)
{
	struct engine *e = w->shared->e;
	const struct tape_column *col;
	const struct table_runs *t;
	const s64 *ts;
	int rc;

	if (!is_wanted(w->shared, entry))
		return 0;
	rc = tape_access_read(w->access, entry, w->batch, &w->err);
	if (rc == -EBADMSG) {
		w->damaged_rows += entry->n_rows;
		return 0;
	}
	if (rc <= 0)
		return rc;
	col = tape_schema_role(tape_batch_schema(w->batch), TAPE_ROLE_TS);
	ts = col ? tape_batch_cols(w->batch)[col->id].v : NULL;
	if (entry->ts_max > w->shared->behind)
		count_unreleased(w, ts);
	t = &e->by_table[entry->stream];
	rc = 0;
	for (u32 k = 0; !rc && k < t->cnt; k++)
		rc = run_clause(w, &w->clauses[t->clauses[k]], ts);
	return rc;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct shared *sh = w->shared;

	while (!w->rc && !atomic_load(&sh->stop)) {
		u32 i = atomic_fetch_add(&sh->next, 1);

		if (i >= sh->cnt)
			break;
		w->rc = run_entry(w, &sh->entries[i]);
	}
	if (w->rc)
		atomic_store(&sh->stop, true);
	return NULL;
}

static u32 thread_cnt(const struct engine *e, u32 entries)
{
	cpu_set_t set;	/* sysconf() would look into files */
	u32 cpus = sched_getaffinity(0, sizeof(set), &set) ? 1 : (u32)CPU_COUNT(&set);
	u32 n = e->o->threads ? e->o->threads : cpus;

	if (n > entries / 4 + 1)
		n = entries / 4 + 1;
	return n < THREADS_MAX ? n : THREADS_MAX;
}

/* The merge pass has no use for these tables any more. */
static int forget_tables(struct engine *e)
{
	const struct tape_state *s = recording_state(&e->rec);
	u8 none = 0;

	for (u32 i = 0; i < s->schema_cnt; i++) {
		struct table_runs *t = &e->by_table[s->schemas[i]->id];

		if (!t->cnt || !is_free_clause(&e->clauses[t->clauses[0]]))
			continue;
		t->cnt = 0;
		if (tape_reader_select(e->rec.reader, s->schemas[i]->id, &none, 0))
			return err_oom(e->err);
	}
	return 0;
}

/* All have ended.  0, or why one of them failed. */
static int join(struct engine *e, struct worker *w, u32 n)
{
	int rc = 0;

	for (u32 i = 0; i < n; i++) {
		if (w[i].is_started)
			pthread_join(w[i].thread, NULL);
		if (!rc && w[i].rc) {
			*e->err = w[i].err;
			rc = w[i].rc;
		}
	}
	return rc;
}

/* Memory is given back worker by worker, as the maps grow together. */
static int gather(struct engine *e, struct worker *w, u32 n, int rc)
{
	for (u32 i = 0; i < n; i++) {
		int closed;

		e->matched += w[i].taker.rows;
		closed = query_close(&w[i].taker, rc ? NULL : e->err);
		rc = rc ? rc : closed;
		e->rows += w[i].rows;
		e->damaged_rows += w[i].damaged_rows;
		e->unreleased_rows += w[i].unreleased_rows;
		if (!rc)
			rc = rt_merge(e->rt, w[i].rt, e->err);
		rt_free(w[i].rt);
		w[i].rt = NULL;
	}
	return rc;
}

/*
 * With @n workers.  *ret_is_full: nothing was taken over, as one of them had too many keys for its
 * share, though all together may have few.
 */
static int run_workers(struct engine *e, struct shared *sh, u32 n, bool *ret_is_full)
{
	struct worker *w = calloc(n, sizeof(*w));
	int rc;

	if (!w)
		return err_oom(e->err);
	sh->mem_max = engine_mem_max(e) / n;
	for (u32 i = 0; i < n; i++)
		w[i].rc = init_worker(&w[i], sh);
	for (u32 i = 1; i < n; i++)	/* one that does not start leaves its share to the others */
		w[i].is_started = !w[i].rc && !pthread_create(&w[i].thread, NULL, work, &w[i]);
	work(&w[0]);
	rc = join(e, w, n);
	*ret_is_full = rc == -EDQUOT && n > 1 && !w[0].taker.thread;
	if (!*ret_is_full)
		rc = gather(e, w, n, rc);
	for (u32 i = 0; i < n; i++)
		fini_worker(&w[i]);
	free(w);
	return rc;
}

int engine_run_free(struct engine *e)
{
	const struct tape_state *s = recording_state(&e->rec);
	struct shared sh = { .e = e, .to = e->to, .behind = UINT64_MAX };
	s64 steps = atomic_load(&rt_pool(e->rt)->left);
	bool is_full;
	int rc;

	sh.entries = tape_reader_entries(e->rec.reader, &sh.cnt);
	if (!s->has_end && !e->o->read_all)
		sh.behind = s->checkpoint.watermark;
	if (sh.behind < sh.to)
		sh.to = sh.behind;
	rc = run_workers(e, &sh, thread_cnt(e, sh.cnt), &is_full);
	if (is_full) {
		*e->err = (struct err){ 0 };
		atomic_store(&sh.next, 0);
		atomic_store(&sh.stop, false);
		atomic_store(&rt_pool(e->rt)->left, steps);
		rc = run_workers(e, &sh, 1, &is_full);
	}
	return rc ? rc : forget_tables(e);
}

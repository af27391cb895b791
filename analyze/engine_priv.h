/*
 * analyze/engine_priv.h -- inside of the engine: engine.c opens and ends, engine_rows.c runs in
 * order, order_free.c on all cores.
 */
#pragma once

#include "analyze/clause_run.h"
#include "analyze/engine.h"
#include "analyze/query_priv.h"
#include "analyze/recording.h"
#include "analyze/outputs.h"
#include "analyze/snapshots.h"
#include "format/merge.h"

/* An interval probe of another script: its rows are made on the tape's clock. */
struct timer {
	u32 clause;
	u64 period, next;
};

/* Clauses that read one table of the tape. */
struct table_runs {
	u32 *clauses;
	u32 cnt;
};

struct engine {
	const struct engine_opts *o;
	struct err *err;
	struct recording rec;
	struct script_run script;
	struct timefmt time;
	struct task_index tasks;
	struct symbols *symbols;
	struct sink sink, said;	/* said: the error stream, for errorf() */
	struct render render;
	struct rt *rt;
	struct query_taker taker;	/* of a query: rows of the merge pass */
	u64 matched;
	struct snapshots *snaps;
	struct outputs outputs;
	bool has_foreign_output;	/* told that the recorded script's are not shown */
	struct tape_merge *merge;
	struct clause_run *clauses;	/* by index in plan->tables */
	bool *has_run;			/* same index; BEGIN and END run once */
	u32 clause_cnt;
	struct table_runs *by_table;	/* by table id of the tape */
	u32 table_max;			/* ids below have an entry */
	struct vec timers;
	u64 from, to;			/* inclusive */
	u64 quantum;			/* times of rows were rounded down to multiples of it */
	u64 rows, made;
	u64 last_ts;
	u64 waited_ns;			/* for the tape: steps that the script has earned so */
	bool is_ready;			/* compiled and started */
	bool has_end_maps;		/* the last snapshots of K maps are loaded */
	u64 damaged_rows;		/* in blocks that could not be read */
	u64 unreleased_rows;		/* of an order-free program: behind the last checkpoint */
	bool is_over;			/* exit(), or past --to: only END is still wanted */
	struct firing_id firing;
};

u64 engine_mem_max(const struct engine *e);	/* of all maps of the script */

/* engine_rows.c.  0, or a negative errno with the story in e->err. */
int engine_run_rows(struct engine *e, const struct tape_run *run);
int engine_run_made(struct engine *e, u32 clause, u64 ts);
int engine_run_timers(struct engine *e, u64 until);
int engine_run_begins(struct engine *e);
int engine_run_ends(struct engine *e);
bool engine_is_done(const struct engine *e);	/* nothing more can change the answer */

/*
 * order_free.c: everything but BEGIN and END, whole blocks on all cores.  Their tables are then
 * skipped by the reader.
 */
bool engine_can_run_free(const struct engine *e);
int engine_run_free(struct engine *e);

/* answer_notes.c */
void engine_note_tables(struct engine *e);		/* filters, conditions: before the run */
bool engine_note_losses(struct engine *e);		/* after it; true: lossy */
void engine_note_troubles(struct engine *e);		/* likewise: what went wrong where */
void engine_warn(struct engine *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * events: one row a firing of a probe, whatever number of clauses recorded it, in order of time.
 *
 *	SELECT probe, count(*) FROM events WHERE comm = 'dd' GROUP BY probe;
 *
 * How it works.  A cursor reads the tape anew through the merge, with only the columns named here
 * decoded.  Clauses on one probe have a row each for the same firing; on one CPU they lie next to
 * each other, in the order of the script. So a row continues the firing before it if it is of the
 * same probe, CPU and thread, of a later clause, and of the same time: clauses of one system call
 * share it.  Elsewhere each reads the clock: clauses with the same predicate always come together,
 * so there PAIR_SAME_NS is enough of a bound; where predicates differ only the time between two
 * programs of one firing tells them from the next one, and PAIR_NS may be wrong.
 *
 * Where times are rounded, clauses that share theirs also share their place in it.  Of others with
 * different predicates nothing tells one firing from the next if PAIR_NS is less than the
 * resolution: each row is a firing then.
 *
 * Cost: all rows of the tape, less with a range of ts.  ORDER BY ts is free.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/sql/sql_priv.h"
#include "base/strmap.h"
#include "format/merge.h"

#define PAIR_SAME_NS 1000000u
#define PAIR_NS 1000u
#define CPUS_MAX 1024u

enum { EV_TS, EV_TIME, EV_CPU, EV_PID, EV_TID, EV_PROBE, EV_COMM, EV_UID, EV_GID };

static const char decl[] =
	"CREATE TABLE events(ts INTEGER, time TEXT, cpu INTEGER, pid INTEGER, tid INTEGER, probe "
	"TEXT, comm TEXT, "
	"uid INTEGER, gid INTEGER)";

/* A probe over all tables. */
struct ev_probe {
	struct str name;
	u32 table_cnt;
	struct str filter;		/* of the first table */
	bool same_filters, shares_ts;
};

/* The last row of a shared probe on a CPU. */
struct ev_last {
	u64 ts, order;
	u32 tid, clause;
	bool is_set;
};

struct events_vtab {
	sqlite3_vtab base;
	struct sql_db *db;
	struct ev_probe *probes;
	u32 probe_cnt;
	/* by index in the view's tables, then by place among the schema's probes */
	u32 **probe_of;
	u32 *table_of;			/* by table id: index in the view; UINT32_MAX */
	u64 quantum;			/* of times */
	double rows;
	bool is_counted;
};

struct events_cursor {
	sqlite3_vtab_cursor base;
	struct tape_reader *reader;
	struct tape_merge *merge;
	struct tape_run run;
	u32 row;
	/* probe * CPUS_MAX + cpu, of shared probes; NULL: none is shared */
	struct ev_last *last;
	s64 rowid;
	/* of the current row */
	const struct tape_plan_cols *cols;
	u16 order_col;
	u32 probe;
	u64 ts, order;
	u32 cpu, tid;
	bool is_eof;
};

/* ---- probes ---- */

static int add_probe(struct events_vtab *v, struct strmap *names, struct str name,
		     struct str filter, u32 *ret)
{
	uintptr_t known = (uintptr_t)strmap_find(names, name);
	struct ev_probe *p;

	if (known) {
		p = &v->probes[known - 1];
		p->same_filters &= str_eq(p->filter, filter);
		p->table_cnt++;
		*ret = (u32)(known - 1);
		return 0;
	}
	p = &v->probes[v->probe_cnt];
	*p = (struct ev_probe){
		.name = name,
		.filter = filter,
		.table_cnt = 1,
		.same_filters = true,
		.shares_ts = str_has_prefix(name, "tracepoint:syscalls:"),
	};
	*ret = v->probe_cnt++;
	return strmap_put(names, name, (void *)(uintptr_t)v->probe_cnt, NULL);
}

static int index_table(struct events_vtab *v, struct strmap *names, u32 i)
{
	const struct tape_schema *s = v->db->view.cols[i].schema;
	int rc = 0;

	if (!s)
		return 0;
	v->table_of[s->id] = i;
	v->probe_of[i] = calloc((size_t)s->probe_cnt + 1, sizeof(u32));
	if (!v->probe_of[i])
		return -ENOMEM;
	for (u32 k = 0; !rc && k < s->probe_cnt; k++)
		rc = add_probe(v, names, s->probes[k].name, str_of(v->db->view.tables[i].filter),
			       &v->probe_of[i][k]);
	return rc;
}

static int index_probes(struct events_vtab *v)
{
	const struct tape_plan_view *view = &v->db->view;
	struct strmap names;
	size_t max = 1;
	int rc = 0;

	for (u32 i = 0; i < view->table_cnt; i++)
		max += view->cols[i].schema ? view->cols[i].schema->probe_cnt : 0;
	v->probes = calloc(max, sizeof(*v->probes));
	v->probe_of = calloc((size_t)view->table_cnt + 1, sizeof(*v->probe_of));
	v->table_of = malloc(((size_t)v->db->table_max + 1) * sizeof(*v->table_of));
	if (!v->probes || !v->probe_of || !v->table_of)
		return -ENOMEM;
	memset(v->table_of, 0xff, ((size_t)v->db->table_max + 1) * sizeof(*v->table_of));
	strmap_init(&names, max + 1);
	for (u32 i = 0; !rc && i < view->table_cnt; i++)
		rc = index_table(v, &names, i);
	strmap_fini(&names);
	return rc;
}

static int disconnect(sqlite3_vtab *base)
{
	struct events_vtab *v = (struct events_vtab *)base;

	for (u32 i = 0; v->probe_of && i < v->db->view.table_cnt; i++)
		free(v->probe_of[i]);
	free(v->probe_of);
	free(v->table_of);
	free(v->probes);
	free(v);
	return SQLITE_OK;
}

static int connect(sqlite3 *db UNUSED, void *aux, int argc UNUSED, const char *const *argv,
		   sqlite3_vtab **ret, char **msg UNUSED)
{
	struct events_vtab *v = calloc(1, sizeof(*v));
	struct buf text;
	int rc;

	if (!v)
		return SQLITE_NOMEM;
	v->db = aux;
	v->quantum = recording_quantum(recording_state(&v->db->rec));
	buf_init(&text, 1 << 12);
	buf_puts(&text, decl);
	rc = index_probes(v) ? SQLITE_NOMEM : sql_declare(v->db, argv[2], &text);
	buf_fini(&text);
	if (rc)
		disconnect(&v->base);
	else
		*ret = &v->base;
	return rc;
}

/* ---- planning: only a range of ts is taken ---- */

/* Counted when they are first asked for. */
static double count_rows(struct events_vtab *v)
{
	u32 n;
	const struct tape_index_entry *e = tape_reader_entries(v->db->rec.reader, &n);

	for (u32 i = 0; !v->is_counted && i < n; i++)
		v->rows += e[i].n_rows;
	v->is_counted = true;
	return v->rows;
}

static int best_index(sqlite3_vtab *base, sqlite3_index_info *info)
{
	double cost = 2 * count_rows((struct events_vtab *)base) + 1;
	struct buf plan;
	int n = 0;

	buf_init(&plan, 4096);
	for (int i = 0; i < info->nConstraint && n < 16; i++) {
		const struct sqlite3_index_constraint *c = &info->aConstraint[i];

		if (!c->usable || c->iColumn != EV_TS || !sql_op_is_pushed(c->op))
			continue;
		info->aConstraintUsage[i].argvIndex = ++n;
		buf_printf(&plan, "%d;", c->op);
		cost /= 10;
	}
	info->orderByConsumed = info->nOrderBy == 1 && info->aOrderBy[0].iColumn == EV_TS &&
				!info->aOrderBy[0].desc;
	info->idxStr = sqlite3_mprintf("%s", buf_cstr(&plan));
	info->needToFreeIdxStr = 1;
	info->estimatedCost = cost + 1;
	info->estimatedRows = (sqlite3_int64)(cost / 2) + 1;
	buf_fini(&plan);
	return info->idxStr ? SQLITE_OK : SQLITE_NOMEM;
}

/* ---- scanning ---- */

static int open_cursor(sqlite3_vtab *base UNUSED, sqlite3_vtab_cursor **ret)
{
	struct events_cursor *c = calloc(1, sizeof(*c));

	if (!c)
		return SQLITE_NOMEM;
	*ret = &c->base;
	return SQLITE_OK;
}

static void end_scan(struct events_cursor *c)
{
	struct sql_db *db = ((struct events_vtab *)c->base.pVtab)->db;

	tape_merge_free(c->merge);
	if (c->reader) {
		struct tape_reader_notes n = tape_reader_notes(c->reader);

		db->rec.notes.limits_hit |= n.limits_hit;
		db->rec.notes.has_lost_columns |= n.has_lost_columns;
		tape_reader_close(c->reader);
	}
	free(c->last);
	c->merge = NULL;
	c->reader = NULL;
	c->last = NULL;
}

static int close_cursor(sqlite3_vtab_cursor *base)
{
	struct events_cursor *c = (struct events_cursor *)base;

	end_scan(c);
	free(c);
	return SQLITE_OK;
}

/* ts cpu pid tid and the probe of every table. */
static int select_cols(struct events_vtab *v, struct events_cursor *c)
{
	u8 want[TAPE_COLS_EVER];

	for (u32 i = 0; i < v->db->view.table_cnt; i++) {
		const struct tape_plan_cols *p = &v->db->view.cols[i];

		if (!p->schema)
			continue;
		memset(want, 0, sizeof(want));
		for (u32 k = 0; k < COL_FIXED_CNT; k++)
			if (p->col_of[k] != TAPE_PLAN_NO_COL)
				want[p->col_of[k]] = 1;
		if (p->probe != TAPE_PLAN_NO_COL)
			want[p->probe] = 1;
		if (tape_reader_select(c->reader, p->schema->id, want, p->schema->col_cnt))
			return -ENOMEM;
		sql_mark_read(v->db, p->schema->id);
	}
	return 0;
}

static bool has_shared(const struct events_vtab *v)
{
	for (u32 i = 0; i < v->probe_cnt; i++)
		if (v->probes[i].table_cnt > 1)
			return true;
	return false;
}

static int start_scan(struct events_vtab *v, struct events_cursor *c, const struct sql_range *ts)
{
	struct tape_merge_opts o = { .read_all = true };
	struct tape_reader_opts reader = v->db->reader;
	struct err err;

	reader.keeps_fd = true;	/* files are read by place: one descriptor serves all */
	if (tape_reader_open(v->db->rec.fd, &reader, &c->reader, &err))
		return SQLITE_IOERR;
	if (has_shared(v)) {
		c->last = calloc((size_t)v->probe_cnt * CPUS_MAX, sizeof(*c->last));
		if (!c->last)
			return SQLITE_NOMEM;
	}
	if (select_cols(v, c))
		return SQLITE_NOMEM;
	tape_reader_set_range(c->reader, ts->lo > 0 ? (u64)ts->lo : 0,
			      ts->hi < 0 ? 0 : (u64)ts->hi);
	return tape_merge_new(c->reader, &o, &c->merge, &err) ? SQLITE_NOMEM : SQLITE_OK;
}

static u64 word(const struct events_cursor *c, u16 col)
{
	const s64 *v = col == TAPE_PLAN_NO_COL ? NULL : tape_batch_cols(c->run.batch)[col].v;

	return v ? (u64)v[c->row] : 0;
}

static u32 probe_of_row(const struct events_vtab *v, const struct events_cursor *c, u32 table)
{
	const struct tape_schema *s = c->run.schema;
	u64 id = word(c, c->cols->probe);

	for (u32 i = 0; i < s->probe_cnt; i++)
		if (s->probe_cnt == 1 || s->probes[i].id == id)
			return v->probe_of[table][i];
	return UINT32_MAX;
}

/* Can the row be of the firing of the last one, by its time? */
static bool is_near(const struct events_vtab *v, const struct events_cursor *c,
		    const struct ev_last *last)
{
	const struct ev_probe *p = &v->probes[c->probe];

	if (p->shares_ts)
		return c->ts == last->ts && c->order == last->order;
	if (p->same_filters)
		return c->ts - last->ts <= PAIR_SAME_NS;
	return v->quantum <= PAIR_NS && c->ts - last->ts <= PAIR_NS;
}

/* Is the current row another clause's view of the firing before it? */
static bool is_seen(struct events_vtab *v, struct events_cursor *c)
{
	const struct ev_probe *p = &v->probes[c->probe];
	struct ev_last *last;
	u32 clause = c->run.schema->clause;
	bool seen;

	if (!c->last || p->table_cnt < 2)
		return false;
	last = &c->last[(size_t)c->probe * CPUS_MAX + c->cpu % CPUS_MAX];
	seen = last->is_set && last->tid == c->tid && clause > last->clause &&
	       is_near(v, c, last);
	*last = (struct ev_last){ c->ts, c->order, c->tid, clause, true };
	return seen;
}

static bool load_row(struct events_vtab *v, struct events_cursor *c)
{
	u32 table = c->run.schema->id < v->db->table_max ? v->table_of[c->run.schema->id] :
							   UINT32_MAX;

	if (table == UINT32_MAX)
		return false;
	c->cols = &v->db->view.cols[table];
	c->ts = word(c, c->cols->col_of[COL_TS]);
	c->order = word(c, c->order_col);
	c->cpu = (u32)word(c, c->cols->col_of[COL_CPU]);
	c->tid = (u32)word(c, c->cols->col_of[COL_TID]);
	c->probe = probe_of_row(v, c, table);
	return c->probe != UINT32_MAX && !is_seen(v, c);
}

static int seek(struct events_vtab *v, struct events_cursor *c)
{
	const struct tape_column *order;
	struct err err;
	int rc;

	for (;;) {
		for (; c->row < c->run.end; c->row++)
			if (load_row(v, c))
				return SQLITE_OK;
		do {
			if (sql_look(v->db, 1))
				return SQLITE_INTERRUPT;
			rc = tape_merge_next(c->merge, &c->run, &err);
		} while (rc > 0 && c->run.item);
		if (rc <= 0)
			break;
		sql_look(v->db, c->run.end - c->run.begin);
		c->row = c->run.begin;
		order = tape_schema_role(c->run.schema, TAPE_ROLE_ORDER);
		c->order_col = order ? order->id : TAPE_PLAN_NO_COL;
	}
	c->is_eof = true;
	return rc == -ENOMEM ? SQLITE_NOMEM : rc < 0 ? SQLITE_IOERR : SQLITE_OK;
}

static int filter(sqlite3_vtab_cursor *base, int num UNUSED, const char *plan, int argc,
		  sqlite3_value **argv)
{
	struct events_cursor *c = (struct events_cursor *)base;
	struct events_vtab *v = (struct events_vtab *)base->pVtab;
	struct sql_range ts = { INT64_MIN, INT64_MAX };
	char *end = (char *)plan;
	int rc;

	end_scan(c);
	for (int i = 0; i < argc; i++) {
		sql_range_narrow(&ts, (int)strtol(end, &end, 10), argv[i]);
		end += *end == ';';
	}
	c->run = (struct tape_run){ 0 };
	c->row = 0;
	c->rowid = 1;
	c->is_eof = false;
	rc = start_scan(v, c, &ts);
	return rc ? rc : seek(v, c);
}

static int next(sqlite3_vtab_cursor *base)
{
	struct events_cursor *c = (struct events_cursor *)base;

	c->row++;
	c->rowid++;
	return seek((struct events_vtab *)base->pVtab, c);
}

static int eof(sqlite3_vtab_cursor *base)
{
	return ((struct events_cursor *)base)->is_eof;
}

static int rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *ret)
{
	*ret = ((struct events_cursor *)base)->rowid;
	return SQLITE_OK;
}

static void result_task(sqlite3_context *ctx, const struct events_vtab *v,
			const struct events_cursor *c, int n)
{
	const struct tape_task *t = task_index_find(&v->db->tasks, c->tid, c->ts);

	if (!t)
		return;
	if (n == EV_COMM)
		sql_result_str(ctx, (const u8 *)t->comm.s, t->comm.s ? t->comm.len : 0);
	else
		sqlite3_result_int64(ctx, n == EV_UID ? t->uid : t->gid);
}

static int column(sqlite3_vtab_cursor *base, sqlite3_context *ctx, int n)
{
	struct events_cursor *c = (struct events_cursor *)base;
	struct events_vtab *v = (struct events_vtab *)base->pVtab;
	struct str name = v->probes[c->probe].name;

	switch (n) {
	case EV_TS:
		sqlite3_result_int64(ctx, (s64)c->ts);
		break;
	case EV_TIME:
		sql_result_time(v->db, ctx, c->ts);
		break;
	case EV_CPU:
		sqlite3_result_int64(ctx, c->cpu);
		break;
	case EV_PID:
		sqlite3_result_int64(ctx, (s64)word(c, c->cols->col_of[COL_PID]));
		break;
	case EV_TID:
		sqlite3_result_int64(ctx, c->tid);
		break;
	case EV_PROBE:
		sql_result_str(ctx, (const u8 *)name.s, name.len);
		break;
	default:
		result_task(ctx, v, c, n);
	}
	return SQLITE_OK;
}

const sqlite3_module sql_events_module = {
	.iVersion = 1,
	.xCreate = connect,
	.xConnect = connect,
	.xBestIndex = best_index,
	.xDisconnect = disconnect,
	.xDestroy = disconnect,
	.xOpen = open_cursor,
	.xClose = close_cursor,
	.xFilter = filter,
	.xNext = next,
	.xEof = eof,
	.xColumn = column,
	.xRowid = rowid,
};

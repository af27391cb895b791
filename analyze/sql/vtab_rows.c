/*
 * tasks, loss, meta, clauses: what the table blocks of a tape say, a record a row.
 *
 * They are small and in memory already, so a scan goes through all of it.
 */
#include <stdlib.h>
#include <string.h>

#include "analyze/sql/sql_priv.h"

struct rows_kind {
	const char *name, *decl;
	u32 (*cnt)(const struct sql_db *db);
	void (*column)(struct sql_db *db, u32 row, int n, sqlite3_context *ctx);
};

struct rows_vtab {
	sqlite3_vtab base;
	struct sql_db *db;
	const struct rows_kind *kind;
};

struct rows_cursor {
	sqlite3_vtab_cursor base;
	u32 row;
};

static void result_str(sqlite3_context *ctx, struct str s)
{
	if (s.s)
		sql_result_str(ctx, (const u8 *)s.s, s.len);
}

static void result_u64(sqlite3_context *ctx, u64 n)
{
	sqlite3_result_int64(ctx, (s64)n);
}

static const struct tape_state *state(const struct sql_db *db)
{
	return recording_state(&db->rec);
}

/* ---- tasks ---- */

static u32 task_cnt(const struct sql_db *db)
{
	return db->tasks.cnt;
}

static void task_column(struct sql_db *db, u32 row, int n, sqlite3_context *ctx)
{
	const struct tape_task *t = &db->tasks.tasks[row];
	const u64 nums[] = { t->tid, t->pid,	  t->ppid,    t->uid,	t->gid,
			     0,	     t->start_ts, t->from_ts, t->to_ts, t->cgroup };

	if (n == 5)
		result_str(ctx, t->comm);
	else if (n != 8 || t->to_ts)	/* NULL: still alive */
		result_u64(ctx, nums[n]);
}

/* ---- loss ---- */

static u32 loss_cnt(const struct sql_db *db)
{
	return state(db)->loss_cnt;
}

static const char *table_name(const struct sql_db *db, u32 id)
{
	for (u32 i = 0; i < db->view.table_cnt; i++)
		if (db->view.tables[i].id == id)
			return db->view.tables[i].name;
	return NULL;
}

static void loss_column(struct sql_db *db, u32 row, int n, sqlite3_context *ctx)
{
	const struct tape_loss *l = &state(db)->losses[row];
	const char *name = l->table == TAPE_NONE ? NULL : table_name(db, l->table);

	if (n == 0)
		result_str(ctx, str_of(tape_loss_cause_name(l->cause)));
	else if (n == 1)
		result_u64(ctx, l->count);
	else if (n == 2 && name)
		result_str(ctx, str_of(name));
	else if (n == 3 && l->cpu != TAPE_NONE)
		result_u64(ctx, l->cpu);
	else if (n == 4 && l->last_ts)	/* 0: nobody knows when */
		result_u64(ctx, l->first_ts);
	else if (n == 5 && l->last_ts && l->last_ts != UINT64_MAX)
		result_u64(ctx, l->last_ts);
	else if (n == 6)
		result_str(ctx, l->note);
}

/* ---- meta ---- */

static u32 meta_cnt(const struct sql_db *db)
{
	return state(db)->meta_cnt;
}

static void meta_column(struct sql_db *db, u32 row, int n, sqlite3_context *ctx)
{
	const struct tape_meta_item *m = &state(db)->meta[row];

	if (n == 0)
		result_str(ctx, m->key);
	else if (m->kind == TAPE_META_NUM)
		result_u64(ctx, m->num);
	else
		result_str(ctx, m->text);
}

/* ---- clauses ---- */

static u32 clause_cnt(const struct sql_db *db)
{
	return db->view.table_cnt;
}

static void result_probes(sqlite3_context *ctx, const struct tape_table *t)
{
	struct buf out;

	buf_init(&out, 1 << 20);
	for (u32 i = 0; i < t->probe_cnt; i++)
		buf_printf(&out, "%s%s", i ? "," : "", t->probes[i]);
	sql_result_str(ctx, out.data, out.len);
	buf_fini(&out);
}

static void clause_column(struct sql_db *db, u32 row, int n, sqlite3_context *ctx)
{
	const struct tape_table *t = &db->view.tables[row];
	const struct tape_plan_table *p = &db->view.plan->tables[row];

	if (n == 0)
		result_u64(ctx, t->clause_idx);
	else if (n == 1 && db->view.cols[row].schema)
		result_str(ctx, str_of(t->name));
	else if (n == 2)
		result_probes(ctx, t);
	else if (n == 3 && t->filter)
		result_str(ctx, str_of(t->filter));
	else if (n == 4)
		result_str(ctx, p->text);
	else if (n == 5)
		result_u64(ctx, !!(p->flags & TAPE_PLAN_IN_KERNEL));
}

static const struct rows_kind kinds[] = {
	{ "tasks",
	  "CREATE TABLE tasks(tid INTEGER, pid INTEGER, ppid INTEGER, uid INTEGER, gid INTEGER, "
	  "comm TEXT, "
	  "start_ts INTEGER, from_ts INTEGER, to_ts INTEGER, cgroup INTEGER)",
	  task_cnt, task_column },
	{ "loss",
	  "CREATE TABLE loss(cause TEXT, count INTEGER, \"table\" TEXT, cpu INTEGER, first_ts "
	  "INTEGER, "
	  "last_ts INTEGER, note TEXT)",
	  loss_cnt, loss_column },
	{ "meta", "CREATE TABLE meta(key TEXT, value)", meta_cnt, meta_column },
	{ "clauses",
	  "CREATE TABLE clauses(clause INTEGER, name TEXT, probes TEXT, filter TEXT, text TEXT, "
	  "in_kernel INTEGER)",
	  clause_cnt, clause_column },
};

static int connect(sqlite3 *db UNUSED, void *aux, int argc UNUSED, const char *const *argv,
		   sqlite3_vtab **ret, char **msg UNUSED)
{
	struct rows_vtab *v = calloc(1, sizeof(*v));
	struct buf decl;
	int rc = SQLITE_ERROR;

	if (!v)
		return SQLITE_NOMEM;
	v->db = aux;
	buf_init(&decl, 1 << 12);
	for (u32 i = 0; i < countof(kinds); i++)
		if (!strcmp(kinds[i].name, argv[2]))
			v->kind = &kinds[i];
	if (v->kind) {
		buf_puts(&decl, v->kind->decl);
		rc = sql_declare(v->db, argv[2], &decl);
	}
	buf_fini(&decl);
	if (rc)
		free(v);
	else
		*ret = &v->base;
	return rc;
}

static int disconnect(sqlite3_vtab *v)
{
	free(v);
	return SQLITE_OK;
}

static int best_index(sqlite3_vtab *base, sqlite3_index_info *info)
{
	const struct rows_vtab *v = (const struct rows_vtab *)base;

	info->estimatedRows = v->kind->cnt(v->db) + 1;
	info->estimatedCost = (double)info->estimatedRows;
	return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *base UNUSED, sqlite3_vtab_cursor **ret)
{
	struct rows_cursor *c = calloc(1, sizeof(*c));

	if (!c)
		return SQLITE_NOMEM;
	*ret = &c->base;
	return SQLITE_OK;
}

static int close_cursor(sqlite3_vtab_cursor *c)
{
	free(c);
	return SQLITE_OK;
}

static int filter(sqlite3_vtab_cursor *base, int num UNUSED, const char *plan UNUSED,
		  int argc UNUSED, sqlite3_value **argv UNUSED)
{
	((struct rows_cursor *)base)->row = 0;
	return SQLITE_OK;
}

static int next(sqlite3_vtab_cursor *base)
{
	((struct rows_cursor *)base)->row++;
	return SQLITE_OK;
}

static int eof(sqlite3_vtab_cursor *base)
{
	const struct rows_vtab *v = (const struct rows_vtab *)base->pVtab;

	return ((struct rows_cursor *)base)->row >= v->kind->cnt(v->db);
}

static int column(sqlite3_vtab_cursor *base, sqlite3_context *ctx, int n)
{
	const struct rows_vtab *v = (const struct rows_vtab *)base->pVtab;

	v->kind->column(v->db, ((struct rows_cursor *)base)->row, n, ctx);
	return SQLITE_OK;
}

static int rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *ret)
{
	*ret = ((struct rows_cursor *)base)->row;
	return SQLITE_OK;
}

const sqlite3_module sql_rows_module = {
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

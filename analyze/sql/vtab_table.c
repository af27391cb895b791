/*
 * One table of the tape as a virtual table.
 *
 *	SELECT comm, count(*) FROM sys_exit_read WHERE ret > 0 AND ts BETWEEN ... GROUP BY comm;
 *
 * Columns: ts time cpu pid tid [probe] and the captured ones by their names; hidden: comm uid gid from the task table
 * where they were not captured, X_errno of reads that can fault, seq, path.
 *
 * How it works.  xBestIndex takes comparisons of number columns with a value, and equality of strings.  xFilter keeps
 * them as filters.  For each block: times outside the range skip it unread; then only the filtered columns are decoded
 * and rows that cannot match are left out; only where a row is left are the other wanted columns decoded.  sqlite checks every
 * constraint again (omit is never set), so a filter may be too weak but never wrong.
 *
 * Cost.  A scan costs the table's rows; a filter on ts a tenth of that, on anything else a third (its column must be
 * decoded everywhere).  So joins put the filtered table outside.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/sql/table_columns.h"

#define FILTERS_MAX 16

struct filter {
	u16 src;
	bool is_text, is_probe;
	struct sql_range range;
	char *text;		/* owned */
	size_t len;
};

struct table_cursor {
	sqlite3_vtab_cursor base;
	struct tape_access *access;
	struct tape_batch *batch;
	u8 want_first[TAPE_MAX_COLS], want_all[TAPE_MAX_COLS];
	struct filter filters[FILTERS_MAX];
	u32 filter_cnt;
	struct sql_range ts;
	u32 entry;		/* next to read */
	u32 row;
	u8 *match;		/* by row of the block, from the filters */
	u32 match_cap;
	bool is_eof;
};

static double count_rows(const struct table_vtab *v)
{
	u32 n;
	const struct tape_index_entry *e = tape_reader_entries(v->db->rec.reader, &n);
	double rows = 0;

	for (u32 i = 0; i < n; i++)
		if (e[i].stream == v->schema->id)
			rows += e[i].n_rows;
	return rows;
}

static int connect(sqlite3 *db UNUSED, void *aux, int argc, const char *const *argv, sqlite3_vtab **ret,
		   char **msg UNUSED)
{
	struct sql_db *sd = aux;
	u32 table = argc > 3 ? (u32)strtoul(argv[3], NULL, 10) : UINT32_MAX;
	struct table_vtab *v;
	struct buf decl;
	int rc;

	if (table >= sd->view.table_cnt || !sd->view.cols[table].schema)
		return SQLITE_ERROR;
	v = calloc(1, sizeof(*v));
	if (!v)
		return SQLITE_NOMEM;
	v->db = sd;
	v->schema = sd->view.cols[table].schema;
	v->ts = sd->view.cols[table].col_of[COL_TS];
	v->tid = sd->view.cols[table].col_of[COL_TID];
	v->rows = count_rows(v);
	table_columns_init(v, table);
	buf_init(&decl, 1 << 20);
	table_columns_declare(v, argv[2], &decl);
	rc = sql_declare(sd, argv[2], &decl);
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

/* ---- planning: "w COL OP;" a number, "t COL;" a text, in the order of the arguments; then "| used" ---- */

static bool takes(const struct table_vtab *v, int col, int op)
{
	const struct out_col *c = col >= 0 && (u32)col < v->col_cnt ? &v->cols[col] : NULL;

	if (!c || c->is_list || c->src == TAPE_PLAN_NO_COL)
		return false;
	if (c->kind == OUT_WORD)
		return sql_op_is_pushed(op);
	return (c->kind == OUT_TEXT || c->kind == OUT_PROBE) && op == SQLITE_INDEX_CONSTRAINT_EQ;
}

static int best_index(sqlite3_vtab *base, sqlite3_index_info *info)
{
	struct table_vtab *v = (struct table_vtab *)base;
	double rows = v->rows + 1, cost = v->rows + 1;
	struct buf plan;
	int n = 0;

	buf_init(&plan, 4096);
	for (int i = 0; i < info->nConstraint && n < FILTERS_MAX; i++) {
		const struct sqlite3_index_constraint *c = &info->aConstraint[i];

		if (!c->usable || !takes(v, c->iColumn, c->op))
			continue;
		/* TEXT collated otherwise than bytewise must not be filtered by bytes */
		if (v->cols[c->iColumn].kind != OUT_WORD && sqlite3_stricmp(sqlite3_vtab_collation(info, i), "BINARY"))
			continue;
		info->aConstraintUsage[i].argvIndex = ++n;
		buf_printf(&plan, "%d %d;", c->iColumn, c->op);
		rows /= c->op == SQLITE_INDEX_CONSTRAINT_EQ ? 20 : 3;
		cost /= v->cols[c->iColumn].src == v->ts ? 10 : 3;
	}
	buf_printf(&plan, "|%llu", (unsigned long long)info->colUsed);
	info->idxStr = sqlite3_mprintf("%s", buf_cstr(&plan));
	info->needToFreeIdxStr = 1;
	info->estimatedRows = (sqlite3_int64)(rows + 1);
	info->estimatedCost = cost + 1;
	buf_fini(&plan);
	return info->idxStr ? SQLITE_OK : SQLITE_NOMEM;
}

/* ---- scanning ---- */

static int open_cursor(sqlite3_vtab *base, sqlite3_vtab_cursor **ret)
{
	struct table_vtab *v = (struct table_vtab *)base;
	struct table_cursor *c = calloc(1, sizeof(*c));

	if (!c)
		return SQLITE_NOMEM;
	c->access = tape_access_new(v->db->rec.reader);
	c->batch = tape_batch_new();
	if (!c->access || !c->batch) {
		tape_access_free(c->access);
		tape_batch_free(c->batch);
		free(c);
		return SQLITE_NOMEM;
	}
	*ret = &c->base;
	return SQLITE_OK;
}

static void drop_filters(struct table_cursor *c)
{
	for (u32 i = 0; i < c->filter_cnt; i++)
		free(c->filters[i].text);
	c->filter_cnt = 0;
}

static int close_cursor(sqlite3_vtab_cursor *base)
{
	struct table_cursor *c = (struct table_cursor *)base;

	drop_filters(c);
	tape_access_free(c->access);
	tape_batch_free(c->batch);
	free(c->match);
	free(c);
	return SQLITE_OK;
}

static void want(struct table_cursor *c, u16 src)
{
	if (src < TAPE_MAX_COLS)
		c->want_all[src] = 1;
}

/* Columns that sqlite will ask for; bit 63 stands for all from 63 on. */
static void want_used(const struct table_vtab *v, struct table_cursor *c, u64 used)
{
	for (u32 i = 0; i < v->col_cnt; i++) {
		if (!(used >> (i < 63 ? i : 63) & 1))
			continue;
		want(c, v->cols[i].src);
		if (v->cols[i].kind >= OUT_TASK_COMM)
			want(c, v->ts);
	}
}

static u32 probe_id(const struct table_vtab *v, const char *name)
{
	for (u32 i = 0; i < v->schema->probe_cnt; i++)
		if (str_is(v->schema->probes[i].name, name))
			return v->schema->probes[i].id;
	return UINT32_MAX;
}

static int add_filter(struct table_vtab *v, struct table_cursor *c, int col, int op, sqlite3_value *val)
{
	const struct out_col *o = &v->cols[col];
	struct filter *f = &c->filters[c->filter_cnt];

	*f = (struct filter){ .src = o->src, .range = { INT64_MIN, INT64_MAX } };
	if (o->kind == OUT_WORD) {
		if (!sql_range_narrow(&f->range, op, val))
			return SQLITE_OK;
	} else if (sqlite3_value_type(val) != SQLITE_TEXT) {
		return SQLITE_OK;	/* sqlite converts as it sees fit and compares itself */
	} else if (o->kind == OUT_PROBE) {
		f->range.lo = f->range.hi = probe_id(v, (const char *)sqlite3_value_text(val));
	} else {
		f->is_text = true;
		f->len = (size_t)sqlite3_value_bytes(val);
		f->text = malloc(f->len + 1);
		if (!f->text)
			return SQLITE_NOMEM;
		memcpy(f->text, sqlite3_value_text(val), f->len);
	}
	c->filter_cnt++;
	c->want_first[o->src] = c->want_all[o->src] = 1;
	if (o->kind == OUT_WORD && o->src == v->ts) {
		c->ts.lo = f->range.lo > c->ts.lo ? f->range.lo : c->ts.lo;
		c->ts.hi = f->range.hi < c->ts.hi ? f->range.hi : c->ts.hi;
	}
	return SQLITE_OK;
}

static bool row_matches(const struct filter *f, const struct tape_col *c, u32 row)
{
	if (!f->is_text)
		return !c->v || (c->v[row] >= f->range.lo && c->v[row] <= f->range.hi);
	return !c->off || (c->off[row + 1] - c->off[row] == f->len &&
			   (!f->len || !memcmp(c->bytes + c->off[row], f->text, f->len)));
}

/* Which rows of the batch may be wanted; false: none. */
static bool mark_rows(struct table_cursor *c)
{
	u32 n = tape_batch_cnt(c->batch);
	bool any = false;

	for (u32 row = 0; row < n; row++) {
		bool ok = true;

		for (u32 i = 0; ok && i < c->filter_cnt; i++)
			ok = row_matches(&c->filters[i], &tape_batch_cols(c->batch)[c->filters[i].src], row);
		c->match[row] = ok;
		any |= ok;
	}
	return any;
}

static int grow_match(struct table_cursor *c, u32 n)
{
	u8 *p;

	if (n <= c->match_cap)
		return 0;
	p = realloc(c->match, n);
	if (!p)
		return -ENOMEM;
	c->match = p;
	c->match_cap = n;
	return 0;
}

/* 1: rows of the block are there; 0: nothing of it is wanted; <0 */
static int read_block(struct table_vtab *v, struct table_cursor *c, const struct tape_index_entry *e)
{
	bool filtered = c->filter_cnt;
	struct err err;
	int rc;

	if (grow_match(c, e->n_rows + 1))
		return -ENOMEM;
	if (filtered) {
		rc = tape_access_read_cols(c->access, e, c->want_first, c->batch, &err);
		if (rc <= 0 || tape_batch_cnt(c->batch) > e->n_rows || !mark_rows(c))
			return rc < 0 ? rc : 0;
	}
	rc = tape_access_read_cols(c->access, e, c->want_all, c->batch, &err);
	if (rc > 0 && tape_batch_cnt(c->batch) > e->n_rows)
		rc = -EBADMSG;
	if (rc > 0 && !filtered)
		memset(c->match, 1, tape_batch_cnt(c->batch));
	if (rc == -EBADMSG)
		v->db->damaged_rows += e->n_rows;
	return rc;
}

/* To the first row that may match, in this block or a later one. */
static int seek(struct table_vtab *v, struct table_cursor *c)
{
	u32 n;
	const struct tape_index_entry *e = tape_reader_entries(v->db->rec.reader, &n);

	for (;;) {
		while (c->row < tape_batch_cnt(c->batch) && !c->match[c->row])
			c->row++;
		if (c->row < tape_batch_cnt(c->batch))
			return SQLITE_OK;
		for (; c->entry < n; c->entry++) {
			const struct tape_index_entry *x = &e[c->entry];

			if (x->stream == v->schema->id && (s64)x->ts_min <= c->ts.hi && (s64)x->ts_max >= c->ts.lo)
				break;
		}
		if (c->entry >= n)
			break;
		c->row = 0;
		switch (read_block(v, c, &e[c->entry++])) {
		case 1:
			break;
		case -ENOMEM:
			return SQLITE_NOMEM;
		default:
			c->row = UINT32_MAX;	/* nothing in it */
		}
	}
	c->is_eof = true;
	return SQLITE_OK;
}

static int filter(sqlite3_vtab_cursor *base, int num UNUSED, const char *plan, int argc, sqlite3_value **argv)
{
	struct table_cursor *c = (struct table_cursor *)base;
	struct table_vtab *v = (struct table_vtab *)base->pVtab;
	char *end = (char *)plan;
	int rc = SQLITE_OK;

	drop_filters(c);
	memset(c->want_first, 0, sizeof(c->want_first));
	memset(c->want_all, 0, sizeof(c->want_all));
	c->ts = (struct sql_range){ INT64_MIN, INT64_MAX };
	c->entry = 0;
	c->row = UINT32_MAX;
	c->is_eof = false;
	for (int i = 0; !rc && i < argc; i++) {
		int col = (int)strtol(end, &end, 10), op = (int)strtol(end, &end, 10);

		end += *end == ';';
		rc = add_filter(v, c, col, op, argv[i]);
	}
	end = strchr(plan, '|');
	want_used(v, c, end ? strtoull(end + 1, NULL, 10) : UINT64_MAX);
	want(c, v->ts);
	sql_mark_read(v->db, v->schema->id);
	return rc ? rc : seek(v, c);
}

static int next(sqlite3_vtab_cursor *base)
{
	struct table_cursor *c = (struct table_cursor *)base;

	c->row++;
	return seek((struct table_vtab *)base->pVtab, c);
}

static int eof(sqlite3_vtab_cursor *base)
{
	return ((struct table_cursor *)base)->is_eof;
}

static int rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *ret)
{
	struct table_cursor *c = (struct table_cursor *)base;

	*ret = ((s64)c->entry << 32) | c->row;
	return SQLITE_OK;
}

static int column(sqlite3_vtab_cursor *base, sqlite3_context *ctx, int n)
{
	struct table_cursor *c = (struct table_cursor *)base;

	table_columns_result((struct table_vtab *)base->pVtab, c->batch, c->row, (u32)n, ctx);
	return SQLITE_OK;
}

const sqlite3_module sql_table_module = {
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

/*
 * One table of the tape as a virtual table.
 *
 *	SELECT comm, count(*) FROM sys_exit_read WHERE ret > 0 AND ts BETWEEN ... GROUP BY comm;
 *
 * Columns: ts time cpu pid tid [probe] and the captured ones by their names; hidden: comm uid gid
 * from the task table where they were not captured, X_errno of reads that can fault, seq, path.
 *
 * How it works.  xBestIndex takes comparisons of number columns with a value, and equality of
 * strings.  xFilter keeps them as filters.  Blocks whose times lie outside the range are not read
 * (their list is searched, not walked).  Of the others first only the filtered columns are
 * decoded; where a row may match, the other wanted columns too.  Both stay decoded until another
 * block is needed, so that the inner table of a join on ts costs a search a row.  sqlite checks
 * every constraint again (omit is never set), so a filter may be too weak but never wrong.
 *
 * Cost.  A scan costs the table's rows, one moment a search; a filter on ts a tenth of that, on
 * anything else a third (its column must be decoded everywhere).  So joins put the filtered table
 * outside.
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

/* A block as far as it is decoded. */
struct held {
	struct tape_batch *batch;
	u32 entry;		/* UINT32_MAX: none */
	u8 want[TAPE_COLS_EVER];
};

struct table_cursor {
	sqlite3_vtab_cursor base;
	struct tape_access *access;
	struct held first, all;	/* the filtered columns; all wanted ones */
	bool first_is_sorted;	/* by ts, which is decoded */
	struct filter filters[FILTERS_MAX];
	u32 filter_cnt;
	struct sql_range ts;
	u32 block;		/* of v->blocks, next to read */
	u32 row, end;		/* in the current block */
	bool is_eof;
};

static u32 group_cnt(const struct table_vtab *v)
{
	return (v->block_cnt + SQL_GROUP - 1) / SQL_GROUP;
}

/*
 * The table's blocks, and where in time they are.  A tape has many names and blocks, and a query
 * asks for one table: so this is done when it does, in one pass.
 */
static int list_blocks(struct table_vtab *v)
{
	u32 n;
	const struct tape_index_entry *e = tape_reader_entries(v->db->rec.reader, &n);
	struct table_group *g;
	u64 max = 0;

	if (v->blocks)
		return 0;
	v->groups = calloc(n / SQL_GROUP + 1, sizeof(*v->groups));
	v->blocks = v->groups ? malloc(((size_t)n + 1) * sizeof(*v->blocks)) : NULL;
	if (!v->blocks) {
		free(v->groups);
		v->groups = NULL;
		return -ENOMEM;
	}
	for (u32 i = 0; i < n; i++) {
		if (e[i].stream != v->schema->id)
			continue;
		g = &v->groups[v->block_cnt / SQL_GROUP];
		max = e[i].ts_max > max ? e[i].ts_max : max;
		g->max_so_far = max;
		if (v->block_cnt % SQL_GROUP == 0 || e[i].ts_min < g->min_from_here)
			g->min_from_here = e[i].ts_min;
		v->rows += e[i].n_rows;
		v->blocks[v->block_cnt++] = i;
	}
	for (u32 i = group_cnt(v); i-- > 1;)
		if (v->groups[i].min_from_here < v->groups[i - 1].min_from_here)
			v->groups[i - 1].min_from_here = v->groups[i].min_from_here;
	return 0;
}

static int disconnect(sqlite3_vtab *base)
{
	struct table_vtab *v = (struct table_vtab *)base;

	free(v->blocks);
	free(v->groups);
	free(v);
	return SQLITE_OK;
}

static int connect(sqlite3 *db UNUSED, void *aux, int argc, const char *const *argv,
		   sqlite3_vtab **ret, char **msg UNUSED)
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
	table_columns_init(v, table);
	buf_init(&decl, 1 << 20);
	table_columns_declare(v, argv[2], &decl);
	rc = sql_declare(sd, argv[2], &decl);
	buf_fini(&decl);
	if (rc)
		disconnect(&v->base);
	else
		*ret = &v->base;
	return rc;
}

/*
 * ---- planning: "w COL OP;" a number, "t COL;" a text, in the order of the arguments; then "|
 * used" ----
 */

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
	double rows, cost;
	bool is_point = false;
	struct buf plan;
	int n = 0;

	if (list_blocks(v))
		return SQLITE_NOMEM;
	rows = cost = v->rows + 1;
	buf_init(&plan, 4096);
	for (int i = 0; i < info->nConstraint && n < FILTERS_MAX; i++) {
		const struct sqlite3_index_constraint *c = &info->aConstraint[i];

		if (!c->usable || !takes(v, c->iColumn, c->op))
			continue;
		/* TEXT collated otherwise than bytewise must not be filtered by bytes */
		if (v->cols[c->iColumn].kind != OUT_WORD &&
		    sqlite3_stricmp(sqlite3_vtab_collation(info, i), "BINARY"))
			continue;
		info->aConstraintUsage[i].argvIndex = ++n;
		buf_printf(&plan, "%d %d;", c->iColumn, c->op);
		is_point |= c->op == SQLITE_INDEX_CONSTRAINT_EQ && v->cols[c->iColumn].src == v->ts;
		rows /= c->op == SQLITE_INDEX_CONSTRAINT_EQ ? 20 : 3;
		cost /= v->cols[c->iColumn].src == v->ts ? 10 : 3;
	}
	buf_printf(&plan, "|%llu", (unsigned long long)info->colUsed);
	info->idxStr = sqlite3_mprintf("%s", buf_cstr(&plan));
	info->needToFreeIdxStr = 1;
	info->estimatedRows = is_point ? 1 : (sqlite3_int64)(rows + 1);
	info->estimatedCost = is_point ? 20 : cost + 1;
	buf_fini(&plan);
	return info->idxStr ? SQLITE_OK : SQLITE_NOMEM;
}

/* ---- scanning ---- */

static void free_cursor(struct table_cursor *c)
{
	tape_access_free(c->access);
	tape_batch_free(c->first.batch);
	tape_batch_free(c->all.batch);
	free(c);
}

static int open_cursor(sqlite3_vtab *base, sqlite3_vtab_cursor **ret)
{
	struct table_vtab *v = (struct table_vtab *)base;
	struct table_cursor *c = calloc(1, sizeof(*c));

	if (!c)
		return SQLITE_NOMEM;
	c->access = tape_access_new(v->db->rec.reader);
	c->first.batch = tape_batch_new();
	c->all.batch = tape_batch_new();
	c->first.entry = c->all.entry = UINT32_MAX;
	if (!c->access || !c->first.batch || !c->all.batch) {
		free_cursor(c);
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
	free_cursor(c);
	return SQLITE_OK;
}

static void want(u8 *set, u16 src)
{
	if (src < TAPE_COLS_EVER)
		set[src] = 1;
}

/* Columns that sqlite will ask for; bit 63 stands for all from 63 on. */
static void want_used(const struct table_vtab *v, u8 *set, u64 used)
{
	for (u32 i = 0; i < v->col_cnt; i++) {
		if (!(used >> (i < 63 ? i : 63) & 1))
			continue;
		want(set, v->cols[i].src);
		if (v->cols[i].kind >= OUT_TASK_COMM)
			want(set, v->ts);
	}
}

static u32 probe_id(const struct table_vtab *v, const char *name)
{
	for (u32 i = 0; i < v->schema->probe_cnt; i++)
		if (str_is(v->schema->probes[i].name, name))
			return v->schema->probes[i].id;
	return UINT32_MAX;
}

static int add_filter(struct table_vtab *v, struct table_cursor *c, int col, int op,
		      sqlite3_value *val)
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

/* Decode a block into @h unless it is there.  1, 0 (nothing of it is wanted), or <0. */
static int hold(struct table_vtab *v, struct table_cursor *c, struct held *h, u32 entry)
{
	u32 n;
	const struct tape_index_entry *e = tape_reader_entries(v->db->rec.reader, &n);
	struct err err;
	int rc;

	if (h->entry == entry)
		return 1;
	h->entry = UINT32_MAX;
	rc = tape_access_read_cols(c->access, &e[entry], h->want, h->batch, &err);
	if (rc == -EBADMSG)
		v->db->damaged_rows += e[entry].n_rows;
	if (rc > 0)
		h->entry = entry;
	return rc;
}

static const s64 *ts_of(const struct table_vtab *v, const struct held *h)
{
	return v->ts < TAPE_COLS_EVER && h->want[v->ts] ? tape_batch_cols(h->batch)[v->ts].v : NULL;
}

/* First row in [begin, end) of a sorted block that is not before @ts. */
static u32 find_row(const s64 *v, u32 begin, u32 end, s64 ts)
{
	while (begin < end) {
		u32 mid = begin + (end - begin) / 2;

		if (v[mid] < ts)
			begin = mid + 1;
		else
			end = mid;
	}
	return begin;
}

static bool matches(const struct table_cursor *c, u32 row)
{
	for (u32 i = 0; i < c->filter_cnt; i++)
		if (!row_matches(&c->filters[i],
				 &tape_batch_cols(c->first.batch)[c->filters[i].src], row))
			return false;
	return true;
}

/* To the next row of the current block that may be wanted; false: there is none. */
static bool seek_row(struct table_cursor *c)
{
	while (c->row < c->end && !matches(c, c->row))
		c->row++;
	return c->row < c->end;
}

static bool is_sorted(const s64 *v, u32 n)
{
	for (u32 i = 1; v && i < n; i++)
		if (v[i] < v[i - 1])
			return false;
	return v;
}

/* 1: c->row is a row that may match; 0: the block has none; <0 */
static int read_block(struct table_vtab *v, struct table_cursor *c, u32 entry)
{
	bool is_new = c->first.entry != entry;
	const s64 *ts;
	int rc;

	if (c->filter_cnt) {
		rc = hold(v, c, &c->first, entry);
		if (rc <= 0)
			return rc;
		ts = ts_of(v, &c->first);
		c->row = 0;
		c->end = tape_batch_cnt(c->first.batch);
		if (is_new)
			c->first_is_sorted = is_sorted(ts, c->end);
		if (c->first_is_sorted) {
			c->row = find_row(ts, 0, c->end, c->ts.lo);
			if (c->ts.hi < INT64_MAX)
				c->end = find_row(ts, c->row, c->end, c->ts.hi + 1);
		}
		if (!seek_row(c))
			return 0;
		rc = hold(v, c, &c->all, entry);
		return rc > 0 && tape_batch_cnt(c->all.batch) < c->end ? -EBADMSG : rc;
	}
	rc = hold(v, c, &c->all, entry);
	c->row = 0;
	c->end = rc > 0 ? tape_batch_cnt(c->all.batch) : 0;
	return rc > 0 ? c->end > 0 : rc;
}

/* From c->block on, the first block that may have rows of the range; false: there is none. */
static bool next_block(struct table_vtab *v, struct table_cursor *c)
{
	u32 n;
	const struct tape_index_entry *e = tape_reader_entries(v->db->rec.reader, &n);

	for (; c->block < v->block_cnt; c->block++) {
		const struct tape_index_entry *b = &e[v->blocks[c->block]];

		if ((s64)v->groups[c->block / SQL_GROUP].min_from_here > c->ts.hi)
			return false;
		if ((s64)b->ts_max >= c->ts.lo && (s64)b->ts_min <= c->ts.hi)
			return true;
	}
	return false;
}

/* To the first row that may match, in this block or a later one. */
static int seek(struct table_vtab *v, struct table_cursor *c)
{
	int rc = seek_row(c);

	while (!rc) {
		if (sql_look(v->db, c->end))
			return SQLITE_INTERRUPT;
		if (!next_block(v, c))
			break;
		rc = read_block(v, c, v->blocks[c->block++]);
		if (rc == -ENOMEM)
			return SQLITE_NOMEM;
		rc = rc > 0;
	}
	c->is_eof = !rc;
	return SQLITE_OK;
}

/* No block before this one reaches up to @ts. */
static u32 find_block(const struct table_vtab *v, s64 ts)
{
	u32 lo = 0, hi = group_cnt(v);

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if ((s64)v->groups[mid].max_so_far < ts)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo * SQL_GROUP;
}

/* Columns to decode; what is held stays if they are the same as before. */
static void set_wanted(struct table_vtab *v, struct table_cursor *c, u64 used)
{
	u8 first[TAPE_COLS_EVER] = { 0 }, all[TAPE_COLS_EVER] = { 0 };

	for (u32 i = 0; i < c->filter_cnt; i++)
		want(first, c->filters[i].src);
	want_used(v, all, used);
	want(all, v->ts);	/* a block without columns has no rows */
	if (memcmp(first, c->first.want, sizeof(first)))
		c->first.entry = UINT32_MAX;
	if (memcmp(all, c->all.want, sizeof(all)))
		c->all.entry = UINT32_MAX;
	memcpy(c->first.want, first, sizeof(first));
	memcpy(c->all.want, all, sizeof(all));
}

static int filter(sqlite3_vtab_cursor *base, int num UNUSED, const char *plan, int argc,
		  sqlite3_value **argv)
{
	struct table_cursor *c = (struct table_cursor *)base;
	struct table_vtab *v = (struct table_vtab *)base->pVtab;
	char *end = (char *)plan;
	int rc = SQLITE_OK;

	drop_filters(c);
	c->ts = (struct sql_range){ INT64_MIN, INT64_MAX };
	c->row = c->end = 0;
	c->is_eof = false;
	for (int i = 0; !rc && i < argc; i++) {
		int col = (int)strtol(end, &end, 10), op = (int)strtol(end, &end, 10);

		end += *end == ';';
		rc = add_filter(v, c, col, op, argv[i]);
	}
	end = strchr(plan, '|');
	set_wanted(v, c, end ? strtoull(end + 1, NULL, 10) : UINT64_MAX);
	c->block = find_block(v, c->ts.lo);
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

	*ret = ((s64)c->block << 32) | c->row;
	return SQLITE_OK;
}

static int column(sqlite3_vtab_cursor *base, sqlite3_context *ctx, int n)
{
	struct table_cursor *c = (struct table_cursor *)base;

	table_columns_result((struct table_vtab *)base->pVtab, c->all.batch, c->row, (u32)n, ctx);
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

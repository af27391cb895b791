/*
 * Rows of a query as a table, CSV, JSON, or a line a value.
 *
 * A table's columns are as wide as the rows seen first need; wider values later shift their line
 * only, so that rows are printed while they come.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/format_value.h"
#include "analyze/sql/sql_priv.h"
#include "base/escape.h"

#define AHEAD 100		/* rows that decide the widths of a table */
#define WIDTH_MAX 200

struct printer {
	sqlite3_stmt *stmt;
	struct sink *out;
	int cols;
	u64 rows;
	/* TABLE */
	struct buf cells;	/* texts of the rows ahead, each u32 length and bytes */
	u32 ahead;
	u32 *width;
	bool *is_num;		/* right-aligned */
};

struct format {
	const char *name;
	void (*start)(struct printer *p);
	void (*row)(struct printer *p);
	void (*end)(struct printer *p);
};

static void put(struct printer *p, const char *s)
{
	sink_put(p->out, s, strlen(s));
}

static struct str col_name(const struct printer *p, int i)
{
	return str_of(sqlite3_column_name(p->stmt, i));
}

static struct str col_text(const struct printer *p, int i)
{
	const unsigned char *s = sqlite3_column_text(p->stmt, i);

	return (struct str){ s ? (const char *)s : "",
			     s ? (size_t)sqlite3_column_bytes(p->stmt, i) : 0 };
}

/* ---- table ---- */

/* Columns that a text takes on a terminal, nearly: characters, not bytes. */
static u32 width_of(struct str s)
{
	u32 n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += ((u8)s.s[i] & 0xc0) != 0x80;
	return n < WIDTH_MAX ? n : WIDTH_MAX;
}

static void put_cell(struct printer *p, int i, struct str s, bool right)
{
	u32 w = width_of(s), fill = p->width[i] > w ? p->width[i] - w : 0;
	struct buf b;

	buf_init(&b, s.len + WIDTH_MAX + 16);
	if (i)
		buf_puts(&b, "  ");
	if (right)
		buf_fill(&b, ' ', fill);
	buf_put(&b, s.s, s.len);
	if (!right && i + 1 < p->cols)
		buf_fill(&b, ' ', fill);
	if (i + 1 == p->cols)
		buf_putc(&b, '\n');
	sink_put(p->out, b.data, b.len);
	buf_fini(&b);
}

static void table_start(struct printer *p)
{
	p->width = calloc((size_t)p->cols + 1, sizeof(*p->width));
	p->is_num = calloc((size_t)p->cols + 1, sizeof(*p->is_num));
	buf_init(&p->cells, 64 << 20);
}

static void put_ahead(struct printer *p)
{
	struct cursor c = cursor_over(p->cells.data, p->cells.len);

	for (int i = 0; i < p->cols; i++) {
		u32 w = width_of(col_name(p, i));

		p->width[i] = w > p->width[i] ? w : p->width[i];
	}
	for (int i = 0; i < p->cols; i++)
		put_cell(p, i, col_name(p, i), p->is_num[i]);
	for (u32 row = 0; row < p->ahead; row++) {
		for (int i = 0; i < p->cols; i++) {
			u32 len = cursor_u32(&c);
			const u8 *s = cursor_bytes(&c, len);

			put_cell(p, i, (struct str){ s ? (const char *)s : "", s ? len : 0 },
				 p->is_num[i]);
		}
	}
	buf_reset(&p->cells);
	p->ahead = UINT32_MAX;	/* the widths are fixed */
}

/* The text of a value, safe for a terminal. */
static void escape(const struct printer *p, int i, struct buf *out)
{
	struct str s = col_text(p, i);

	if (sqlite3_column_type(p->stmt, i) == SQLITE_BLOB)
		value_text_bytes(s, out);
	else
		escape_put(out, s.s, s.len, "");
}

static void table_row(struct printer *p)
{
	struct buf text;

	if (!p->width || !p->is_num)
		return;
	buf_init(&text, 64 << 20);
	for (int i = 0; i < p->cols; i++) {
		int type = sqlite3_column_type(p->stmt, i);
		struct str s;
		u32 w;

		buf_reset(&text);
		escape(p, i, &text);
		s = (struct str){ text.data ? (const char *)text.data : "", text.len };
		if (p->ahead == UINT32_MAX) {
			put_cell(p, i, s, p->is_num[i]);
			continue;
		}
		w = width_of(s);
		p->width[i] = w > p->width[i] ? w : p->width[i];
		p->is_num[i] |= type == SQLITE_INTEGER || type == SQLITE_FLOAT;
		buf_put_u32(&p->cells, (u32)s.len);
		buf_put(&p->cells, s.s, s.len);
	}
	buf_fini(&text);
	if (p->ahead != UINT32_MAX && (++p->ahead == AHEAD || p->cells.len > 1 << 20))
		put_ahead(p);
}

static void table_end(struct printer *p)
{
	if (p->width && p->is_num && p->ahead != UINT32_MAX)
		put_ahead(p);
	free(p->width);
	free(p->is_num);
	buf_fini(&p->cells);
}

/* ---- CSV (RFC 4180, lines end with a newline) ---- */

static void put_csv(struct printer *p, int i, struct str s)
{
	bool quoted = false;
	struct buf b;

	for (size_t k = 0; k < s.len; k++)
		quoted |= s.s[k] == '"' || s.s[k] == ',' || s.s[k] == '\n' || s.s[k] == '\r';
	buf_init(&b, 2 * s.len + 8);
	if (i)
		buf_putc(&b, ',');
	if (quoted)
		buf_putc(&b, '"');
	for (size_t k = 0; k < s.len; k++) {
		if (s.s[k] == '"')
			buf_putc(&b, '"');
		buf_putc(&b, s.s[k]);
	}
	if (quoted)
		buf_putc(&b, '"');
	if (i + 1 == p->cols)
		buf_putc(&b, '\n');
	sink_put(p->out, b.data, b.len);
	buf_fini(&b);
}

static void csv_start(struct printer *p)
{
	for (int i = 0; i < p->cols; i++)
		put_csv(p, i, col_name(p, i));
}

static void csv_row(struct printer *p)
{
	for (int i = 0; i < p->cols; i++)
		put_csv(p, i, col_text(p, i));
}

static void no_end(struct printer *p UNUSED)
{
}

/* ---- JSON: an array of objects, one a line ---- */

static void json_start(struct printer *p)
{
	put(p, "[");
}

static void put_json(struct printer *p, int i, struct buf *out)
{
	switch (sqlite3_column_type(p->stmt, i)) {
	case SQLITE_NULL:
		buf_puts(out, "null");
		break;
	case SQLITE_INTEGER:
	case SQLITE_FLOAT:
		buf_put(out, col_text(p, i).s, col_text(p, i).len);
		break;
	default:
		format_str_json(col_text(p, i), out);
	}
}

static void json_row(struct printer *p)
{
	struct buf b;

	buf_init(&b, 256 << 20);
	buf_puts(&b, p->rows ? ",\n{" : "\n{");
	for (int i = 0; i < p->cols; i++) {
		if (i)
			buf_puts(&b, ", ");
		format_str_json(col_name(p, i), &b);
		buf_puts(&b, ": ");
		put_json(p, i, &b);
	}
	buf_puts(&b, "}");
	sink_put(p->out, b.data, b.len);
	buf_fini(&b);
}

static void json_end(struct printer *p)
{
	put(p, "\n]\n");
}

/* ---- a line a value ---- */

static void line_row(struct printer *p)
{
	struct buf b;

	buf_init(&b, 64 << 20);
	if (p->rows)
		buf_putc(&b, '\n');
	for (int i = 0; i < p->cols; i++) {
		buf_printf(&b, "%s = ", col_name(p, i).s);
		escape(p, i, &b);
		buf_putc(&b, '\n');
	}
	sink_put(p->out, b.data, b.len);
	buf_fini(&b);
}

static const struct format formats[] = {
	[SQL_TABLE] = { "table", table_start, table_row, table_end },
	[SQL_CSV] = { "csv", csv_start, csv_row, no_end },
	[SQL_JSON] = { "json", json_start, json_row, json_end },
	[SQL_LINE] = { "line", no_end, line_row, no_end },
};

bool sql_format_find(const char *name, enum sql_format *ret)
{
	for (u32 i = 0; i < countof(formats); i++) {
		if (strcmp(formats[i].name, name))
			continue;
		*ret = (enum sql_format)i;
		return true;
	}
	return false;
}

/* All rows of one statement. */
static int print_rows(sqlite3_stmt *stmt, enum sql_format format, struct sink *out)
{
	const struct format *f = &formats[format];
	struct printer p = { .stmt = stmt, .out = out, .cols = sqlite3_column_count(stmt) };
	int rc;

	if (!p.cols)
		return sqlite3_step(stmt);
	f->start(&p);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW && !out->code) {
		f->row(&p);
		p.rows++;
	}
	f->end(&p);
	return out->code ? SQLITE_DONE : rc;
}

/* sqlite's words say neither how much there was nor what to do. */
static int say_error(const struct sql_db *db, struct err *err)
{
	switch (sqlite3_errcode(db->db)) {
	case SQLITE_FULL:
		err_set(err, -EINVAL,
			"SQL: the query needs more than %llu MB of temporary files, or the disk "
			"is full",
			(unsigned long long)(sql_temp_limit() >> 20));
		err_hint(err, "--max-temp SIZE allows more");
		return -EINVAL;
	case SQLITE_CANTOPEN:
		err_set(err, -EINVAL, "SQL: there is no temporary file for the query");
		err_hint(err, "$TMPDIR, /var/tmp or /tmp must allow to make files");
		return -EINVAL;
	case SQLITE_NOMEM:
		return err_set(err, -EINVAL, "SQL: the query needs too much memory at once");
	case SQLITE_INTERRUPT:
		if (!db->steps_max || db->steps <= db->steps_max)
			return err_set(err, -EINVAL, "SQL: interrupted");
		err_set(err, -EINVAL, "SQL: the query took more than %llu steps",
			(unsigned long long)db->steps_max);
		err_hint(err, "--max-steps N allows more");
		return -EINVAL;
	default:
		return err_set(err, -EINVAL, "SQL: %s", sqlite3_errmsg(db->db));
	}
}

int sql_run(struct sql_db *db, const char *query, enum sql_format format, struct sink *out,
	    struct err *err)
{
	int rc = SQLITE_DONE;

	db->steps = 0;
	db->is_interrupted = 0;
	while (*query && rc == SQLITE_DONE) {
		sqlite3_stmt *stmt = NULL;
		const char *rest;

		if (sqlite3_prepare_v2(db->db, query, -1, &stmt, &rest))
			return say_error(db, err);
		if (stmt)
			rc = print_rows(stmt, format, out);
		if (rc != SQLITE_DONE)
			say_error(db, err);
		sqlite3_finalize(stmt);
		query = rest;
	}
	return rc == SQLITE_DONE ? 0 : err->code;
}

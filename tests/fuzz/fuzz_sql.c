/*
 * tests/fuzz/fuzz_sql.c -- any bytes as a tape that is asked in SQL: every table is read whole and
 * with conditions on its columns.  If verify has nothing to say of the tape, a condition that the
 * table takes gives what it gives when sqlite checks it alone.
 *
 * The first two reserved bytes of the file header choose operators and values.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analyze/sql/sql.h"
#include "base/io.h"
#include "format/verify.h"
#include "tests/fuzz/tape_small.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz);

#define TABLES_MAX 9
#define COLS_MAX   64
#define COLS_STEP  4 /* of so many columns one is compared */

struct asking {
	struct sql_db *db;
	struct sink a, b;
	bool is_good;
	u8 op, value;
};

static void ask(struct asking *s, const char *query, struct sink *out)
{
	struct err err = { 0 };
	int rc = sql_run(s->db, query, SQL_CSV, out, &err);

	assert(!rc || err.msg[0]);
}

static void ask_only(struct asking *s, const char *query)
{
	ask(s, query, &s->a);
	buf_reset(&s->a.buf);
}

/* A quoted identifier at @p: its end, or NULL. */
static const char *ident_end(const char *p)
{
	if (*p != '"')
		return NULL;
	for (p++; *p; p++) {
		if (*p != '"')
			continue;
		if (p[1] != '"')
			return p + 1;
		p++;
	}
	return NULL;
}

/* The same condition, taken by the table and not. */
static void compare(struct asking *s, const char *table, struct str col, u32 turn)
{
	static const char *const ops[] = { "=", ">=", "<=", "<", ">" };
	const char *op = ops[(turn + s->op) % countof(ops)];
	char query[2048];

	for (u32 i = 0; i < 2; i++) {
		int n = snprintf(query, sizeof(query),
				 "select count(*), sum(ts), max(cpu) from %s where %s" STR_FMT
				 " %s (select " STR_FMT " from %s limit 1 offset %u)",
				 table, i ? "+" : "", STR_ARG(col), op, STR_ARG(col), table,
				 s->value % 32);

		if (n < 0 || (size_t)n >= sizeof(query))
			return;
		ask(s, query, i ? &s->b : &s->a);
	}
	if (s->is_good)
		assert(s->a.buf.len == s->b.buf.len &&
		       !memcmp(s->a.buf.data, s->b.buf.data, s->a.buf.len));
	buf_reset(&s->a.buf);
	buf_reset(&s->b.buf);
}

static void ask_table(struct asking *s, const char *name)
{
	static const char *const queries[] = {
		"select * from %s limit 200",
		"select count(*) from %s where ts between 1000 and 1500000000",
		"select cpu, count(*), min(ts), quantile(ts, 0.5) from %s group by cpu",
		"select time, comm, uid from %s order by ts desc limit 5",
		"select probe, count(*) from %s where probe = 'x' or comm = 'cat' group by 1",
		/* reads the tape once a row: rarely */
		"select e.ts from events e join %s t on t.ts = e.ts and t.cpu = e.cpu limit 9",
	};
	u32 query_cnt = countof(queries) - (s->value % 8 != 7);
	char query[1024], ident[512];
	const char *p, *end;
	struct buf schema;

	if (snprintf(ident, sizeof(ident), "\"%s\"", name) >= (int)sizeof(ident) ||
	    ident_end(ident) != ident + strlen(ident))
		return;
	for (u32 i = 0; i < query_cnt; i++) {
		snprintf(query, sizeof(query), queries[i], ident);
		ask_only(s, query);
	}
	buf_init(&schema, 1 << 20);
	sql_put_schema(s->db, name, &schema);
	p = strchr(buf_cstr(&schema), '(');
	for (u32 i = 0; p && i < COLS_MAX; i++) {
		end = ident_end(++p);
		if (!end)
			break;
		if (i % COLS_STEP == s->op % COLS_STEP)
			compare(s, ident, (struct str){ p, (size_t)(end - p) }, i);
		p = strstr(end, ", \"");
		p = p ? p + 1 : NULL;
	}
	buf_fini(&schema);
}

static void ask_all(struct asking *s)
{
	struct buf names;
	char *name, *save = NULL;

	buf_init(&names, 1 << 20);
	sql_put_tables(s->db, &names);
	buf_putc(&names, '\0');
	name = names.is_full ? NULL : strtok_r((char *)names.data, "\n", &save);
	for (u32 i = 0; name && i < TABLES_MAX; i++, name = strtok_r(NULL, "\n", &save))
		ask_table(s, name);
	buf_fini(&names);
}

static void take_text(void *ctx, const char *text)
{
	(void)ctx;
	assert(text[0]);
}

static bool is_good(int fd)
{
	struct tape_verify_result result;

	lseek(fd, 0, SEEK_SET);
	return !tape_verify(fd, &(struct tape_verify_opts){ .reader = fuzz_reader_opts() }, &result,
			    NULL) &&
	       !result.breaches;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz)
{
	size_t how = offsetof(struct tape_file_header, reserved);
	struct tape_reader_opts o = fuzz_reader_opts();
	struct asking s = { .op = how + 1 < sz ? data[how] : 0,
			    .value = how + 1 < sz ? data[how + 1] : 0 };
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct err err = { 0 };
	char path[64];
	int rc;

	if (fd < 0 || io_write_full(fd, data, sz))
		goto out;
	s.is_good = is_good(fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	rc = sql_open(path, &o, &s.db, &err);
	assert(!rc || err.msg[0]);
	if (rc)
		goto out;
	sink_init(&s.a, -1);
	sink_init(&s.b, -1);
	ask_all(&s);
	(void)sql_notes(s.db, take_text, NULL);
	sink_fini(&s.a);
	sink_fini(&s.b);
	sql_close(s.db);
out:
	close(fd);
	return 0;
}

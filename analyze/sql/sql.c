/*
 * The connection: a database in memory that holds nothing but virtual tables.
 *
 * Every table of the tape has two names: the short one of its plan (sys_exit_read,
 * sys_exit_read_2), and its probe's with the same suffix ("tracepoint:syscalls:sys_exit_read").
 * Once all are made, an authorizer allows reading only: no ATTACH, no PRAGMA, no writing, no
 * extension.
 */
#include "analyze/sql/sql.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/sql/sql_priv.h"

#define SQL_MEM_MAX ((size_t)256 << 20)
#define NAMES_MAX 262144
#define SQL_VALUE_MAX (64 << 20)	/* bytes of a text or blob */
#define SQL_HEAP_MAX ((s64)512 << 20)	/* of sqlite's own memory; more goes to temporary files */

/* ---- for the tables ---- */

void sql_put_ident(struct buf *out, const char *name)
{
	buf_putc(out, '"');
	for (; *name; name++) {
		if (*name == '"')
			buf_putc(out, '"');
		buf_putc(out, *name);
	}
	buf_putc(out, '"');
}

static struct sql_name *find_name(struct sql_db *db, const char *name)
{
	for (size_t i = 0; i < db->names.n; i++) {
		struct sql_name *n = vec_get(&db->names, struct sql_name, i);

		if (!sqlite3_stricmp(n->name, name))
			return n;
	}
	return NULL;
}

int sql_declare(struct sql_db *db, const char *name, struct buf *decl)
{
	struct sql_name *n = find_name(db, name);
	const char *text = buf_cstr(decl);
	int rc;

	if (!n || decl->is_full)
		return SQLITE_NOMEM;
	n->decl = arena_dup(&db->arena, text, strlen(text));
	if (!n->decl)
		return SQLITE_NOMEM;
	/* a table connects again whenever sqlite has thrown its schema away */
	db->is_declaring = true;
	rc = sqlite3_declare_vtab(db->db, n->decl);
	db->is_declaring = false;
	return rc;
}

void sql_result_str(sqlite3_context *ctx, const u8 *p, size_t len)
{
	sqlite3_result_text64(ctx, p ? (const char *)p : "", len, SQLITE_TRANSIENT, SQLITE_UTF8);
}

void sql_result_time(struct sql_db *db, sqlite3_context *ctx, u64 ts)
{
	struct buf out;

	buf_init(&out, 256);
	timefmt_strftime(&db->time, "%Y-%m-%d %H:%M:%S.%k", ts, COMPAT_27, &out);
	sql_result_str(ctx, out.data, out.len);
	buf_fini(&out);
}

void sql_mark_read(struct sql_db *db, u32 table)
{
	if (table < db->table_max)
		db->was_read[table] = 1;
	db->was_any_read = true;
}

bool sql_op_is_pushed(int op)
{
	return op == SQLITE_INDEX_CONSTRAINT_EQ || op == SQLITE_INDEX_CONSTRAINT_LT ||
	       op == SQLITE_INDEX_CONSTRAINT_LE || op == SQLITE_INDEX_CONSTRAINT_GT ||
	       op == SQLITE_INDEX_CONSTRAINT_GE;
}

bool sql_range_narrow(struct sql_range *r, int op, sqlite3_value *v)
{
	s64 n;

	if (sqlite3_value_type(v) != SQLITE_INTEGER)
		return false;
	n = sqlite3_value_int64(v);
	if (op == SQLITE_INDEX_CONSTRAINT_GT)
		n += n < INT64_MAX;	/* at the end the filter is too weak, which is allowed */
	if (op == SQLITE_INDEX_CONSTRAINT_LT)
		n -= n > INT64_MIN;
	if (op != SQLITE_INDEX_CONSTRAINT_LT && op != SQLITE_INDEX_CONSTRAINT_LE && n > r->lo)
		r->lo = n;
	if (op != SQLITE_INDEX_CONSTRAINT_GT && op != SQLITE_INDEX_CONSTRAINT_GE && n < r->hi)
		r->hi = n;
	return true;
}

/* ---- opening ---- */

static int add_name(struct sql_db *db, const char *name, const char *module, u32 arg)
{
	struct sql_name *n;

	if (!name)
		return -ENOMEM;
	if (!*name || find_name(db, name))
		return 0;	/* taken: the table has another one */
	n = vec_push(&db->names);
	if (!n)
		return -ENOMEM;
	*n = (struct sql_name){ .name = name, .module = module, .arg = arg };
	return 0;
}

/* The probe's name with the suffix that the plan gave the table: "_2" of a second clause. */
static const char *long_name(struct sql_db *db, const struct tape_table *t)
{
	const char *event = t->probe_cnt == 1 ? strrchr(t->probes[0], ':') : NULL;
	size_t len;

	event = event ? event + 1 : t->probe_cnt == 1 ? t->probes[0] : "";
	len = strlen(event);
	if (!len || strncmp(t->name, event, len))
		return "";
	return arena_printf(&db->arena, "%s%s", t->probes[0], t->name + len);
}

static int list_names(struct sql_db *db)
{
	static const char *const own[] = { "tasks", "loss", "meta", "clauses" };
	int rc = add_name(db, "events", "tape_events", 0);

	for (u32 i = 0; !rc && i < countof(own); i++)
		rc = add_name(db, own[i], "tape_rows", 0);
	for (u32 i = 0; !rc && i < db->view.table_cnt; i++) {
		if (!db->view.cols[i].schema)
			continue;
		rc = add_name(db, db->view.tables[i].name, "tape_table", i);
		rc = rc ? rc : add_name(db, long_name(db, &db->view.tables[i]), "tape_table", i);
	}
	return rc;
}

static int create(struct sql_db *db, const struct sql_name *n, struct err *err)
{
	struct buf sql;
	int rc;

	buf_init(&sql, 1 << 16);
	buf_puts(&sql, "CREATE VIRTUAL TABLE ");
	sql_put_ident(&sql, n->name);
	buf_printf(&sql, " USING %s(%u)", n->module, n->arg);
	rc = sqlite3_exec(db->db, buf_cstr(&sql), NULL, NULL, NULL);
	buf_fini(&sql);
	if (rc)
		return err_set(err, -EIO, "making table %s: %s", n->name, sqlite3_errmsg(db->db));
	return 0;
}

static int authorize(void *ctx, int action, const char *a UNUSED, const char *b,
		     const char *c UNUSED, const char *d UNUSED)
{
	const struct sql_db *db = ctx;

	if (db->is_declaring)
		return SQLITE_OK;
	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_READ:
	case SQLITE_RECURSIVE:
		return SQLITE_OK;
	case SQLITE_FUNCTION:
		return b && (!sqlite3_stricmp(b, "load_extension") ||
			     !sqlite3_stricmp(b, "fts3_tokenizer")) ?
			       SQLITE_DENY :
			       SQLITE_OK;
	default:
		return SQLITE_DENY;
	}
}

/* What a query has no use for, or too much of. */
static void limit(sqlite3 *db)
{
	static const struct {
		int id, max;
	} limits[] = {
		{ SQLITE_LIMIT_ATTACHED, 0 },
		{ SQLITE_LIMIT_LENGTH, SQL_VALUE_MAX },
		{ SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000 },
		{ SQLITE_LIMIT_TRIGGER_DEPTH, 1 },
		{ SQLITE_LIMIT_WORKER_THREADS, 0 },
	};
	static const struct {
		int id, on;
	} configs[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
		{ SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
	};

	for (u32 i = 0; i < countof(limits); i++)
		sqlite3_limit(db, limits[i].id, limits[i].max);
	for (u32 i = 0; i < countof(configs); i++)
		sqlite3_db_config(db, configs[i].id, configs[i].on, NULL);
	sqlite3_hard_heap_limit64(SQL_HEAP_MAX);
}

static int make_tables(struct sql_db *db, struct err *err)
{
	int rc = list_names(db) ? err_oom(err) : 0;

	if (!rc && (sqlite3_create_module(db->db, "tape_table", &sql_table_module, db) ||
		    sqlite3_create_module(db->db, "tape_events", &sql_events_module, db) ||
		    sqlite3_create_module(db->db, "tape_rows", &sql_rows_module, db) ||
		    sql_add_functions(db->db)))
		rc = err_set(err, -EIO, "sqlite: %s", sqlite3_errmsg(db->db));
	for (size_t i = 0; !rc && i < db->names.n; i++)
		rc = create(db, vec_get(&db->names, struct sql_name, i), err);
	if (rc)
		return rc;
	limit(db->db);
	sqlite3_set_authorizer(db->db, authorize, db);
	return 0;
}

static int load(struct sql_db *db, struct err *err)
{
	const struct tape_state *s;
	int rc;

	if (!db->rec.is_loaded)
		return err_set(err, -ESPIPE, "%s: SQL needs a file, not a pipe", db->rec.name);
	s = recording_state(&db->rec);
	for (u32 i = 0; i < s->schema_cnt; i++)
		if (s->schemas[i]->id >= db->table_max)
			db->table_max = s->schemas[i]->id + 1;
	db->was_read = calloc((size_t)db->table_max + 1, 1);
	db->symbols = symbols_new(s);
	db->stack_texts = calloc(SQL_STACK_TEXTS, sizeof(*db->stack_texts));
	if (!db->was_read || !db->symbols || !db->stack_texts)
		return err_oom(err);
	rc = tape_plan_load(s, &db->arena, &db->view, err);
	rc = rc ? rc : recording_times(s, &db->time, err);
	return rc ? rc : task_index_update(&db->tasks, s, err);
}

int sql_open(const char *path, const struct tape_reader_opts *o, struct sql_db **ret,
	     struct err *err)
{
	struct recording rec;
	int rc = recording_open_file(path, &rec, err);

	return rc ? rc : sql_open_on(&rec, o, ret, err);
}

int sql_open_on(struct recording *rec, const struct tape_reader_opts *o, struct sql_db **ret,
		struct err *err)
{
	struct sql_db *db = calloc(1, sizeof(*db));
	int rc;

	if (!db) {
		recording_close(rec);
		return err_oom(err);
	}
	arena_init(&db->arena, SQL_MEM_MAX);
	vec_init(&db->names, sizeof(struct sql_name), NAMES_MAX);
	timefmt_init(&db->time);
	task_index_init(&db->tasks);
	db->rec = *rec;
	if (o)
		db->reader = *o;
	rc = recording_load(&db->rec, o, err);
	rc = rc ? rc : load(db, err);
	if (!rc && (sql_temp_register() ||
		    sqlite3_open_v2(":memory:", &db->db,
				    SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY, SQL_VFS)))
		rc = err_set(err, -ENOMEM, "sqlite: %s", sqlite3_errmsg(db->db));
	rc = rc ? rc : make_tables(db, err);
	if (rc)
		sql_close(db);
	else
		*ret = db;
	return rc;
}

#define STEPS_A_LOOK 1000

/* sqlite has taken another steps_a_look of them. */
static int count_steps(void *ctx)
{
	struct sql_db *db = ctx;

	db->steps += db->steps_a_look;
	return db->steps > db->steps_max;
}

void sql_limit_steps(struct sql_db *db, u64 steps)
{
	db->steps_max = steps;
	db->steps_a_look = steps < STEPS_A_LOOK ? (u32)steps : STEPS_A_LOOK;
	sqlite3_progress_handler(db->db, (int)db->steps_a_look, steps ? count_steps : NULL, db);
}

int sql_look(struct sql_db *db, u64 rows)
{
	db->steps += rows;
	return db->is_interrupted || (db->steps_max && db->steps > db->steps_max) ?
		       SQLITE_INTERRUPT :
		       SQLITE_OK;
}

void sql_interrupt(struct sql_db *db)
{
	db->is_interrupted = 1;
	sqlite3_interrupt(db->db);
}

void sql_close(struct sql_db *db)
{
	if (!db)
		return;
	if (db->db)	/* closing drops the tables, which the authorizer would deny */
		sqlite3_set_authorizer(db->db, NULL, NULL);
	sqlite3_close(db->db);
	vec_fini(&db->names);
	task_index_fini(&db->tasks);
	timefmt_fini(&db->time);
	recording_close(&db->rec);
	symbols_free(db->symbols);
	for (u32 i = 0; db->stack_texts && i < SQL_STACK_TEXTS; i++)
		buf_fini(&db->stack_texts[i].text);
	free(db->stack_texts);
	free(db->was_read);
	arena_fini(&db->arena);
	free(db);
}

/* ---- what an answer has to say ---- */

static void say(sql_warn_fn warn, void *ctx, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void say(sql_warn_fn warn, void *ctx, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	warn(ctx, text);
}

static void note_filters(struct sql_db *db, sql_warn_fn warn, void *ctx)
{
	u64 pid = tape_state_num(recording_state(&db->rec), TAPE_KEY_FILTER_PID, 0);

	for (u32 i = 0; i < db->view.table_cnt; i++) {
		const struct tape_table *t = &db->view.tables[i];

		if (t->filter && t->id < db->table_max && db->was_read[t->id])
			say(warn, ctx,
			    "%s was recorded where /%s/ held; other firings are not on the tape",
			    t->name, t->filter);
	}
	if (pid && db->was_any_read)
		say(warn, ctx, "recorded with -p %llu: other processes are not on the tape",
		    (unsigned long long)pid);
}

bool sql_notes(struct sql_db *db, sql_warn_fn warn, void *ctx)
{
	const struct tape_state *s = recording_state(&db->rec);
	struct loss_sum l;
	struct buf lost;
	bool is_lossy;

	note_filters(db, warn, ctx);
	loss_sum_init(&l);
	buf_init(&lost, 8192);
	if (db->was_any_read)
		recording_losses(s, 0, UINT64_MAX, db->was_read, db->table_max, &l);
	recording_put_lost(s, &l, &lost);
	if (lost.len)
		say(warn, ctx, "%s", buf_cstr(&lost));
	buf_fini(&lost);
	if (l.places)
		say(warn, ctx, RECORDING_PLACES, (unsigned long long)l.places,
		    l.places == 1 ? "" : "s");
	if (db->damaged_rows)
		say(warn, ctx, "%llu rows lie in damaged blocks",
		    (unsigned long long)db->damaged_rows);
	if (l.stacks)
		say(warn, ctx, "%llu definitions of stacks were lost: some may be unknown",
		    (unsigned long long)l.stacks);
	if (!s->has_end && db->was_any_read)
		say(warn, ctx, "the tape was not finished");
	is_lossy = l.lost || l.damaged || l.stacks || l.places || db->damaged_rows ||
		   s->damaged_blocks || !s->has_end;
	is_lossy |= recording_lost_tables(s, warn, ctx);
	is_lossy |= recording_notes(&db->rec, warn, ctx);
	loss_sum_fini(&l);
	return is_lossy;
}

/* ---- the catalog, for people ---- */

void sql_put_tables(struct sql_db *db, struct buf *out)
{
	for (size_t i = 0; i < db->names.n; i++)
		buf_printf(out, "%s\n", vec_get(&db->names, struct sql_name, i)->name);
}

bool sql_put_schema(struct sql_db *db, const char *table, struct buf *out)
{
	bool found = false;

	for (size_t i = 0; i < db->names.n; i++) {
		const struct sql_name *n = vec_get(&db->names, struct sql_name, i);

		if (table && sqlite3_stricmp(table, n->name))
			continue;
		buf_printf(out, "%s;\n", n->decl);
		found = true;
	}
	return found;
}

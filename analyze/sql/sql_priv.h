/*
 * analyze/sql/sql_priv.h -- inside of the SQL view: sql.c owns the connection, vtab_*.c are the
 * tables.
 */
#pragma once

#include <signal.h>
#include <sqlite3.h>

#include "analyze/recording.h"
#include "analyze/sql/sql.h"
#include "analyze/symbol/symbols.h"
#include "analyze/tape_plan.h"
#include "analyze/task_index.h"

/* A name that can be asked; several may mean one table of the tape. */
struct sql_name {
	const char *name;
	const char *module;		/* whose xConnect makes it */
	u32 arg;			/* of tape tables: index in view.tables */
	const char *decl;		/* "CREATE TABLE ..."; set when connected */
};

/* What was last made of a stack or symbol; slots are found by node and column type. */
struct sql_stack_text {
	u64 node;
	const struct type *type;
	struct buf text;
};
#define SQL_STACK_TEXTS 4096

struct sql_db {
	sqlite3 *db;
	struct tape_reader_opts reader;
	struct recording rec;
	struct arena arena;
	struct tape_plan_view view;
	struct timefmt time;
	struct task_index tasks;
	struct symbols *symbols;
	struct sql_stack_text *stack_texts;	/* SQL_STACK_TEXTS of them */
	struct vec names;		/* struct sql_name */
	u8 *was_read;			/* by table id: a query has read it */
	u32 table_max;
	bool was_any_read;
	u64 steps, steps_max;		/* of a query; max 0: no limit */
	u32 steps_a_look;
	volatile sig_atomic_t is_interrupted;
	bool is_declaring;		/* sqlite parses what sql_declare() gave it */
	u64 damaged_rows;
};

extern const sqlite3_module sql_table_module, sql_events_module, sql_rows_module;

/* temp_vfs.c: the only files that sqlite can open.  0 or -ENOMEM. */
#define SQL_VFS "tape"
#define SQL_TEMP_MAX ((u64)4 << 30)
int sql_temp_register(void);
u64 sql_temp_limit(void);

/* Aggregates of our own: quantile(), median().  A code of sqlite. */
int sql_add_functions(sqlite3 *db);

/* Set the declaration of the name being connected and give it to sqlite. */
int sql_declare(struct sql_db *db, const char *name, struct buf *decl);
/* A wall-clock text of a session time as a result. */
void sql_result_time(struct sql_db *db, sqlite3_context *ctx, u64 ts);
void sql_result_str(sqlite3_context *ctx, const u8 *p, size_t len);
/* Quoted identifier. */
void sql_put_ident(struct buf *out, const char *name);
void sql_mark_read(struct sql_db *db, u32 table);
/*
 * Before a table looks at so many rows that sqlite does not see.  SQLITE_OK or SQLITE_INTERRUPT:
 * ^C, or too many steps.
 */
int sql_look(struct sql_db *db, u64 rows);

/* ---- constraints on words, shared by the tables that have ts cpu pid tid ---- */

/* lo <= value <= hi, signed as sqlite compares. */
struct sql_range {
	s64 lo, hi;
};

/*
 * Narrow by "value OP v"; false if @v says nothing about integers (sqlite checks every row again
 * itself).
 */
bool sql_range_narrow(struct sql_range *r, int op, sqlite3_value *v);
bool sql_op_is_pushed(int op);

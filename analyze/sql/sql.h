/*
 * analyze/sql/sql.h -- a tape as a read-only SQL database.
 *
 * Every table of the tape, and events tasks loss meta clauses beside them, are virtual tables of
 * sqlite3: rows are decoded while they are asked for, nothing is copied.
 */
#pragma once

#include "analyze/sink.h"
#include "format/reader.h"

struct sql_db;
struct recording;

/*
 * @path: a file; @o NULL: the defaults.  -ESPIPE: a pipe cannot be asked in any order.
 */
int sql_open(const char *path, const struct tape_reader_opts *o, struct sql_db **ret,
	     struct err *err);
/*
 * Make the temporary files that large queries need: before the process locks itself in.  @max:
 * bytes of all together (0: 4 GB).
 */
int sql_temp_open(u64 max, struct err *err);
/* The same with a file that is open, which becomes the database's in any case. */
int sql_open_on(struct recording *rec, const struct tape_reader_opts *o, struct sql_db **ret,
		struct err *err);
void sql_close(struct sql_db *db);
/* Steps of sqlite's machine, and rows looked at, that a query may take; 0: no limit. */
void sql_limit_steps(struct sql_db *db, u64 steps);
/* From a signal handler: the query that is running ends with an error. */
void sql_interrupt(struct sql_db *db);

enum sql_format { SQL_TABLE, SQL_CSV, SQL_JSON, SQL_LINE };
bool sql_format_find(const char *name, enum sql_format *ret);

/*
 * Run one or more statements and print their rows.  -EINVAL: an error in the SQL; output that
 * nobody reads is none.
 */
int sql_run(struct sql_db *db, const char *query, enum sql_format format, struct sink *out,
	    struct err *err);

/*
 * What the queries so far have to say about their answers (losses, filters), a line each; true:
 * something is missing.
 */
typedef void (*sql_warn_fn)(void *ctx, const char *text);
bool sql_notes(struct sql_db *db, sql_warn_fn warn, void *ctx);

/* Names of all tables, and how they are declared (@table NULL: all). */
void sql_put_tables(struct sql_db *db, struct buf *out);
/* false: no such table */
bool sql_put_schema(struct sql_db *db, const char *table, struct buf *out);

/*
 * .tables .schema [TABLE] .help .quit and statements up to ';'; reads lines from @fd.  0 or a
 * negative errno.
 */
int sql_shell(struct sql_db *db, enum sql_format format, int fd, struct sink *out, sql_warn_fn warn,
	      void *ctx, struct err *err);

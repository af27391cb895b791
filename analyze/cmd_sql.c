/*
 * bpftape sql: a query, or a shell.
 */
#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "analyze/cmd.h"
#include "analyze/reader_args.h"
#include "analyze/recording.h"
#include "analyze/sql/sql.h"

struct sql_args {
	const char *format;
	bool is_strict;
	u64 steps, temp;
	struct reader_args reader;
};

#define R(field) offsetof(struct sql_args, reader.field)
static const struct opt opts[] = {
	{ "format", 'f', OPT_STR, offsetof(struct sql_args, format), "table|csv|json|line",
	  "how to print (table)" },
	{ "strict", 0, OPT_FLAG, offsetof(struct sql_args, is_strict), NULL,
	  "exit with 3 if rows are missing or damaged" },
	{ "max-steps", 0, OPT_U64, offsetof(struct sql_args, steps), "N",
	  "end a query after so many steps of sqlite's machine and rows read (no limit)" },
	{ "max-temp", 0, OPT_BYTES, offsetof(struct sql_args, temp), "SIZE",
	  "temporary files of a query, without names in $TMPDIR (4G)" },
	READER_ROWS,
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};
#undef R

static const struct opt_spec spec = {
	.usage = "bpftape sql TAPE [QUERY] [--format table|csv|json|line]",
	.about =
		"Ask a tape in SQL: a table for each clause of the script, and events, tasks, "
		"loss, meta, clauses.  "
		"Without QUERY an interactive shell.",
	.opts = opts,
	.min_operands = 1,
	.max_operands = 2,
	.epilogue =
		"examples:\n"
		"  bpftape sql t.tape 'select comm, count(*) from events group by comm order by "
		"2 desc'\n",
};

static int run(const struct sql_args *a, enum sql_format format, const char *path,
	       const char *query, struct err *err)
{
	struct sandbox_opts sandbox = cmd_sandbox(&a->reader);
	struct tape_reader_opts reader;
	struct recording rec;
	struct sql_db *db;
	struct sink out;
	bool is_lossy;
	int rc;

	if (reader_args_opts(&a->reader, &reader, err)) {
		cmd_fail(err);
		return EXIT_USAGE;
	}
	sink_init(&out, STDOUT_FILENO);
	rc = recording_open_file(path, &rec, err);
	if (!rc)
		rc = sql_temp_open(a->temp, err);
	if (!rc && sandbox_enter(&sandbox, err) < 0)
		rc = err->code;
	rc = rc ? rc : sql_open_on(&rec, &reader, &db, err);
	if (rc)
		return cmd_fail(err);
	if (a->steps)
		sql_limit_steps(db, a->steps);
	if (query)
		rc = sql_run(db, query, format, &out, err);
	else
		rc = sql_shell(db, format, STDIN_FILENO, &out, cmd_warn, NULL, err);
	sink_flush(&out);
	if (!rc && out.code && out.code != -EPIPE)
		rc = err_set_errno(err, out.code, "writing the answer");
	is_lossy = sql_notes(db, cmd_warn, NULL);
	sink_fini(&out);
	sql_close(db);
	if (rc)
		return cmd_fail(err);
	return a->is_strict && is_lossy ? EXIT_LOSSY : 0;
}

int cmd_sql(int argc, char **argv)
{
	struct sql_args a = { .format = "table" };
	struct err err = { 0 };
	enum sql_format format;
	int n, rc;

	if (cmd_parse(&spec, argc, argv, &a, &n, &rc))
		return rc;
	if (!sql_format_find(a.format, &format)) {
		err_set(&err, -EINVAL, "--format %s: not table, csv, json or line", a.format);
		cmd_fail(&err);
		return EXIT_USAGE;
	}
	return run(&a, format, argv[1], n > 1 ? argv[2] : NULL, &err);
}

/*
 * bpftape.c -- the dispatcher: a verb is a row of a table that says which program does it.
 *
 * `bpftape SCRIPT.bt` and `#!/usr/bin/env bpftape` mean `run` (bpftape_run.c), and so does a
 * command line that begins with an option, as in `bpftape -e 'BEGIN { ... }'`.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/exe.h"
#include "base/io.h"
#include "base/large.h"
#include "base/log.h"
#include "base/str.h"
#include "bpftape_run.h"

#define RUN_RECORD	"bpftape-record"
#define RUN_ANALYZE "bpftape-analyze"

struct command {
	const char *name;
	const char *program; /* NULL: run */
	bool has_verb; /* the program wants the verb as its first argument */
	const char *help;
};

static const struct command commands[] = {
	{ "run", NULL, false, "record a script and answer it at once, as bpftrace does" },
	{ "record", RUN_RECORD, false, "record what a script needs, or whole probes, on tape" },
	{ "list", RUN_RECORD, true, "probes of this machine; -v with their arguments" },
	{ "info", RUN_ANALYZE, true, "what is on a tape" },
	{ "replay", RUN_ANALYZE, true, "evaluate the recorded script, or another, over a tape" },
	{ "hist", RUN_ANALYZE, true, "a histogram of an expression over a tape, its quantiles" },
	{ "fold", RUN_ANALYZE, true, "stacks and their weights as lines, for flame graph tools" },
	{ "flame", RUN_ANALYZE, true, "stacks as a flame graph: one SVG file for a browser" },
	{ "sql", RUN_ANALYZE, true, "ask a tape in SQL" },
	{ "verify", RUN_ANALYZE, true, "check every structure of a tape" },
	{ "repair", RUN_ANALYZE, true, "complete a tape that was cut off or damaged" },
	{ NULL, NULL, false, NULL },
};

static int print_help(FILE *out)
{
	fprintf(out, "usage: bpftape COMMAND [ARG...]\n"
		     "       bpftape SCRIPT.bt [ARG...]\n"
		     "\n"
		     "Record a tracing session onto a tape, answer questions about it ever after.\n"
		     "\n"
		     "commands:\n");
	for (const struct command *c = commands; c->name; c++)
		fprintf(out, "  %-8s %s\n", c->name, c->help);
	fprintf(out, "\n"
		     "A script alone is run.  'bpftape COMMAND --help' says more.\n");
	return fflush(out) ? 1 : 0;
}

static int print_version(void)
{
	printf("bpftape %s\n", BT_VERSION);
	return fflush(stdout) ? 1 : 0;
}

int bpftape_exec(char **argv)
{
	struct err err = {};
	char path[EXE_PATH_MAX];
	int rc = exe_find_program(argv[0], path, &err);

	if (!rc) {
		execv(path, argv);
		err_set_errno(&err, -errno, "%s", path);
	}
	log_err(&err);
	return 1;
}

/* argv[0] is the verb. */
static int do_command(const struct command *c, int argc, char **argv)
{
	char **args;
	int n = 0;

	if (!c->program)
		return bpftape_run(argc, argv);
	args = calloc((size_t)argc + 2, sizeof(*args));
	if (!args) {
		log_warn("out of memory");
		return 1;
	}
	args[n++] = (char *)c->program;
	for (int i = c->has_verb ? 0 : 1; i < argc; i++)
		args[n++] = argv[i];
	if (!strcmp(c->program, RUN_ANALYZE))
		large_for_exec();
	return bpftape_exec(args);
}

static bool is_script(const char *arg)
{
	return arg[0] == '-' || strpbrk(arg, "/.") || !access(arg, F_OK);
}

static int unknown_command(const char *name)
{
	struct str_nearest near;
	struct err err = {};

	str_nearest_init(&near, name);
	for (const struct command *c = commands; c->name; c++)
		str_nearest_offer(&near, c->name);
	err_set(&err, -EINVAL, "unknown command '%s'", name);
	if (near.n)
		err_hint(&err, "did you mean '%s'?", near.best[0].text);
	else
		err_hint(&err, "see 'bpftape --help'");
	log_err(&err);
	return 2;
}

int main(int argc, char **argv)
{
	if (io_fill_std())
		return 1;
	if (argc < 2) {
		print_help(stderr);
		return 2;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return print_help(stdout);
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))
		return print_version();
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(argv[1], c->name))
			return do_command(c, argc - 1, argv + 1);
	if (is_script(argv[1]))
		return bpftape_run(argc, argv);
	return unknown_command(argv[1]);
}

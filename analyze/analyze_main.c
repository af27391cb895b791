/*
 * bpftape-analyze: answers from tapes.  A verb is a row of the table.
 *
 * It needs no privileges and asks nothing of the machine it runs on: no /proc, no locale, and no
 * zone files, but for sqlite's 'localtime'.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "analyze/cmd.h"
#include "base/buf.h"
#include "base/io.h"
#include "base/log.h"
#include "base/opt.h"

static const struct verb verbs[] = {
	{ "flame", cmd_flame, "stacks as a flame graph: one SVG file for a browser" },
	{ "fold", cmd_fold, "stacks and their weights as lines, for flame graph tools" },
	{ "hist", cmd_hist, "a histogram of an expression over a tape, its quantiles" },
	{ "info", cmd_info, "what is on a tape" },
	{ "repair", cmd_repair, "complete a tape that was cut off or damaged" },
	{ "replay", cmd_replay, "evaluate the recorded script, or another, over a tape" },
	{ "sql", cmd_sql, "ask a tape in SQL" },
	{ "verify", cmd_verify, "check every structure of a tape" },
	{ NULL, NULL, NULL },
};

static void put_help(struct buf *out)
{
	buf_puts(out, "usage: bpftape-analyze COMMAND TAPE [ARG...]\n\ncommands:\n");
	for (const struct verb *v = verbs; v->name; v++)
		buf_printf(out, "  %-8s %s\n", v->name, v->help);
	buf_puts(out, "\nTAPE may be '-'.  'bpftape COMMAND --help' says more.\n");
}

static int print_help(int fd)
{
	struct buf out;
	int rc;

	buf_init(&out, 1 << 16);
	put_help(&out);
	rc = io_write_full(fd, out.data, out.len);
	buf_fini(&out);
	return rc ? EXIT_FAILED : 0;
}

/*
 * What libc takes for the local zone.  It looks for a file now, not locked in, and never again as
 * long as TZ is set and stays so.
 */
static void set_zone(bool is_asked_for)
{
	if (is_asked_for)
		setenv("TZ", ":/etc/localtime", 0);
	else
		setenv("TZ", "UTC0", 1);
	tzset();
}

int main(int argc, char **argv)
{
	const struct verb *v;
	struct err err = { 0 };

	if (io_fill_std())
		return EXIT_FAILED;
	log_set_prog("bpftape");
	signal(SIGPIPE, SIG_IGN);	/* seen as EPIPE where it is written */
	if (argc < 2) {
		print_help(STDERR_FILENO);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return print_help(STDOUT_FILENO);
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))
		return printf("bpftape %s\n", BT_VERSION) < 0 || fflush(stdout) ? EXIT_FAILED : 0;
	v = verb_find(verbs, argv[1], &err);
	if (!v) {
		log_err(&err);
		return EXIT_USAGE;
	}
	set_zone(v->run == cmd_sql);
	return v->run(argc - 1, argv + 1);
}

/*
 * record/record_main.c -- bpftape-record: the verbs that need privileges.
 *
 * `bpftape-record ARGS` and `bpftape-record record ARGS` record; `bpftape-record list ...` lists.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/log.h"
#include "record/list.h"
#include "record/session.h"

static int print_help(void)
{
	struct buf b;
	int rc;

	buf_init(&b, 1 << 16);
	record_help(&b);
	rc = fwrite(b.data, 1, b.len, stdout) != b.len || fflush(stdout);
	buf_fini(&b);
	return rc;
}

static int record_with(int argc, char **argv, char **typed)
{
	struct err err = { 0 };
	struct record_opts o;
	int rc = record_opts_parse(&o, argc, argv, &err);

	if (rc == 1)
		return print_help();
	if (rc) {
		log_err(&err);
		return 2;
	}
	if (o.version) {
		printf("bpftape-record %s\n", BT_VERSION);
		return fflush(stdout) ? 1 : 0;
	}
	return session_record(&o, argc, typed);
}

/* Parsing moves operands to the front; the tape gets the command line as it was typed. */
static int do_record(int argc, char **argv)
{
	char **typed = calloc((size_t)argc + 1, sizeof(*typed));
	int rc;

	if (!typed) {
		log_warn("out of memory");
		return 1;
	}
	memcpy(typed, argv, (size_t)argc * sizeof(*typed));
	rc = record_with(argc, argv, typed);
	free(typed);
	return rc;
}

static const struct verb verbs[] = {
	{ "record", do_record, "record a script's events, or whole probes (-t), onto a tape" },
	{ "list", list_main, "probes of this machine; -v with their arguments" },
	{ NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	if (io_fill_std())
		return 1;
	log_set_prog("bpftape");
	for (const struct verb *v = verbs; argc > 1 && v->name; v++)
		if (!strcmp(argv[1], v->name))
			return v->run(argc - 1, argv + 1);
	return do_record(argc, argv);
}

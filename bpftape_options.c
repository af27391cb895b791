/*
 * bpftape_options.c -- the command line of `run`: what is ours, what the recorder gets.
 *
 * Each argument is looked up in two tables.  One of `ours` is taken out; one of `shared` means
 * something to us and goes on to the recorder as well, like all that is in neither.
 */
#include "bpftape_run.h"

#include <errno.h>
#include <string.h>

#include "base/disk.h"
#include "base/str.h"

#define O(field) offsetof(struct run_options, field)

static const struct opt ours[] = {
	{ "format", 'f', OPT_STR, O(format), "text|json", "how to print (text)" },
	{ "output", 'o', OPT_STR, O(tape), "TAPE",
	  "keep the tape as well; --force overwrites a file" },
	{ "max-steps", 0, OPT_U64, O(max_steps), "N",
	  "steps of one firing, and of all (see 'bpftape replay --help')" },
	{ "max-memory", 0, OPT_BYTES, O(max_memory), "SIZE", "memory for the maps of the script" },
	{ "limit", 0, OPT_STR_LIST, O(limits), "NAME=N,...", "of what the tape is made of" },
	{ "mem", 0, OPT_BYTES, O(mem), "SIZE", "memory for the tables of the tape" },
	{ "no-sandbox", 0, OPT_FLAG, O(no_sandbox), NULL, "do not lock the analyzer in" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

static const struct opt shared[] = {
	{ "compat", 0, OPT_STR, O(compat), "0.17|0.27", NULL },
	{ "sync-every", 0, OPT_NS, O(sync_ns), "TIME", NULL },
	{ "sync-bytes", 0, OPT_BYTES, O(sync_bytes), "SIZE", NULL },
	{ "force", 0, OPT_FLAG, O(is_forced), NULL, NULL },
	{ "strict", 0, OPT_FLAG, O(is_strict), NULL, NULL },
	{ "dry-run", 0, OPT_FLAG, O(is_direct), NULL, NULL },
	{ "version", 'V', OPT_FLAG, O(is_direct), NULL, NULL },
	{ "help", 'h', OPT_FLAG, O(is_help), NULL, NULL },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

static const struct opt_spec spec = {
	.usage = "bpftape run (SCRIPT.bt | -e PROGRAM) [ARG...] [-f text|json] [-o TAPE] [...]",
	.about = "Record and answer at once.  ^C ends the recording and prints the maps.",
	.opts = ours,
	.epilogue = "All others are those of 'bpftape record'.\n",
};

void run_help(struct buf *out)
{
	opt_help(&spec, out);
}

static const struct opt *find_long(const struct opt *table, const char *arg)
{
	struct str name = { arg + 2, strcspn(arg + 2, "=") };

	for (; table->name; table++)
		if (str_is(name, table->name))
			return table;
	return NULL;
}

/* @c of "-c" or "-cVALUE"; a flag must stand alone. */
static const struct opt *find_short(const struct opt *table, const char *c)
{
	for (; table->name; table++)
		if (table->short_name && table->short_name == *c &&
		    (table->kind != OPT_FLAG || !c[1]))
			return table;
	return NULL;
}

/*
 * The option at argv[*i], if @table has it: 1, and *i is its last argument.  0: another argument.
 * -v and -q may stand in front of a letter; they are put back for the recorder by the caller.
 */
static int take(struct run_options *o, const struct opt *table, int argc, char **argv, int *i,
		struct err *err)
{
	char *arg = argv[*i], as[3] = "-", *sub[4] = { argv[0], arg };
	struct opt_spec one = { .usage = spec.usage, .opts = table };
	const struct opt *found;
	int n = 2, rc;

	if (arg[0] != '-')
		return 0;
	if (arg[1] == '-') {
		found = find_long(table, arg);
	} else {
		char *c = arg + 1 + strspn(arg + 1, "vq");

		found = find_short(table, c);
		as[1] = *c;
		sub[1] = as;
		if (found && c[1])
			sub[n++] = c + 1;
	}
	if (!found)
		return 0;
	if (found->kind != OPT_FLAG && n == 2 && !strchr(sub[1], '=') && *i + 1 < argc)
		sub[n++] = argv[++*i];
	rc = opt_parse(&one, n, sub, o, &n, err);
	return rc < 0 ? rc : 1;
}

static int check_options(const struct run_options *o, struct err *err)
{
	if (o->format && strcmp(o->format, "text") && strcmp(o->format, "json"))
		return err_set(err, -EINVAL, "option '-f': '%s' is not text or json", o->format);
	if (o->tape && !strcmp(o->tape, "-")) {
		err_set(err, -EINVAL, "run: stdout is for the answers, the tape needs a file");
		err_hint(err, "'bpftape record -o -' writes a tape to stdout");
		return -EINVAL;
	}
	return 0;
}

static void pass_on(struct run_options *o, char **argv, int first, int last)
{
	for (int i = first; i <= last; i++)
		o->args[o->arg_cnt++] = argv[i];
}

static int parse_one(struct run_options *o, int argc, char **argv, int *i, struct err *err)
{
	int first = *i, rc = take(o, ours, argc, argv, i, err);

	if (rc < 0)
		return rc;
	if (!rc) {
		rc = take(o, shared, argc, argv, i, err);
		pass_on(o, argv, first, *i);
		return rc < 0 ? rc : 0;
	}
	if (argv[first][1] == 'v' || argv[first][1] == 'q')
		o->args[o->arg_cnt++] = (char *)(argv[first][1] == 'v' ? "-v" : "-q");
	return 0;
}

/* What follows "--" is the script's. */
int run_parse(struct run_options *o, int argc, char **argv, struct err *err)
{
	int rc = 0, i;

	o->max_steps = o->max_memory = o->mem = RUN_NOT_GIVEN;
	o->sync_ns = DISK_SYNC_NS;
	o->sync_bytes = DISK_SYNC_BYTES;
	for (i = 1; i < argc && strcmp(argv[i], "--") && !rc; i++)
		rc = parse_one(o, argc, argv, &i, err);
	if (rc)
		return rc;
	pass_on(o, argv, i, argc - 1);
	return check_options(o, err);
}

/* bpftape_options.c -- the command line of `run`: ours out, the others on to the recorder. */
#include "bpftape_run.h"

#include <errno.h>
#include <string.h>

/*
 * The value of -LETTER or --NAME at argv[*i]: 1, and *i is the last argument taken.  0: another
 * argument.  -v and -q may share the dash; they are put back for the recorder by the caller.
 */
static int take_option(int argc, char **argv, int *i, const char *letter_and_name,
		       const char **ret_val, struct err *err)
{
	const char *arg = argv[*i], *name = letter_and_name + 1, *val;
	size_t at;

	if (arg[0] != '-')
		return 0;
	if (arg[1] == '-') {
		at = 2 + strlen(name);
		if (strncmp(arg + 2, name, at - 2) || (arg[at] && arg[at] != '='))
			return 0;
		val = arg[at] ? arg + at + 1 : NULL;
	} else {
		at = 1 + strspn(arg + 1, "vq");
		if (arg[at] != letter_and_name[0])
			return 0;
		val = arg[at + 1] ? arg + at + 1 : NULL;
	}
	if (!val) {
		if (*i + 1 >= argc)
			return err_set(err, -EINVAL, "option '%s' needs a value", arg);
		val = argv[++*i];
	}
	*ret_val = val;
	return 1;
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

/* What an argument for the recorder means to us; @next follows it, or is NULL. */
static void note_option(struct run_options *o, const char *arg, const char *next)
{
	if (!strcmp(arg, "--compat"))
		o->compat = next;
	else if (!strncmp(arg, "--compat=", strlen("--compat=")))
		o->compat = strchr(arg, '=') + 1;
	if (!strcmp(arg, "--help") || !strcmp(arg, "-h"))
		o->is_help = true;
	else if (!strcmp(arg, "--force"))
		o->is_forced = true;
	else if (!strcmp(arg, "--strict"))
		o->is_strict = true;
	else if (!strcmp(arg, "--dry-run") || !strcmp(arg, "--version") || !strcmp(arg, "-V"))
		o->is_direct = true;
}

/* What follows "--" is the script's. */
int run_parse(struct run_options *o, int argc, char **argv, struct err *err)
{
	bool is_over = false;

	for (int i = 1; i < argc; i++) {
		const char *arg = argv[i];
		int rc = 0;

		is_over = is_over || !strcmp(arg, "--");
		if (!is_over)
			rc = take_option(argc, argv, &i, "ooutput", &o->tape, err);
		if (!is_over && !rc)
			rc = take_option(argc, argv, &i, "fformat", &o->format, err);
		if (rc < 0)
			return rc;
		if (!is_over && !rc)
			note_option(o, arg, i + 1 < argc ? argv[i + 1] : NULL);
		if (!rc)
			o->args[o->arg_cnt++] = (char *)arg;
		else if (arg[1] == 'v' || arg[1] == 'q')
			o->args[o->arg_cnt++] = (char *)(arg[1] == 'v' ? "-v" : "-q");
	}
	return check_options(o, err);
}


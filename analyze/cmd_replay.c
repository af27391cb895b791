/*
 * bpftape replay: a script over a tape.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "analyze/cmd.h"
#include "analyze/engine_args.h"
#include "analyze/recording.h"
#include "lang/source.h"

struct replay_args {
	const char *program, *format, *compat;
	struct engine_args engine;
};

#define O(field) offsetof(struct replay_args, field)
#define E(field) O(engine.field)
#define R(field) E(reader.field)
static const struct opt opts[] = {
	{ NULL, 'e', OPT_STR, O(program), "PROGRAM",
	  "evaluate this instead of the recorded script" },
	{ "format", 'f', OPT_STR, O(format), "text|json", "how to print (text)" },
	ENGINE_RANGE_ROWS,
	{ "compat", 0, OPT_STR, O(compat), "0.17|0.27", "print as this version of bpftrace" },
	ENGINE_READ_ROWS,
	{ "said", 0, OPT_FLAG, E(is_said), NULL, NULL },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};
#undef R
#undef E
#undef O

static const struct opt_spec spec = {
	.usage = "bpftape replay TAPE [SCRIPT.bt | -e PROGRAM] [ARG...]",
	.about =
		"Evaluate the script that made the tape, or another one, over what was recorded. "
		" TAPE may be '-'.",
	.opts = opts,
	.min_operands = 1,
	.max_operands = -1,
	.epilogue =
		"examples:\n"
		"  bpftape replay t.tape\n"
		"  bpftape replay t.tape -e 'tracepoint:syscalls:sys_exit_read { @ = "
		"hist(args.ret); }'\n",
};

/* Where the script comes from; its arguments are the operands that are left. */
static int load_script(const struct replay_args *a, int n, char **operands, struct buf *text,
		       struct script_opts *ret, struct err *err)
{
	int first = a->program || n < 2 ? 1 : 2, rc;

	*ret = (struct script_opts){
		.params = (const char *const *)operands + first,
		.param_cnt = n - first,
	};
	if (a->compat) {
		rc = compat_parse(a->compat, &ret->compat, err);
		if (rc)
			return rc;
		ret->has_compat = true;
	}
	if (a->program) {
		ret->name = "-e";
		ret->text = str_of(a->program);
	} else if (n > 1) {
		rc = source_read(operands[1], text, err);
		if (rc)
			return rc;
		ret->name = operands[1];
		ret->text = (struct str){ text->data ? (const char *)text->data : "", text->len };
	}
	return 0;
}

int cmd_replay(int argc, char **argv)
{
	struct replay_args a = { .format = "text" };
	struct engine_result result = { 0 };
	struct engine_opts o;
	struct err err = { 0 };
	struct buf text;
	int n, rc;

	if (cmd_parse(&spec, argc, argv, &a, &n, &rc))
		return rc;
	if (engine_args_opts(&a.engine, argv[1], &o, &err) ||
	    cmd_find_format(a.format, &o.format, &err)) {
		cmd_fail(&err);
		return EXIT_USAGE;
	}
	buf_init(&text, 0);
	rc = load_script(&a, n, argv + 1, &text, &o.script, &err);
	if (rc) {
		cmd_fail(&err);
		rc = rc == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
	} else {
		rc = engine_run(&o, &result, &err);
		rc = cmd_engine_exit(rc, &result, a.engine.is_strict, &err);
	}
	buf_fini(&text);
	return rc;
}

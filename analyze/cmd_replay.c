/*
 * bpftape replay: a script over a tape.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "analyze/cmd.h"
#include "analyze/engine.h"
#include "analyze/recording.h"
#include "base/io.h"
#include "base/opt.h"

#define SCRIPT_MAX ((size_t)16 << 20)

struct replay_args {
	const char *program, *format, *from, *to, *compat;
	bool is_strict, read_all;
	u64 threads;
};

#define O(field) offsetof(struct replay_args, field)
static const struct opt opts[] = {
	{ NULL, 'e', OPT_STR, O(program), "PROGRAM",
	  "evaluate this instead of the recorded script" },
	{ "format", 'f', OPT_STR, O(format), "text|json", "how to print (text)" },
	{ "from", 0, OPT_STR, O(from), "T", "leave out what is earlier: +2s, -500ms, 12:30:00" },
	{ "to", 0, OPT_STR, O(to), "T", "leave out what is later" },
	{ "compat", 0, OPT_STR, O(compat), "0.17|0.27", "print as this version of bpftrace" },
	{ "strict", 0, OPT_FLAG, O(is_strict), NULL, "exit with 3 if rows are missing or damaged" },
	{ "all", 0, OPT_FLAG, O(read_all), NULL,
	  "of an unfinished tape also what is behind its last checkpoint" },
	{ "threads", 0, OPT_U64, O(threads), "N", "at most so many threads (one a processor)" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};
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
		rc = io_read_file(operands[1], text, err);
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
	struct engine_opts o = { .out_fd = STDOUT_FILENO, .warn = cmd_warn, .show = cmd_show };
	struct engine_result result = { 0 };
	struct err err = { 0 };
	struct buf text;
	int n, rc;

	if (cmd_parse(&spec, argc, argv, &a, &n, &rc))
		return rc;
	o.format = render_find(a.format);
	if (!o.format) {
		err_set(&err, -EINVAL, "-f %s: not text or json", a.format);
		cmd_fail(&err);
		return EXIT_USAGE;
	}
	o.tape = argv[1];
	o.from = a.from;
	o.to = a.to;
	o.read_all = a.read_all;
	o.threads = (u32)a.threads;
	buf_init(&text, SCRIPT_MAX);
	rc = load_script(&a, n, argv + 1, &text, &o.script, &err);
	if (rc) {
		cmd_fail(&err);
		rc = rc == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
	} else {
		rc = engine_run(&o, &result, &err);
		rc = cmd_engine_exit(rc, &result, a.is_strict, &err);
	}
	buf_fini(&text);
	return rc;
}

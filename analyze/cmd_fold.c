/*
 * bpftape fold: stacks and their weights as lines, for flame graph tools and sort.
 */
#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "analyze/cmd.h"
#include "analyze/fold_args.h"

#define O(field) offsetof(struct fold_args, field)
#define E(field) O(engine.field)
#define R(field) E(reader.field)
static const struct opt opts[] = {
	FOLD_OPT_ROWS,
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};
#undef R
#undef E
#undef O

static const struct opt_spec spec = {
	.usage = "bpftape fold TAPE [--by EXPR,...] [--weight EXPR] [--where EXPR]",
	.about = "Print each different stack of a table on one line, its outermost frame first, "
		 "with the number of its rows: \"comm;main;work;do_syscall_64_[k] 12\".  Frames of "
		 "the kernel end in _[k].  In all expressions the columns of the table are names: "
		 "'bpftape info TAPE' lists them.  TAPE may be '-'.",
	.opts = opts,
	.min_operands = 1,
	.max_operands = 1,
	.epilogue = "examples:\n"
		    "  bpftape fold t.tape --by comm | sort -k 2 -t ' ' -n\n"
		    "  bpftape fold t.tape --kernel --where 'pid == 1' --from +2s\n"
		    "  bpftape fold t.tape | flamegraph.pl > t.svg\n",
};

int cmd_fold(int argc, char **argv)
{
	struct fold_args a = { .fold = { 0 } };
	struct engine_result result = { 0 };
	struct stackfold *fold = NULL;
	struct engine_opts o;
	struct err err = { 0 };
	struct sink out;
	int n, rc;

	if (cmd_parse(&spec, argc, argv, &a, &n, &rc))
		return rc;
	if (engine_args_opts(&a.engine, argv[1], &o, &err)) {
		cmd_fail(&err);
		return EXIT_USAGE;
	}
	sink_init(&out, STDOUT_FILENO);
	rc = fold_query_run(&a.fold, &o, &fold, &result, &err);
	if (!rc) {
		stackfold_put_lines(fold, &out);
		rc = sink_finish(&out, &err);
	}
	sink_fini(&out);
	stackfold_free(fold);
	return cmd_engine_exit(rc, &result, a.engine.is_strict, &err);
}

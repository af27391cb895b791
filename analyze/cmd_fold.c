/*
 * bpftape fold: stacks and their weights as lines, for flame graph tools and sort.
 */
#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "analyze/cmd.h"
#include "analyze/fold_query.h"
#include "base/opt.h"

struct fold_args {
	struct fold_opts fold;
	const char *from, *to;
	bool is_strict, read_all;
	u64 threads;
};

#define O(field) offsetof(struct fold_args, field)
static const struct opt opts[] = {
	{ "table", 0, OPT_STR, O(fold.table), "T", "the table; not needed if only one has stacks" },
	{ "kernel", 0, OPT_FLAG, O(fold.kernel), NULL, "only kernel stacks" },
	{ "user", 0, OPT_FLAG, O(fold.user), NULL, "only user stacks" },
	{ "by", 0, OPT_STR, O(fold.by), "EXPR,...", "values of these as first frames: comm,pid" },
	{ "weight", 0, OPT_STR, O(fold.weight), "EXPR", "sum this instead of counting rows" },
	{ "where", 0, OPT_STR, O(fold.where), "EXPR", "only rows where this holds" },
	{ "from", 0, OPT_STR, O(from), "T", "leave out what is earlier: +2s, -500ms, 12:30:00" },
	{ "to", 0, OPT_STR, O(to), "T", "leave out what is later" },
	{ "strict", 0, OPT_FLAG, O(is_strict), NULL, "exit with 3 if rows are missing or damaged" },
	{ "all", 0, OPT_FLAG, O(read_all), NULL,
	  "of an unfinished tape also what is behind its last checkpoint" },
	{ "threads", 0, OPT_U64, O(threads), "N", "at most so many threads (one a processor)" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};
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
	struct fold_args a = { .is_strict = false };
	struct engine_opts o = { .warn = cmd_warn, .show = cmd_show, .out_fd = STDOUT_FILENO };
	struct engine_result result = { 0 };
	struct stackfold *fold = NULL;
	struct err err = { 0 };
	struct sink out;
	int n, rc;

	if (cmd_parse(&spec, argc, argv, &a, &n, &rc))
		return rc;
	o.tape = argv[1];
	o.from = a.from;
	o.to = a.to;
	o.read_all = a.read_all;
	o.threads = (u32)a.threads;
	rc = fold_query_run(&a.fold, &o, &fold, &result, &err);
	if (!rc) {
		sink_init(&out, STDOUT_FILENO);
		stackfold_put_lines(fold, &out);
		rc = sink_finish(&out, &err);
		sink_fini(&out);
	}
	stackfold_free(fold);
	return cmd_engine_exit(rc, &result, a.is_strict, &err);
}

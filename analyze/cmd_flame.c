/*
 * bpftape flame: stacks and their weights as a flame graph.
 *
 * Warnings go to stderr as always, and into the picture: it is looked at when they are gone.
 */
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/cmd.h"
#include "analyze/flame/flame.h"
#include "analyze/fold_args.h"
#include "analyze/out_file.h"

struct flame_args {
	struct fold_args f;
	const char *out, *title, *min_width, *diff;
};

#define O(field) offsetof(struct flame_args, f.field)
#define E(field) O(engine.field)
#define R(field) E(reader.field)
#define P(field) offsetof(struct flame_args, field)
static const struct opt opts[] = {
	{ "output", 'o', OPT_STR, P(out), "FILE.svg", "where to write it; - is stdout" },
	{ "title", 0, OPT_STR, P(title), "TEXT", "instead of the tape's name" },
	{ "min-width", 0, OPT_STR, P(min_width), "PX",
	  "leave out frames narrower than this (0.1)" },
	{ "diff", 0, OPT_STR, P(diff), "TAPE2", NULL },
	FOLD_OPT_ROWS,
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};
#undef R
#undef E
#undef O
#undef P

static const struct opt_spec spec = {
	.usage = "bpftape flame TAPE [--by EXPR,...] [--weight EXPR] [--where EXPR] -o FILE.svg",
	.about = "Draw the stacks of a table as a flame graph: a frame is as wide as the number of "
		 "rows (or the sum of --weight) of all stacks that go through it.  The file is "
		 "complete in itself; a browser shows it, zooms on a click and searches with "
		 "Ctrl-F.  "
		 "In all expressions the columns of the table are names: 'bpftape info TAPE' lists "
		 "them.  TAPE may be '-'.",
	.opts = opts,
	.min_operands = 1,
	.max_operands = 1,
	.epilogue = "examples:\n"
		    "  bpftape flame t.tape -o t.svg\n"
		    "  bpftape flame t.tape --by comm --kernel --from +2s -o kernel.svg\n"
		    "  bpftape flame t.tape --weight 'ret' --where 'ret > 0' -o bytes.svg\n",
};

struct flame {
	const struct flame_args *a;
	struct buf notes; /* lines */
	double min_px;
};

static bool has_suffix(const char *name, const char *suffix)
{
	size_t n = strlen(name), k = strlen(suffix);

	return n > k && !strcmp(name + n - k, suffix);
}

static int check_args(struct flame *f, struct err *err)
{
	const struct flame_args *a = f->a;
	char *end;

	if (a->diff) {
		err_set(err, -EINVAL, "--diff: two tapes cannot be compared in a picture yet");
		err_hint(err, "draw each with 'bpftape flame'");
		return -EINVAL;
	}
	if (!a->out) {
		err_set(err, -EINVAL, "no file to write to");
		err_hint(err, "-o FILE.svg");
		return -EINVAL;
	}
	if (has_suffix(a->out, ".html")) {
		err_set(err, -EINVAL, "-o %s: there is no HTML yet", a->out);
		err_hint(err, "a browser shows FILE.svg as well");
		return -EINVAL;
	}
	if (strcmp(a->out, "-") != 0 && !has_suffix(a->out, ".svg"))
		return err_set(err, -EINVAL, "-o %s: not FILE.svg or -", a->out);
	if (!a->min_width)
		return 0;
	f->min_px = strtod(a->min_width, &end);
	if (end == a->min_width || *end || !(f->min_px > 0 && f->min_px <= FLAME_WIDTH))
		return err_set(err, -EINVAL, "--min-width %s: not a number of pixels above 0",
			       a->min_width);
	return 0;
}

static void warn(void *ctx, const char *text)
{
	struct flame *f = ctx;

	cmd_warn(NULL, text);
	buf_puts(&f->notes, text);
	buf_putc(&f->notes, '\n');
}

/* What was asked for, in words; @tape: NULL where the title says it. */
static void put_question(const struct fold_args *a, const char *tape, struct buf *out)
{
	const struct {
		const char *what, *text;
	} parts[] = {
		{ "table", a->fold.table },   { "by", a->fold.by },
		{ "weight", a->fold.weight }, { "where", a->fold.where },
		{ "from", a->engine.from },   { "to", a->engine.to },
	};

	buf_puts(out, a->fold.kernel == a->fold.user ? "Kernel and user stacks" :
		      a->fold.kernel		     ? "Kernel stacks" :
						       "User stacks");
	if (tape)
		buf_printf(out, " of %s", tape);
	for (size_t i = 0; i < countof(parts); i++) {
		if (parts[i].text)
			buf_printf(out, ", %s %s", parts[i].what, parts[i].text);
	}
}

static struct str str_in(const struct buf *b)
{
	return (struct str){ b->len ? (const char *)b->data : "", b->len };
}

static int put_svg(const struct flame *f, const char *tape, const struct stackfold *fold, int fd,
		   struct err *err)
{
	const char *slash = strrchr(tape, '/'), *base = slash ? slash + 1 : tape;
	struct flame_opts o = { .min_px = f->min_px };
	const struct fold_node *nodes;
	struct buf question;
	struct sink out;
	u32 n;
	int rc;

	buf_init(&question, 1 << 16);
	put_question(&f->a->f, f->a->title ? base : NULL, &question);
	o.title = str_of(f->a->title ? f->a->title : base);
	o.subtitle = str_in(&question);
	o.unit = f->a->f.fold.weight ? STR("") : STR("samples");
	o.notes = str_in(&f->notes);
	nodes = stackfold_nodes(fold, &n);
	sink_init(&out, fd);
	rc = flame_put_svg(nodes, n, &o, &out, err);
	rc = rc ? rc : sink_finish(&out, err);
	sink_fini(&out);
	buf_fini(&question);
	return rc;
}

/* A graph of nothing is no answer: its file would only hide that. */
static int check_tree(const struct stackfold *fold, struct err *err)
{
	const struct fold_node *nodes;
	u32 n;

	nodes = stackfold_nodes(fold, &n);
	for (u32 i = 0; i < n; i++) {
		if (nodes[i].self > 0)
			return 0;
	}
	return err_set(err, -ENODATA,
		       n > 1 ? "no stack has a weight above 0" : "no row has a stack");
}

static int run(struct flame *f, const char *tape)
{
	const struct fold_args *a = &f->a->f;
	struct out_opts file = { .name = f->a->out, .replaces = true };
	struct engine_opts o;
	struct engine_result result = { 0 };
	struct stackfold *fold = NULL;
	struct out_file out;
	struct err err = { 0 };
	int rc = check_args(f, &err), closed;

	rc = rc ? rc : engine_args_opts(&a->engine, tape, &o, &err);
	if (rc) {
		cmd_fail(&err);
		return EXIT_USAGE;
	}

	o.warn = warn;
	o.ctx = f;
	rc = out_file_open(&file, &out, &err);
	if (rc)
		return cmd_fail(&err);
	rc = fold_query_run(&a->fold, &o, &fold, &result, &err);
	rc = rc ? rc : check_tree(fold, &err);
	rc = rc ? rc : put_svg(f, tape, fold, out.fd, &err);
	closed = out_file_close(&out, !rc, &err);
	rc = rc ? rc : closed;
	stackfold_free(fold);
	return cmd_engine_exit(rc, &result, a->engine.is_strict, &err);
}

int cmd_flame(int argc, char **argv)
{
	struct flame_args a = { .out = NULL };
	struct flame f = { .a = &a };
	int n, rc;

	if (cmd_parse(&spec, argc, argv, &a, &n, &rc))
		return rc;
	buf_init(&f.notes, 1 << 14);
	rc = run(&f, argv[1]);
	buf_fini(&f.notes);
	return rc;
}

/*
 * bpftape hist: the histogram of an expression over the rows of one table.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyze/cmd.h"
#include "analyze/engine_args.h"
#include "analyze/quantile_table.h"

struct hist_args {
	const char *table, *by, *where, *linear, *log2, *quantiles, *format;
	struct engine_args engine;
};

#define O(field) offsetof(struct hist_args, field)
#define E(field) O(engine.field)
#define R(field) E(reader.field)
static const struct opt opts[] = {
	{ "table", 0, OPT_STR, O(table), "T", "the table; not needed if only one has the columns" },
	{ "by", 0, OPT_STR, O(by), "EXPR,...", "a histogram for each value of these" },
	{ "where", 0, OPT_STR, O(where), "EXPR", "only rows where this holds" },
	{ "linear", 0, OPT_STR, O(linear), "MIN,MAX,STEP", "buckets of equal width, as lhist()" },
	{ "log2", 0, OPT_STR, O(log2), "[K]", "2^K buckets a power of two, as hist() (0)" },
	{ "quantiles", 0, OPT_STR, O(quantiles), "Q,...",
	  "also count, min, average, max and these, exactly: 0.5,0.99" },
	ENGINE_RANGE_ROWS,
	{ "format", 'f', OPT_STR, O(format), "text|json", "how to print (text)" },
	ENGINE_READ_ROWS,
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};
#undef R
#undef E
#undef O

static const struct opt_spec spec = {
	.usage = "bpftape hist TAPE EXPR [--by EXPR,...] [--where EXPR]",
	.about =
		"Print a histogram of EXPR over the rows of one table of a tape, as a script with "
		"@[BY] = hist(EXPR) would.  In all expressions the columns of the table are names: "
		"'bpftape info TAPE' lists them.  A condition that no row meets is no error: it is "
		"told, and the exit code is 0.  TAPE may be '-'.",
	.opts = opts,
	.min_operands = 2,
	.max_operands = 2,
	.epilogue =
		"examples:\n"
		"  bpftape hist t.tape ret --where 'ret > 0' --by comm\n"
		"  bpftape hist t.tape '(nsecs - start) / 1000' --quantiles 0.5,0.99,0.999\n"
		"  bpftape hist t.tape ret --table sys_exit_read --linear 0,4096,256 --to +10s\n",
};

/* "--log2" may stand without its K: the K is given to it. */
static char **expand_log2(int argc, char **argv, char *text)
{
	char **all = calloc((size_t)argc + 1, sizeof(*all));
	int n = 0;

	for (int i = 0; all && i < argc; i++) {
		const char *k = i + 1 < argc ? argv[i + 1] : "";

		all[n++] = argv[i];
		if (!strcmp(argv[i], "--")) {
			while (++i < argc)
				all[n++] = argv[i];
		} else if (!strcmp(argv[i], "--log2") && *k && !k[strspn(k, "0123456789")]) {
			snprintf(text, 32, "--log2=%.20s", k);
			all[n - 1] = text;
			i++;
		} else if (!strcmp(argv[i], "--log2")) {
			all[n - 1] = (char *)"--log2=0";
		}
	}
	return all;
}

static bool is_number_list(const char *text, u32 cnt)
{
	while (cnt--) {
		size_t n;

		text += *text == '-';
		n = strspn(text, "0123456789");
		if (!n || text[n] != (cnt ? ',' : '\0'))
			return false;
		text += n + 1;
	}
	return true;
}

static int fill_query(const struct hist_args *a, const char *expr, struct query *q, struct err *err)
{
	if (a->linear && a->log2)
		return err_set(err, -EINVAL, "--linear and --log2 exclude each other");
	if (a->linear && !is_number_list(a->linear, 3))
		return err_set(err, -EINVAL, "--linear %s: not three numbers MIN,MAX,STEP",
			       a->linear);
	if (a->log2 && !is_number_list(a->log2, 1))
		return err_set(err, -EINVAL, "--log2 %s: not a number", a->log2);
	*q = (struct query){
		.table = a->table,
		.where = { "--where", a->where },
		.by = { "--by", a->by },
		.vals = { { "EXPR", expr } },
		.val_cnt = 1,
		.agg = a->linear ? "lhist" : "hist",
		.agg_args = { a->linear ? "--linear" : "--log2", a->linear ? a->linear : a->log2 },
		.out = QUERY_PRINT,
	};
	return 0;
}

static int run(const struct hist_args *a, const char *tape, const char *expr)
{
	struct engine_opts o;
	struct engine_result result = { 0 };
	struct err err = { 0 };
	struct quantile quantiles[QUANTILES_MAX];
	struct query q;
	struct quantile_table_opts table = { .query = &q, .q = quantiles };
	int rc;

	rc = engine_args_opts(&a->engine, tape, &o, &err);
	rc = rc ? rc : cmd_find_format(a->format, &o.format, &err);
	if (!rc)
		rc = fill_query(a, expr, &q, &err);
	if (!rc && a->quantiles) {
		rc = quantile_parse_list(a->quantiles, quantiles, &table.q_cnt, &err);
		if (rc)
			err_wrap(&err, rc, "--quantiles");
	}
	if (rc) {
		cmd_fail(&err);
		return EXIT_USAGE;
	}
	if (table.q_cnt)
		rc = quantile_table_run(&table, &o, &result, &err);
	else
		rc = query_run(&q, &o, &result, &err);
	return cmd_engine_exit(rc, &result, a->engine.is_strict, &err);
}

int cmd_hist(int argc, char **argv)
{
	struct hist_args a = { .format = "text" };
	char text[32], **all = expand_log2(argc, argv, text);
	int n, rc;

	if (!all)
		return EXIT_FAILED;
	for (argc = 0; all[argc]; argc++)
		;
	if (!cmd_parse(&spec, argc, all, &a, &n, &rc))
		rc = run(&a, all[1], all[2]);
	free(all);
	return rc;
}

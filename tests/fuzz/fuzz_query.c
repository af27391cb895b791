/*
 * tests/fuzz/fuzz_query.c -- any lines as EXPR, --by, --where and --weight of a query over a fixed
 * tape: it is answered, or refused with something to show; nothing else.
 *
 * The first byte chooses: 'j' compiles and runs, others stop before machine code is made, which is
 * a hundred times faster.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/jit/jit.h"
#include "analyze/quantile_table.h"
#include "tests/support/tape_builder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz);

#define LINES 4

static bool has_shown;

static void take_text(void *ctx, const char *text)
{
	(void)ctx;
	has_shown = has_shown || *text;
}

static const char *make_tape(void)
{
	struct tape_builder *b = tape_builder_new(
		"tracepoint:syscalls:sys_enter_read { @start[tid] = nsecs; }\n"
		"tracepoint:syscalls:sys_exit_read /@start[tid]/ "
		"{ emit(args.ret, comm, nsecs - @start[tid]); delete(@start, tid); }\n"
		"tracepoint:syscalls:sys_enter_openat { emit(args); }\n",
		COMPAT_27);

	for (u32 i = 0; i < 20; i++) {
		struct tape_cell read[] = { { .col = "ret", .num = (s64)i * 100 - 3 },
					    { .col = "comm", .str = i % 2 ? "cat" : "dd" } };
		struct tape_cell open[] = { { .col = "filename_str", .str = "/etc/passwd" },
					    { .col = "dfd", .num = -100 } };

		tape_builder_row(b, "sys_exit_read", i, 0, i % 3, read, 2);
		tape_builder_row(b, "sys_enter_openat", i, 0, i % 3, open, 2);
	}
	return tape_builder_finish(b, 1000);
}

static int compile_nothing(const struct plan *plan, struct jit **ret, struct err *err)
{
	(void)plan;
	(void)err;
	*ret = NULL;
	return 0;
}

static rt_clause_fn no_clause(const struct jit *j, u32 table)
{
	(void)j;
	(void)table;
	return NULL;
}

static void free_nothing(struct jit *j)
{
	(void)j;
}

static void run(const char *tape, const struct query *q, bool has_quantiles)
{
	struct engine_opts o = { .tape = tape,
				 .format = &render_text,
				 .out_fd = -1,
				 .threads = 1,
				 .warn = take_text,
				 .show = take_text };
	struct quantile quantiles[2];
	struct quantile_table_opts t = { .query = q, .q = quantiles };
	struct engine_result result;
	struct err err = { 0 };
	int rc;

	has_shown = false;
	assert(!quantile_parse_list("0.5,1", quantiles, &t.q_cnt, NULL));
	rc = has_quantiles ? quantile_table_run(&t, &o, &result, &err) :
			     query_run(q, &o, &result, &err);
	assert(!rc || has_shown || err.msg[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz)
{
	static const char *tape;
	struct query q = { .val_cnt = 1, .agg = "hist", .out = QUERY_PRINT };
	struct query_expr *exprs[LINES] = { &q.vals[0], &q.by, &q.where, &q.agg_args };
	char *text, *line;

	if (!tape)
		tape = make_tape();
	if (sz < 2)
		return 0;
	text = strndup((const char *)data + 1, sz - 1);
	assert(text);
	line = text;
	for (u32 i = 0; i < LINES && line; i++) {
		char *end = strchr(line, '\n');

		if (end)
			*end++ = '\0';
		if (*line || !i)
			*exprs[i] = (struct query_expr){ "line", line };
		line = end;
	}
	if (data[0] == 'j')
		script_run_set_compiler(jit_compile, jit_clause, jit_free);
	else
		script_run_set_compiler(compile_nothing, no_clause, free_nothing);
	run(tape, &q, sz % 2);
	free(text);
	return 0;
}

/*
 * tests/analyze/test_query.c -- expressions over one table: names, tables, rows, groups, errors.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "analyze/format_value.h"
#include "analyze/jit/jit.h"
#include "analyze/quantile_table.h"
#include "base/io.h"
#include "tests/support/stack_builder.h"
#include "tests/support/tape_builder.h"

#define MS 1000000ull

struct answer {
	struct buf out, notes;
	struct engine_result result;
	struct err err;
	int rc;
};

static void note(void *ctx, const char *text)
{
	struct answer *a = ctx;

	buf_printf(&a->notes, "%s\n", text);
}

/* @q NULL: @script; @table: its quantiles too. */
static void run(struct answer *a, const char *tape, const char *script, const struct query *q,
		const struct quantile_table_opts *table)
{
	char path[] = "/tmp/test_query_XXXXXX";
	struct engine_opts o = { .tape = tape,
				 .format = &render_text,
				 .out_fd = mkstemp(path),
				 .warn = note,
				 .show = note,
				 .ctx = a };

	assert_true(o.out_fd >= 0);
	memset(a, 0, sizeof(*a));
	buf_init(&a->out, 1 << 20);
	buf_init(&a->notes, 1 << 16);
	o.script = (struct script_opts){ .name = "-e", .text = str_of(script ? script : "") };
	if (table)
		a->rc = quantile_table_run(table, &o, &a->result, &a->err);
	else if (q)
		a->rc = query_run(q, &o, &a->result, &a->err);
	else
		a->rc = engine_run(&o, &a->result, &a->err);
	close(o.out_fd);
	assert_int_equal(io_read_file(path, &a->out, NULL), 0);
	unlink(path);
}

static void fini(struct answer *a)
{
	buf_fini(&a->out);
	buf_fini(&a->notes);
}

static struct query hist(const char *expr, const char *by, const char *where)
{
	return (struct query){ .where = { "--where", where },
			       .by = { "--by", by },
			       .vals = { { "EXPR", expr } },
			       .val_cnt = 1,
			       .agg = "hist",
			       .out = QUERY_PRINT };
}

/* ---- tapes ---- */

static const char latency[] =
	"tracepoint:syscalls:sys_enter_read { @start[tid] = nsecs; }\n"
	"tracepoint:syscalls:sys_exit_read /@start[tid]/ "
	"{ emit(args.ret, comm, nsecs - @start[tid]); delete(@start, tid); }\n";

/* 3 threads, 200 reads. */
static const char *make_latency(struct tape_builder *b)
{
	for (u32 i = 0; i < 200; i++) {
		struct tape_cell cells[] = {
			{ .col = "ret", .num = (s64)(i % 7) * i - 11 },
			{ .col = "start", .num = (s64)(TAPE_BUILDER_START + i * 1000 - i * i) },
			{ .col = "comm", .str = i % 3 ? "cat" : "dd" },
		};

		tape_builder_row(b, "sys_exit_read", i * 1000, i % 2, 100 + i % 3, cells, 3);
		if (i % 50 == 49)
			tape_builder_flush(b);
	}
	return tape_builder_finish(b, MS);
}

/* sys_enter_read (count, fd, buf), sys_exit_read (ret), sys_enter_openat */
static const char wide[] = "tracepoint:syscalls:sys_enter_read { emit(args); }\n"
			   "tracepoint:syscalls:sys_exit_read { emit(args); }\n"
			   "tracepoint:syscalls:sys_enter_openat { emit(args); }\n";

static const char *make_wide(struct tape_builder *b)
{
	struct tape_cell cell = { .col = "ret", .num = -1 };

	tape_builder_row(b, "sys_exit_read", 10, 0, 1, &cell, 1);
	cell = (struct tape_cell){ .col = "count", .num = 4096 };
	tape_builder_row(b, "sys_enter_read", 5, 0, 1, &cell, 1);
	cell = (struct tape_cell){ .col = "filename_str", .str = "/etc/passwd" };
	tape_builder_row(b, "sys_enter_openat", 1, 0, 1, &cell, 1);
	return tape_builder_finish(b, MS);
}

/* ---- hist is the script's hist() ---- */

static void a_query_prints_what_the_script_prints(void **state UNUSED)
{
	static const struct {
		const char *expr, *by, *where, *script;
	} rows[] = {
		{ "ret", NULL, NULL, "{ @ = hist(args.ret); }" },
		{ "args.ret", NULL, NULL, "{ @ = hist(args.ret); }" },
		{ "ret", "comm", NULL, "{ @[comm] = hist(args.ret); }" },
		{ "ret", "comm, tid", "ret > 10",
		  "/args.ret > 10/ { @[comm, tid] = hist(args.ret); }" },
		{ "ret / 10 - 3", "(comm, cpu), tid % 2", "comm == \"cat\" && (ret & 1)",
		  "/comm == \"cat\" && (args.ret & 1)/ "
		  "{ @[(comm, cpu), tid % 2] = hist(args.ret / 10 - 3); }" },
		{ "(uint64)ret", "ret < 0 ? \"bad\" : \"good\"", NULL,
		  "{ @[args.ret < 0 ? \"bad\" : \"good\"] = hist((uint64)args.ret); }" },
		{ "1 // one", "ret /* twice\n */ * 2 // it", NULL,
		  "{ @[args.ret * 2] = hist(1); }" },
		{ "cpu", "probe", "comm", "/comm/ { @[probe] = hist(cpu); }" },
	};
	struct tape_builder *b = tape_builder_new(latency, COMPAT_27);
	const char *tape = make_latency(b);

	for (size_t i = 0; i < countof(rows); i++) {
		struct query q = hist(rows[i].expr, rows[i].by, rows[i].where);
		struct answer script, query;
		char text[512];

		snprintf(text, sizeof(text), "tracepoint:syscalls:sys_exit_read %s",
			 rows[i].script);
		run(&script, tape, text, NULL, NULL);
		run(&query, tape, NULL, &q, NULL);
		assert_string_equal(query.err.msg, "");
		assert_int_equal(query.rc, 0);
		assert_true(script.out.len > 20);
		assert_string_equal(buf_cstr(&query.out), buf_cstr(&script.out));
		assert_string_equal(buf_cstr(&query.notes), buf_cstr(&script.notes));
		fini(&script);
		fini(&query);
	}
	tape_builder_free(b);
}

static void names_of_columns_stand_for_their_leaves(void **state UNUSED)
{
	struct tape_builder *b = tape_builder_new(latency, COMPAT_27);
	const char *tape = make_latency(b);
	static const char *const same[] = { "nsecs - start", "ts - start", "nsecs - @start[tid]",
					    "(ts-@start[ tid ])" };
	struct answer first, a;
	struct query q = hist(same[0], "comm", NULL);

	run(&first, tape, NULL, &q, NULL);
	assert_int_equal(first.rc, 0);
	assert_non_null(strstr(buf_cstr(&first.out), "@[cat]:"));
	for (size_t i = 1; i < countof(same); i++) {
		q = hist(same[i], "comm", NULL);
		run(&a, tape, NULL, &q, NULL);
		assert_int_equal(a.rc, 0);
		assert_string_equal(buf_cstr(&a.out), buf_cstr(&first.out));
		fini(&a);
	}
	fini(&first);
	tape_builder_free(b);
}

static void the_table_is_the_one_that_has_the_columns(void **state UNUSED)
{
	struct tape_builder *b = tape_builder_new(wide, COMPAT_27);
	const char *tape = make_wide(b);
	static const struct {
		const char *expr, *by, *key;
	} rows[] = {
		{ "ret", "probe", "@[tracepoint:syscalls:sys_exit_read]:" },
		{ "count", "probe", "@[tracepoint:syscalls:sys_enter_read]:" },
		{ "dfd", "filename_str", "@[/etc/passwd]:" },
		{ "dfd", "str(args.filename)", "@[/etc/passwd]:" },
		{ "dfd", "str(filename)", "@[/etc/passwd]:" },
	};

	for (size_t i = 0; i < countof(rows); i++) {
		struct query q = hist(rows[i].expr, rows[i].by, NULL);
		struct answer a;

		run(&a, tape, NULL, &q, NULL);
		assert_string_equal(buf_cstr(&a.notes), "");
		assert_string_equal(a.err.msg, "");
		assert_int_equal(a.rc, 0);
		assert_non_null(strstr(buf_cstr(&a.out), rows[i].key));
		fini(&a);
	}
	tape_builder_free(b);
}

/* ---- errors ---- */

struct bad {
	const char *expr, *by, *where, *table;
	const char *says; /* in the diagnostics or the story */
};

static void expect_bad(const char *tape, const struct bad *bad)
{
	struct query q = hist(bad->expr, bad->by, bad->where);
	struct answer a;

	q.table = bad->table;
	run(&a, tape, NULL, &q, NULL);
	assert_int_not_equal(a.rc, 0);
	if (!strstr(a.err.msg, bad->says) && !strstr(a.err.hint, bad->says) &&
	    !strstr(buf_cstr(&a.notes), bad->says))
		fail_msg("\"%s\" is not in \"%s\" nor in \"%s\"", bad->says, buf_cstr(&a.notes),
			 a.err.msg);
	assert_string_equal(buf_cstr(&a.out), "");
	fini(&a);
}

static void an_error_names_the_option_and_what_there_is(void **state UNUSED)
{
	static const struct bad rows[] = {
		{ "rett", NULL, NULL, NULL, "EXPR:1:1: error: sys_exit_read has no column rett" },
		{ "rett", NULL, NULL, NULL, "did you mean ret?" },
		{ "rett", NULL, NULL, NULL, "sys_enter_read, sys_exit_read, sys_enter_openat" },
		{ "ret", "no, pid", NULL, "sys_exit_read",
		  "--by:1:1: error: sys_exit_read has no column no" },
		{ "ret", NULL, "cuont == 1", NULL, "--where:1:1: error: " },
		{ "pid", NULL, NULL, NULL, "3 tables can answer: sys_enter_read, sys_exit_read" },
		{ "pid", NULL, NULL, NULL, "--table" },
		{ "pid", NULL, NULL, "sys_exit_reed", "the tape has no such table with rows" },
		{ "pid", NULL, NULL, "sys_exit_reed", "sys_enter_read, sys_exit_read" },
		{ "ret", NULL, NULL, "sys_enter_read", "its columns: ts, cpu, pid, tid, " },
		{ "ret", NULL, NULL, "sys_enter_read",
		  "tracepoint:syscalls:sys_enter_read { emit(args, ...); }" },
		{ "ret + count", NULL, NULL, NULL, "has no column" },
		{ "filename_str", NULL, NULL, NULL, "must be a number, not string" },
		{ "\"x\"", NULL, NULL, "sys_exit_read", "must be a number" },
		{ "ret", "filename", "comm2", "sys_exit_read", "--by:1:1" },
		{ "ret +", NULL, NULL, NULL, "EXPR:1:6: error: expected a value" },
		{ "", NULL, NULL, NULL, "EXPR:1:1: error: expected a value" },
		{ "ret, 1", NULL, NULL, NULL, "expected the end of the expression" },
		{ "ret); exit(", NULL, NULL, NULL, "expected the end of the expression" },
		{ "ret /* x", NULL, NULL, NULL, "EXPR:1:5: error: this comment has no end" },
		{ "ret", "pid,", NULL, NULL, "--by:1:5" },
		{ "ret", NULL, "pid, tid", NULL, "--where:1:4" },
		{ "$x", NULL, NULL, NULL, "cannot have a $variable" },
		{ "$1", NULL, NULL, NULL, "cannot have a parameter" },
		{ "@x++", NULL, NULL, NULL, "cannot have ++" },
		{ "@x", NULL, NULL, NULL, "has no column @x" },
		{ "delete(@, 1)", NULL, NULL, NULL, "error" },
		{ "exit()", NULL, NULL, "sys_exit_read", "gives no value" },
		{ "count()", NULL, NULL, "sys_exit_read", "error" },
		{ "*buf", NULL, NULL, NULL, "error" },
		{ "count", NULL, NULL, "sys_exit_read", "has no column count" },
	};
	struct tape_builder *b = tape_builder_new(wide, COMPAT_27);
	const char *tape = make_wide(b);

	for (size_t i = 0; i < countof(rows); i++)
		expect_bad(tape, &rows[i]);
	tape_builder_free(b);
}

static void a_leaf_that_was_not_captured_comes_with_its_emit(void **state UNUSED)
{
	static const struct bad rows[] = {
		{ "count", NULL, NULL, NULL, "the tape has no `args.count`" },
		{ "count", NULL, NULL, NULL,
		  "record with `tracepoint:syscalls:sys_enter_read { emit(args.count); }`" },
		{ "count * 2", "fd", NULL, NULL, "captured there: args.fd" },
		{ "args.count", NULL, NULL, NULL, "emit(args.count)" },
		{ "args.none", NULL, NULL, NULL, "has no field none" },
	};
	struct tape_builder *b =
		tape_builder_new("tracepoint:syscalls:sys_enter_read { emit(args.fd); }\n"
				 "tracepoint:syscalls:sys_exit_read { emit(args.ret); }\n",
				 COMPAT_27);
	struct tape_cell cell = { .col = "fd", .num = 3 };
	const char *tape;

	tape_builder_row(b, "sys_enter_read", 5, 0, 1, &cell, 1);
	tape = tape_builder_finish(b, MS);
	for (size_t i = 0; i < countof(rows); i++)
		expect_bad(tape, &rows[i]);
	tape_builder_free(b);
}

static void a_range_without_rows_is_an_error_or_told(void **state UNUSED)
{
	static const struct {
		const char *from, *to;
		int rc;
		const char *says;
	} rows[] = {
		{ "+2us", "+1us", -EINVAL, "--from +2us is later than --to +1us" },
		{ "+10s", NULL, -EINVAL, "--from +10s: the range is empty, the tape is 1" },
		{ "+300us", "+400us", 0, "the table has no rows in this range" },
		{ "+10us", "+20us", 0, "" },
	};
	struct tape_builder *b = tape_builder_new(latency, COMPAT_27);
	const char *tape = make_latency(b);
	struct query q = hist("ret", NULL, NULL);

	for (size_t i = 0; i < countof(rows); i++) {
		struct answer a = { 0 };
		struct engine_opts o = { .tape = tape,
					 .format = &render_text,
					 .out_fd = -1,
					 .from = rows[i].from,
					 .to = rows[i].to,
					 .warn = note,
					 .show = note,
					 .ctx = &a };

		buf_init(&a.notes, 1 << 16);
		a.rc = query_run(&q, &o, &a.result, &a.err);
		assert_int_equal(a.rc, rows[i].rc);
		assert_non_null(strstr(a.rc ? a.err.msg : buf_cstr(&a.notes), rows[i].says));
		fini(&a);
	}
	tape_builder_free(b);
}

static void a_condition_that_no_row_meets_is_told(void **state UNUSED)
{
	struct tape_builder *b = tape_builder_new(latency, COMPAT_27);
	const char *tape = make_latency(b);
	struct query q = hist("ret", NULL, "ret == 12345");
	struct answer a;

	run(&a, tape, NULL, &q, NULL);
	assert_int_equal(a.rc, 0);
	assert_int_equal(a.result.matched, 0);
	assert_non_null(strstr(buf_cstr(&a.notes), "no row meets the condition of --where\n"));
	fini(&a);
	tape_builder_free(b);
}

/* ---- rows and groups ---- */

struct taken {
	const struct type *by;
	struct value_fmt fmt;
	u64 rows, threads;
	s64 sum;
	struct buf groups;
	int fail_at;
};

static int take_types(void *ctx, const struct query_types *t, struct err *err UNUSED)
{
	struct taken *k = ctx;

	assert_string_equal(t->table, "sys_exit_read");
	assert_non_null(t->state);
	k->by = t->by;
	assert_int_equal(t->by->kind, t->vals[1] ? TYPE_TUPLE : TYPE_STR);
	assert_int_equal(t->by->elem_cnt, t->vals[1] ? 2 : 0);
	assert_int_equal(t->vals[0]->kind, t->vals[1] ? TYPE_INT : TYPE_BOOL);
	assert_int_equal(t->vals[0]->is_signed, !!t->vals[1]);
	k->fmt = *t->fmt;
	return 0;
}

static void *open_thread(void *ctx, struct err *err UNUSED)
{
	struct taken *own = calloc(1, sizeof(*own));

	own->fail_at = ((struct taken *)ctx)->fail_at;
	return own;
}

static int take_row(void *thread, const s64 *vals, struct str key, struct err *err)
{
	struct taken *t = thread;

	assert_int_equal(key.len, 4 + (vals[1] % 3 ? 3 : 2) + 8); /* comm, tid */
	t->rows++;
	t->sum += vals[0];
	if (t->fail_at && t->rows == (u64)t->fail_at)
		return err_set(err, -EFBIG, "enough");
	return 0;
}

static int close_thread(void *ctx, void *thread, struct err *err UNUSED)
{
	struct taken *t = ctx, *own = thread;

	t->rows += own->rows;
	t->sum += own->sum;
	t->threads++;
	free(own);
	return 0;
}

static int take_group(void *ctx, const s64 *vals, struct str key, s64 sum, struct err *err UNUSED)
{
	struct taken *t = ctx;
	struct cursor c = cursor_over(key.s, key.len);

	format_key(&t->fmt, t->by, &c, false, &t->groups);
	buf_printf(&t->groups, " %lld=%lld\n", (long long)vals[0], (long long)sum);
	return 0;
}

static void rows_come_with_values_first_and_a_packed_key(void **state UNUSED)
{
	struct tape_builder *b = tape_builder_new(latency, COMPAT_27);
	const char *tape = make_latency(b);
	struct taken t = { 0 };
	const struct query_sink sink = { &t,	       take_types, open_thread, take_row,
					 close_thread, NULL,	   NULL };
	struct query q = { .by = { "--by", "comm, tid" },
			   .val_cnt = 2,
			   .out = QUERY_ROWS,
			   .vals = { { "a", "ret" }, { "b", "(nsecs - 1000000000) / 1000" } },
			   .sink = &sink };
	struct answer a;
	s64 sum = 0;

	for (s64 i = 0; i < 200; i++)
		sum += i % 7 * i - 11;
	run(&a, tape, NULL, &q, NULL);
	assert_string_equal(a.err.msg, "");
	assert_int_equal(a.rc, 0);
	assert_int_equal(t.rows, 200);
	assert_int_equal(a.result.matched, 200);
	assert_true(t.sum == sum && t.threads >= 1);
	fini(&a);
	/* what a sink refuses ends the run, and every thread is closed */
	t = (struct taken){ .fail_at = 10 };
	run(&a, tape, NULL, &q, NULL);
	assert_int_equal(a.rc, -EFBIG);
	assert_string_equal(a.err.msg, "enough");
	assert_true(t.rows >= 10 && t.threads >= 1);
	fini(&a);
	/* a value must be a word */
	q.vals[0].text = "comm";
	run(&a, tape, NULL, &q, NULL);
	assert_int_equal(a.rc, -EINVAL);
	assert_non_null(strstr(buf_cstr(&a.notes), "a:1:1: error: this must be a number"));
	fini(&a);
	tape_builder_free(b);
}

static void groups_come_with_the_sum_of_their_weights(void **state UNUSED)
{
	struct tape_builder *b = tape_builder_new(latency, COMPAT_27);
	const char *tape = make_latency(b);
	struct taken t = { 0 };
	const struct query_sink sink = { &t, take_types, NULL, NULL, NULL, take_group, NULL };
	struct query q = { .by = { "--by", "comm" },
			   .val_cnt = 1,
			   .out = QUERY_GROUPS,
			   .vals = { { "a", "ret < 0" } },
			   .where = { "--where", "ret < 0" },
			   .weight = { "--weight", "-ret" },
			   .sink = &sink };
	struct answer a;
	s64 dd = 0;

	for (s64 i = 0; i < 200; i += 3)
		dd += i % 7 * i - 11 < 0 ? 11 - i % 7 * i : 0;
	buf_init(&t.groups, 4096);
	run(&a, tape, NULL, &q, NULL);
	assert_string_equal(a.err.msg, "");
	assert_int_equal(a.rc, 0);
	assert_int_equal(a.result.matched, 2);
	assert_string_equal(buf_cstr(&a.out), "");
	assert_non_null(strstr(buf_cstr(&t.groups), "cat 1="));
	{
		char want[64];

		snprintf(want, sizeof(want), "dd 1=%lld\n", (long long)dd);
		assert_non_null(strstr(buf_cstr(&t.groups), want));
	}
	fini(&a);
	buf_fini(&t.groups);
	tape_builder_free(b);
}

/* ---- quantiles ---- */

static void quantiles_follow_the_histograms(void **state UNUSED)
{
	struct tape_builder *b = tape_builder_new(latency, COMPAT_27);
	const char *tape = make_latency(b), *table;
	struct query q = hist("tid", "comm", "nsecs - 1000000000 < 10000");
	struct quantile quantiles[3];
	struct quantile_table_opts o = { .query = &q, .q = quantiles };
	struct answer plain, few, many;

	assert_int_equal(quantile_parse_list("0.5,0.995,1", quantiles, &o.q_cnt, NULL), 0);
	run(&plain, tape, NULL, &q, NULL);
	run(&few, tape, NULL, NULL, &o);
	o.values_max = 1;
	run(&many, tape, NULL, NULL, &o);
	assert_int_equal(few.rc, 0);
	assert_int_equal(few.result.matched, 10);
	assert_memory_equal(buf_cstr(&few.out), buf_cstr(&plain.out), plain.out.len);
	table = buf_cstr(&few.out) + plain.out.len;
	assert_string_equal(table, "        count  min  avg  max  p50  p99.5  p100\n"
				   "@[dd]       4  100  100  100  100    100   100\n"
				   "@[cat]      6  101  101  102  101    102   102\n");
	assert_string_equal(buf_cstr(&many.out), buf_cstr(&few.out));
	assert_string_equal(buf_cstr(&many.notes), buf_cstr(&few.notes));
	fini(&plain);
	fini(&few);
	fini(&many);
	tape_builder_free(b);
}

static void a_stack_is_one_cell_of_the_table_of_quantiles(void **state UNUSED)
{
	struct tape_builder *b = tape_builder_new(
		"tracepoint:syscalls:sys_enter_read { emit(kstack, args.count); }", COMPAT_27);
	struct stack_builder *s = stack_builder_new(tape_builder_writer(b), TAPE_BUILDER_START);
	struct tape_cell cells[] = { { .col = "count", .num = 5 }, { .col = "kstack" } };
	struct query q = hist("count", "kstack", NULL);
	struct quantile quantile;
	struct quantile_table_opts o = { .query = &q, .q = &quantile };
	struct answer a;

	assert_int_equal(quantile_parse_list("0.5", &quantile, &o.q_cnt, NULL), 0);
	cells[1].num = stack_builder_add(s, TAPE_STACK_KERNEL, "vfs_read+1;entry+2", false);
	tape_builder_row(b, "sys_enter_read", 1, 0, 1, cells, 2);
	run(&a, tape_builder_finish(b, MS), NULL, &q, &o);
	assert_string_equal(a.err.msg, "");
	assert_non_null(strstr(buf_cstr(&a.out), "\n@[entry;vfs_read]  "));
	fini(&a);
	stack_builder_free(s);
	tape_builder_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_query_prints_what_the_script_prints),
		cmocka_unit_test(names_of_columns_stand_for_their_leaves),
		cmocka_unit_test(the_table_is_the_one_that_has_the_columns),
		cmocka_unit_test(an_error_names_the_option_and_what_there_is),
		cmocka_unit_test(a_leaf_that_was_not_captured_comes_with_its_emit),
		cmocka_unit_test(a_range_without_rows_is_an_error_or_told),
		cmocka_unit_test(a_condition_that_no_row_meets_is_told),
		cmocka_unit_test(rows_come_with_values_first_and_a_packed_key),
		cmocka_unit_test(groups_come_with_the_sum_of_their_weights),
		cmocka_unit_test(quantiles_follow_the_histograms),
		cmocka_unit_test(a_stack_is_one_cell_of_the_table_of_quantiles),
	};

	script_run_set_compiler(jit_compile, jit_clause, jit_free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

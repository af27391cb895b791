/*
 * tests/analyze/test_engine.c -- scripts over small tapes: order, exit, intervals, snapshots, what
 * an answer says.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "analyze/engine.h"
#include "base/io.h"
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

/* Run over the tape; @script NULL: the recorded one. */
static void run(struct answer *a, const char *tape, const char *script, struct engine_opts o)
{
	char path[] = "/tmp/test_engine_XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	memset(a, 0, sizeof(*a));
	buf_init(&a->out, 1 << 20);
	buf_init(&a->notes, 1 << 16);
	o.tape = tape;
	o.script.name = "-e";
	if (script)
		o.script.text = str_of(script);
	o.format = o.format ? o.format : &render_text;
	o.out_fd = fd;
	o.warn = o.show = note;
	o.ctx = a;
	a->rc = engine_run(&o, &a->result, &a->err);
	close(fd);
	assert_int_equal(io_read_file(path, &a->out, NULL), 0);
	unlink(path);
}

static const char *out_of(struct answer *a)
{
	return buf_cstr(&a->out);
}

static const char *notes_of(struct answer *a)
{
	return buf_cstr(&a->notes);
}

static void fini(struct answer *a)
{
	buf_fini(&a->out);
	buf_fini(&a->notes);
}

/* The answer of one run, compared and forgotten. */
static void expect(const char *tape, const char *script, struct engine_opts o, const char *want,
		   const char *want_notes)
{
	struct answer a;

	run(&a, tape, script, o);
	assert_string_equal(a.err.msg, "");
	assert_int_equal(a.rc, 0);
	assert_string_equal(out_of(&a), want);
	assert_string_equal(notes_of(&a), want_notes);
	fini(&a);
}

static const char reads[] = "tracepoint:syscalls:sys_enter_read { emit(args); }\n"
			    "tracepoint:syscalls:sys_exit_read { emit(args); }\n";

static void enter(struct tape_builder *b, u64 ts, u32 tid, s64 count)
{
	tape_builder_row(b, "sys_enter_read", ts, tid % 2, tid,
			 &(struct tape_cell){ .col = "count", .num = count }, 1);
}

static void leave(struct tape_builder *b, u64 ts, u32 tid, s64 ret)
{
	tape_builder_row(b, "sys_exit_read", ts, tid % 2, tid,
			 &(struct tape_cell){ .col = "ret", .num = ret }, 1);
}

static void rows_of_two_tables_come_in_order_of_time(void **state UNUSED)
{
	struct tape_builder *b = tape_builder_new(reads, COMPAT_27);
	const char *tape;

	leave(b, 300, 1, 9);
	enter(b, 100, 1, 512);
	tape_builder_flush(b);
	enter(b, 250, 2, 16);
	leave(b, 400, 2, -4);
	enter(b, 50, 3, 8);
	tape = tape_builder_finish(b, MS);
	expect(tape,
	       "tracepoint:syscalls:sys_enter_read { @s[tid] = nsecs; printf(\"e%d\\n\", "
	       "args.count); }\n"
	       "tracepoint:syscalls:sys_exit_read /@s[tid]/ { printf(\"x%d %d\\n\", args.ret, "
	       "nsecs - @s[tid]); "
	       "delete(@s, tid); }",
	       (struct engine_opts){ 0 }, "e8\ne512\ne16\nx9 200\nx-4 150\n\n\n@s[3]: 1000000050\n",
	       "");
	tape_builder_free(b);
}

static void exit_ends_the_session_at_its_firing(void **state UNUSED)
{
	struct tape_builder *b = tape_builder_new(reads, COMPAT_27);
	struct answer a;

	for (u64 i = 0; i < 10; i++)
		enter(b, 100 * i, 1, (s64)i);
	run(&a, tape_builder_finish(b, MS),
	    "tracepoint:syscalls:sys_enter_read { @++; if (args.count == 3) { exit(7); } "
	    "@after++; }\n"
	    "END { printf(\"end\\n\"); }",
	    (struct engine_opts){ 0 });
	assert_int_equal(a.rc, 0);
	assert_int_equal(a.result.exit_code, 7);
	assert_string_equal(out_of(&a), "end\n\n\n@: 4\n@after: 3\n");
	fini(&a);
	tape_builder_free(b);
}

static void begin_and_end_of_another_script_are_made(void **state UNUSED)
{
	struct tape_builder *b = tape_builder_new(reads, COMPAT_27);

	enter(b, 5 * MS, 1, 1);
	expect(tape_builder_finish(b, 8 * MS),
	       "BEGIN { printf(\"begin %d\\n\", elapsed); } END { printf(\"end %d\\n\", "
	       "elapsed); }\n"
	       "tracepoint:syscalls:sys_enter_read { printf(\"row %d\\n\", elapsed); }",
	       (struct engine_opts){ 0 }, "begin 0\nrow 5000000\nend 8000000\n\n\n", "");
	tape_builder_free(b);
}

static void intervals_of_another_script_run_on_the_tapes_clock(void **state UNUSED)
{
	struct tape_builder *b = tape_builder_new(reads, COMPAT_27);

	for (u64 i = 0; i < 6; i++)
		enter(b, i * 10 * MS + MS, 1, 1);
	expect(tape_builder_finish(b, 60 * MS),
	       "tracepoint:syscalls:sys_enter_read { @n++; } interval:ms:20 { printf(\"%d at "
	       "%d\\n\", @n, elapsed / 1000000); }",
	       (struct engine_opts){ 0 }, "2 at 20\n4 at 40\n\n\n@n: 6\n", "");
	tape_builder_free(b);
}

static void a_range_leaves_rows_out(void **state UNUSED)
{
	struct tape_builder *b = tape_builder_new(reads, COMPAT_27);
	const char *script =
		"BEGIN { printf(\"b\\n\"); } tracepoint:syscalls:sys_enter_read { @[args.count] "
		"= 1; }";
	const char *tape;

	for (u64 i = 0; i < 10; i++)
		enter(b, i * 1000 * MS, 1, (s64)i);
	tape = tape_builder_finish(b, 10000 * MS);
	expect(tape, script, (struct engine_opts){ .from = "+3s", .to = "+5s" },
	       "b\n\n\n@[3]: 1\n@[4]: 1\n@[5]: 1\n", "");
	expect(tape, script, (struct engine_opts){ .from = "-2s" }, "b\n\n\n@[8]: 1\n@[9]: 1\n",
	       "");
	expect(tape, script,
	       (struct engine_opts){ .from = "12:00:07", .to = "2026-11-26 12:00:08" },
	       "b\n\n\n@[7]: 1\n@[8]: 1\n", "");
	expect(tape, "tracepoint:syscalls:sys_enter_read { @ = count(); }",
	       (struct engine_opts){ .from = "+3s", .to = "+5s" }, "\n\n@: 3\n", "");
	tape_builder_free(b);
}

static void order_free_programs_give_the_same_on_any_number_of_threads(void **state UNUSED)
{
	struct tape_builder *b = tape_builder_new(reads, COMPAT_27);
	const char *script =
		"tracepoint:syscalls:sys_enter_read /args.count > 2/ { @[args.count % 4] = "
		"count(); "
		"@h = hist(args.count); @a = avg(args.count); @m = max(args.count); }";
	const char *tape;
	struct answer one, four;

	for (u64 i = 0; i < 4000; i++) {
		enter(b, i * 1000, (u32)(i % 7), (s64)(i * 7919 % 5000));
		if (i % 100 == 99)
			tape_builder_flush(b);
	}
	tape = tape_builder_finish(b, 4 * MS);
	run(&one, tape, script, (struct engine_opts){ .threads = 1 });
	run(&four, tape, script, (struct engine_opts){ .threads = 4 });
	assert_int_equal(one.rc, 0);
	assert_string_equal(out_of(&one), out_of(&four));
	assert_non_null(strstr(out_of(&one), "@a: "));
	assert_int_equal(one.result.rows, four.result.rows);
	fini(&one);
	fini(&four);
	tape_builder_free(b);
}

static void the_task_table_answers_for_comm_and_uid(void **state UNUSED)
{
	struct tape_builder *b = tape_builder_new(reads, COMPAT_27);

	tape_builder_task(b, 1, "dd", 1000);
	tape_builder_task(b, 2, "cat", 0);
	enter(b, 10, 1, 1);
	enter(b, 20, 2, 1);
	enter(b, 30, 1, 1);
	enter(b, 40, 3, 1);
	expect(tape_builder_finish(b, MS),
	       "tracepoint:syscalls:sys_enter_read { @[comm, uid] = count(); }",
	       (struct engine_opts){ 0 }, "\n\n@[, 0]: 1\n@[cat, 0]: 1\n@[dd, 1000]: 2\n", "");
	tape_builder_free(b);
}

static void the_recorded_script_follows_its_own_plan(void **state UNUSED)
{
	struct tape_builder *b = tape_builder_new(
		"tracepoint:syscalls:sys_enter_read /comm == \"dd\"/ { printf(\"%d %s\\n\", "
		"args.count, comm); @ = sum(args.count); }\n",
		COMPAT_27);
	const struct tape_cell cells[] = { { .col = "count", .num = 5 },
					   { .col = "comm", .str = "dd" } };

	tape_builder_row(b, "sys_enter_read", 10, 0, 1, cells, 2);
	tape_builder_row(b, "sys_enter_read", 20, 0, 1, cells, 2);
	expect(tape_builder_finish(b, MS), NULL, (struct engine_opts){ 0 },
	       "5 dd\n5 dd\n\n\n@: 10\n", "");
	tape_builder_free(b);
}

static void another_scripts_answer_names_the_recorded_filter(void **state UNUSED)
{
	struct tape_builder *b = tape_builder_new(
		"tracepoint:syscalls:sys_exit_read /comm == \"dd\"/ { emit(args.ret); }\n",
		COMPAT_27);
	const char *tape;

	tape_builder_row(b, "sys_exit_read", 10, 0, 1, NULL, 0);
	tape = tape_builder_finish(b, MS);
	expect(tape, "tracepoint:syscalls:sys_exit_read { @ = count(); }",
	       (struct engine_opts){ 0 }, "\n\n@: 1\n",
	       "sys_exit_read was recorded where /comm == \"dd\"/ held; other firings are not on "
	       "the tape\n");
	expect(tape, "tracepoint:syscalls:sys_exit_read { @ = count(); }",
	       (struct engine_opts){ .format = &render_json },
	       "{\"type\": \"warning\", \"data\": \"sys_exit_read was recorded where /comm == "
	       "\\\"dd\\\"/ held; other firings "
	       "are not on the tape\"}\n"
	       "{\"type\": \"attached_probes\", \"count\": 1, \"data\": {\"probes\": 1}}\n"
	       "{\"type\": \"map\", \"data\": {\"@\": 1}}\n",
	       "sys_exit_read was recorded where /comm == \"dd\"/ held; other firings are not on "
	       "the tape\n");
	tape_builder_free(b);
}

static void strings_cut_by_one_version_are_not_replayed_as_the_other(void **state UNUSED)
{
	struct tape_builder *b = tape_builder_new(
		"tracepoint:syscalls:sys_enter_open { printf(\"%s\", str(args.filename, 5)); }\n",
		COMPAT_17);
	struct engine_opts o = { .script = { .has_compat = true, .compat = COMPAT_27 } };
	const char *tape;
	struct answer a;

	tape_builder_row(b, "sys_enter_open", 10, 0, 1, NULL, 0);
	tape = tape_builder_finish(b, MS);
	run(&a, tape, NULL, o);
	assert_int_equal(a.rc, -EINVAL);
	assert_non_null(strstr(notes_of(&a), "t.bt:1:51: error: when recorded, this string was "
					     "cut as bpftrace 0.17"));
	fini(&a);
	o.script.compat = COMPAT_17;
	run(&a, tape, NULL, o);
	assert_int_equal(a.rc, 0);
	fini(&a);
	tape_builder_free(b);
}

static void a_missing_leaf_is_an_error_of_the_script(void **state UNUSED)
{
	struct tape_builder *b = tape_builder_new(
		"tracepoint:syscalls:sys_enter_read { emit(args.count); }\n", COMPAT_27);
	struct answer a;

	enter(b, 1, 1, 1);
	run(&a, tape_builder_finish(b, MS),
	    "tracepoint:syscalls:sys_enter_read { @[args.fd] = count(); }",
	    (struct engine_opts){ 0 });
	assert_int_equal(a.rc, -EINVAL);
	assert_string_equal(a.err.msg, "");
	assert_string_equal(out_of(&a), "");
	assert_non_null(strstr(notes_of(&a), "args.fd"));
	assert_non_null(strstr(notes_of(&a), "emit("));
	fini(&a);
	tape_builder_free(b);
}

static void losses_are_said_with_their_place(void **state UNUSED)
{
	struct tape_builder *b = tape_builder_new(reads, COMPAT_27);
	struct answer a;
	const char *tape;

	enter(b, 1, 1, 1);
	tape_builder_loss(b, TAPE_LOSS_RING, "sys_enter_read", 12, 100 * MS, 200 * MS);
	tape_builder_loss(b, TAPE_LOSS_RING, "sys_exit_read", 5, 100 * MS, 200 * MS);
	tape = tape_builder_finish(b, 1000 * MS);
	run(&a, tape, "tracepoint:syscalls:sys_enter_read { @ = count(); }",
	    (struct engine_opts){ 0 });
	assert_true(a.result.is_lossy);
	assert_string_equal(notes_of(&a),
			    "12 rows were lost between +100 ms and +200 ms: 12 ring full\n");
	fini(&a);
	run(&a, tape, "tracepoint:syscalls:sys_enter_read { @ = count(); }",
	    (struct engine_opts){ .from = "+500ms" });
	assert_false(a.result.is_lossy);
	assert_string_equal(notes_of(&a), "");
	fini(&a);
	tape_builder_free(b);
}

static void an_unfinished_tape_answers_up_to_its_last_checkpoint(void **state UNUSED)
{
	struct tape_builder *b = tape_builder_new(reads, COMPAT_27);
	const char *count = "tracepoint:syscalls:sys_enter_read { @ = count(); }";
	const char *print = "tracepoint:syscalls:sys_enter_read { @++; }";
	const char *tape;
	struct answer a;

	enter(b, 10, 1, 1);
	enter(b, 20, 1, 1);
	tape_builder_checkpoint(b, 100);
	enter(b, 200, 1, 1);
	tape = tape_builder_abandon(b);
	run(&a, tape, count, (struct engine_opts){ 0 });
	assert_string_equal(out_of(&a), "\n\n@: 2\n");
	assert_true(a.result.is_lossy);
	fini(&a);
	run(&a, tape, print, (struct engine_opts){ 0 });
	assert_string_equal(out_of(&a), "\n\n@: 2\n");
	assert_non_null(strstr(notes_of(&a), "not finished"));
	fini(&a);
	run(&a, tape, print, (struct engine_opts){ .read_all = true });
	assert_string_equal(out_of(&a), "\n\n@: 3\n");
	fini(&a);
	run(&a, tape, count, (struct engine_opts){ .read_all = true });
	assert_string_equal(out_of(&a), "\n\n@: 3\n");
	fini(&a);
	tape_builder_free(b);
}

static struct tape_mapsnap snap_of(const char *map, struct tape_snap_entry *e,
				   enum tape_snap_reason reason)
{
	return (struct tape_mapsnap){ .table = TAPE_NONE,
				      .cpu = TAPE_NONE,
				      .clause = TAPE_NONE,
				      .action = TAPE_NONE,
				      .reason = (u8)reason,
				      .map = str_of(map),
				      .entries = e,
				      .entry_cnt = 1 };
}

/* @n is read by a predicate, so it lives in the kernel. */
static void maps_of_the_kernel_come_from_snapshots(void **state UNUSED)
{
	struct tape_builder *b = tape_builder_new(
		"tracepoint:syscalls:sys_enter_read { @n++; } tracepoint:syscalls:sys_exit_read "
		"/@n > 1/ { print(@n); }\n"
		"END { printf(\"end %d\\n\", @n); }",
		COMPAT_27);
	u64 at_print = 4, at_end = 9;
	struct tape_snap_entry print_entry = { { "", 0 }, { (const char *)&at_print, 8 } };
	struct tape_snap_entry end_entry = { { "", 0 }, { (const char *)&at_end, 8 } };
	struct tape_mapsnap print = snap_of("@n", &print_entry, TAPE_SNAP_PRINT);
	struct tape_mapsnap end = snap_of("@n", &end_entry, TAPE_SNAP_END);

	print.table = tape_builder_table(b, "sys_exit_read");
	print.cpu = 1;
	print.seq = 1;
	tape_builder_row(b, "sys_exit_read", 50, 1, 7, NULL, 0);
	tape_builder_snap(b, &print);
	tape_builder_snap(b, &end);
	expect(tape_builder_finish(b, MS), NULL, (struct engine_opts){ 0 },
	       "@n: 4\nend 9\n\n\n@n: 9\n", "");
	tape_builder_free(b);
}

/* A tape comes through the pipe of a shell command, in which $T is its path. */
static void run_pipe(struct answer *ret, const char *path, const char *command, const char *script,
		     struct engine_opts o)
{
	int saved = dup(STDIN_FILENO);
	char text[256];
	FILE *pipe;

	snprintf(text, sizeof(text), "T=%s; %s", path, command);
	pipe = popen(text, "r");
	assert_non_null(pipe);
	assert_int_equal(dup2(fileno(pipe), STDIN_FILENO), STDIN_FILENO);
	run(ret, "-", script, o);
	dup2(saved, STDIN_FILENO);
	close(saved);
	pclose(pipe);
}

static void a_pipe_answers_like_a_file(void **state UNUSED)
{
	struct tape_builder *b = tape_builder_new(reads, COMPAT_27);
	struct answer a;

	for (u64 i = 0; i < 100; i++)
		enter(b, i, 1, (s64)i);
	run_pipe(&a, tape_builder_finish(b, MS), "cat $T",
		 "tracepoint:syscalls:sys_enter_read { @ = sum(args.count); }",
		 (struct engine_opts){ 0 });
	assert_int_equal(a.rc, 0);
	assert_string_equal(out_of(&a), "\n\n@: 4950\n");
	assert_string_equal(notes_of(&a), "");
	fini(&a);
	tape_builder_free(b);
}

/* Steps of all firings: 64 * 5000, and 1024 for each of 200. */
static void a_live_tape_earns_steps_while_the_analyzer_waits_for_it(void **state UNUSED)
{
	const char *script = "tracepoint:syscalls:sys_enter_read {"
			     " $i = 0; while ($i < 4000) { $i++; } @ = count(); }";
	struct engine_opts o = { .steps_max = 5000 };
	struct tape_builder *b = tape_builder_new(reads, COMPAT_27);
	const char *tape;
	struct answer a;

	for (u64 i = 0; i < 200; i++)
		enter(b, i, 1, (s64)i);
	tape = tape_builder_finish(b, MS);
	run(&a, tape, script, o);
	assert_string_equal(a.err.msg,
			    "the script took more than 320000 steps, and 1024 for each firing");
	fini(&a);
	run_pipe(&a, tape, "head -c 1000 $T; sleep 0.1; tail -c +1001 $T", script, o);
	assert_string_equal(a.err.msg, "");
	assert_string_equal(out_of(&a), "\n\n@: 200\n");
	fini(&a);
	tape_builder_free(b);
}

/* A tape whose times are multiples of @quantum; reads every 700 us, of 1, 2, 3... bytes. */
static struct tape_builder *rounded(u64 quantum)
{
	struct tape_builder *b = tape_builder_new(reads, COMPAT_27);

	if (quantum > 1)
		tape_builder_meta(b, "ts_quantum_ns", NULL, quantum);
	for (u64 i = 0; i < 20; i++) {
		u64 ts = i * 700000 + 50000;

		enter(b, ts - ts % quantum, 1, (s64)i + 1);
	}
	return b;
}

static void rounded_times_answer_like_exact_ones(void **state UNUSED)
{
#define READS "tracepoint:syscalls:sys_enter_read "
	static const struct {
		const char *script, *from, *to;
	} cases[] = {
		{ "interval:ms:1 { print(@n); clear(@n); } " READS "{ @n = sum(args.count); }",
		  NULL, NULL },
		{ "interval:us:3500 { print(@n); } " READS "{ @n = count(); }", NULL, NULL },
		{ READS "{ @n = sum(args.count); }", "+2ms", "+9900us" },
		{ READS "{ print(args.count); }", "+2ms", "+9900us" },
		{ "interval:ms:2 { print(@n); } " READS "{ @n = count(); }", "+4ms", "+9ms" },
		/* what --from leaves out is earlier for sure */
		{ READS "{ @n = sum(args.count); }", "+2850us", NULL },
		{ "interval:ms:1 { @odd = sum(nsecs % 100000); @n = sum(elapsed); } " READS "{ }"
		  "END { @odd = sum(nsecs % 100000); @n = sum(elapsed); }",
		  NULL, NULL },
	};
	static const u64 quanta[] = { 1000, 10000, 100000 };
	struct tape_builder *exact = rounded(1);
	const char *tape = tape_builder_finish(exact, 14 * MS);

	for (u32 q = 0; q < countof(quanta); q++) {
		struct tape_builder *b = rounded(quanta[q]);
		const char *other = tape_builder_finish(b, 14 * MS);

		for (u32 i = 0; i < countof(cases); i++) {
			struct engine_opts o = { .from = cases[i].from, .to = cases[i].to };
			struct answer want;

			run(&want, tape, cases[i].script, o);
			assert_int_equal(want.rc, 0);
			assert_true(want.out.len > 4);
			expect(other, cases[i].script, o, out_of(&want), notes_of(&want));
			fini(&want);
		}
		tape_builder_free(b);
	}
	tape_builder_free(exact);
#undef READS
}

/* 1 ms: the tick at 2 ms comes before a row of 2.15 ms, whose time says 2 ms. */
static void a_tick_is_before_the_rows_of_its_rounded_time(void **state UNUSED)
{
	struct tape_builder *b = rounded(1000000);

	expect(tape_builder_finish(b, 14 * MS),
	       "interval:us:2001 { printf(\"%d %d\\n\", (int64)@n, elapsed); exit(); } "
	       "tracepoint:syscalls:sys_enter_read { @n = count(); }",
	       (struct engine_opts){ 0 }, "3 2000000\n\n\n@n: 3\n", "");
	tape_builder_free(b);
	b = rounded(1000000);
	expect(tape_builder_finish(b, 14 * MS),
	       "interval:ms:2 { printf(\"%d %d\\n\", (int64)@n, elapsed); exit(); } "
	       "tracepoint:syscalls:sys_enter_read { @n = count(); }",
	       (struct engine_opts){ 0 }, "3 2000000\n\n\n@n: 3\n", "");
	tape_builder_free(b);
}

static void what_is_no_tape_is_refused(void **state UNUSED)
{
	struct answer a;

	run(&a, "/dev/null", "BEGIN { }", (struct engine_opts){ 0 });
	assert_true(a.rc < 0);
	assert_non_null(strstr(a.err.msg, "/dev/null"));
	fini(&a);
	run(&a, "/nonexistent.tape", "BEGIN { }", (struct engine_opts){ 0 });
	assert_int_equal(a.rc, -ENOENT);
	fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_of_two_tables_come_in_order_of_time),
		cmocka_unit_test(exit_ends_the_session_at_its_firing),
		cmocka_unit_test(begin_and_end_of_another_script_are_made),
		cmocka_unit_test(intervals_of_another_script_run_on_the_tapes_clock),
		cmocka_unit_test(a_range_leaves_rows_out),
		cmocka_unit_test(order_free_programs_give_the_same_on_any_number_of_threads),
		cmocka_unit_test(the_task_table_answers_for_comm_and_uid),
		cmocka_unit_test(the_recorded_script_follows_its_own_plan),
		cmocka_unit_test(another_scripts_answer_names_the_recorded_filter),
		cmocka_unit_test(strings_cut_by_one_version_are_not_replayed_as_the_other),
		cmocka_unit_test(a_missing_leaf_is_an_error_of_the_script),
		cmocka_unit_test(losses_are_said_with_their_place),
		cmocka_unit_test(an_unfinished_tape_answers_up_to_its_last_checkpoint),
		cmocka_unit_test(maps_of_the_kernel_come_from_snapshots),
		cmocka_unit_test(a_pipe_answers_like_a_file),
		cmocka_unit_test(a_live_tape_earns_steps_while_the_analyzer_waits_for_it),
		cmocka_unit_test(rounded_times_answer_like_exact_ones),
		cmocka_unit_test(a_tick_is_before_the_rows_of_its_rounded_time),
		cmocka_unit_test(what_is_no_tape_is_refused),
	};

	script_run_set_compiler(jit_compile, jit_clause, jit_free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

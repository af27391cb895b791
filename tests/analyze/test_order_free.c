/*
 * tests/analyze/test_order_free.c -- programs that run on all cores answer as those in order do:
 * BEGIN, what is left out, how long a firing may take.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "analyze/engine.h"
#include "analyze/jit/jit.h"
#include "analyze/script_run.h"
#include "base/io.h"
#include "tests/support/tape_builder.h"

#define MS  1000000ull
#define MEM 1000000ull

static void note(void *ctx, const char *text)
{
	buf_printf(ctx, "%s\n", text);
}

/* The answer, and behind it what was said about it. */
static int run(struct buf *ret, const char *tape, const char *script, struct engine_opts o)
{
	char path[] = "/tmp/test_order_free_XXXXXX";
	struct engine_result result;
	int fd = mkstemp(path), rc;
	struct err err = { 0 };
	struct buf notes;

	assert_true(fd >= 0);
	buf_init(ret, 1 << 20);
	buf_init(&notes, 1 << 16);
	o.tape = tape;
	o.script.name = "-e";
	if (script)
		o.script.text = str_of(script);
	o.format = &render_text;
	o.out_fd = fd;
	o.warn = o.show = note;
	o.ctx = &notes;
	rc = engine_run(&o, &result, &err);
	close(fd);
	assert_int_equal(io_read_file(path, ret, NULL), 0);
	unlink(path);
	buf_puts(ret, buf_cstr(&notes));
	if (rc)
		buf_puts(ret, err.msg);
	buf_fini(&notes);
	return rc;
}

static void expect(const char *tape, const char *script, struct engine_opts o, const char *want)
{
	struct buf got;
	int rc = run(&got, tape, script, o);

	assert_string_equal(buf_cstr(&got), want);
	assert_int_equal(rc, 0);
	buf_fini(&got);
}

static void enter(struct tape_builder *b, u64 ts, s64 count)
{
	tape_builder_row(b, "sys_enter_read", ts, 1, 1,
			 &(struct tape_cell){ .col = "count", .num = count }, 1);
}

/* A recorded script with a row of BEGIN and three reads of 10, 20 and 30 ns and bytes. */
static void expect_recorded(const char *script, struct engine_opts o, const char *want)
{
	struct tape_builder *b = tape_builder_new(script, COMPAT_27);

	tape_builder_row(b, "begin", 1, 0, 1, NULL, 0);
	for (s64 i = 1; i <= 3; i++)
		enter(b, 10 * (u64)i, 10 * i);
	expect(tape_builder_finish(b, MS), NULL, o, want);
	tape_builder_free(b);
}

#define READ "tracepoint:syscalls:sys_enter_read "

static void a_recorded_begin_sees_the_maps_of_the_start(void **state UNUSED)
{
	static const struct {
		const char *script, *want;
	} cases[] = {
		{ "BEGIN { clear(@c); print(@c); } " READ "{ @c = sum(args.count); }",
		  "@c: 0\n\n\n@c: 60\n" },
		{ "BEGIN { zero(@c); } " READ "{ @c = sum(args.count); }", "\n\n@c: 60\n" },
		{ "BEGIN { delete(@c, 20); } " READ "{ @c[args.count] = count(); }",
		  "\n\n@c[10]: 1\n@c[20]: 1\n@c[30]: 1\n" },
		{ "BEGIN { printf(\"%d\\n\", (int64)@c); } " READ "{ @c = sum(args.count); }",
		  "0\n\n\n@c: 60\n" },
		{ "BEGIN { printf(\"%d\\n\", len(@c)); } " READ "{ @c[args.count] = count(); }",
		  "0\n\n\n@c[10]: 1\n@c[20]: 1\n@c[30]: 1\n" },
		{ "BEGIN { @n++; printf(\"go\\n\"); } " READ "{ @c = sum(args.count); }",
		  "go\n\n\n@c: 60\n@n: 1\n" },
		{ "BEGIN { @c = sum((uint64)5); } " READ "{ @c = sum(args.count); }",
		  "\n\n@c: 65\n" },
		{ "BEGIN { printf(\"go\\n\"); } " READ "{ @c = sum(args.count); }",
		  "go\n\n\n@c: 60\n" },
	};

	for (u32 i = 0; i < countof(cases); i++)
		expect_recorded(cases[i].script, (struct engine_opts){ 0 }, cases[i].want);
}

static void begin_is_not_cut_off_by_a_range(void **state UNUSED)
{
	struct engine_opts o = { .from = "+15ns", .to = "+25ns" };

	expect_recorded("BEGIN { clear(@c); printf(\"go\\n\"); } " READ
			"{ @c = sum(args.count); } END { printf(\"end\\n\"); }",
			o, "go\nend\n\n\n@c: 20\n");
	expect_recorded("BEGIN { printf(\"go\\n\"); } " READ
			"{ @c = sum(args.count); } END { print(@c); clear(@c); }",
			o, "go\n@c: 20\n\n\n");
}

static void rows_behind_the_last_checkpoint_are_counted(void **state UNUSED)
{
	struct tape_builder *b = tape_builder_new(READ "{ emit(args); }", COMPAT_27);
	const char *free_count = READ "{ @ = count(); }", *ordered = READ "{ @++; }", *tape;
	const char *said = "the tape was not finished; 5 rows after its last checkpoint are left "
			   "out (--all reads them)\n";
	char want[256];

	for (u64 ts = 10; ts <= 100; ts += 10) {
		enter(b, ts, 1);
		if (ts == 50)
			tape_builder_checkpoint(b, 50);
		if (ts == 70 || ts == 20)
			tape_builder_flush(b);
	}
	tape = tape_builder_abandon(b);
	snprintf(want, sizeof(want), "\n\n@: 5\n%s", said);
	expect(tape, free_count, (struct engine_opts){ 0 }, want);
	expect(tape, ordered, (struct engine_opts){ 0 }, want);
	expect(tape, READ "{ @ = count(); } " READ "{ @ = count(); }", (struct engine_opts){ 0 },
	       "\n\n@: 10\nthe tape was not finished; 5 rows after its last checkpoint are left "
	       "out (--all reads them)\n");
	expect(tape, free_count, (struct engine_opts){ .read_all = true },
	       "\n\n@: 10\nthe tape was not finished\n");
	expect(tape, free_count, (struct engine_opts){ .to = "+30ns" },
	       "\n\n@: 3\nthe tape was not finished\n");
	expect(tape, free_count, (struct engine_opts){ .from = "+45ns", .to = "+75ns" },
	       "\n\n@: 1\nthe tape was not finished; 2 rows after its last checkpoint are left "
	       "out (--all reads them)\n");
	tape_builder_free(b);
}

/* More steps together than one firing may make. */
/* Its rows cannot be read: they are lost, once, and --all would not bring them. */
static void a_cut_block_is_not_left_out_but_lost(void **state UNUSED)
{
	struct tape_builder *b = tape_builder_new(READ "{ emit(args); }", COMPAT_27);
	const char *want = "\n\n@: 5\n3 rows were lost: 3 corruption\n"
			   "the tape was not finished; 2 rows after its last checkpoint are left "
			   "out (--all reads them)\n";
	const char *tape;
	struct stat st;

	for (u64 ts = 10; ts <= 100; ts += 10) {
		enter(b, ts, 1);
		if (ts == 50)
			tape_builder_checkpoint(b, 50);
		if (ts == 70)
			tape_builder_flush(b);
	}
	tape = tape_builder_abandon(b);
	assert_int_equal(stat(tape, &st), 0);
	assert_int_equal(truncate(tape, st.st_size - 8), 0);
	expect(tape, READ "{ @ = count(); }", (struct engine_opts){ 0 }, want);
	expect(tape, READ "{ @++; }", (struct engine_opts){ 0 }, want);
	expect(tape, READ "{ @ = count(); }", (struct engine_opts){ .read_all = true },
	       "\n\n@: 7\n3 rows were lost: 3 corruption\nthe tape was not finished\n");
	tape_builder_free(b);
}

static void each_row_of_a_stretch_has_the_steps_of_a_firing(void **state UNUSED)
{
	struct tape_builder *b = tape_builder_new(READ "{ emit(args); }", COMPAT_27);
	const char *tape;

	for (u64 i = 0; i < 700; i++)
		enter(b, 10 + i, 1);
	tape = tape_builder_finish(b, MS);
	expect(tape,
	       READ "{ $i = 0; while ($i < args.count * 100000) { $i++; } @ = max((uint64)$i); }",
	       (struct engine_opts){ 0 }, "\n\n@: 100000\n");
	tape_builder_free(b);
}

/* Of a stretch of rows the first one takes no more steps than its own. */
static void a_loop_without_end_is_found_out_soon(void **state UNUSED)
{
	static const char *const scripts[] = {
		READ "{ $i = 0; while (args.count > 0) { $i++; } @ = max((uint64)$i); }",
		READ "{ $i = 0; while (args.count > 0) { $i++; } @ = (uint64)$i; }",
	};
	struct tape_builder *b = tape_builder_new(READ "{ emit(args); }", COMPAT_27);
	struct engine_opts o = { .threads = 1 };
	const char *tape;
	struct buf got;

	for (u64 i = 0; i < 500; i++)
		enter(b, 10 + i, 1);
	tape = tape_builder_finish(b, MS);
	for (u32 i = 0; i < countof(scripts); i++) {
		time_t start = time(NULL);

		assert_int_equal(run(&got, tape, scripts[i], o), -ETIME);
		assert_true(time(NULL) - start < 20);
		buf_fini(&got);
	}
	tape_builder_free(b);
}

/* Both workers meet all keys: with half the memory each they have too little, together enough. */
static void workers_share_the_memory_of_the_maps(void **state UNUSED)
{
	struct tape_builder *b = tape_builder_new(READ "{ emit(args); }", COMPAT_27);
	const char *script = READ "{ @[args.count] = count(); }", *tape;
	struct engine_opts one = { .threads = 1, .mem_max = MEM }, two = one, less = two;
	struct buf got, want;

	for (u64 block = 0; block < 16; block++) {
		for (s64 i = 0; i < 4000; i++)
			enter(b, 10 + block, i);
		tape_builder_flush(b);
	}
	tape = tape_builder_finish(b, MS);
	two.threads = 2;
	less.threads = 2;
	less.mem_max = MEM / 4;
	assert_int_equal(run(&want, tape, script, one), 0);
	assert_non_null(strstr(buf_cstr(&want), "@[3999]: 16\n"));
	assert_int_equal(run(&got, tape, script, two), 0);
	assert_string_equal(buf_cstr(&got), buf_cstr(&want));
	buf_fini(&got);
	buf_fini(&want);
	assert_int_equal(run(&got, tape, script, less), -EDQUOT);
	buf_fini(&got);
	tape_builder_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_recorded_begin_sees_the_maps_of_the_start),
		cmocka_unit_test(begin_is_not_cut_off_by_a_range),
		cmocka_unit_test(rows_behind_the_last_checkpoint_are_counted),
		cmocka_unit_test(a_cut_block_is_not_left_out_but_lost),
		cmocka_unit_test(a_loop_without_end_is_found_out_soon),
		cmocka_unit_test(workers_share_the_memory_of_the_maps),
		cmocka_unit_test(each_row_of_a_stretch_has_the_steps_of_a_firing),
	};

	script_run_set_compiler(jit_compile, jit_clause, jit_free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * tests/analyze/test_stackfold.c -- stacks to folded lines: merging, order, weights; and as a query
 * over a tape.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "analyze/fold_query.h"
#include "analyze/recording.h"
#include "tests/support/stack_builder.h"
#include "tests/support/tape_builder.h"

#define READ  "sys_enter_read"
#define PROBE "tracepoint:syscalls:sys_enter_read"
#define MS    1000000ull

struct fixture {
	struct tape_builder *b;
	struct stack_builder *s;
	struct recording rec;
	struct symbols *symbols;
	struct stackfold *fold;
	const char *path;
	u64 ts;
	struct buf notes;
};

static void open_tape(struct fixture *f, const char *script)
{
	memset(f, 0, sizeof(*f));
	f->b = tape_builder_new(script, COMPAT_27);
	f->s = stack_builder_new(tape_builder_writer(f->b), TAPE_BUILDER_START);
	buf_init(&f->notes, 1 << 16);
}

static void close_tape(struct fixture *f)
{
	stackfold_free(f->fold);
	symbols_free(f->symbols);
	if (f->rec.reader)
		recording_close(&f->rec);
	stack_builder_free(f->s);
	tape_builder_free(f->b);
	buf_fini(&f->notes);
}

static u32 user(struct fixture *f, const char *frames)
{
	return stack_builder_add(f->s, TAPE_STACK_USER, frames, false);
}

static u32 kernel(struct fixture *f, const char *frames)
{
	return stack_builder_add(f->s, TAPE_STACK_KERNEL, frames, false);
}

static void begin(struct fixture *f)
{
	assert_int_equal(recording_open(tape_builder_finish(f->b, MS), NULL, &f->rec, NULL), 0);
	f->symbols = symbols_new(recording_state(&f->rec));
	f->fold = stackfold_new(f->symbols);
	assert_non_null(f->fold);
}

static void add(struct fixture *f, u32 label, u32 u, u32 k, s64 weight)
{
	const struct tape_state *s = recording_state(&f->rec);

	assert_int_equal(stackfold_add(f->fold, label, symbols_node(s, u), symbols_node(s, k),
				       weight, NULL),
			 0);
}

static u32 label(struct fixture *f, const char *a, const char *b)
{
	const struct str frames[2] = { str_of(a), str_of(b) };
	u32 ret;

	assert_int_equal(stackfold_label(f->fold, frames, b ? 2 : 1, &ret, NULL), 0);
	return ret;
}

static void expect_lines(const struct stackfold *fold, const char *want)
{
	struct sink out;

	sink_init(&out, -1);
	stackfold_put_lines(fold, &out);
	assert_string_equal(buf_cstr(&out.buf), want);
	sink_fini(&out);
}

static void finish(struct fixture *f, const char *want)
{
	assert_int_equal(stackfold_finish(f->fold, NULL), 0);
	expect_lines(f->fold, want);
}

static void frames_merge_by_name_and_lines_are_sorted(void **state UNUSED)
{
	struct fixture f;
	u32 a, b, c, k;

	open_tape(&f, PROBE " { emit(ustack); }");
	a = user(&f, "read+12;work+3;main+9");
	b = user(&f, "read+20;work+7;main+9"); /* other places, the same functions */
	c = user(&f, "main+9");
	k = kernel(&f, "vfs_read+1;entry+2");
	begin(&f);
	add(&f, 0, a, 0, 1);
	add(&f, 0, b, 0, 2);
	add(&f, 0, c, k, 4);
	add(&f, 0, a, k, 8);
	add(&f, 0, a, 0, 16);
	add(&f, 0, 0, k, 32);
	add(&f, 0, 0, 0, 64);
	finish(&f, "[no stack] 64\n"
		   "main;work;read 19\n"
		   "main;work;read;entry_[k];vfs_read_[k] 8\n"
		   "main;entry_[k];vfs_read_[k] 4\n"
		   "entry_[k];vfs_read_[k] 32\n");
	close_tape(&f);
}

static void a_function_of_both_sides_is_two_frames(void **state UNUSED)
{
	struct fixture f;
	u32 u, k;

	open_tape(&f, PROBE " { emit(ustack); }");
	u = user(&f, "read+12");
	k = kernel(&f, "read+12");
	begin(&f);
	add(&f, 0, u, 0, 1);
	add(&f, 0, 0, k, 1);
	add(&f, label(&f, "read", NULL), 0, 0, 1);
	finish(&f, "read 1\nread 1\nread_[k] 1\n");
	close_tape(&f);
}

static void labels_come_first_and_are_made_plain(void **state UNUSED)
{
	struct fixture f;
	u32 u, lost;

	open_tape(&f, PROBE " { emit(ustack); }");
	u = user(&f, "main+1");
	lost = stack_builder_lose(f.s);
	begin(&f);
	add(&f, label(&f, "a;b ", "17"), u, 0, 2);
	add(&f, label(&f, "sh", NULL), u, 0, 3);
	add(&f, label(&f, "sh", NULL), 0, 0, 4);
	add(&f, label(&f, "sh", NULL), lost, lost, 5);
	finish(&f, "a:b_;17;main 2\nsh 4\nsh;[unknown stack];[unknown stack]_[k] 5\nsh;main 3\n");
	close_tape(&f);
}

static void the_tree_has_parents_first_and_sums_of_all_below(void **state UNUSED)
{
	const struct fold_node *n;
	struct fixture f;
	u32 a, b, cnt;
	s64 self = 0;

	open_tape(&f, PROBE " { emit(ustack); }");
	a = user(&f, "x+1;main+1");
	b = user(&f, "y+1;main+1");
	begin(&f);
	add(&f, 0, a, 0, 5);
	add(&f, 0, b, 0, -2);
	add(&f, 0, b, 0, 2);
	add(&f, 0, b, 0, 1);
	assert_int_equal(stackfold_finish(f.fold, NULL), 0);
	n = stackfold_nodes(f.fold, &cnt);
	assert_int_equal(cnt, 4);
	assert_int_equal(n[0].kind, FOLD_ROOT);
	assert_int_equal(n[0].total, 6);
	assert_int_equal(n[n[0].first_child].total, 6);
	for (u32 i = 1; i < cnt; i++) {
		assert_true(n[i].parent < i);
		assert_int_equal(n[i].depth, n[n[i].parent].depth + 1);
		self += n[i].self;
	}
	assert_int_equal(self, 6);
	assert_string_equal(n[2].name.s, "x");
	assert_int_equal(n[2].next, 3);
	close_tape(&f);
}

static void weights_beyond_64_bits_are_refused(void **state UNUSED)
{
	struct err err = { 0 };
	struct fixture f;
	u32 a, b;

	open_tape(&f, PROBE " { emit(ustack); }");
	a = user(&f, "x+1");
	b = user(&f, "y+1");
	begin(&f);
	add(&f, 0, a, 0, INT64_MAX);
	assert_int_equal(stackfold_add(f.fold, 0, symbols_node(recording_state(&f.rec), a), 0, 1,
				       &err),
			 -EOVERFLOW);
	add(&f, 0, b, 0, INT64_MAX);
	assert_int_equal(stackfold_finish(f.fold, &err), -EOVERFLOW);
	assert_string_equal(err.msg, "the sum of all weights is beyond 64 bits");
	close_tape(&f);
}

static void many_different_stacks_keep_their_weights(void **state UNUSED)
{
	const struct fold_node *n;
	struct fixture f;
	char text[64];
	u32 cnt, ids[300];

	open_tape(&f, PROBE " { emit(ustack); }");
	for (u32 i = 0; i < 300; i++) {
		snprintf(text, sizeof(text), "f%u+%u;g%u+1;main+1", i, i, i % 7);
		ids[i] = user(&f, text);
	}
	begin(&f);
	for (u32 round = 0; round < 10; round++)
		for (u32 i = 0; i < 300; i++) {
			snprintf(text, sizeof(text), "t%u", (i + round) % 11);
			add(&f, label(&f, text, NULL), ids[i], 0, i);
		}
	assert_int_equal(stackfold_finish(f.fold, NULL), 0);
	n = stackfold_nodes(f.fold, &cnt);
	assert_int_equal(n[0].total, 10 * (299 * 300 / 2));
	close_tape(&f);
}

/* ---- over a tape ---- */

static void note(void *ctx, const char *text)
{
	buf_printf(ctx, "%s\n", text);
}

static int run(struct fixture *f, struct fold_opts o, const char *from, struct err *err)
{
	struct engine_opts e = { .tape = f->path,
				 .from = from,
				 .warn = note,
				 .show = note,
				 .ctx = &f->notes,
				 .out_fd = -1 };
	struct engine_result result;

	if (!f->path)
		e.tape = f->path = tape_builder_finish(f->b, 10 * MS);
	*err = (struct err){ 0 };
	return fold_query_run(&o, &e, &f->fold, &result, err);
}

static void expect(struct fixture *f, struct fold_opts o, const char *from, const char *want)
{
	struct err err;
	int rc = run(f, o, from, &err);

	if (rc)
		fail_msg("%d %s %s", rc, err.msg, buf_cstr(&f->notes));
	expect_lines(f->fold, want);
	stackfold_free(f->fold);
	f->fold = NULL;
}

static void row(struct fixture *f, u32 tid, u32 u, u32 k, s64 count)
{
	const struct tape_cell cells[] = {
		{ .col = "ustack", .num = u },
		{ .col = "kstack", .num = k },
		{ .col = "count", .num = count },
		{ .col = "comm", .str = tid % 2 ? "odd" : "even" },
	};

	tape_builder_row(f->b, READ, ++f->ts * MS, 0, tid, cells, countof(cells));
}

static void rows_of_a_tape_are_folded(void **state UNUSED)
{
	struct fixture f;
	u32 u, k;

	open_tape(&f, PROBE " { emit(ustack(perf), kstack, args.count, comm); }");
	u = user(&f, "read+12;main+9");
	k = kernel(&f, "vfs_read+1;entry+2");
	for (u32 i = 1; i < 4; i++)
		row(&f, i, i == 3 ? 0 : u, k, 100 * i);
	expect(&f, (struct fold_opts){ 0 }, NULL,
	       "main;read;entry_[k];vfs_read_[k] 2\nentry_[k];vfs_read_[k] 1\n");
	expect(&f, (struct fold_opts){ .kernel = true }, NULL, "entry_[k];vfs_read_[k] 3\n");
	expect(&f, (struct fold_opts){ .user = true }, NULL, "[no stack] 1\nmain;read 2\n");
	expect(&f, (struct fold_opts){ .user = true, .by = "comm, tid" }, NULL,
	       "even;2;main;read 1\nodd;1;main;read 1\nodd;3 1\n");
	expect(&f, (struct fold_opts){ .kernel = true, .weight = "count * 2" }, NULL,
	       "entry_[k];vfs_read_[k] 1200\n");
	expect(&f, (struct fold_opts){ .kernel = true, .where = "tid != 2" }, NULL,
	       "entry_[k];vfs_read_[k] 2\n");
	expect(&f, (struct fold_opts){ .kernel = true, .table = READ }, "+2500us",
	       "entry_[k];vfs_read_[k] 1\n");
	expect(&f, (struct fold_opts){ .where = "tid == 9" }, NULL, "");
	assert_string_equal(buf_cstr(&f.notes), "no row meets the condition of --where\n");
	close_tape(&f);
}

static void sums_of_weights_beyond_64_bits_are_refused(void **state UNUSED)
{
	struct fold_opts o = { .kernel = true, .weight = "count" };
	struct fixture f;
	struct err err;
	u32 k;

	open_tape(&f, PROBE " { emit(ustack, kstack, args.count, comm); }");
	k = kernel(&f, "vfs_read+1;entry+2");
	for (u32 i = 0; i < 3; i++)
		row(&f, 1, 0, k, i ? (s64)1 << 62 : (s64)1 << 61);
	assert_int_equal(run(&f, o, NULL, &err), -EOVERFLOW);
	assert_string_equal(err.msg, "--weight: a sum is beyond 64 bits (with a sign)");
	o.weight = "(int64)count - 1000"; /* some of them below 0 is no matter */
	assert_int_equal(run(&f, o, NULL, &err), -EOVERFLOW);
	o.weight = "(int64)(count * (tid + 3))"; /* each wraps, as everywhere */
	expect(&f, o, NULL, "entry_[k];vfs_read_[k] -9223372036854775808\n");
	close_tape(&f);
}

/* Their rows are made anew for another script, so no query can answer from them. */
static void tables_of_intervals_are_no_candidates(void **state UNUSED)
{
	struct fixture f;
	struct err err;

	open_tape(&f, "interval:s:1 { emit(kstack); } " PROBE
		      " { emit(ustack, kstack, args.count, comm); }");
	row(&f, 1, 0, kernel(&f, "vfs_read+1;entry+2"), 7);
	expect(&f, (struct fold_opts){ 0 }, NULL, "entry_[k];vfs_read_[k] 1\n");
	close_tape(&f);

	open_tape(&f, "interval:s:1 { emit(kstack); } " PROBE " { emit(args.count); }");
	tape_builder_row(f.b, READ, 1, 0, 1, NULL, 0);
	assert_int_equal(run(&f, (struct fold_opts){ 0 }, NULL, &err), -ENODATA);
	assert_string_equal(err.msg, "the tape has no stacks");
	close_tape(&f);
}

/* A stack as a label is one frame. */
static void a_label_is_one_line(void **state UNUSED)
{
	struct fixture f;
	u32 u, k;

	open_tape(&f, PROBE " { emit(ustack(perf), kstack, args.count, comm); }");
	u = user(&f, "read+12;main+9");
	k = kernel(&f, "vfs_read+1;entry+2");
	row(&f, 1, u, k, 1);
	expect(&f, (struct fold_opts){ .user = true, .by = "kstack" }, NULL,
	       "entry:vfs_read;main;read 1\n");
	close_tape(&f);
}

static void what_cannot_be_folded_is_said(void **state UNUSED)
{
	struct fixture f;
	struct err err;

	open_tape(&f, PROBE " { emit(args.count); }");
	tape_builder_row(f.b, READ, 1, 0, 1, NULL, 0);
	assert_int_equal(run(&f, (struct fold_opts){ 0 }, NULL, &err), -ENODATA);
	assert_string_equal(err.msg, "the tape has no stacks");
	assert_non_null(strstr(err.hint, "--stacks"));
	close_tape(&f);

	open_tape(&f, PROBE " { emit(kstack); } tracepoint:syscalls:sys_exit_read "
			    "{ emit(kstack); }");
	tape_builder_row(f.b, READ, 1, 0, 1, NULL, 0);
	assert_int_equal(run(&f, (struct fold_opts){ 0 }, NULL, &err), -EINVAL);
	assert_string_equal(err.msg, "several tables have stacks: sys_enter_read, sys_exit_read");
	assert_int_equal(run(&f, (struct fold_opts){ .table = READ, .user = true }, NULL, &err),
			 -ENODATA);
	assert_string_equal(err.msg, "table sys_enter_read has no user stacks");
	assert_int_equal(run(&f, (struct fold_opts){ .table = "nope" }, NULL, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "nope"));
	assert_int_equal(run(&f, (struct fold_opts){ .table = READ, .by = "nope" }, NULL, &err),
			 -EINVAL);
	assert_string_equal(err.msg, "");
	assert_non_null(strstr(buf_cstr(&f.notes), "nope"));
	expect(&f, (struct fold_opts){ .table = READ }, NULL, "[no stack] 1\n");
	close_tape(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_merge_by_name_and_lines_are_sorted),
		cmocka_unit_test(a_function_of_both_sides_is_two_frames),
		cmocka_unit_test(labels_come_first_and_are_made_plain),
		cmocka_unit_test(the_tree_has_parents_first_and_sums_of_all_below),
		cmocka_unit_test(weights_beyond_64_bits_are_refused),
		cmocka_unit_test(many_different_stacks_keep_their_weights),
		cmocka_unit_test(rows_of_a_tape_are_folded),
		cmocka_unit_test(sums_of_weights_beyond_64_bits_are_refused),
		cmocka_unit_test(tables_of_intervals_are_no_candidates),
		cmocka_unit_test(a_label_is_one_line),
		cmocka_unit_test(what_cannot_be_folded_is_said),
	};

	script_run_set_compiler(jit_compile, jit_clause, jit_free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * tests/analyze/test_jit_module.c -- compiled analysis over columns made by hand, with the
 * analyzer's own runtime.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/jit_module.h"
#include "analyze/runtime.h"
#include "tests/support/fake_catalog.h"

#define CATALOG "tracepoint t:e s32 a; ustr s; uptr p\n"

struct fix {
	struct arena arena;
	struct source src;
	struct diag_list diags;
	struct fake_catalog *catalog;
	struct program *prog;
	struct plan *plan;
	struct jit *jit;
	struct rt *rt;
	struct rt_col cols[16];
	struct err err;
};

static void setup(struct fix *f, const char *text)
{
	struct check_opts co = { .compat = COMPAT_27 };
	struct split_opts so = { .defer_all = false };
	struct catalog cat;

	memset(f, 0, sizeof(*f));
	arena_init(&f->arena, 64u << 20);
	diag_init(&f->diags, &f->arena);
	f->catalog = fake_catalog_new(CATALOG);
	cat = fake_catalog_get(f->catalog);
	assert_int_equal(source_init(&f->src, &f->arena, "x.bt", str_of(text)), 0);
	assert_int_equal(
		program_compile(&f->src, &cat, &co, &f->arena, &f->diags, &f->prog, &f->err), 0);
	assert_int_equal(plan_split(f->prog, &so, &f->diags, &f->plan), 0);
}

static void start(struct fix *f, u32 steps)
{
	struct rt_opts o = { .prog = f->prog, .steps_max = steps, .session_start = 1000 };

	assert_int_equal(jit_compile(f->plan, &f->jit, &f->err), 0);
	assert_int_equal(rt_new(&o, &f->rt, &f->err), 0);
	rt_begin(f->rt, 0, false);
}

static void teardown(struct fix *f)
{
	rt_free(f->rt);
	jit_free(f->jit);
	fake_catalog_free(f->catalog);
	arena_fini(&f->arena);
}

/* Column of a leaf in table 0. */
static struct rt_col *col(struct fix *f, const char *leaf)
{
	const struct plan_table *t = &f->plan->tables[0];

	for (u32 i = 0; i < t->col_cnt; i++) {
		if (!strcmp(t->cols[i].leaf, leaf))
			return &f->cols[i];
	}
	fail_msg("no column for %s", leaf);
	return NULL;
}

static void run(struct fix *f, u64 begin, u64 end)
{
	rt_clause_fn fn = jit_clause(f->jit, 0);

	assert_non_null(fn);
	assert_true(f->plan->tables[0].col_cnt < countof(f->cols));
	fn(f->rt, f->cols, begin, end);
}

static s64 value(struct fix *f, const char *map)
{
	for (u32 i = 0; i < f->prog->map_cnt; i++) {
		s64 *v;

		if (strcmp(f->prog->maps[i]->name, map))
			continue;
		if (f->prog->maps[i]->val->kind == TYPE_AGG)
			return rt_map_agg_read(f->rt, i, "", 0);
		v = rt_map_int(f->rt, i, "", 0, false);
		return v ? *v : -999;
	}
	fail_msg("no map %s", map);
	return 0;
}

static void rows_of_a_range_are_evaluated_in_order(void **state)
{
	static const s64 a[] = { 5, -7, 100, 3 }, ts[] = { 2000, 3000, 4000, 5000 };
	struct fix f;

	(void)state;
	setup(&f, "tracepoint:t:e { @last = args.a; @sum = sum(args.a); @n++; @at = elapsed; }");
	start(&f, 0);
	col(&f, "args.a")->v = a;
	col(&f, "nsecs")->v = ts;
	run(&f, 1, 3);
	assert_int_equal(value(&f, "@last"), 100);
	assert_int_equal(value(&f, "@sum"), 93);
	assert_int_equal(value(&f, "@n"), 2);
	assert_int_equal(value(&f, "@at"), 3000);
	run(&f, 3, 3);
	assert_int_equal(value(&f, "@n"), 2);
	teardown(&f);
}

static void words_are_wrapped_to_the_type_of_the_leaf(void **state)
{
	static const s64 a[] = { (s64)0x1ffffffff };
	struct fix f;

	(void)state;
	setup(&f, "tracepoint:t:e { @a = args.a; }");
	start(&f, 0);
	col(&f, "args.a")->v = a;
	run(&f, 0, 1);
	assert_int_equal(value(&f, "@a"), -1);
	teardown(&f);
}

static void absent_columns_and_nulls_read_as_nothing(void **state)
{
	static const s64 a[] = { 7, 8 };
	static const u8 nulls[] = { 1, 0 };
	struct fix f;

	(void)state;
	setup(&f, "tracepoint:t:e { @a = sum(args.a); @empty = sum(str(args.s) == \"\"); "
		  "@read = sum(*(uint8 *)args.p); }");
	start(&f, 0);
	col(&f, "args.a")->v = a;
	col(&f, "args.a")->is_null = nulls;
	run(&f, 0, 2);
	assert_int_equal(value(&f, "@a"), 8);
	assert_int_equal(value(&f, "@empty"), 2);
	assert_int_equal(value(&f, "@read"), 0);
	teardown(&f);
}

static void strings_are_cut_at_their_type(void **state)
{
	static u8 bytes[2000];
	static const u32 off[] = { 0, 2000, 2000 };
	struct fix f;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	setup(&f,
	      "tracepoint:t:e { $s = str(args.s); @m[$s] = 1; @n = len(@m); @e = $s == \"\"; }");
	start(&f, 0);
	*col(&f, "str(args.s)") = (struct rt_col){ .bytes = bytes, .off = off };
	run(&f, 0, 1);
	assert_int_equal(value(&f, "@n"), 1);
	assert_int_equal(value(&f, "@e"), 0);
	run(&f, 1, 2);
	assert_int_equal(value(&f, "@n"), 2);
	assert_int_equal(value(&f, "@e"), 1);
	teardown(&f);
}

/* A loop that the kernel ran: trips, and a list of what it read. */
#define LOOP                                                                                       \
	"tracepoint:t:e { $i = 0; while ($i < args.a) { @sum = sum(*((uint8 *)args.p + $i)); "     \
	"@n++; $i++; } }"

static struct rt_col *list_col(struct fix *f)
{
	const struct plan_table *t = &f->plan->tables[0];

	for (u32 i = 0; i < t->col_cnt; i++) {
		if (t->cols[i].is_list && t->cols[i].role == COL_LEAF)
			return &f->cols[i];
	}
	fail_msg("no list");
	return NULL;
}

static void lists_are_read_in_order_and_nothing_lies_beyond_their_end(void **state)
{
	static const s64 elems[] = { 99, 1, 2, 3, 99 }, trips[] = { 0, 5 };
	static const u32 list_off[] = { 0, 1, 4 };
	struct fix f;

	(void)state;
	setup(&f, LOOP);
	start(&f, 0);
	*list_col(&f) = (struct rt_col){ .v = elems, .list_off = list_off };
	col(&f, "trips")->v = trips;
	run(&f, 1, 2);
	assert_int_equal(value(&f, "@n"), 5);
	assert_int_equal(value(&f, "@sum"), 6);
	teardown(&f);
}

static void a_row_may_not_loop_for_ever(void **state)
{
	static const s64 trips[] = { 0xffffffff };
	struct fix f;

	(void)state;
	setup(&f, LOOP);
	start(&f, 1000);
	col(&f, "trips")->v = trips;
	run(&f, 0, 1);
	assert_int_equal(rt_stop_reason(f.rt), RT_FAILED);
	assert_in_range(value(&f, "@n"), 900, 1001);	/* new keys cost some steps */
	teardown(&f);
}

static void exit_ends_the_rows(void **state)
{
	static const s64 a[] = { 1, 2, 3, 4 };
	struct fix f;

	(void)state;
	setup(&f, "tracepoint:t:e { @n++; if (@n == 3) { exit(7); @never = 1; } @last = args.a; }");
	/* the slice keeps @n; here the analyzer is to decide alone */
	f.plan->maps[0].cls = MAP_T;
	for (u32 i = 0; i < f.plan->tables[0].inst->node_cnt; i++) {
		struct node_note *n = &f.plan->tables[0].notes[i];

		n->in_analysis = true;
		n->bit = -1;
		if (f.plan->tables[0].inst->nodes[i]->kind != NODE_FIELD)
			n->col = -1;
	}
	start(&f, 0);
	col(&f, "args.a")->v = a;
	run(&f, 0, 4);
	assert_int_equal(value(&f, "@n"), 3);
	assert_int_equal(value(&f, "@last"), 2);
	assert_int_equal(rt_stop_reason(f.rt), RT_EXITED);
	assert_int_equal(rt_exit_code(f.rt), 7);
	teardown(&f);
}

static void a_leaf_without_a_column_is_refused_with_its_place(void **state)
{
	struct fix f;

	(void)state;
	setup(&f, "tracepoint:t:e {\n\t@a = args.a; }");
	for (u32 i = 0; i < f.plan->tables[0].inst->node_cnt; i++)
		f.plan->tables[0].notes[i].col = -1;
	assert_int_equal(jit_compile(f.plan, &f.jit, &f.err), -ENOTSUP);
	assert_string_equal(f.err.msg, "x.bt:2:7: a value of this expression is not on the tape");
	f.jit = NULL;
	teardown(&f);
}

static void a_column_of_another_shape_is_refused(void **state)
{
	struct fix f;

	(void)state;
	setup(&f, "tracepoint:t:e { @a = args.a; }");
	f.plan->tables[0].cols[COL_FIXED_CNT].type = type_str(&f.arena, 64);
	assert_int_equal(jit_compile(f.plan, &f.jit, &f.err), -EBADMSG);
	f.jit = NULL;
	teardown(&f);
}

static void a_clause_without_analysis_has_no_function(void **state)
{
	struct fix f;

	(void)state;
	setup(&f, "tracepoint:t:e { $a = args.a; }");
	start(&f, 0);
	assert_null(jit_clause(f.jit, 0));
	assert_null(jit_clause(f.jit, 1));
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_of_a_range_are_evaluated_in_order),
		cmocka_unit_test(words_are_wrapped_to_the_type_of_the_leaf),
		cmocka_unit_test(absent_columns_and_nulls_read_as_nothing),
		cmocka_unit_test(strings_are_cut_at_their_type),
		cmocka_unit_test(lists_are_read_in_order_and_nothing_lies_beyond_their_end),
		cmocka_unit_test(a_row_may_not_loop_for_ever),
		cmocka_unit_test(exit_ends_the_rows),
		cmocka_unit_test(a_leaf_without_a_column_is_refused_with_its_place),
		cmocka_unit_test(a_column_of_another_shape_is_refused),
		cmocka_unit_test(a_clause_without_analysis_has_no_function),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

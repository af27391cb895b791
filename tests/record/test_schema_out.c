/* tests/record/test_schema_out.c -- plans in the words of the tape. */
#include "record/schema_out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/planned.h"

#define CATALOG                                                 \
	"tracepoint a:open s32 dfd; ustr filename; u64 flags\n" \
	"tracepoint a:stat ustr filename\n"                     \
	"tracepoint a:seq u64 path; u64 seq; s64 ret\n"

static const char *const roles[] = { "leaf",  "ts",   "cpu",   "pid",	    "tid",  "seq",
				     "probe", "path", "errno", "path_list", "trips" };

static void print_schema(const struct tape_schema *s, struct buf *out)
{
	buf_printf(out, "%u " STR_FMT ":", s->id, STR_ARG(s->name));
	for (u32 i = 0; i < s->col_cnt; i++) {
		const struct tape_column *c = &s->cols[i];

		buf_printf(out, " " STR_FMT "/%s/%c", STR_ARG(c->name), roles[c->role],
			   "usb"[c->phys]);
		if (c->dict)
			buf_printf(out, "/d%u", c->dict);
		if (c->flags & TAPE_COL_LIST)
			buf_puts(out, "/list");
		if (c->ref != TAPE_NONE)
			buf_printf(out, "/of%u", c->ref);
	}
	buf_putc(out, '\n');
}

static void expect(const char *script, const char *want)
{
	struct schema_out out;
	struct planned p;
	struct buf got;
	struct err err;

	planned_init(&p, CATALOG, script);
	buf_init(&got, 1 << 20);
	assert_int_equal(schema_out_build(p.plan, 1, &p.arena, &out, &err), 0);
	for (u32 i = 0; i < out.schema_cnt; i++) {
		assert_int_equal(tape_schema_check(&out.schemas[i], &err), 0);
		print_schema(&out.schemas[i], &got);
	}
	assert_string_equal(buf_cstr(&got), want);
	buf_fini(&got);
	planned_fini(&p);
}

static void columns_follow_the_fixed_ones(void **state)
{
	(void)state;
	expect("tracepoint:a:open { printf(\"%d %x\", args.dfd, args.flags); }",
	       "0 open: ts/ts/u cpu/cpu/u pid/pid/u tid/tid/u _seq/seq/u dfd/leaf/s "
	       "flags/leaf/u\n");
}

static void strings_have_an_errno_and_share_a_dictionary(void **state)
{
	(void)state;
	expect("tracepoint:a:open { printf(\"%s\", str(args.filename)); }\n"
	       "tracepoint:a:stat { printf(\"%s %s\", comm, str(args.filename)); }",
	       "0 open: ts/ts/u cpu/cpu/u pid/pid/u tid/tid/u _seq/seq/u "
	       "filename_str/leaf/b/d1 _errno_filename_str/errno/u/of5\n"
	       "1 stat: ts/ts/u cpu/cpu/u pid/pid/u tid/tid/u _seq/seq/u comm/leaf/b/d2 "
	       "filename_str/leaf/b/d1 _errno_filename_str/errno/u/of6\n");
}

static void clause_without_rows_has_no_table(void **state)
{
	(void)state;
	expect("tracepoint:a:open { @start[tid] = nsecs; }\n"
	       "tracepoint:a:seq /@start[tid]/ { printf(\"%d\", args.ret); delete(@start, tid); }",
	       "1 seq: ts/ts/u cpu/cpu/u pid/pid/u tid/tid/u _seq/seq/u ret/leaf/s\n");
}

static void branch_gives_a_path_column(void **state)
{
	(void)state;
	expect("tracepoint:a:open { if (args.dfd > 3) { printf(\"%s\", str(args.filename)); } }",
	       "0 open: ts/ts/u cpu/cpu/u pid/pid/u tid/tid/u _seq/seq/u _path/path/u "
	       "filename_str/leaf/b/d1 _errno_filename_str/errno/u/of6\n");
}

static void plan_says_where_its_columns_went(void **state)
{
	struct schema_out out;
	struct planned p;
	struct err err;
	const struct tape_plan_table *t;

	(void)state;
	planned_init(&p, CATALOG,
		     "tracepoint:a:open /args.dfd == 3/ { @[str(args.filename)] = count(); }");
	assert_int_equal(schema_out_build(p.plan, 1, &p.arena, &out, &err), 0);
	assert_int_equal(out.plan.table_cnt, 1);
	t = &out.plan.tables[0];
	assert_int_equal(t->table, 0);
	assert_int_equal(t->cols[COL_TS].col, OUT_TS);
	assert_int_equal(t->cols[COL_TID].col, OUT_TID);
	assert_true(str_is(t->filter, "args.dfd == 3"));
	assert_true(str_is(t->args, "args tracepoint:a:open"));
	assert_int_equal(out.plan.map_cnt, 1);
	assert_true(str_is(out.plan.maps[0].name, "@"));
	assert_int_equal(out.plan.maps[0].cls, TAPE_MAP_T);
	for (u32 i = 0; i < t->col_cnt; i++)
		assert_true(t->cols[i].col < out.schemas[0].col_cnt);
	planned_fini(&p);
}

/* Rounded times need an order where several tables have rows. */
static void rounded_times_of_several_tables_have_an_order(void **state)
{
	static const char *const scripts[] = { "tracepoint:a:b { printf(\"%d\", args.x); }",
					       "tracepoint:a:b { printf(\"%d\", args.x); }\n"
					       "END { printf(\"x\"); }" };
	static const u64 quanta[] = { 1, 1000 };

	(void)state;
	for (u32 i = 0; i < 4; i++) {
		struct schema_out out;
		struct planned p;
		struct err err;

		planned_init(&p, "tracepoint a:b u64 x\n", scripts[i / 2]);
		assert_int_equal(schema_out_build(p.plan, quanta[i % 2], &p.arena, &out, &err), 0);
		assert_int_equal(out.schema_cnt, 1 + i / 2);
		for (u32 k = 0; k < out.schema_cnt; k++) {
			const struct tape_column *c =
				tape_schema_role(&out.schemas[k], TAPE_ROLE_ORDER);

			assert_int_equal(c != NULL, i == 3);
			assert_int_equal(out.tables[k].order_col, c ? OUT_FIXED_CNT : OUT_NO_COL);
			assert_int_equal(tape_schema_check(&out.schemas[k], &err), 0);
		}
		planned_fini(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_follow_the_fixed_ones),
		cmocka_unit_test(strings_have_an_errno_and_share_a_dictionary),
		cmocka_unit_test(clause_without_rows_has_no_table),
		cmocka_unit_test(branch_gives_a_path_column),
		cmocka_unit_test(plan_says_where_its_columns_went),
		cmocka_unit_test(rounded_times_of_several_tables_have_an_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

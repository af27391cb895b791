/*
 * tests/analyze/test_render.c -- maps and values as text and JSON, against what bpftrace 0.17 and
 * 0.27.1 printed.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/support/rt_fixture.h"

#define BAR52 "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@"
#define BAR26 "@@@@@@@@@@@@@@@@@@@@@@@@@@                          "
#define BAR0  "                                                    "

/*
 * BEGIN { @s=stats(1);@s=stats(3); @a=avg(3); @h=hist(-1);@h=hist(2);@h=hist(2); @k[1]=10;@k[2]=5;
 * @l=lhist(3,0,10,2); @z=-1; }
 */
static void fill_golden(struct rt_fixture *f)
{
	u32 s, a, h, k, l, z;

	s = rt_fixture_map(f, "@s", NULL, fix_agg(f, AGG_STATS, true));
	a = rt_fixture_map(f, "@a", NULL, fix_agg(f, AGG_AVG, true));
	h = rt_fixture_map(f, "@h", NULL, fix_agg(f, AGG_HIST, true));
	k = rt_fixture_map(f, "@k", &type_s64, &type_s64);
	l = rt_fixture_map(f, "@l", NULL, fix_lhist(f, 0, 10, 2));
	z = rt_fixture_map(f, "@z", NULL, &type_s64);
	rt_fixture_start(f);
	fix_agg_add_scalar(f, s, 1);
	fix_agg_add_scalar(f, s, 3);
	fix_agg_add_scalar(f, a, 3);
	fix_agg_add_scalar(f, h, -1);
	fix_agg_add_scalar(f, h, 2);
	fix_agg_add_scalar(f, h, 2);
	fix_set(f, k, 1, 10);
	fix_set(f, k, 2, 5);
	fix_agg_add_scalar(f, l, 3);
	fix_set_scalar(f, z, -1);
}

static void exit_prints_maps_by_name_as_27(void **state UNUSED)
{
	struct rt_fixture f;

	rt_fixture_init(&f, "text", COMPAT_27);
	fill_golden(&f);
	rt_print_maps(f.rt);
	assert_string_equal(rt_fixture_output(&f),
		"\n\n@a: 3\n"
		"@h:\n"
		"(..., 0)               1 |" BAR26 "|\n"
		"[0]                    0 |" BAR0 "|\n"
		"[1]                    0 |" BAR0 "|\n"
		"[2, 4)                 2 |" BAR52 "|\n"
		"\n"
		"@k[2]: 5\n"
		"@k[1]: 10\n"
		"@l:\n"
		"[2, 4)                 1 |" BAR52 "|\n"
		"\n"
		"@s: { .count = 2, .average = 2, .total = 4 }\n"
		"@z: -1\n");
	rt_fixture_fini(&f);
}

static void exit_prints_maps_by_name_as_17(void **state UNUSED)
{
	struct rt_fixture f;

	rt_fixture_init(&f, "text", COMPAT_17);
	fill_golden(&f);
	rt_print_maps(f.rt);
	assert_string_equal(rt_fixture_output(&f),
		"\n\n@a: 3\n\n"
		"@h: \n"
		"(..., 0)               1 |" BAR26 "|\n"
		"[0]                    0 |" BAR0 "|\n"
		"[1]                    0 |" BAR0 "|\n"
		"[2, 4)                 2 |" BAR52 "|\n"
		"\n"
		"@k[2]: 5\n"
		"@k[1]: 10\n"
		"@l: \n"
		"[2, 4)                 1 |" BAR52 "|\n"
		"\n"
		"@s: count 2, average 2, total 4\n\n"
		"@z: -1\n");
	rt_fixture_fini(&f);
}

static void json_is_an_object_a_line(void **state UNUSED)
{
	struct rt_fixture f;

	rt_fixture_init(&f, "json", COMPAT_27);
	fill_golden(&f);
	rt_print_maps(f.rt);
	assert_string_equal(
		rt_fixture_output(&f),
		"{\"type\": \"stats\", \"data\": {\"@a\": 3}}\n"
		"{\"type\": \"hist\", \"data\": {\"@h\": [{\"max\": -1, \"count\": 1},"
		"{\"min\": 0, \"max\": 0, \"count\": 0},{\"min\": 1, \"max\": 1, \"count\": 0},"
		"{\"min\": 2, \"max\": 3, \"count\": 2}]}}\n"
		"{\"type\": \"map\", \"data\": {\"@k\": {\"2\": 5, \"1\": 10}}}\n"
		"{\"type\": \"hist\", \"data\": {\"@l\": [{\"min\": 2, \"max\": 3, \"count\": "
		"1}]}}\n"
		"{\"type\": \"stats\", \"data\": {\"@s\": {\"count\": 2, \"average\": 2, "
		"\"total\": 4}}}\n"
		"{\"type\": \"map\", \"data\": {\"@z\": -1}}\n");
	rt_fixture_fini(&f);
}

static const char *print(struct rt_fixture *f, u32 map, s64 top, s64 div)
{
	struct action *a = rt_fixture_action(f, BI_PRINT);

	a->map = f->maps[map];
	a->top = top;
	a->div = div;
	rt_action(f->rt, a->idx, NULL, 0);
	f->prog.action_cnt--;
	return rt_fixture_output(f);
}

static void top_keeps_the_largest_and_div_divides(void **state UNUSED)
{
	struct rt_fixture f;
	u32 a;

	rt_fixture_init(&f, "text", COMPAT_27);
	a = rt_fixture_map(&f, "@a", &type_s64, &type_s64);
	rt_fixture_start(&f);
	fix_set(&f, a, 1, 10);
	fix_set(&f, a, 2, 30);
	fix_set(&f, a, 3, 20);
	fix_set(&f, a, 4, -5);
	assert_string_equal(print(&f, a, 0, 0), "@a[4]: -5\n@a[1]: 10\n@a[3]: 20\n@a[2]: 30\n");
	assert_string_equal(print(&f, a, 2, 0), "@a[3]: 20\n@a[2]: 30\n");
	assert_string_equal(print(&f, a, 2, 10), "@a[3]: 2\n@a[2]: 3\n");
	assert_string_equal(print(&f, a, 10, 3), "@a[4]: -1\n@a[1]: 3\n@a[3]: 6\n@a[2]: 10\n");
	rt_fixture_fini(&f);
}

static void divided_histograms_keep_their_bars_in_17(void **state UNUSED)
{
	struct rt_fixture f;
	u32 h;

	rt_fixture_init(&f, "text", COMPAT_27);
	h = rt_fixture_map(&f, "@h", &type_s64, fix_agg(&f, AGG_HIST, true));
	rt_fixture_start(&f);
	fix_agg_add(&f, h, 2, 7);
	assert_string_equal(print(&f, h, 0, 2), "@h[2]:\n[4, 8)                 0 |" BAR0 "|\n\n");
	f.render.fmt.compat = COMPAT_17;
	assert_string_equal(print(&f, h, 0, 2),
			    "@h[2]: \n[4, 8)                 0 |" BAR52 "|\n\n");
	rt_fixture_fini(&f);
}

static void stats_take_top_and_div_since_27(void **state UNUSED)
{
	struct rt_fixture f;
	u32 s;

	rt_fixture_init(&f, "text", COMPAT_27);
	s = rt_fixture_map(&f, "@st", &type_s64, fix_agg(&f, AGG_STATS, true));
	rt_fixture_start(&f);
	fix_agg_add(&f, s, 1, 10);
	fix_agg_add(&f, s, 2, 7);
	fix_agg_add(&f, s, 2, 8);
	assert_string_equal(print(&f, s, 1, 2),
			    "@st[1]: { .count = 1, .average = 5, .total = 10 }\n");
	f.render.fmt.compat = COMPAT_17;
	assert_string_equal(print(&f, s, 1, 2),
			    "@st[2]: count 2, average 7, total 15\n"
			    "@st[1]: count 1, average 10, total 10\n\n");
	rt_fixture_fini(&f);
}

static void min_and_max_order_as_unsigned_since_27(void **state UNUSED)
{
	struct rt_fixture f;
	u32 m;

	rt_fixture_init(&f, "text", COMPAT_27);
	m = rt_fixture_map(&f, "@m", &type_s64, fix_agg(&f, AGG_MIN, true));
	rt_fixture_start(&f);
	fix_agg_add(&f, m, 1, 10);
	fix_agg_add(&f, m, 2, -10);
	fix_agg_add(&f, m, 3, 5);
	assert_string_equal(print(&f, m, 0, 0), "@m[3]: 5\n@m[1]: 10\n@m[2]: -10\n");
	f.render.fmt.compat = COMPAT_17;
	assert_string_equal(print(&f, m, 0, 0), "@m[2]: -10\n@m[3]: 5\n@m[1]: 10\n");
	rt_fixture_fini(&f);
}

static void set_text(struct rt_fixture *f, u32 map, s64 key, const char *s)
{
	buf_reset(&f->val);
	fix_text(&f->val, s);
	rt_map_set(f->rt, map, &key, sizeof(key), f->val.data, (u32)f->val.len);
}

static void strings_order_by_key_whose_sign_counts_since_27(void **state UNUSED)
{
	struct rt_fixture f;
	u32 m;

	rt_fixture_init(&f, "text", COMPAT_27);
	m = rt_fixture_map(&f, "@f", &type_s64, fix_str(&f));
	rt_fixture_start(&f);
	set_text(&f, m, -1, "a");
	set_text(&f, m, 5, "b");
	set_text(&f, m, -10, "a");
	set_text(&f, m, 3, "z");
	assert_string_equal(print(&f, m, 0, 0), "@f[-10]: a\n@f[-1]: a\n@f[3]: z\n@f[5]: b\n");
	f.render.fmt.compat = COMPAT_17;
	assert_string_equal(print(&f, m, 0, 0), "@f[3]: z\n@f[5]: b\n@f[-10]: a\n@f[-1]: a\n");
	rt_fixture_fini(&f);
}

static void equal_values_order_by_key(void **state UNUSED)
{
	struct rt_fixture f;
	u32 m;

	rt_fixture_init(&f, "text", COMPAT_27);
	m = rt_fixture_map(&f, "@c", &type_s64, fix_agg(&f, AGG_COUNT, true));
	rt_fixture_start(&f);
	for (s64 k = 9; k >= -3; k -= 3)
		fix_agg_add(&f, m, k, 0);
	fix_agg_add(&f, m, 3, 0);
	assert_string_equal(print(&f, m, 0, 0),
			    "@c[-3]: 1\n@c[0]: 1\n@c[6]: 1\n@c[9]: 1\n@c[3]: 2\n");
	rt_fixture_fini(&f);
}

static void tuple_keys_lose_their_outer_parentheses(void **state UNUSED)
{
	struct rt_fixture f;
	u32 m;

	rt_fixture_init(&f, "text", COMPAT_27);
	m = rt_fixture_map(&f, "@u",
			   fix_tuple(&f, fix_tuple(&f, &type_s64, fix_str(&f)), &type_s64),
			   &type_s64);
	rt_fixture_start(&f);
	fix_num(&f.key, 1);
	fix_text(&f.key, "x y");
	fix_num(&f.key, 2);
	*rt_map_int(f.rt, m, f.key.data, (u32)f.key.len, true) = 4;
	assert_string_equal(print(&f, m, 0, 0), "@u[(1, x y), 2]: 4\n");
	f.render.ops = &render_json;
	assert_string_equal(print(&f, m, 0, 0),
			    "{\"type\": \"map\", \"data\": {\"@u\": {\"(1,x y),2\": 4}}}\n");
	rt_fixture_fini(&f);
}

struct empty_case {
	enum agg_kind agg;	/* AGG_KIND_CNT: an integer */
	const char *want_17, *want_27;
};

static void empty_scalars_print_as_each_version_does(void **state UNUSED)
{
	static const struct empty_case cases[] = {
		{ AGG_KIND_CNT, "\n", "@x: 0\n" },
		{ AGG_COUNT, "@x: 0\n", "@x: 0\n" },
		{ AGG_SUM, "\n", "@x: 0\n" },
		{ AGG_AVG, "\n\n", "@x: 0\n" },
		{ AGG_STATS, "\n\n", "@x: { .count = 0, .average = 0, .total = 0 }\n" },
		{ AGG_HIST, "\n", "" },
	};

	for (u32 i = 0; i < countof(cases); i++) {
		struct rt_fixture f;
		u32 m;

		rt_fixture_init(&f, "text", COMPAT_17);
		m = rt_fixture_map(&f, "@x", NULL, cases[i].agg == AGG_KIND_CNT ? &type_s64 :
				   fix_agg(&f, cases[i].agg, true));
		rt_fixture_start(&f);
		assert_string_equal(print(&f, m, 0, 0), cases[i].want_17);
		f.render.fmt.compat = COMPAT_27;
		assert_string_equal(print(&f, m, 0, 0), cases[i].want_27);
		rt_print_maps(f.rt);
		assert_string_equal(rt_fixture_output(&f), "\n\n");
		rt_fixture_fini(&f);
	}
}

static void cleared_and_zeroed_maps_differ(void **state UNUSED)
{
	struct rt_fixture f;
	struct action *zero, *clear;
	u32 h;

	rt_fixture_init(&f, "text", COMPAT_27);
	h = rt_fixture_map(&f, "@hk", &type_s64, fix_agg(&f, AGG_HIST, true));
	zero = rt_fixture_action(&f, BI_ZERO);
	clear = rt_fixture_action(&f, BI_CLEAR);
	zero->map = clear->map = f.maps[h];
	rt_fixture_start(&f);
	fix_agg_add(&f, h, 1, 4);
	rt_action(f.rt, zero->idx, NULL, 0);
	assert_string_equal(print(&f, h, 0, 0), "@hk[1]:\n\n");
	rt_action(f.rt, clear->idx, NULL, 0);
	assert_string_equal(print(&f, h, 0, 0), "");
	rt_fixture_fini(&f);
}

static void json_integers_that_a_double_would_change_are_strings_since_27(void **state UNUSED)
{
	struct rt_fixture f;
	u32 m;

	rt_fixture_init(&f, "json", COMPAT_27);
	m = rt_fixture_map(&f, "@e", &type_s64, &type_u64);
	rt_fixture_start(&f);
	fix_set(&f, m, 1, (s64)9007199254740992);
	fix_set(&f, m, 3, (s64)9007199254740993);
	fix_set(&f, m, 4, -1);
	assert_string_equal(print(&f, m, 0, 0),
		"{\"type\": \"map\", \"data\": {\"@e\": {\"1\": 9007199254740992, "
		"\"3\": \"9007199254740993\", \"4\": \"18446744073709551615\"}}}\n");
	f.render.fmt.compat = COMPAT_17;
	assert_string_equal(print(&f, m, 0, 0),
		"{\"type\": \"map\", \"data\": {\"@e\": {\"1\": 9007199254740992, "
		"\"3\": 9007199254740993, \"4\": 18446744073709551615}}}\n");
	rt_fixture_fini(&f);
}

static void json_strings_are_always_utf8(void **state UNUSED)
{
	static const struct { const char *in; size_t len; const char *want; } cases[] = {
		{ "a\n\t\"\\\x01\x7f", 7, "\"a\\n\\t\\\"\\\\\\u0001\\u007f\"" },
		{ "\xc2\x9b\xc2\xa0", 4, "\"\\u009b\xc2\xa0\"" },
		{ "\xc3\xa9\xf0\x9f\x98\x80", 6, "\"\xc3\xa9\xf0\x9f\x98\x80\"" },
		{ "x\x80y\xff", 4, "\"x\\ufffdy\\ufffd\"" },
		{ "\xc3", 1, "\"\\ufffd\"" },			/* cut in the middle */
		{ "\xed\xa0\x80", 3, "\"\\ufffd\\ufffd\\ufffd\"" },	/* a surrogate */
		{ "\xc0\x80", 2, "\"\\ufffd\\ufffd\"" },		/* overlong */
		{ "\xf4\x90\x80\x80", 4, "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
		{ "a\0b", 3, "\"a\\u0000b\"" },
	};
	struct buf out;

	buf_init(&out, 1 << 12);
	for (u32 i = 0; i < countof(cases); i++) {
		buf_reset(&out);
		format_str_json((struct str){ cases[i].in, cases[i].len }, &out);
		assert_string_equal(buf_cstr(&out), cases[i].want);
	}
	buf_fini(&out);
}

static const char *print_value(struct rt_fixture *f, const struct type *t)
{
	f->render.ops->value(&f->render, t, cursor_over(f->key.data, f->key.len));
	return rt_fixture_output(f);
}

static void values_print_with_a_newline(void **state UNUSED)
{
	struct type ptr = { .kind = TYPE_PTR, .size = 8 };
	struct rt_fixture f;

	rt_fixture_init(&f, "text", COMPAT_27);
	fix_num(&f.key, -1);
	assert_string_equal(print_value(&f, &type_s64), "-1\n");
	assert_string_equal(print_value(&f, &type_u64), "18446744073709551615\n");
	assert_string_equal(print_value(&f, &type_bool), "true\n");
	f.render.ops = &render_json;
	assert_string_equal(print_value(&f, &type_bool), "{\"type\": \"value\", \"data\": true}\n");
	buf_reset(&f.key);
	fix_num(&f.key, 16);
	assert_string_equal(print_value(&f, &ptr), "{\"type\": \"value\", \"data\": 16}\n");
	f.render.ops = &render_text;
	assert_string_equal(print_value(&f, &ptr), "0x10\n");
	rt_fixture_fini(&f);
}

static void malformed_values_stop_at_their_end(void **state UNUSED)
{
	struct rt_fixture f;

	rt_fixture_init(&f, "text", COMPAT_27);
	buf_put_u32(&f.key, 4000000000u);
	buf_put(&f.key, "ab", 2);
	assert_string_equal(print_value(&f, fix_str(&f)), "ab\n");
	assert_string_equal(print_value(&f, fix_tuple(&f, fix_str(&f), fix_str(&f))), "(ab, )\n");
	rt_fixture_fini(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exit_prints_maps_by_name_as_27),
		cmocka_unit_test(exit_prints_maps_by_name_as_17),
		cmocka_unit_test(json_is_an_object_a_line),
		cmocka_unit_test(top_keeps_the_largest_and_div_divides),
		cmocka_unit_test(divided_histograms_keep_their_bars_in_17),
		cmocka_unit_test(stats_take_top_and_div_since_27),
		cmocka_unit_test(min_and_max_order_as_unsigned_since_27),
		cmocka_unit_test(strings_order_by_key_whose_sign_counts_since_27),
		cmocka_unit_test(equal_values_order_by_key),
		cmocka_unit_test(tuple_keys_lose_their_outer_parentheses),
		cmocka_unit_test(empty_scalars_print_as_each_version_does),
		cmocka_unit_test(cleared_and_zeroed_maps_differ),
		cmocka_unit_test(json_integers_that_a_double_would_change_are_strings_since_27),
		cmocka_unit_test(json_strings_are_always_utf8),
		cmocka_unit_test(values_print_with_a_newline),
		cmocka_unit_test(malformed_values_stop_at_their_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

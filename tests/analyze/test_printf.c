/*
 * tests/analyze/test_printf.c -- conversions, flags and widths; the expected text was printed by
 * bpftrace.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "analyze/printf.h"
#include "tests/support/rt_fixture.h"

/* One conversion of an integer: "-+ #0" flags, then width, precision, size and letter. */
struct conv_case {
	const char *flags;
	int width, prec;
	u8 int_sz;
	char letter;
	s64 val;
	const char *want_27, *want_17;	/* NULL: that version has no such conversion */
};

static const struct conv_case cases[] = {
	{ "", -1, -1, 4, 'd', -1, "-1", "-1" },
	{ "", -1, -1, 4, 'u', -1, "4294967295", "4294967295" },
	{ "", -1, -1, 8, 'u', -1, "18446744073709551615", "18446744073709551615" },
	{ "", -1, -1, 8, 'd', -1, "-1", "-1" },
	{ "", -1, -1, 8, 'x', -1, "ffffffffffffffff", "ffffffffffffffff" },
	{ "", -1, -1, 4, 'x', -1, "ffffffff", "ffffffff" },
	{ "", -1, -1, 4, 'd', 0x1ffffffff, "-1", "-1" },
	{ "", -1, -1, 2, 'd', 70000, "4464", "4464" },
	{ "", -1, -1, 1, 'd', 300, "44", "44" },
	{ "", -1, -1, 1, 'x', 300, "2c", NULL },
	{ "", -1, -1, 1, 'X', 511, "FF", NULL },
	{ "", -1, -1, 4, 'o', 8, "10", "10" },
	{ "", 5, -1, 4, 'd', 42, "   42", "   42" },
	{ "-", 5, -1, 4, 'd', 42, "42   ", "42   " },
	{ "0", 5, -1, 4, 'd', 42, "00042", "00042" },
	{ "+", -1, -1, 4, 'd', 42, "+42", NULL },
	{ " ", -1, -1, 4, 'd', 42, "42", NULL },
	{ "#", -1, -1, 4, 'x', 255, "0xff", NULL },
	{ "#", -1, -1, 4, 'o', 8, "010", NULL },
	{ "#", -1, -1, 4, 'x', 0, "0", NULL },
	{ "+0", 5, -1, 4, 'd', 42, "00+42", NULL },
	{ "-0", 5, -1, 4, 'd', 42, "42000", NULL },
	{ "#0", 8, -1, 4, 'x', 42, "00000x2a", NULL },
	{ "-#", 10, -1, 4, 'x', 42, "0x2a      ", NULL },
	{ "0", 10, -1, 4, 'd', -42, "0000000-42", "-000000042" },
	{ "", -1, 5, 4, 'd', 42, "42", "00042" },
	{ "", 8, 3, 4, 'd', 42, "      42", "     042" },
	{ "-", 5, 3, 4, 'd', 5, "5    ", "005  " },
	{ "0", 8, -1, 4, 'x', 255, "000000ff", "000000ff" },
	{ "", -1, -1, 8, 'p', (s64)0xffffffff81000000, "0xffffffff81000000", "0xffffffff81000000" },
	{ "", -1, -1, 8, 'p', 0, "0", "(nil)" },
	{ "", 10, -1, 8, 'p', 0, "         0", "     (nil)" },
	{ "-", 20, -1, 8, 'p', 5, "0x5                 ", "0x5                 " },
};

static const char *render(struct rt_fixture *f, struct fmt_piece *p, const struct type *t)
{
	struct action *a = rt_fixture_action(f, BI_PRINTF);
	const struct type *types[] = { t };

	a->pieces = p;
	a->piece_cnt = 1;
	a->arg_types = types;
	a->arg_cnt = 1;
	buf_reset(&f->val);
	printf_render(&f->render.fmt, a, cursor_over(f->key.data, f->key.len), &f->val);
	f->prog.action_cnt = 0;
	return buf_cstr(&f->val);
}

static struct fmt_piece piece_of(const struct conv_case *c)
{
	return (struct fmt_piece){
		.conv = c->letter == 'p' ? FMT_PTR : FMT_INT,
		.letter = c->letter,
		.minus = strchr(c->flags, '-'), .plus = strchr(c->flags, '+'),
		.space = strchr(c->flags, ' '), .alt = strchr(c->flags, '#'),
		.zero = strchr(c->flags, '0'),
		.width = c->width, .prec = c->prec, .int_sz = c->int_sz,
	};
}

static void check_all(enum compat compat)
{
	struct rt_fixture f;

	rt_fixture_init(&f, "text", compat);
	for (u32 i = 0; i < countof(cases); i++) {
		const char *want = compat == COMPAT_17 ? cases[i].want_17 : cases[i].want_27;
		struct fmt_piece p = piece_of(&cases[i]);

		if (!want)
			continue;
		buf_reset(&f.key);
		fix_num(&f.key, cases[i].val);
		assert_string_equal(render(&f, &p, &type_s64), want);
	}
	rt_fixture_fini(&f);
}

static void integers_print_as_version_27_does(void **state UNUSED)
{
	check_all(COMPAT_27);
}

static void integers_print_as_version_17_does(void **state UNUSED)
{
	check_all(COMPAT_17);
}

static const char *render_text_arg(struct rt_fixture *f, int width, int prec, bool minus,
				   const char *s)
{
	struct fmt_piece p = {
		.conv = FMT_STR, .letter = 's', .minus = minus, .width = width, .prec = prec
	};

	buf_reset(&f->key);
	fix_text(&f->key, s);
	return render(f, &p, fix_str(f));
}

static void precision_of_strings_counts_in_both_versions(void **state UNUSED)
{
	struct rt_fixture f;

	rt_fixture_init(&f, "text", COMPAT_17);
	assert_string_equal(render_text_arg(&f, -1, 2, false, "abcdef"), "ab");
	assert_string_equal(render_text_arg(&f, 8, 2, false, "xyz"), "      xy");
	rt_fixture_fini(&f);
	rt_fixture_init(&f, "text", COMPAT_27);
	assert_string_equal(render_text_arg(&f, -1, 2, false, "abcdef"), "ab");
	assert_string_equal(render_text_arg(&f, 10, -1, false, "abc"), "       abc");
	assert_string_equal(render_text_arg(&f, 10, -1, true, "abc"), "abc       ");
	rt_fixture_fini(&f);
}

static void bytes_print_in_three_ways(void **state UNUSED)
{
	static const struct { char letter; const char *want; } ways[] = {
		{ 'r', "ab\\x01\\xff" }, { 'x', "\\x61\\x62\\x01\\xff" }, { 'h', "61 62 01 ff" },
	};
	struct type t = { .kind = TYPE_BUF, .size = 64 };
	struct rt_fixture f;

	rt_fixture_init(&f, "text", COMPAT_27);
	for (u32 i = 0; i < countof(ways); i++) {
		struct fmt_piece p = {
			.conv = FMT_BUF, .letter = ways[i].letter, .width = -1, .prec = -1
		};

		buf_reset(&f.key);
		fix_bytes(&f.key, "ab\x01\xff", 4);
		assert_string_equal(render(&f, &p, &t), ways[i].want);
	}
	rt_fixture_fini(&f);
}

static void a_character_of_zero_vanishes_in_version_17(void **state UNUSED)
{
	struct fmt_piece p = { .conv = FMT_CHAR, .letter = 'c', .width = -1, .prec = -1 };
	struct rt_fixture f;

	rt_fixture_init(&f, "text", COMPAT_17);
	fix_num(&f.key, 0);
	render(&f, &p, &type_s64);
	assert_int_equal(f.val.len, 0);
	f.render.fmt.compat = COMPAT_27;
	render(&f, &p, &type_s64);
	assert_int_equal(f.val.len, 1);
	assert_int_equal(f.val.data[0], 0);
	rt_fixture_fini(&f);
}

static void arguments_are_found_by_index(void **state UNUSED)
{
	struct fmt_piece p[] = {
		{ .conv = FMT_INT, .letter = 'd', .width = -1, .prec = -1, .int_sz = 4, .arg = 2 },
		{ .conv = FMT_TEXT, .text = STR("/") },
		{ .conv = FMT_STR, .letter = 's', .width = -1, .prec = -1, .arg = 0 },
		{ .conv = FMT_STR, .letter = 's', .width = -1, .prec = -1, .arg = 1 },
	};
	struct rt_fixture f;
	struct action *a;

	rt_fixture_init(&f, "text", COMPAT_27);
	a = rt_fixture_action(&f, BI_PRINTF);
	a->pieces = p;
	a->piece_cnt = countof(p);
	a->arg_types = (const struct type *[]){ fix_str(&f), fix_tuple(&f, &type_s64, fix_str(&f)),
						&type_u32 };
	a->arg_cnt = 3;
	fix_text(&f.key, "x");
	fix_num(&f.key, -2);
	fix_text(&f.key, "y z");
	fix_num(&f.key, 7);
	rt_fixture_start(&f);
	rt_action(f.rt, a->idx, f.key.data, (u32)f.key.len);
	assert_string_equal(rt_fixture_output(&f), "7/x(-2, y z)");
	rt_fixture_fini(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_print_as_version_27_does),
		cmocka_unit_test(integers_print_as_version_17_does),
		cmocka_unit_test(precision_of_strings_counts_in_both_versions),
		cmocka_unit_test(bytes_print_in_three_ways),
		cmocka_unit_test(a_character_of_zero_vanishes_in_version_17),
		cmocka_unit_test(arguments_are_found_by_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

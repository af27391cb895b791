/* tests/lang/test_float_text.c -- doubles as text, and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "lang/float_text.h"

static void texts_are_short(void **state)
{
	static const struct { double v; const char *text; } rows[] = {
		{ 0, "0" }, { -0.0, "0" }, { 1, "1" }, { -1.5, "-1.5" }, { 0.1, "0.1" },
		{ 0.1 + 0.2, "0.30000000000000004" }, { 1.0 / 3, "0.3333333333333333" },
		{ 1e100, "1e+100" }, { 1e-7, "1e-07" }, { 123456789, "123456789" },
		{ 5e-324, "5e-324" }, { __builtin_inf(), "inf" },
		{ -__builtin_inf(), "-inf" }, { __builtin_nan(""), "nan" },
		{ -__builtin_nan(""), "nan" }, { 9007199254740993.0, "9007199254740992" },
		{ 1.7976931348623157e308, "1.7976931348623157e+308" },
	};
	char text[FLOAT_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		float_text(rows[i].v, text);
		assert_string_equal(text, rows[i].text);
	}
}

static void texts_read_back(void **state)
{
	char text[FLOAT_TEXT_MAX];
	u64 x = 88172645463325252ull;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		double v;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		v = float_of_bits((s64)x);
		float_text(v, text);
		if (v != v)
			assert_string_equal(text, "nan");
		else
			assert_true(strtod(text, NULL) == v);
	}
}

static void literals_are_read(void **state)
{
	double v = 0;

	(void)state;
	assert_null(float_parse(STR("1.5"), &v));
	assert_true(v == 1.5);
	assert_null(float_parse(STR("1_000.25"), &v));
	assert_true(v == 1000.25);
	assert_null(float_parse(STR("25e-1"), &v));
	assert_true(v == 2.5);
	assert_string_equal(float_parse(STR("1.5ms"), &v),
			    "a number with a fraction takes no unit and no suffix");
	assert_string_equal(float_parse(STR("1.5e999"), &v), "this number does not fit in 64 bits");
}

static void order_is_total(void **state)
{
	double nan = __builtin_nan(""), inf = __builtin_inf();

	(void)state;
	assert_int_equal(float_cmp(1, 2), -1);
	assert_int_equal(float_cmp(2, 1), 1);
	assert_int_equal(float_cmp(0.0, -0.0), 0);
	assert_int_equal(float_cmp(nan, -inf), -1);
	assert_int_equal(float_cmp(-inf, nan), 1);
	assert_int_equal(float_cmp(nan, nan), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_short),
		cmocka_unit_test(texts_read_back),
		cmocka_unit_test(literals_are_read),
		cmocka_unit_test(order_is_total),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

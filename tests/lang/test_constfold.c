/* tests/lang/test_constfold.c -- operations on literals against both versions' results. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lang/check_priv.h"
#include "tests/support/fake_catalog.h"

/*
 * The folded text of one expression: "7", "-3", "u18446744073709551610", "true", "\"abc\"", "no"
 * if it stays.
 */
static const char *folded(const char *expr, enum compat compat)
{
	static char out[256];
	struct fake_catalog *fc = fake_catalog_new("const X 1\n");
	struct catalog cat = fake_catalog_get(fc);
	struct check_opts o = { .compat = compat };
	struct program *prog = NULL;
	struct diag_list d;
	struct source src;
	struct arena a;
	char text[512];
	const struct node *n;

	snprintf(text, sizeof(text), "BEGIN { print(%s); }", expr);
	arena_init(&a, 1 << 20);
	diag_init(&d, &a);
	assert_int_equal(source_init(&src, &a, "t", str_of(text)), 0);
	snprintf(out, sizeof(out), "error");
	if (!program_compile(&src, &cat, &o, &a, &d, &prog, NULL)) {
		n = prog->insts[0]->body->unary.arg->call.args;
		if (n->kind == NODE_BOOL)
			snprintf(out, sizeof(out), "%s", n->integer.val ? "true" : "false");
		else if (n->kind == NODE_STR)
			snprintf(out, sizeof(out), "\"%.*s\"", STR_ARG(n->text.s));
		else if (n->kind != NODE_INT)
			snprintf(out, sizeof(out), "no");
		else if (n->integer.is_unsigned)
			snprintf(out, sizeof(out), "u%llu", (unsigned long long)n->integer.val);
		else
			snprintf(out, sizeof(out), "%lld", (long long)n->integer.val);
	} else {
		assert_true(d.error_cnt > 0);
	}
	fake_catalog_free(fc);
	arena_fini(&a);
	return out;
}

struct row {
	const char *expr, *in_27, *in_17;
};

static const struct row rows[] = {
	{ "1 + 2 * 3", "7", "7" },
	{ "7 - 10", "-3", "-3" },
	{ "-7 / 2", "-3", "9223372036854775804" },
	{ "-7 % 3", "-1", "0" },
	{ "5 % -3", "2", "5" },
	{ "7 / -2", "-3", "0" },
	{ "-8 >> 1", "-4", "9223372036854775804" },
	{ "1 << 40", "1099511627776", "1099511627776" },
	{ "1 << 63", "u9223372036854775808", "-9223372036854775808" },
	{ "0xff << 56", "u18374686479671623680", "-72057594037927936" },
	{ "1 << 64", "error", "1" },
	{ "1 << -1", "error", "-9223372036854775808" },
	{ "~5", "u18446744073709551610", "-6" },
	{ "~~5", "5", "5" },
	{ "!5", "false", "0" },
	{ "!0", "true", "1" },
	{ "- - 5", "5", "5" },
	{ "9223372036854775807 + 1", "u9223372036854775808", "-9223372036854775808" },
	{ "18446744073709551615 + 1", "error", "0" },
	{ "-9223372036854775807 - 1", "-9223372036854775808", "-9223372036854775808" },
	{ "-9223372036854775807 - 2", "error", "9223372036854775807" },
	{ "9223372036854775807 * 2", "u18446744073709551614", "-2" },
	{ "18446744073709551615 * 18446744073709551615", "error", "1" },
	{ "5 / 0", "error", "0" },
	{ "5 % 0", "error", "5" },
	{ "12 & 10", "8", "8" },
	{ "12 | 3", "15", "15" },
	{ "12 ^ 10", "6", "6" },
	{ "-1 & 0xff", "255", "255" },
	{ "1 < 2", "true", "1" },
	{ "-1 < 18446744073709551615", "true", "0" },
	{ "3 >= 4", "false", "0" },
	{ "\"a\" == \"a\"", "true", "1" },
	{ "\"a\" != \"b\"", "true", "1" },
	{ "1 ? 2 : 3", "2", "2" },
	{ "0 ? \"abc\" : \"de\"", "\"de\"", "\"de\"" },
	{ "1 ? \"abc\" : 5", "\"abc\"", "\"abc\"" },
	{ "pid + 1", "no", "no" },
	{ "1 + pid + 1", "no", "no" },
};

static void literals_fold_as_in_027(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(rows); i++)
		assert_string_equal(folded(rows[i].expr, COMPAT_27), rows[i].in_27);
}

static void literals_fold_as_in_017(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(rows); i++)
		assert_string_equal(folded(rows[i].expr, COMPAT_17), rows[i].in_17);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(literals_fold_as_in_027),
		cmocka_unit_test(literals_fold_as_in_017),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

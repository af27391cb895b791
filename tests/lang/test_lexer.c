/* tests/lang/test_lexer.c -- tokens, and what numbers and strings mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "lang/lexer.h"
#include "lang/literal.h"

static struct source source_over(struct arena *a, struct str text)
{
	struct source src;

	arena_init(a, 1 << 20);
	assert_int_equal(source_init(&src, a, "t", text), 0);
	return src;
}

/* The texts of all tokens joined by '|'. */
static void split(const char *text, char *ret, size_t sz)
{
	struct arena a;
	struct source src = source_over(&a, str_of(text));
	struct lexer lx = lexer_at(&src, 0);
	struct token t;
	size_t n = 0;

	ret[0] = '\0';
	while ((t = lexer_next(&lx)).kind != TOK_END) {
		struct str s = source_text(&src, t.span);

		assert_true(n + s.len + 2 < sz);
		if (n)
			ret[n++] = '|';
		memcpy(ret + n, s.s, s.len);
		n += s.len;
		ret[n] = '\0';
	}
	arena_fini(&a);
}

static void tokens_are_as_long_as_possible(void **state UNUSED)
{
	static const char *const rows[][2] = {
		{ "a+++b", "a|++|+|b" },
		{ "a<<=b>>c>=d", "a|<<=|b|>>|c|>=|d" },
		{ "a->b.c..d", "a|->|b|.|c|..|d" },
		{ "@x[$y,$1,$#]", "@x|[|$y|,|$1|,|$#|]" },
		{ "@[1]@=2", "@|[|1|]|@|=|2" },
		{ "10ms+0x1f", "10ms|+|0x1f" },
		{ "0..5", "0|..|5" },
		{ "$t.0.1.a", "$t|.|0|.|1|.|a" },
		{ "\"a\\\"b\"c", "\"a\\\"b\"|c" },
		{ "a/*b*/c//d\ne", "a|c|e" },
		{ "a&&&b||!c", "a|&&|&|b||||!|c" },
		{ "if(x)iffy", "if|(|x|)|iffy" },
		{ "", "" },
		{ " \t\r\n ", "" },
	};
	char got[256];

	for (size_t i = 0; i < countof(rows); i++) {
		split(rows[i][0], got, sizeof(got));
		assert_string_equal(got, rows[i][1]);
	}
}

static void every_token_of_the_table_is_found_as_itself(void **state UNUSED)
{
	for (int k = TOK_BREAK; k < TOK_KIND_CNT; k++) {
		struct arena a;
		struct source src = source_over(&a, str_of(token_what(k)));
		struct lexer lx = lexer_at(&src, 0);

		assert_int_equal(lexer_next(&lx).kind, k);
		assert_int_equal(lexer_next(&lx).kind, TOK_END);
		arena_fini(&a);
	}
}

static void bad_text_is_one_bad_token_with_a_reason(void **state UNUSED)
{
	static const struct { const char *text, *token, *reason; } rows[] = {
		{ "\"abc\nx", "\"abc", "this string has no end" },
		{ "\"abc\\", "\"abc\\", "this string has no end" },
		{ "'ab' x", "'ab'", "there are no character literals" },
		{ "$ x", "$", "a name must follow '$'" },
		{ "@1a", "@1a", "the name of a map begins with a letter or '_'" },
		{ "\xc3\xa9x", "\xc3\xa9", "this character has no meaning here" },
		{ "/* x", "/* x", "this comment has no end" },
		{ "/*/", "/*/", "this comment has no end" },
		{ "`", "`", "this character has no meaning here" },
	};

	for (size_t i = 0; i < countof(rows); i++) {
		struct arena a;
		struct source src = source_over(&a, str_of(rows[i].text));
		struct lexer lx = lexer_at(&src, 0);
		struct token t = lexer_next(&lx);

		assert_int_equal(t.kind, TOK_BAD);
		assert_string_equal(t.bad, rows[i].reason);
		assert_true(str_is(source_text(&src, t.span), rows[i].token));
		arena_fini(&a);
	}
}

static void any_byte_moves_the_lexer_on(void **state UNUSED)
{
	for (int c = 0; c < 256; c++) {
		char text[3] = { (char)c, (char)c, 'x' };
		struct arena a;
		struct source src = source_over(&a, (struct str){ text, sizeof(text) });
		struct lexer lx = lexer_at(&src, 0);
		int n = 0;

		while (lexer_next(&lx).kind != TOK_END)
			assert_true(++n <= 3);
		assert_int_equal(lx.pos, 3);
		arena_fini(&a);
	}
}

static void first_token_of_a_line_knows_it(void **state UNUSED)
{
	static const char text[] = "a b\n\tc /* x\n */ d\n// e\nf";
	static const bool want[] = { true, false, true, false, true };
	struct arena a;
	struct source src = source_over(&a, str_of(text));
	struct lexer lx = lexer_at(&src, 0);

	for (size_t i = 0; i < countof(want); i++)
		assert_int_equal(lexer_next(&lx).is_line_start, want[i]);
	arena_fini(&a);
}

static void numbers_have_their_value(void **state UNUSED)
{
	static const struct { const char *text; u64 val; bool is_unsigned, is_duration; } rows[] = {
		{ "0", 0, false, false },
		{ "007", 7, false, false },
		{ "0xFFffFFffFFffFFff", UINT64_MAX, true, false },
		{ "0b11", 3, false, false },
		{ "1_2_3", 123, false, false },
		{ "9e18", 9000000000000000000u, false, false },
		{ "1e19", 10000000000000000000u, true, false },
		{ "0xbul", 11, true, false },
		{ "9223372036854775807ll", INT64_MAX, false, false },
		{ "250us", 250000, false, true },
		{ "106751d", 9223286400000000000u, false, true },
	};

	for (size_t i = 0; i < countof(rows); i++) {
		struct int_literal lit;

		assert_null(literal_int(str_of(rows[i].text), &lit));
		assert_int_equal(lit.val, rows[i].val);
		assert_int_equal(lit.is_unsigned, rows[i].is_unsigned);
		assert_int_equal(lit.is_duration, rows[i].is_duration);
	}
}

static void numbers_that_are_none_are_refused(void **state UNUSED)
{
	static const char *const rows[] = {
		"",
		"0x",
		"0b",
		"0b12",
		"09",
		"1_",
		"1__",
		"_1",
		"1e",
		"1e20",
		"1ee3",
		"0x1ms",
		"1xs",
		"1uu",
		"1n",
		"18446744073709551616",
		"0x1ffffffffffffffff",
		"4294967296u",
		"106752d",
		"1e3e3",
	};
	struct int_literal lit = { .val = 42 };

	for (size_t i = 0; i < countof(rows); i++) {
		assert_non_null(literal_int(str_of(rows[i]), &lit));
		assert_int_equal(lit.val, 42);
	}
}

static void strings_have_their_bytes(void **state UNUSED)
{
	static const struct { struct str text, want; } rows[] = {
		{ STR("\"\""), STR("") },
		{ STR("\"a b\""), STR("a b") },
		{ STR("\"\\n\\t\\r\\\"\\\\\""), STR("\n\t\r\"\\") },
		{ STR("\"\\0a\\1234\\377\""), STR("\0a\123" "4\377") },
		{ STR("\"\\x4\\x41\\x414\""), STR("\4A" "A4") },
	};
	struct arena a;

	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < countof(rows); i++) {
		struct str_error e;
		struct str got;

		assert_int_equal(literal_str(rows[i].text, &a, &got, &e), 0);
		assert_true(str_eq(got, rows[i].want));
		assert_int_equal(got.s[got.len], 0);
	}
	arena_fini(&a);
}

static void bad_escapes_are_refused_at_their_place(void **state UNUSED)
{
	static const char *const rows[] = { "\"ab\\q\"", "\"ab\\x\"", "\"ab\\8\"", "\"ab\\400\"" };
	struct arena a;

	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < countof(rows); i++) {
		struct str_error e;
		struct str got;

		assert_int_equal(literal_str(str_of(rows[i]), &a, &got, &e), -EINVAL);
		assert_int_equal(e.off, 3);
		assert_non_null(e.msg);
	}
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_are_as_long_as_possible),
		cmocka_unit_test(every_token_of_the_table_is_found_as_itself),
		cmocka_unit_test(bad_text_is_one_bad_token_with_a_reason),
		cmocka_unit_test(any_byte_moves_the_lexer_on),
		cmocka_unit_test(first_token_of_a_line_knows_it),
		cmocka_unit_test(numbers_have_their_value),
		cmocka_unit_test(numbers_that_are_none_are_refused),
		cmocka_unit_test(strings_have_their_bytes),
		cmocka_unit_test(bad_escapes_are_refused_at_their_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/base/test_str.c -- what base/str.h promises. */
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

#include "tests/base/check.h"

static void null_is_the_empty_string(void **state UNUSED)
{
	assert_int_equal(str_of(NULL).len, 0);
	assert_true(str_eq(str_of(NULL), STR("")));
	assert_true(str_is((struct str){ NULL, 0 }, ""));
	assert_false(str_is(STR("a"), NULL));
}

static void comparison_is_bytewise_and_shorter_comes_first(void **state UNUSED)
{
	assert_true(str_cmp(STR("ab"), STR("abc")) < 0);
	assert_true(str_cmp(STR("b"), STR("abc")) > 0);
	assert_true(str_cmp(STR("a\xff"), STR("a\x01")) > 0);
	assert_int_equal(str_cmp(STR("a\0b"), STR("a\0b")), 0);
	assert_true(str_cmp((struct str){ NULL, 0 }, STR("a")) < 0);
	assert_false(str_eq(STR("a\0b"), STR("a\0c")));
}

static void prefixes(void **state UNUSED)
{
	assert_true(str_has_prefix(STR("abc"), "ab"));
	assert_true(str_has_prefix(STR("abc"), ""));
	assert_true(str_has_prefix((struct str){ NULL, 0 }, ""));
	assert_false(str_has_prefix(STR("ab"), "abc"));
}

static void trim_takes_blanks_off_both_ends_only(void **state UNUSED)
{
	assert_true(str_is(str_trim(STR(" \t\n a b \r\v")), "a b"));
	assert_int_equal(str_trim(STR("  \n ")).len, 0);
	assert_int_equal(str_trim((struct str){ NULL, 0 }).len, 0);
}

static void split_at_the_first_separator(void **state UNUSED)
{
	struct str head, tail;

	assert_true(str_split(STR("a:b:c"), ':', &head, &tail));
	assert_true(str_is(head, "a"));
	assert_true(str_is(tail, "b:c"));
	assert_true(str_split(STR(":"), ':', &head, &tail));
	assert_int_equal(head.len + tail.len, 0);
	assert_false(str_split(STR("abc"), ':', &head, &tail));
	assert_true(str_is(head, "abc"));
	assert_int_equal(tail.len, 0);
	assert_false(str_split(STR(""), ':', &head, &tail));
}

static void globs_match_stars_only(void **state UNUSED)
{
	static const struct {
		const char *pattern, *text;
		bool is_match;
	} cases[] = {
		{ "sys_enter_*", "sys_enter_read", true },
		{ "sys_enter_*", "sys_exit_read", false },
		{ "*", "", true },
		{ "", "", true },
		{ "", "a", false },
		{ "a", "", false },
		{ "**a**", "bab", true },
		{ "*ab", "aab", true },
		{ "*ab*ba*", "abba", true },
		{ "*ab*ba*", "aba", false },
		{ "a*b*c", "aXbYbZc", true },
		{ "a*b*c", "aXbYbZ", false },
		{ "a?c", "abc", false },
		{ "[a]", "a", false },
	};

	for (size_t i = 0; i < countof(cases); i++)
		assert_int_equal(str_glob(cases[i].pattern, cases[i].text), cases[i].is_match);
}

static void a_glob_of_many_stars_ends_soon(void **state UNUSED)
{
	char pattern[201], text[2001];

	for (size_t i = 0; i + 1 < sizeof(pattern); i += 2)
		memcpy(pattern + i, "a*", 2);
	memcpy(pattern + 198, "ab", 3);
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_false(str_glob(pattern, text));
}

static void hash_depends_on_every_byte_and_the_length(void **state UNUSED)
{
	u8 bytes[40] = {};
	u32 plain = str_hash(bytes, sizeof(bytes));

	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = 1;
		assert_int_not_equal(str_hash(bytes, sizeof(bytes)), plain);
		bytes[i] = 0;
	}
	for (size_t i = 0; i < sizeof(bytes); i++)
		assert_int_not_equal(str_hash(bytes, i), plain);
	assert_int_equal(str_hash(bytes, sizeof(bytes)), plain);
	(void)str_hash(NULL, 0);
}

static void hash_spreads_over_the_low_bits(void **state UNUSED)
{
	int hits[256] = {}, worst = 0;

	for (u32 i = 0; i < 25600; i++) {
		u64 key = (u64)i << 20;
		int n = ++hits[str_hash(&key, sizeof(key)) & 0xff];

		worst = n > worst ? n : worst;
	}
	/* mean 100, standard deviation 10 */
	assert_true(worst < 180);
}

static void distance_counts_edits_and_swaps_without_case(void **state UNUSED)
{
	assert_int_equal(str_distance("", ""), 0);
	assert_int_equal(str_distance("", "abc"), 3);
	assert_int_equal(str_distance("abc", ""), 3);
	assert_int_equal(str_distance("kitten", "sitting"), 3);
	assert_int_equal(str_distance("reocrd", "record"), 1);
	assert_int_equal(str_distance("RECORD", "record"), 0);
	assert_int_equal(str_distance("ca", "abc"), 3);
}

static void distance_of_very_long_words_is_their_length(void **state UNUSED)
{
	size_t sz = 1 << 20;
	char *text = malloc(sz);

	memset(text, 'a', sz - 1);
	text[sz - 1] = '\0';
	assert_int_equal(str_distance(text, "a"), sz - 1);
	text[256] = '\0';
	assert_int_equal(str_distance(text, text), 0);
	free(text);
}

static void nearest_keeps_the_three_best_in_order(void **state UNUSED)
{
	struct str_nearest n;

	str_nearest_init(&n, "recrd");
	str_nearest_offer(&n, "zebra");
	assert_int_equal(n.n, 0);
	str_nearest_offer(&n, "recurd2");
	str_nearest_offer(&n, "records");
	str_nearest_offer(&n, "record");
	str_nearest_offer(&n, "record");
	str_nearest_offer(&n, "rekord");
	str_nearest_offer(&n, "recrd");
	assert_int_equal(n.n, 3);
	assert_string_equal(n.best[0].text, "recrd");
	assert_int_equal(n.best[0].distance, 0);
	assert_string_equal(n.best[1].text, "record");
	assert_int_equal(n.best[1].distance, 1);
	assert_int_equal(n.best[2].distance, 2);
}

static void nearest_of_a_short_word_is_not_just_anything(void **state UNUSED)
{
	struct str_nearest n;

	str_nearest_init(&n, "ab");
	str_nearest_offer(&n, "cd");
	str_nearest_offer(&n, "xyz");
	assert_int_equal(n.n, 0);
	str_nearest_offer(&n, "abc");
	assert_int_equal(n.n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(null_is_the_empty_string),
		cmocka_unit_test(comparison_is_bytewise_and_shorter_comes_first),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(trim_takes_blanks_off_both_ends_only),
		cmocka_unit_test(split_at_the_first_separator),
		cmocka_unit_test(globs_match_stars_only),
		cmocka_unit_test(a_glob_of_many_stars_ends_soon),
		cmocka_unit_test(hash_depends_on_every_byte_and_the_length),
		cmocka_unit_test(hash_spreads_over_the_low_bits),
		cmocka_unit_test(distance_counts_edits_and_swaps_without_case),
		cmocka_unit_test(distance_of_very_long_words_is_their_length),
		cmocka_unit_test(nearest_keeps_the_three_best_in_order),
		cmocka_unit_test(nearest_of_a_short_word_is_not_just_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

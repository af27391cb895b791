/* tests/base/test_strpool.c -- what base/strpool.h promises. */
#include "base/strpool.h"

#include <errno.h>
#include <stdio.h>

#include "tests/base/check.h"

static struct str number(char *out, int i)
{
	return (struct str){ out, (size_t)snprintf(out, 32, "string %d", i) };
}

static void ids_are_dense_from_zero_and_stable(void **state UNUSED)
{
	struct strpool *p = strpool_new(10000, 1 << 20);
	const char *first;
	char text[32];
	bool is_new;

	for (int i = 0; i < 3000; i++) {
		assert_int_equal(strpool_intern(p, number(text, i), &is_new), i);
		assert_true(is_new);
	}
	first = strpool_get(p, 0).s;
	for (int i = 0; i < 3000; i++) {
		assert_int_equal(strpool_intern(p, number(text, i), &is_new), i);
		assert_false(is_new);
		assert_string_equal(strpool_get(p, (u32)i).s, text);
	}
	assert_ptr_equal(strpool_get(p, 0).s, first);
	assert_int_equal(strpool_cnt(p), 3000);
	strpool_free(p);
}

static void the_count_maximum_refuses_new_strings_only(void **state UNUSED)
{
	struct strpool *p = strpool_new(1, 100);
	bool is_new = true;

	assert_int_equal(strpool_intern(p, STR("a"), NULL), 0);
	assert_int_equal(strpool_intern(p, STR("b"), &is_new), -E2BIG);
	assert_true(is_new);
	assert_int_equal(strpool_intern(p, STR("a"), &is_new), 0);
	assert_false(is_new);
	strpool_free(p);
}

static void the_byte_maximum_may_be_reached_exactly(void **state UNUSED)
{
	struct strpool *p = strpool_new(100, 5);

	assert_int_equal(strpool_intern(p, STR("abc"), NULL), 0);
	assert_int_equal(strpool_intern(p, STR("def"), NULL), -E2BIG);
	assert_int_equal(strpool_intern(p, STR("de"), NULL), 1);
	assert_int_equal(strpool_intern(p, STR(""), NULL), 2);
	assert_int_equal(strpool_intern(p, STR("f"), NULL), -E2BIG);
	strpool_free(p);
}

static void strings_are_bytes_with_a_nul_behind(void **state UNUSED)
{
	struct strpool *p = strpool_new(100, 100);
	struct str s;

	assert_int_equal(strpool_intern(p, STR("a\0b"), NULL), 0);
	assert_int_equal(strpool_intern(p, STR("a\0c"), NULL), 1);
	s = strpool_get(p, 1);
	assert_int_equal(s.len, 3);
	assert_memory_equal(s.s, "a\0c\0", 4);
	strpool_free(p);
	strpool_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_dense_from_zero_and_stable),
		cmocka_unit_test(the_count_maximum_refuses_new_strings_only),
		cmocka_unit_test(the_byte_maximum_may_be_reached_exactly),
		cmocka_unit_test(strings_are_bytes_with_a_nul_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

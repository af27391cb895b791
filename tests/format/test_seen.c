/*
 * tests/format/test_seen.c -- a set of numbers against a plain array of them.
 */
#include "tests/format/make.h"

#include "format/seen.h"

static void numbers_in_any_order_are_kept(void **state)
{
	static bool plain[400];

	(void)state;
	for (u64 seed = 0; seed < 50; seed++) {
		struct seen s;

		seen_init(&s);
		memset(plain, 0, sizeof(plain));
		for (u32 i = 0; i < 400; i++) {
			u64 n = mix(seed * 1000 + i) % countof(plain);

			assert_int_equal(seen_has(&s, n), plain[n]);
			assert_int_equal(seen_add(&s, n), 0);
			plain[n] = true;
			if (i % 50 == 0)
				for (u32 k = 0; k < countof(plain); k++)
					assert_int_equal(seen_has(&s, k), plain[k]);
		}
		seen_fini(&s);
	}
}

static void what_is_in_order_is_one_range(void **state)
{
	struct seen s;

	(void)state;
	seen_init(&s);
	for (u64 n = 0; n < 100000; n++)
		assert_int_equal(seen_add(&s, n), 0);
	assert_int_equal(seen_add(&s, UINT64_MAX), 0);
	assert_true(seen_has(&s, UINT64_MAX) && !seen_has(&s, UINT64_MAX - 1));
	assert_int_equal(s.ranges.n, 2);
	seen_fini(&s);
}

static void beyond_the_maximum_the_lowest_hole_is_filled(void **state)
{
	struct seen s;

	(void)state;
	seen_init(&s);
	for (u64 n = 0; n < 3 * SEEN_MAX; n++)
		assert_int_equal(seen_add(&s, 10 * n), 0);
	assert_int_equal(s.ranges.n, SEEN_MAX);
	assert_true(seen_has(&s, 5));
	assert_false(seen_has(&s, 10 * (3 * SEEN_MAX - 1) - 5));
	seen_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_in_any_order_are_kept),
		cmocka_unit_test(what_is_in_order_is_one_range),
		cmocka_unit_test(beyond_the_maximum_the_lowest_hole_is_filled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

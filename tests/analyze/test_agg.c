/* tests/analyze/test_agg.c -- aggregations are exact, and merging is the same as adding. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "analyze/agg.h"
#include "analyze/histogram.h"

static struct type agg_type(enum agg_kind kind, bool is_signed)
{
	return (struct type){ .kind = TYPE_AGG, .agg = kind, .is_signed = is_signed,
			      .lhist_max = 1000, .lhist_step = 10 };
}

static s64 read_after(enum agg_kind kind, bool is_signed, const s64 *v, u32 n)
{
	struct type t = agg_type(kind, is_signed);
	struct agg a = { 0 };
	s64 ret;

	for (u32 i = 0; i < n; i++)
		assert_int_equal(agg_add(&a, &t, v[i]), 0);
	ret = agg_read(&a, &t);
	agg_fini(&a);
	return ret;
}

static void max_of_negative_values_is_negative(void **state UNUSED)
{
	const s64 v[] = { -10, -3, -7 };

	assert_int_equal(read_after(AGG_MAX, true, v, 3), -3);
	assert_int_equal(read_after(AGG_MIN, true, v, 3), -10);
}

static void unsigned_extremes_order_as_unsigned(void **state UNUSED)
{
	const s64 v[] = { 5, -1, 7 };

	assert_int_equal(read_after(AGG_MAX, false, v, 3), -1);
	assert_int_equal(read_after(AGG_MIN, false, v, 3), 5);
}

static void average_rounds_towards_zero(void **state UNUSED)
{
	const s64 v[] = { -3, -4 };

	assert_int_equal(read_after(AGG_AVG, true, v, 2), -3);
	assert_int_equal(read_after(AGG_STATS, true, v, 2), -3);
	assert_int_equal(read_after(AGG_COUNT, true, v, 2), 2);
	assert_int_equal(read_after(AGG_SUM, true, v, 2), -7);
}

static bool fits(bool is_signed, const s64 *v, u32 n, s64 *ret)
{
	struct type t = agg_type(AGG_SUM, is_signed);
	struct agg a = { 0 }, rest = { 0 };

	for (u32 i = 0; i < n; i++)
		assert_int_equal(agg_add(i % 2 ? &rest : &a, &t, v[i]), 0);
	assert_int_equal(agg_merge(&a, &t, &rest), 0);
	return agg_exact_sum(&a, ret);
}

static void a_sum_knows_whether_it_is_exact(void **state UNUSED)
{
	const s64 back[] = { INT64_MAX, INT64_MAX, INT64_MIN, -5, INT64_MIN, 9 };
	const s64 over[] = { INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, 4 };
	s64 sum;

	assert_true(fits(true, back, 6, &sum));
	assert_int_equal(sum, 2);
	assert_false(fits(true, back, 2, &sum));
	assert_false(fits(true, back + 2, 3, &sum));
	assert_false(fits(true, over, 5, &sum));	/* 2^65: the bits of 0 */
	assert_int_equal(sum, 0);
	assert_true(fits(true, back + 3, 1, &sum));
	assert_int_equal(sum, -5);
	assert_true(fits(false, back, 1, &sum));
	assert_false(fits(false, back + 3, 1, &sum));	/* 2^64 - 5 */
	assert_true(fits(false, back, 0, &sum));
}

static void without_values_everything_reads_zero(void **state UNUSED)
{
	for (int k = 0; k < AGG_TSERIES; k++)
		assert_int_equal(read_after(k, true, NULL, 0), 0);
}

static void sum_wraps(void **state UNUSED)
{
	const s64 v[] = { INT64_MAX, 1 };

	assert_int_equal(read_after(AGG_SUM, true, v, 2), INT64_MIN);
}

static void merged_states_equal_one_state(void **state UNUSED)
{
	for (int k = 0; k < AGG_TSERIES; k++) {
		struct type t = agg_type(k, true);
		struct agg all = { 0 }, part[3] = { 0 }, merged = { 0 };

		for (s64 i = 0; i < 3000; i++) {
			s64 v = (i * 7919) % 1777 - 200;

			assert_int_equal(agg_add(&all, &t, v), 0);
			assert_int_equal(agg_add(&part[i % 3], &t, v), 0);
		}
		for (int i = 2; i >= 0; i--)
			assert_int_equal(agg_merge(&merged, &t, &part[i]), 0);
		assert_int_equal(all.cnt, merged.cnt);
		assert_int_equal(agg_read(&all, &t), agg_read(&merged, &t));
		if (all.buckets)
			assert_memory_equal(all.buckets, merged.buckets, hist_bucket_cnt(&t) * 8);
		for (int i = 0; i < 3; i++)
			agg_fini(&part[i]);
		agg_fini(&all);
		agg_fini(&merged);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(max_of_negative_values_is_negative),
		cmocka_unit_test(unsigned_extremes_order_as_unsigned),
		cmocka_unit_test(average_rounds_towards_zero),
		cmocka_unit_test(a_sum_knows_whether_it_is_exact),
		cmocka_unit_test(without_values_everything_reads_zero),
		cmocka_unit_test(sum_wraps),
		cmocka_unit_test(merged_states_equal_one_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

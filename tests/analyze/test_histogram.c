/* tests/analyze/test_histogram.c -- buckets and labels; the numbers were read off bpftrace. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "analyze/histogram.h"

static struct type log2_type(u32 k)
{
	return (struct type){ .kind = TYPE_AGG, .agg = AGG_HIST, .hist_k = k };
}

static struct type linear_type(s64 min, s64 max, s64 step)
{
	return (struct type){ .kind = TYPE_AGG, .agg = AGG_LHIST, .lhist_min = min,
			      .lhist_max = max, .lhist_step = step };
}

static const char *label_of(const struct type *t, s64 value, enum compat compat)
{
	static char out[HIST_LABEL_MAX];

	hist_label(t, hist_bucket(t, value), compat, out);
	return out;
}

static void plain_hist_labels_powers_of_two(void **state UNUSED)
{
	struct type t = log2_type(0);

	assert_string_equal(label_of(&t, -1, COMPAT_27), "(..., 0)");
	assert_string_equal(label_of(&t, INT64_MIN, COMPAT_27), "(..., 0)");
	assert_string_equal(label_of(&t, 0, COMPAT_27), "[0]");
	assert_string_equal(label_of(&t, 1, COMPAT_17), "[1]");
	assert_string_equal(label_of(&t, 2, COMPAT_27), "[2, 4)");
	assert_string_equal(label_of(&t, 3, COMPAT_27), "[2, 4)");
	assert_string_equal(label_of(&t, 1023, COMPAT_27), "[512, 1K)");
	assert_string_equal(label_of(&t, 1024, COMPAT_27), "[1K, 2K)");
	assert_string_equal(label_of(&t, INT64_MAX, COMPAT_27), "[4E, 8E)");
}

static void finer_hist_chooses_the_unit_by_the_buckets_width(void **state UNUSED)
{
	struct type k1 = log2_type(1), k2 = log2_type(2), k3 = log2_type(3), k4 = log2_type(4);

	assert_string_equal(label_of(&k1, 3, COMPAT_27), "[3]");
	assert_string_equal(label_of(&k1, 4, COMPAT_27), "[4, 6)");
	assert_string_equal(label_of(&k1, 1600, COMPAT_27), "[1536, 2K)");
	assert_string_equal(label_of(&k1, 1100, COMPAT_27), "[1024, 1536)");
	assert_string_equal(label_of(&k2, 100, COMPAT_27), "[96, 112)");
	assert_string_equal(label_of(&k2, 3600, COMPAT_27), "[3584, 4K)");
	assert_string_equal(label_of(&k3, 4100, COMPAT_27), "[4096, 4608)");
	assert_string_equal(label_of(&k3, 60000, COMPAT_27), "[56K, 60K)");
	assert_string_equal(label_of(&k4, 2200000, COMPAT_27), "[2048K, 2176K)");
}

static void every_value_lies_in_the_range_of_its_bucket(void **state UNUSED)
{
	for (u32 k = 0; k <= 5; k++) {
		struct type t = log2_type(k);
		u64 v = 1;

		for (int i = 0; i < 4000;
		     i++, v = v * 6364136223846793005u + 1442695040888963407u) {
			s64 n = (s64)(v >> (i % 64));
			u32 idx = hist_bucket(&t, n);
			struct hist_range r;

			assert_true(idx < hist_bucket_cnt(&t));
			hist_range(&t, idx, &r);
			if (n < 0)
				assert_true(r.is_under);
			else
				assert_true(n >= r.lo && (u64)n < r.hi);
		}
	}
}

static void linear_hist_puts_the_maximum_into_the_last_bucket(void **state UNUSED)
{
	struct type t = linear_type(0, 10, 2);

	assert_string_equal(label_of(&t, -1, COMPAT_27), "(..., 0)");
	assert_string_equal(label_of(&t, 3, COMPAT_27), "[2, 4)");
	assert_string_equal(label_of(&t, 9, COMPAT_27), "[8, 10)");
	assert_string_equal(label_of(&t, 10, COMPAT_27), "[10, ...)");
	assert_string_equal(label_of(&t, 1000, COMPAT_27), "[10, ...)");
	assert_int_equal(hist_bucket(&t, INT64_MIN), 0);
	assert_int_equal(hist_bucket_cnt(&t), 7);
}

static void linear_hist_whose_step_leaves_a_rest_differs_by_version(void **state UNUSED)
{
	struct type t = linear_type(0, 10, 3), m = linear_type(1000, 10240, 1024);

	assert_string_equal(label_of(&t, 9, COMPAT_27), "[9, ...)");
	assert_string_equal(label_of(&t, 9, COMPAT_17), "[10, ...)");
	assert_string_equal(label_of(&m, 20000, COMPAT_27), "[10216, ...)");
	assert_string_equal(label_of(&m, 20000, COMPAT_17), "[10K, ...)");
}

static void linear_hist_shortens_only_steps_of_1024_since_27(void **state UNUSED)
{
	struct type p = linear_type(0, 10240, 512), n = linear_type(0, 4194304, 524288);
	struct type one = linear_type(0, 5, 1);

	assert_string_equal(label_of(&p, 2000, COMPAT_27), "[1536, 2048)");
	assert_string_equal(label_of(&p, 2000, COMPAT_17), "[1536, 2K)");
	assert_string_equal(label_of(&n, 1600000, COMPAT_27), "[1536K, 2M)");
	assert_string_equal(label_of(&one, 4, COMPAT_27), "[4]");
	assert_string_equal(label_of(&one, 4, COMPAT_17), "[4, 5)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_hist_labels_powers_of_two),
		cmocka_unit_test(finer_hist_chooses_the_unit_by_the_buckets_width),
		cmocka_unit_test(every_value_lies_in_the_range_of_its_bucket),
		cmocka_unit_test(linear_hist_puts_the_maximum_into_the_last_bucket),
		cmocka_unit_test(linear_hist_whose_step_leaves_a_rest_differs_by_version),
		cmocka_unit_test(linear_hist_shortens_only_steps_of_1024_since_27),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

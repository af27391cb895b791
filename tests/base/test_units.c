/* tests/base/test_units.c -- what base/units.h promises. */
#include "base/units.h"

#include <errno.h>
#include <string.h>

#include "tests/base/check.h"

#define S 1000000000ull

static void durations_are_read(void **state UNUSED)
{
	static const struct {
		const char *text;
		u64 ns;
	} cases[] = {
		{ "10", 10 * S },	 { "0", 0 },
		{ "1.5", 3 * S / 2 },	 { "10s", 10 * S },
		{ "500ms", S / 2 },	 { "20us", 20000 },
		{ "5ns", 5 },		 { "2h", 7200 * S },
		{ "1d", 86400 * S },	 { "1m30s", 90 * S },
		{ "1h2m3s4ms5us6ns", 3723004005006ull },
		{ "1.5s", 3 * S / 2 },	 { "0.000000001s", 1 },
		{ "1.25ms", 1250000 },	 { "0.1234567891s", 123456789 },
		{ "213503d", 213503 * (86400 * S) },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		u64 ns = 1;

		assert_int_equal(units_parse_ns(cases[i].text, &ns), 0);
		assert_int_equal(ns, cases[i].ns);
	}
}

static void bad_durations_are_refused_and_ret_is_untouched(void **state UNUSED)
{
	static const char *const cases[] = {
		"",	 "s",	  "-1s",   "+1s",   " 1s",   "1 s", "1s ",  "1x",    "1.s",
		"1s1m",	 "1s1s",  "1m30",  "1e3",   "0x10",  ".5s", "1..5s", "1sec", "99999999d",
		"18446744073709551616", "18446744073709551615s", "1MS",
	};

	for (size_t i = 0; i < countof(cases); i++) {
		u64 ns = 77;

		assert_int_equal(units_parse_ns(cases[i], &ns), -EINVAL);
		assert_int_equal(ns, 77);
	}
}

static void sizes_are_read_as_powers_of_1024(void **state UNUSED)
{
	static const struct {
		const char *text;
		u64 n;
	} cases[] = {
		{ "65536", 65536 },
		{ "64K", 65536 },
		{ "64KB", 65536 },
		{ "64KiB", 65536 },
		{ "64k", 65536 },
		{ "1M", 1 << 20 },
		{ "2G", 2ull << 30 },
		{ "1T", 1ull << 40 },
		{ "15E", 15ull << 60 },
		{ "512B", 512 },
		{ "0", 0 },
		{ "18446744073709551615", UINT64_MAX },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		u64 n = 1;

		assert_int_equal(units_parse_bytes(cases[i].text, &n), 0);
		assert_int_equal(n, cases[i].n);
	}
}

static void bad_sizes_are_refused(void **state UNUSED)
{
	u64 n = 77;

	assert_int_equal(units_parse_bytes("", &n), -EINVAL);
	assert_int_equal(units_parse_bytes("K", &n), -EINVAL);
	assert_int_equal(units_parse_bytes("-1", &n), -EINVAL);
	assert_int_equal(units_parse_bytes("1X", &n), -EINVAL);
	assert_int_equal(units_parse_bytes("1Ki", &n), -EINVAL);
	assert_int_equal(units_parse_bytes("1KBB", &n), -EINVAL);
	assert_int_equal(units_parse_bytes("1.5K", &n), -EINVAL);
	assert_int_equal(units_parse_bytes("18446744073709551616", &n), -ERANGE);
	assert_int_equal(units_parse_bytes("16E", &n), -ERANGE);
	assert_int_equal(n, 77);
}

static void durations_are_printed(void **state UNUSED)
{
	static const struct {
		u64 ns;
		const char *text;
	} cases[] = {
		{ 0, "0 ns" },
		{ 999, "999 ns" },
		{ 1000, "1 us" },
		{ 350000, "350 us" },
		{ 999999, "999 us" },
		{ 1250000000, "1.25 s" },
		{ 1050000000, "1.05 s" },
		{ 1500000000, "1.5 s" },
		{ 12340000, "12.3 ms" },
		{ 59999999999, "59.9 s" },
		{ 60 * S, "1 min 0 s" },
		{ 125 * S, "2 min 5 s" },
		{ 3600 * S, "1 h 0 min" },
		{ UINT64_MAX, "5124095 h 34 min" },
	};
	char out[24];

	for (size_t i = 0; i < countof(cases); i++)
		assert_string_equal(units_ns(cases[i].ns, out), cases[i].text);
}

static void sizes_are_printed_as_powers_of_1000(void **state UNUSED)
{
	static const struct {
		u64 n;
		const char *text;
	} cases[] = {
		{ 0, "0 B" },		       { 999, "999 B" },	 { 1000, "1 kB" },
		{ 1024, "1.02 kB" },	       { 12500000, "12.5 MB" },	 { 999999999, "999 MB" },
		{ UINT64_MAX, "18.4 EB" },
	};
	char out[24];

	for (size_t i = 0; i < countof(cases); i++)
		assert_string_equal(units_bytes(cases[i].n, out), cases[i].text);
}

static void counts_are_grouped_and_fit(void **state UNUSED)
{
	char out[24];

	assert_string_equal(units_cnt(0, out), "0");
	assert_string_equal(units_cnt(999, out), "999");
	assert_string_equal(units_cnt(1000, out), "1 000");
	assert_string_equal(units_cnt(12345678, out), "12 345 678");
	assert_string_equal(units_cnt(999999999999999999, out), "999 999 999 999 999 999");
	assert_string_equal(units_cnt(UINT64_MAX, out), "18446744073709551615");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_are_read),
		cmocka_unit_test(bad_durations_are_refused_and_ret_is_untouched),
		cmocka_unit_test(sizes_are_read_as_powers_of_1024),
		cmocka_unit_test(bad_sizes_are_refused),
		cmocka_unit_test(durations_are_printed),
		cmocka_unit_test(sizes_are_printed_as_powers_of_1000),
		cmocka_unit_test(counts_are_grouped_and_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

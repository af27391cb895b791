/*
 * tests/analyze/test_timefmt.c -- times in the recorded clock and zone, whatever the analyzer's
 * are.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "analyze/timefmt.h"

#define S 1000000000ULL
#define NOON 1795694400ULL	/* 2026-11-26 12:00:00 UTC */

static const char *text_of(const struct timefmt *f, const char *fmt, u64 boot, enum compat compat)
{
	static struct buf out;

	buf_fini(&out);
	buf_init(&out, 1 << 12);
	timefmt_strftime(f, fmt, boot, compat, &out);
	return buf_cstr(&out);
}

static void the_last_reading_before_counts(void **state UNUSED)
{
	struct timefmt f;

	timefmt_init(&f);
	assert_int_equal(timefmt_add_pair(&f, (struct clock_pair){ 200 * S, (NOON + 3600) * S }),
			 0);
	assert_int_equal(timefmt_add_pair(&f, (struct clock_pair){ 100 * S, NOON * S }), 0);
	assert_int_equal(timefmt_real(&f, 100 * S), NOON * S);
	assert_int_equal(timefmt_real(&f, 90 * S), (NOON - 10) * S);
	assert_int_equal(timefmt_real(&f, 199 * S), (NOON + 99) * S);
	assert_int_equal(timefmt_real(&f, 201 * S), (NOON + 3601) * S);
	assert_int_equal(timefmt_boot(&f, (s64)(NOON + 3601) * (s64)S), 201 * S);
	assert_int_equal(timefmt_boot(&f, (s64)(NOON - 10) * (s64)S), 90 * S);
	timefmt_fini(&f);
}

static void the_analyzers_zone_does_not_matter(void **state UNUSED)
{
	static const struct tz_span spans[] = {
		{ INT64_MIN, 3600, false, "CET" },
		{ NOON + 3600, -7200, true, "XDT" },
	};
	struct timefmt f;

	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	timefmt_init(&f);
	assert_string_equal(text_of(&f, "%H:%M %Z %z", NOON * S, COMPAT_27), "12:00 UTC +0000");
	for (u32 i = 0; i < countof(spans); i++)
		assert_int_equal(timefmt_add_span(&f, &spans[i]), 0);
	assert_string_equal(text_of(&f, "%H:%M %Z %z %s", NOON * S, COMPAT_27),
			    "13:00 CET +0100 1795694400");
	assert_string_equal(text_of(&f, "%H:%M %Z %z", (NOON + 3600) * S, COMPAT_27),
			    "11:00 XDT -0200");
	unsetenv("TZ");
	timefmt_fini(&f);
}

static void parts_of_a_second_print_as_each_version_does(void **state UNUSED)
{
	u64 ts = NOON * S + 19778418;
	struct timefmt f;

	timefmt_init(&f);
	assert_string_equal(text_of(&f, "%k|%l|%f", ts, COMPAT_27), "019778418|019|019778");
	assert_string_equal(text_of(&f, "%k|%l|%f|%%", ts, COMPAT_17), "12|12|019778|%");
	timefmt_fini(&f);
}

static void time_leaves_f_as_it_is(void **state UNUSED)
{
	struct timefmt f;
	struct buf out;

	timefmt_init(&f);
	buf_init(&out, 1 << 10);
	timefmt_time(&f, "%H:%M:%S %f\n", NOON * S, &out);
	assert_string_equal(buf_cstr(&out), "12:00:00 %f\n");
	buf_fini(&out);
	timefmt_fini(&f);
}

/* A version 2 file: nothing in the first part, one change of zone in the second. */
static size_t make_tzif(u8 *out)
{
	static const u8 head[44] = "TZif2";
	static const u8 types[] = { 0, 0, 0x0e, 0x10, 0, 0, 0, 0, 0x1c, 0x20, 1, 4 };
	size_t n = 0;

	memcpy(out, head, 44);
	out[39] = 1;					/* one type */
	n = 44;
	memset(out + n, 0, 6);
	n += 6;
	memcpy(out + n, head, 44);
	out[n + 35] = 1;				/* one time */
	out[n + 39] = 2;				/* two types */
	out[n + 43] = 9;				/* characters */
	n += 44;
	for (int i = 7; i >= 0; i--)
		out[n++] = (u8)(NOON >> (8 * i));
	out[n++] = 1;
	memcpy(out + n, types, sizeof(types));
	n += sizeof(types);
	memcpy(out + n, "CET\0CEST", 9);
	return n + 9;
}

static void zoneinfo_is_read_and_damage_is_refused(void **state UNUSED)
{
	struct timefmt f;
	struct err err;
	u8 file[256];
	size_t n = make_tzif(file);

	timefmt_init(&f);
	assert_int_equal(timefmt_add_tzif(&f, file, n, &err), 0);
	assert_string_equal(text_of(&f, "%H %Z", (NOON - 1) * S, COMPAT_27), "12 CET");
	assert_string_equal(text_of(&f, "%H %Z", NOON * S, COMPAT_27), "14 CEST");
	timefmt_fini(&f);
	for (size_t cut = 0; cut < n; cut++) {
		u8 *copy = malloc(cut + 1);	/* exact size: a read beyond is seen */

		assert_non_null(copy);
		memcpy(copy, file, cut);
		timefmt_init(&f);
		assert_int_equal(timefmt_add_tzif(&f, copy, cut, &err), -EBADMSG);
		timefmt_fini(&f);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_reading_before_counts),
		cmocka_unit_test(the_analyzers_zone_does_not_matter),
		cmocka_unit_test(parts_of_a_second_print_as_each_version_does),
		cmocka_unit_test(time_leaves_f_as_it_is),
		cmocka_unit_test(zoneinfo_is_read_and_damage_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

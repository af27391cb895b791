/* tests/base/test_cursor.c -- what base/cursor.h promises. */
#include "base/cursor.h"

#include "tests/base/check.h"

static const u8 bytes[] = { 1, 3, 2, 7, 6, 5, 4, 0xff, 0xee, 0xdd, 0xcc, 0xbb, 0xaa, 0x99, 0x88 };

static void numbers_are_read_little_endian(void **state UNUSED)
{
	struct cursor c = cursor_over(bytes, sizeof(bytes));

	assert_int_equal(cursor_u8(&c), 1);
	assert_int_equal(cursor_u16(&c), 0x0203);
	assert_int_equal(cursor_u32(&c), 0x04050607);
	assert_true(cursor_u64(&c) == 0x8899aabbccddeeff);
	assert_int_equal(cursor_left(&c), 0);
	assert_false(c.is_bad);
}

static void a_short_read_is_zero_and_the_cursor_stays_bad(void **state UNUSED)
{
	struct cursor c = cursor_over(bytes, 3);

	assert_int_equal(cursor_u32(&c), 0);
	assert_true(c.is_bad);
	assert_int_equal(cursor_left(&c), 0);
	/* three bytes were there, but whoever went on would read them as something else */
	assert_int_equal(cursor_u8(&c), 0);
	assert_null(cursor_bytes(&c, 0));
	assert_true(c.is_bad);
}

static void huge_lengths_are_refused(void **state UNUSED)
{
	struct cursor c = cursor_over(bytes, sizeof(bytes));

	assert_null(cursor_bytes(&c, SIZE_MAX));
	assert_true(c.is_bad);
	c = cursor_over(bytes, sizeof(bytes));
	cursor_skip(&c, SIZE_MAX - 3);
	assert_true(c.is_bad);
}

static void bytes_and_skip_go_to_the_very_end(void **state UNUSED)
{
	struct cursor c = cursor_over(bytes, sizeof(bytes));

	cursor_skip(&c, 5);
	assert_ptr_equal(cursor_bytes(&c, 10), bytes + 5);
	assert_false(c.is_bad);
	assert_non_null(cursor_bytes(&c, 0));
	cursor_skip(&c, 1);
	assert_true(c.is_bad);
}

static void a_sub_cursor_ends_where_it_was_told(void **state UNUSED)
{
	struct cursor c = cursor_over(bytes, sizeof(bytes));
	struct cursor sub = cursor_sub(&c, 2);

	assert_int_equal(cursor_u16(&sub), 0x0301);
	assert_int_equal(cursor_u8(&sub), 0);
	assert_true(sub.is_bad);
	assert_false(c.is_bad);
	assert_int_equal(cursor_u8(&c), 2);
}

static void a_sub_cursor_beyond_the_end_makes_both_bad(void **state UNUSED)
{
	struct cursor c = cursor_over(bytes, 4);
	struct cursor sub = cursor_sub(&c, 5);

	assert_true(c.is_bad);
	assert_true(sub.is_bad);
	assert_int_equal(cursor_left(&sub), 0);
	assert_int_equal(cursor_u8(&sub), 0);
}

static void an_empty_cursor_is_not_bad_until_it_is_read(void **state UNUSED)
{
	struct cursor c = cursor_over(NULL, 0);

	assert_int_equal(cursor_left(&c), 0);
	assert_false(c.is_bad);
	assert_int_equal(cursor_u8(&c), 0);
	assert_true(c.is_bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_read_little_endian),
		cmocka_unit_test(a_short_read_is_zero_and_the_cursor_stays_bad),
		cmocka_unit_test(huge_lengths_are_refused),
		cmocka_unit_test(bytes_and_skip_go_to_the_very_end),
		cmocka_unit_test(a_sub_cursor_ends_where_it_was_told),
		cmocka_unit_test(a_sub_cursor_beyond_the_end_makes_both_bad),
		cmocka_unit_test(an_empty_cursor_is_not_bad_until_it_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

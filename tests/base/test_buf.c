/* tests/base/test_buf.c -- what base/buf.h promises. */
#include "base/buf.h"

#include <string.h>

#include "tests/base/check.h"

static void appends_of_all_kinds_follow_each_other(void **state UNUSED)
{
	struct buf b;

	buf_init(&b, 100);
	buf_puts(&b, "ab");
	buf_putc(&b, 'c');
	buf_printf(&b, "%d", 42);
	buf_fill(&b, '.', 3);
	buf_put(&b, NULL, 0);
	assert_string_equal(buf_cstr(&b), "abc42...");
	assert_int_equal(b.len, 8);
	assert_false(b.is_full);
	buf_fini(&b);
}

static void numbers_are_little_endian(void **state UNUSED)
{
	static const u8 want[] = { 1,    3,    2,    7,    6,    5,    4,   0xff,
				   0xee, 0xdd, 0xcc, 0xbb, 0xaa, 0x99, 0x88 };
	struct buf b;

	buf_init(&b, 100);
	buf_put_u8(&b, 1);
	buf_put_u16(&b, 0x0203);
	buf_put_u32(&b, 0x04050607);
	buf_put_u64(&b, 0x8899aabbccddeeff);
	assert_int_equal(b.len, sizeof(want));
	assert_memory_equal(b.data, want, sizeof(want));
	buf_fini(&b);
}

static void the_maximum_may_be_reached_exactly(void **state UNUSED)
{
	struct buf b;

	buf_init(&b, 200);
	buf_fill(&b, 'x', 200);
	assert_false(b.is_full);
	assert_int_equal(strlen(buf_cstr(&b)), 200);
	buf_printf(&b, "%s", "");
	assert_false(b.is_full);
	buf_putc(&b, 'y');
	assert_true(b.is_full);
	assert_int_equal(b.len, 200);
	buf_fini(&b);
}

static void a_refused_append_changes_nothing_but_the_flag(void **state UNUSED)
{
	struct buf b;

	buf_init(&b, 8);
	buf_puts(&b, "hello");
	buf_puts(&b, "world");
	assert_true(b.is_full);
	assert_string_equal(buf_cstr(&b), "hello");
	buf_printf(&b, "%d", 123456);
	assert_string_equal(buf_cstr(&b), "hello");
	buf_put_u64(&b, 1);
	assert_int_equal(b.len, 5);
	assert_null(buf_extend(&b, SIZE_MAX));
	assert_null(buf_extend(&b, SIZE_MAX - 4));
	assert_int_equal(b.len, 5);
	buf_putc(&b, '!');
	assert_string_equal(buf_cstr(&b), "hello!");
	assert_true(b.is_full);
	buf_reset(&b);
	assert_false(b.is_full);
	assert_string_equal(buf_cstr(&b), "");
	buf_fini(&b);
}

static void a_buffer_of_nothing_is_an_empty_text(void **state UNUSED)
{
	struct buf b;

	buf_init(&b, 0);
	assert_string_equal(buf_cstr(&b), "");
	assert_false(b.is_full);
	buf_putc(&b, 'x');
	assert_true(b.is_full);
	buf_fini(&b);
}

static void no_maximum_at_all_does_not_overflow(void **state UNUSED)
{
	struct buf b;

	buf_init(&b, SIZE_MAX);
	buf_puts(&b, "x");
	assert_null(buf_extend(&b, SIZE_MAX - 1));
	assert_true(b.is_full);
	assert_string_equal(buf_cstr(&b), "x");
	buf_fini(&b);
}

static void extend_gives_room_to_write(void **state UNUSED)
{
	struct buf b;
	u8 *p;

	buf_init(&b, 1 << 16);
	buf_puts(&b, "head");
	p = buf_extend(&b, 5000);
	assert_non_null(p);
	memset(p, 7, 5000);
	assert_int_equal(b.len, 5004);
	assert_memory_equal(b.data, "head\7\7", 6);
	buf_fini(&b);
}

static void align_pads_with_zeros_to_a_multiple(void **state UNUSED)
{
	struct buf b;

	buf_init(&b, 100);
	buf_align(&b, 8);
	assert_int_equal(b.len, 0);
	buf_puts(&b, "abc");
	buf_align(&b, 8);
	assert_int_equal(b.len, 8);
	assert_memory_equal(b.data, "abc\0\0\0\0\0", 8);
	buf_align(&b, 8);
	assert_int_equal(b.len, 8);
	buf_align(&b, 0);
	assert_int_equal(b.len, 8);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appends_of_all_kinds_follow_each_other),
		cmocka_unit_test(numbers_are_little_endian),
		cmocka_unit_test(the_maximum_may_be_reached_exactly),
		cmocka_unit_test(a_refused_append_changes_nothing_but_the_flag),
		cmocka_unit_test(a_buffer_of_nothing_is_an_empty_text),
		cmocka_unit_test(no_maximum_at_all_does_not_overflow),
		cmocka_unit_test(extend_gives_room_to_write),
		cmocka_unit_test(align_pads_with_zeros_to_a_multiple),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

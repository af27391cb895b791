/*
 * tests/lang/test_packed.c -- packed values: sizes, conversion from the kernel's form, stepping
 * over them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "lang/packed.h"

static const struct type *type_of(struct arena *a, const char *text)
{
	const struct type *t = type_parse(a, text);

	assert_non_null(t);
	return t;
}

static void kernel_sizes_follow_the_type(void **state UNUSED)
{
	static const struct { const char *type; size_t sz;
	} rows[] = {
		{ "uint8", 8 },
		{ "bool", 8 },
		{ "void *", 8 },
		{ "strftime(\"x\")", 8 },
		{ "ksym", 8 },
		{ "kstack(3)", 8 },
		{ "string[4]", 8 },
		{ "string[5]", 16 },
		{ "string[64]", 72 },
		{ "buffer[0]", 8 },
		{ "macaddr", 16 },
		{ "inet[16]", 24 },
		{ "(uint8,string[5])", 24 },
		{ "()", 0 },
		{ "((int64,int64),bool)", 24 },
		{ "count", 0 },
		{ "uint8[4]", 8 },
		{ "uint32[4]", 24 },
		{ "(uint8[4],int64)", 16 },
		{ "string[1073741824]", 1073741832u },
	};
	static const struct type huge = { .kind = TYPE_STR, .size = UINT32_MAX };
	struct arena a;

	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < countof(rows); i++)
		assert_int_equal(packed_kernel_size(type_of(&a, rows[i].type)), rows[i].sz);
	assert_int_equal(packed_kernel_size(&huge), 4294967304u); /* none wraps */
	arena_fini(&a);
}

/* (uint32, string[5], int64) as a K map has it */
static void make_kernel_value(u8 *p, u32 len)
{
	u64 one = 1;
	s64 minus = -2;

	memset(p, 0, 32);
	memcpy(p, &one, 8);
	memcpy(p + 8, &len, 4);
	memcpy(p + 12, "abcde", 5);
	memcpy(p + 24, &minus, 8);
}

static void kernel_form_becomes_packed(void **state UNUSED)
{
	static const u8 want[] = { 1, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 'a', 'b', 'c',
				   0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	const struct type *t;
	struct arena a;
	struct cursor c;
	struct buf b;
	u8 p[32];

	arena_init(&a, 1 << 20);
	buf_init(&b, 4096);
	t = type_of(&a, "(uint32,string[5],int64)");
	assert_int_equal(packed_kernel_size(t), sizeof(p));
	make_kernel_value(p, 3);
	assert_int_equal(packed_from_kernel(t, p, sizeof(p), &b), 0);
	assert_int_equal(b.len, sizeof(want));
	assert_memory_equal(b.data, want, sizeof(want));
	c = cursor_over(b.data, b.len);
	assert_true(packed_skip(t, &c));
	assert_int_equal(cursor_left(&c), 0);
	buf_fini(&b);
	arena_fini(&a);
}

static void lengths_beyond_the_type_are_refused(void **state UNUSED)
{
	static const u32 lens[] = { 6, 7, 8, 255, UINT32_MAX };
	const struct type *t;
	struct arena a;
	struct buf b;
	u8 p[32];

	arena_init(&a, 1 << 20);
	buf_init(&b, 4096);
	t = type_of(&a, "(uint32,string[5],int64)");
	for (size_t i = 0; i < countof(lens); i++) {
		make_kernel_value(p, lens[i]);
		assert_int_equal(packed_from_kernel(t, p, sizeof(p), &b), -EBADMSG);
	}
	make_kernel_value(p, 5);
	buf_reset(&b);
	assert_int_equal(packed_from_kernel(t, p, sizeof(p), &b), 0);
	buf_fini(&b);
	arena_fini(&a);
}

static void every_missing_byte_is_noticed(void **state UNUSED)
{
	const struct type *t;
	struct arena a;
	struct buf b, cut;
	struct cursor c;
	u8 p[32];

	arena_init(&a, 1 << 20);
	buf_init(&b, 4096);
	buf_init(&cut, 4096);
	t = type_of(&a, "(uint32,string[5],int64)");
	make_kernel_value(p, 5);
	for (size_t sz = 0; sz < sizeof(p); sz++)
		assert_int_equal(packed_from_kernel(t, p, sz, &cut), -EBADMSG);
	assert_int_equal(packed_from_kernel(t, p, sizeof(p), &b), 0);
	for (size_t sz = 0; sz < b.len; sz++) {
		c = cursor_over(b.data, sz);
		assert_false(packed_skip(t, &c));
	}
	buf_fini(&b);
	buf_fini(&cut);
	arena_fini(&a);
}

static void kinds_without_a_packed_form_are_refused(void **state UNUSED)
{
	static const u8 zeros[64];
	const struct type *types[3], *pair[2];
	struct arena a;

	arena_init(&a, 1 << 20);
	pair[0] = &type_s64;
	pair[1] = types[0] = type_of(&a, "count");
	types[1] = &type_none;
	types[2] = type_tuple(&a, pair, 2);
	for (size_t i = 0; i < countof(types); i++) {
		struct cursor c = cursor_over(zeros, sizeof(zeros));
		struct buf b;

		buf_init(&b, 4096);
		assert_false(packed_skip(types[i], &c));
		assert_int_equal(packed_from_kernel(types[i], zeros, sizeof(zeros), &b), -EBADMSG);
		buf_fini(&b);
	}
	arena_fini(&a);
}

static void a_full_buffer_is_an_error(void **state UNUSED)
{
	static const u8 zeros[16];
	struct arena a;
	struct buf b;

	arena_init(&a, 1 << 20);
	buf_init(&b, 8);
	assert_int_equal(packed_from_kernel(type_of(&a, "(int8,int8)"), zeros, 16, &b), -ENOMEM);
	buf_fini(&b);
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_sizes_follow_the_type),
		cmocka_unit_test(kernel_form_becomes_packed),
		cmocka_unit_test(lengths_beyond_the_type_are_refused),
		cmocka_unit_test(every_missing_byte_is_noticed),
		cmocka_unit_test(kinds_without_a_packed_form_are_refused),
		cmocka_unit_test(a_full_buffer_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

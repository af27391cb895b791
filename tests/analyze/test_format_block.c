/*
 * tests/analyze/test_format_block.c -- structs and arrays as text: members, bit fields, strings,
 * enums; bytes that are missing and layouts that do not fit them, as a bad tape may have.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/format_block.h"

static const struct enumerator colors[] = { { "RED", 1 }, { "BLUE", 2 } };
static const struct type color = {
	.kind = TYPE_INT, .size = 4, .name = "enum color", .enums = colors, .enum_cnt = 2
};
static const struct type ptr = { .kind = TYPE_PTR, .size = 8 };
static const struct type name = { .kind = TYPE_STR, .size = 4 };
static const struct type shorts = {
	.kind = TYPE_ARRAY, .size = 4, .elem = &type_s16, .elem_cnt = 2
};
static const struct field inner_fields[] = {
	{ .name = "lo", .type = &type_u8, .off = 0, .bit_off = 0, .bit_sz = 3 },
	{ .name = "hi", .type = &type_s8, .off = 0, .bit_off = 3, .bit_sz = 5 },
	{ .name = "on", .type = &type_bool, .off = 1 },
};
static const struct type inner = {
	.kind = TYPE_STRUCT, .size = 2, .name = "struct in", .fields = inner_fields, .field_cnt = 3
};
static const struct field outer_fields[] = {
	{ .name = "p", .type = &ptr, .off = 0 },     { .name = "c", .type = &color, .off = 8 },
	{ .name = "s", .type = &name, .off = 12 },   { .name = "a", .type = &shorts, .off = 16 },
	{ .name = "in", .type = &inner, .off = 20 },
};
static const struct type outer = { .kind = TYPE_STRUCT,
				   .size = 24,
				   .name = "struct out",
				   .fields = outer_fields,
				   .field_cnt = 5 };

static void expect(const struct type *t, const void *bytes, u32 len, enum block_style style,
		   const char *want)
{
	struct value_fmt f = { .compat = COMPAT_27 };
	struct buf packed, out;
	struct cursor c;

	buf_init(&packed, 4096);
	buf_init(&out, 4096);
	buf_put_u32(&packed, len);
	buf_put(&packed, bytes, len);
	c = cursor_over(packed.data, packed.len);
	format_block(&f, t, &c, style, &out);
	assert_string_equal(buf_cstr(&out), want);
	buf_fini(&packed);
	buf_fini(&out);
}

static const u8 bytes[24] = { 0x10, 0,	 0, 0,	 0,    0,    0, 0, 2,	 0, 0, 0,
			      'a',  'b', 0, 'x', 0xff, 0xff, 5, 0, 0xfd, 1, 0, 0 };

static void members_print_in_all_styles(void **state)
{
	(void)state;
	expect(&outer, bytes, 24, BLOCK_TEXT,
	       "{ .p = 0x10, .c = BLUE, .s = ab, .a = [-1,5], .in = { .lo = 5, .hi = -1, "
	       ".on = true } }");
	expect(&outer, bytes, 24, BLOCK_DENSE,
	       "{.p=0x10,.c=BLUE,.s=ab,.a=[-1,5],.in={.lo=5,.hi=-1,.on=true}}");
	expect(&outer, bytes, 24, BLOCK_JSON,
	       "{\"p\": 16, \"c\": 2, \"s\": \"ab\", \"a\": [-1,5], \"in\": {\"lo\": 5, "
	       "\"hi\": -1, \"on\": true}}");
}

static void missing_bytes_are_zeros(void **state)
{
	(void)state;
	expect(&outer, bytes, 0, BLOCK_TEXT,
	       "{ .p = 0x0, .c = 0, .s = , .a = [], .in = { .lo = 0, .hi = 0, .on = false } }");
	expect(&outer, bytes, 13, BLOCK_DENSE,
	       "{.p=0x10,.c=BLUE,.s=a,.a=[],.in={.lo=0,.hi=0,.on=false}}");
}

static void a_layout_beyond_the_bytes_is_harmless(void **state)
{
	static const struct field far[] = {
		{ .name = "x", .type = &type_u32, .off = UINT32_MAX },
		{ .name = "b", .type = &type_u8, .off = 0, .bit_off = 60000, .bit_sz = 9 },
	};
	static const struct type t = {
		.kind = TYPE_STRUCT, .size = 4, .name = "struct t", .fields = far, .field_cnt = 2
	};
	static const struct type huge = {
		.kind = TYPE_ARRAY, .size = 4, .elem = &type_u8, .elem_cnt = UINT32_MAX
	};

	(void)state;
	expect(&t, bytes, 4, BLOCK_TEXT, "{ .x = 0, .b = 0 }");
	expect(&huge, bytes + 16, 4, BLOCK_TEXT, "[255,255,5,0]");
}

/* A struct in itself by value: as often as fits the buffer at most, and no deeper than allowed. */
static void nesting_is_bounded(void **state)
{
	struct field f = { .name = "me", .off = 0 };
	struct type t = {
		.kind = TYPE_STRUCT, .size = 8, .name = "struct t", .fields = &f, .field_cnt = 1
	};
	struct value_fmt fmt = { .compat = COMPAT_27 };
	struct cursor c = cursor_over("\4\0\0\0abcd", 8);
	struct buf out;

	(void)state;
	f.type = &t;
	buf_init(&out, 1 << 16);
	format_block(&fmt, &t, &c, BLOCK_TEXT, &out);
	assert_true(out.len < 1000);
	assert_int_equal(strncmp(buf_cstr(&out), "{ .me = { .me = ", 16), 0);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_print_in_all_styles),
		cmocka_unit_test(missing_bytes_are_zeros),
		cmocka_unit_test(a_layout_beyond_the_bytes_is_harmless),
		cmocka_unit_test(nesting_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/record/test_ktypes.c -- types out of BTF that the test builds. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <bpf/btf.h>

#include "record/ktypes.h"

struct fixture {
	struct btf *btf;
	struct ktypes *k;
	struct arena arena;
};

static struct fixture fx;

/*
 * typedef struct { int val; } kid_t;
 * union addr { struct { int a; union { int b; } in[2]; } *way; kid_t kid; struct { ... } inner; };
 */
static void add_unnamed(struct btf *b, int i32, int inner)
{
	int kid, in, arr, st;

	st = btf__add_struct(b, NULL, 4);
	btf__add_field(b, "val", i32, 0, 0);
	kid = btf__add_typedef(b, "kid_t", st);
	in = btf__add_union(b, NULL, 4);
	btf__add_field(b, "b", i32, 0, 0);
	arr = btf__add_array(b, i32, in, 2);
	st = btf__add_struct(b, NULL, 12);
	btf__add_field(b, "a", i32, 0, 0);
	btf__add_field(b, "in", arr, 32, 0);
	st = btf__add_ptr(b, st);
	btf__add_union(b, "addr", 8);
	btf__add_field(b, "way", st, 0, 0);
	btf__add_field(b, "kid", kid, 0, 0);
	btf__add_field(b, "inner", inner, 0, 0);
}

static int setup(void **state)
{
	struct btf *b = btf__new_empty();
	int i32, u8t, chr, inner, ptr, arr, u64t, bytes;
	const void *data;
	u32 sz;

	(void)state;
	i32 = btf__add_int(b, "int", 4, BTF_INT_SIGNED);
	u8t = btf__add_int(b, "unsigned char", 1, 0);
	chr = btf__add_int(b, "char", 1, 0);
	u64t = btf__add_int(b, "long unsigned int", 8, 0);
	arr = btf__add_array(b, i32, chr, 16);
	bytes = btf__add_array(b, i32, u8t, 6);
	btf__add_typedef(b, "pid_t", i32);
	inner = btf__add_struct(b, NULL, 8);
	btf__add_field(b, "low", i32, 0, 0);
	btf__add_field(b, "high", i32, 32, 0);
	ptr = btf__add_ptr(b, inner + 2);
	btf__add_struct(b, "task", 64);
	btf__add_field(b, "pid", 7, 0, 0);
	btf__add_field(b, "comm", arr, 32, 0);
	btf__add_field(b, "", inner, 192, 0);
	btf__add_field(b, "parent", ptr, 256, 0);
	btf__add_field(b, "bits_a", i32, 320, 3);
	btf__add_field(b, "bits_b", i32, 323, 5);
	btf__add_field(b, "mac", bytes, 352, 0);
	btf__add_field(b, "flags", u64t, 448, 0);
	btf__add_enum(b, "state", 4);
	btf__add_enum_value(b, "STATE_IDLE", 0);
	btf__add_enum_value(b, "STATE_BUSY", 7);
	add_unnamed(b, i32, inner);
	data = btf__raw_data(b, &sz);
	fx.btf = b;
	arena_init(&fx.arena, 1u << 20);
	return ktypes_open_raw(data, sz, &fx.k, NULL);
}

static int teardown(void **state)
{
	(void)state;
	ktypes_close(fx.k);
	btf__free(fx.btf);
	arena_fini(&fx.arena);
	return 0;
}

static void records_have_their_fields_and_those_of_unnamed_members(void **state)
{
	const struct type *t = ktypes_find_record(fx.k, &fx.arena, "struct task");
	struct buf got;

	(void)state;
	assert_non_null(t);
	assert_int_equal(t->size, 64);
	buf_init(&got, 1u << 16);
	for (u32 i = 0; i < t->field_cnt; i++) {
		const struct field *f = &t->fields[i];

		buf_printf(&got, "%u ", f->off);
		type_print(f->type, &got);
		buf_printf(&got, " %s", f->name);
		if (f->bit_sz)
			buf_printf(&got, " %u:%u", f->bit_off, f->bit_sz);
		buf_puts(&got, "; ");
	}
	assert_string_equal(buf_cstr(&got),
			    "0 int32 pid; 4 string[16] comm; 24 int32 low; 28 int32 high; "
			    "32 struct task * parent; 40 int32 bits_a 0:3; 40 int32 bits_b 3:5; "
			    "44 uint8[6] mac; 56 uint64 flags; ");
	buf_fini(&got);
}

static void unknown_records_are_none(void **state)
{
	(void)state;
	assert_null(ktypes_find_record(fx.k, &fx.arena, "struct nobody"));
	assert_null(ktypes_find_record(fx.k, &fx.arena, "pid_t"));
}

static void words_are_found_by_any_name(void **state)
{
	struct tracefs_ctype c;

	(void)state;
	assert_true(ktypes_find_word(fx.k, "pid_t", &c));
	assert_int_equal(c.size, 4);
	assert_true(c.is_signed);
	assert_true(ktypes_find_word(fx.k, "long unsigned int", &c));
	assert_false(c.is_signed);
	assert_true(ktypes_find_word(fx.k, "enum state", &c));
	assert_false(ktypes_find_word(fx.k, "task", &c));
}

static void constants_bear_their_enum(void **state)
{
	const struct type *t;
	s64 v;

	(void)state;
	assert_true(ktypes_find_const(fx.k, &fx.arena, "STATE_BUSY", &v, &t));
	assert_int_equal(v, 7);
	assert_string_equal(t->name, "enum state");
	assert_false(ktypes_find_const(fx.k, &fx.arena, "STATE_NONE", &v, &t));
}

static void enums_print_as_declared(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1u << 16);
	assert_true(ktypes_print_enum(fx.k, "state", &b));
	assert_string_equal(buf_cstr(&b),
			    "enum state {\n    STATE_IDLE = 0,\n    STATE_BUSY = 7,\n};\n");
	assert_false(ktypes_print_enum(fx.k, "nothing", &b));
	buf_fini(&b);
}

static void assert_member(const char *record, const char *member, const char *want_type)
{
	const struct type *t = ktypes_find_record(fx.k, &fx.arena, record);
	const struct field *f;
	struct buf got;

	assert_non_null(t);
	f = type_field(t, member);
	assert_non_null(f);
	buf_init(&got, 4096);
	type_print(f->type, &got);
	assert_string_equal(buf_cstr(&got), want_type);
	/* and a tape's reader understands it */
	assert_non_null(type_parse(&fx.arena, buf_cstr(&got)));
	buf_fini(&got);
}

static void unnamed_types_have_names_that_find_them_again(void **state)
{
	(void)state;
	assert_member("union addr", "kid", "typedef kid_t");
	assert_member("kid_t", "val", "int32");
	assert_member("union addr", "way", "struct u:addr.way *");
	assert_member("struct u:addr.way", "in", "union u:addr.way.in[2]");
	assert_member("union u:addr.way.in", "b", "int32");
	assert_null(ktypes_find_record(fx.k, &fx.arena, "struct u:addr.nothing"));
	assert_null(ktypes_find_record(fx.k, &fx.arena, "struct u:addr.kid.val"));
	assert_null(ktypes_find_record(fx.k, &fx.arena, "struct ."));
	assert_null(ktypes_find_record(fx.k, &fx.arena, "struct addr.way"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_have_their_fields_and_those_of_unnamed_members),
		cmocka_unit_test(unknown_records_are_none),
		cmocka_unit_test(words_are_found_by_any_name),
		cmocka_unit_test(constants_bear_their_enum),
		cmocka_unit_test(enums_print_as_declared),
		cmocka_unit_test(unnamed_types_have_names_that_find_them_again),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

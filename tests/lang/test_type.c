/* tests/lang/test_type.c -- types: comparison, fields, text and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lang/type.h"

static void assert_text(const struct type *t, const char *want)
{
	struct buf b;

	buf_init(&b, 4096);
	type_print(t, &b);
	assert_string_equal(buf_cstr(&b), want);
	buf_fini(&b);
}

static void canonical_texts_read_back(void **state UNUSED)
{
	static const char *const rows[] = {
		"void",
		"bool",
		"int8",
		"int16",
		"int32",
		"int64",
		"uint8",
		"uint16",
		"uint32",
		"uint64",
		"string[64]",
		"string[0]",
		"buffer[16]",
		"inet[4]",
		"inet[16]",
		"macaddr",
		"void *",
		"void **",
		"uint8 *",
		"struct task_struct *",
		"struct task_struct ***",
		"uint8[4]",
		"uint8[4][2]",
		"uint8 *[4]",
		"uint8[4] *",
		"string[8][3]",
		"struct foo",
		"union bar",
		"struct a.b:c$1",
		"typedef pthread_t",
		"struct ?",
		"enum color",
		"enum color:int64",
		"enum color:uint8 *",
		"()",
		"(int64,)",
		"(x=int64,)",
		"(x=int64,y_2=(a=string[16],b=enum color))",
		"(int64,string[16])",
		"((uint8,bool),void *)",
		"strftime(\"%H:%M:%S\")",
		"strftime(\"\")",
		"strftime(\"a\\x22b\\x5c\\x0a\")",
		"count",
		"sum(int64)",
		"sum(uint64)",
		"min(uint8)",
		"max(int32)",
		"avg(int64)",
		"stats(uint16)",
		"hist(0)",
		"hist(5)",
		"hist(2,uint64)",
		"hist(0,int32)",
		"lhist(0,100,10)",
		"lhist(-5,5,1,uint8)",
		"kstack(127)",
		"ustack(3,perf)",
		"ksym",
		"usym",
		"cgroup_path",
		"username",
	};

	for (size_t i = 0; i < countof(rows); i++) {
		const struct type *t;
		struct arena a;

		arena_init(&a, 1 << 20);
		t = type_parse(&a, rows[i]);
		if (!t)
			fail_msg("does not parse: %s", rows[i]);
		assert_text(t, rows[i]);
		assert_true(type_eq(t, type_parse(&a, rows[i])));
		arena_fini(&a);
	}
}

static void what_is_no_type_is_refused(void **state UNUSED)
{
	static const char *const rows[] = {
		"",
		" ",
		"foo",
		"int",
		"int7",
		"uint64 ",
		" uint64",
		"uint64x",
		"string",
		"string[]",
		"string[x]",
		"string[-1]",
		"string[4294967296]",
		"string[99999999999999999999]",
		"struct",
		"struct ",
		"struct  a",
		"struct a b",
		"enum",
		"enum a:",
		"enum a:bool",
		"typedef",
		"(",
		")",
		"(int64",
		"(int64,,)",
		"(x=int64,int64)",
		"(int64,x=int64)",
		"(x=int64,x=int64)",
		"(=int64)",
		"(1x=int64)",
		"(,)",
		"int64)",
		"uint8[",
		"uint8[4",
		"uint8[]",
		"uint64[4294967295]",
		"uint8  *",
		"uint8 * *",
		"uint8*",
		"uint8[4]*",
		"hist",
		"hist()",
		"hist(6)",
		"hist(0",
		"hist(0,)",
		"lhist(0,1)",
		"lhist(0,1,0)",
		"lhist(0,1,-1)",
		"sum",
		"sum()",
		"sum(bool)",
		"sum(int64",
		"strftime",
		"strftime(",
		"strftime(\"a)",
		"strftime(\"\\q\")",
		"strftime(\"\\x4\")",
		"strftime(\"\\x\")",
		"kstack",
		"kstack()",
		"kstack(1,)",
		"count()",
	};

	for (size_t i = 0; i < countof(rows); i++) {
		struct arena a;

		arena_init(&a, 1 << 20);
		if (type_parse(&a, rows[i]))
			fail_msg("parses: %s", rows[i]);
		arena_fini(&a);
	}
}

/* A tape may name sizes whose sums wrap, and tuples of what no value is. */
static void sizes_have_a_limit(void **state UNUSED)
{
	static const char *const fit[] = {
		"string[1073741824]",
		"(string[65536],buffer[65536])",
		"(int8[16384],void *)",
	};
	static const char *const rows[] = {
		"string[4294967295]",
		"string[1073741825]",
		"buffer[1073741825]",
		"string[4] *[1073741824]",
		"(string[4294967290],int8)",
		"(string[4294967295],string[4294967295])",
		"(string[65537],int8)",
		"(int8,(int8,buffer[65537]))",
		"(int8[16385],int8)",
		"(void,int8)",
		"(count,int32)",
		"(int8,sum(int64))",
	};
	struct arena a;

	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < countof(fit); i++)
		assert_text(type_parse(&a, fit[i]), fit[i]);
	for (size_t i = 0; i < countof(rows); i++) {
		if (type_parse(&a, rows[i]))
			fail_msg("parses: %s", rows[i]);
	}
	arena_fini(&a);
}

/* Both ways of nesting, and what a tape could hold instead of a type. */
static void hostile_texts_are_refused(void **state UNUSED)
{
	static char text[200000];
	struct arena a;

	arena_init(&a, 8 << 20);
	memset(text, '(', sizeof(text) - 1);
	assert_null(type_parse(&a, text));
	memset(text, '*', sizeof(text) - 1);
	memcpy(text, "void", 4);
	assert_null(type_parse(&a, text));
	memset(text, 'a', sizeof(text) - 1);
	memcpy(text, "struct ", 7);
	assert_null(type_parse(&a, text));
	arena_fini(&a);
	arena_init(&a, 64);
	assert_null(type_parse(&a, "(int64,(int8,string[4]))"));
	assert_true(a.is_full);
	arena_fini(&a);
}

static void parsed_types_have_their_parts(void **state UNUSED)
{
	const struct type *t;
	struct arena a;

	arena_init(&a, 1 << 20);
	t = type_parse(&a, "(uint16,string[16],struct foo *)");
	assert_int_equal(t->kind, TYPE_TUPLE);
	assert_int_equal(t->elem_cnt, 3);
	assert_ptr_equal(t->members[0], &type_u16);
	assert_int_equal(t->members[1]->size, 16);
	assert_int_equal(t->members[2]->kind, TYPE_PTR);
	assert_int_equal(t->members[2]->size, 8);
	assert_string_equal(t->members[2]->elem->name, "struct foo");
	assert_null(t->members[2]->elem->fields);
	t = type_parse(&a, "uint32[6]");
	assert_int_equal(t->size, 24);
	assert_null(type_parse(&a, "void *")->elem);
	t = type_parse(&a, "lhist(-1,2,3)");
	assert_int_equal(t->lhist_min, -1);
	assert_int_equal(t->lhist_max, 2);
	assert_int_equal(t->lhist_step, 3);
	assert_ptr_equal(t->elem, &type_s64);
	assert_false(type_parse(&a, "avg(uint8)")->is_signed);
	assert_true(type_parse(&a, "avg(int8)")->is_signed);
	assert_int_equal(type_parse(&a, "ustack(5,raw)")->aspace, ASPACE_USER);
	assert_string_equal(type_parse(&a, "strftime(\"\\x22\")")->time_fmt, "\"");
	arena_fini(&a);
}

static void sizes_of_strings_and_address_spaces_do_not_tell_types_apart(void **state UNUSED)
{
	struct arena a;

	arena_init(&a, 1 << 20);
	assert_true(type_eq(type_str(&a, 1), type_str(&a, 2)));
	assert_true(type_eq(type_ptr(&a, &type_u8, ASPACE_USER),
			    type_ptr(&a, &type_u8, ASPACE_KERNEL)));
	arena_fini(&a);
}

static void different_types_are_not_equal(void **state UNUSED)
{
	static const char *const rows[] = {
		"void",
		"bool",
		"int8",
		"uint8",
		"uint32",
		"int64",
		"string[1]",
		"buffer[1]",
		"void *",
		"uint8 *",
		"uint8 **",
		"uint8[1]",
		"uint8[2]",
		"int8[1]",
		"struct a",
		"struct b",
		"union a",
		"enum a",
		"enum b",
		"()",
		"(int8,)",
		"(uint8,)",
		"(int8,int8)",
		"strftime(\"a\")",
		"strftime(\"b\")",
		"count",
		"sum(int64)",
		"sum(uint64)",
		"min(int64)",
		"hist(0)",
		"hist(1)",
		"lhist(0,1,1)",
		"lhist(0,2,1)",
		"kstack(1)",
		"ustack(1)",
		"kstack(2)",
		"kstack(1,perf)",
		"ksym",
		"usym",
		"macaddr",
		"inet[4]",
		"username",
		"cgroup_path",
	};
	struct arena a;

	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < countof(rows); i++) {
		for (size_t j = 0; j < countof(rows); j++)
			assert_int_equal(type_eq(type_parse(&a, rows[i]), type_parse(&a, rows[j])),
					 i == j);
	}
	arena_fini(&a);
}

static void anonymous_structs_are_only_themselves(void **state UNUSED)
{
	const struct type a = { .kind = TYPE_STRUCT }, b = { .kind = TYPE_STRUCT };

	assert_true(type_eq(&a, &a));
	assert_false(type_eq(&a, &b));
	assert_text(&a, "struct ?");
}

static void fields_are_found_by_name(void **state UNUSED)
{
	const struct field fields[] = { { .name = "a", .type = &type_u8 },
					{ .name = "b", .type = &type_s64 } };
	const struct type t = {
		.kind = TYPE_STRUCT, .name = "struct s", .fields = fields, .field_cnt = 2
	};
	const struct type opaque = { .kind = TYPE_STRUCT, .name = "struct s" };

	assert_ptr_equal(type_field(&t, "b"), &fields[1]);
	assert_null(type_field(&t, "c"));
	assert_null(type_field(&opaque, "a"));
	assert_null(type_field(&type_u64, "a"));
}

static void numbers_are_what_one_word_holds(void **state UNUSED)
{
	struct arena a;

	arena_init(&a, 1 << 20);
	assert_true(type_is_num(&type_s8));
	assert_true(type_is_num(&type_bool));
	assert_true(type_is_num(type_ptr(&a, NULL, ASPACE_ANY)));
	assert_false(type_is_num(type_str(&a, 8)));
	assert_false(type_is_num(&type_none));
	arena_fini(&a);
}

static void tuples_copy_the_list_they_are_made_of(void **state UNUSED)
{
	const struct type *members[] = { &type_u8, &type_s64 }, *t;
	struct arena a;

	arena_init(&a, 1 << 20);
	t = type_tuple(&a, members, 2);
	members[0] = &type_bool;
	assert_text(t, "(uint8,int64)");
	arena_fini(&a);
}

/* The checker's aggregations of literals carry a sign of their own. */
static void the_sign_of_an_aggregation_is_its_own(void **state UNUSED)
{
	const struct type sum = {
		.kind = TYPE_AGG, .agg = AGG_SUM, .elem = &type_s8, .is_signed = false
	};
	const struct type bare = { .kind = TYPE_AGG, .agg = AGG_AVG, .is_signed = true };

	assert_text(&sum, "sum(uint8)");
	assert_text(&bare, "avg(int64)");
}

static void odd_names_are_made_harmless(void **state UNUSED)
{
	const struct type t = { .kind = TYPE_STRUCT, .name = "struct a\x1b(b" };
	struct arena a;

	assert_text(&t, "struct a??b");
	arena_init(&a, 4096);
	assert_non_null(type_parse(&a, "struct a??b"));
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(canonical_texts_read_back),
		cmocka_unit_test(what_is_no_type_is_refused),
		cmocka_unit_test(sizes_have_a_limit),
		cmocka_unit_test(hostile_texts_are_refused),
		cmocka_unit_test(parsed_types_have_their_parts),
		cmocka_unit_test(sizes_of_strings_and_address_spaces_do_not_tell_types_apart),
		cmocka_unit_test(different_types_are_not_equal),
		cmocka_unit_test(anonymous_structs_are_only_themselves),
		cmocka_unit_test(fields_are_found_by_name),
		cmocka_unit_test(numbers_are_what_one_word_holds),
		cmocka_unit_test(tuples_copy_the_list_they_are_made_of),
		cmocka_unit_test(the_sign_of_an_aggregation_is_its_own),
		cmocka_unit_test(odd_names_are_made_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

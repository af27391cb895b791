/*
 * tests/record/test_gfp_names.c -- flags of allocations out of a tracepoint's format.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "record/gfp_names.h"

#define HEAD "print fmt: \"flags=%s\", (REC->gfp_flags) ? __print_flags(REC->gfp_flags, \"|\", "

static void expect(const char *format, const char *want)
{
	struct buf out;

	buf_init(&out, 4096);
	gfp_names_parse(str_of(format), &out);
	assert_string_equal(buf_cstr(&out), want);
	buf_fini(&out);
}

static void values_are_expressions(void **state)
{
	(void)state;
	expect(HEAD "{( unsigned long)((( gfp_t)(((((1UL))) << (10))|((((1UL))) << (11)))) | "
	       "(( gfp_t)((((1UL))) << (6)))), \"GFP_NOIO2\"}, {(unsigned long)(0x400u|0x800u), "
	       "\"__GFP_RECLAIM\"}, {0x1cu & ~(0x4), \"A\"}) : \"none\"",
	       "GFP_NOIO2=c40 __GFP_RECLAIM=c00 A=18 ");
}

static void a_list_ends_where_it_is_none(void **state)
{
	(void)state;
	expect("print fmt: \"no flags\"", "");
	expect(HEAD, "");
	expect(HEAD "{1, \"A\"}, {1 +, \"B\"}", "A=1 ");
	expect(HEAD "{1, \"A\"}, {2, \"b\"}", "A=1 ");
	expect(HEAD "{99999999999999999999, \"A\"}", "");
	expect(HEAD "{((((1), \"A\"}", "");
}

static void deep_nesting_is_refused(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text, 200000);
	buf_puts(&text, HEAD "{");
	buf_fill(&text, '(', 100000);
	buf_puts(&text, "1");
	expect(buf_cstr(&text), "");
	buf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_expressions),
		cmocka_unit_test(a_list_ends_where_it_is_none),
		cmocka_unit_test(deep_nesting_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/analyze/test_demangle.c -- names of C++ functions, honest and hostile. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "analyze/symbol/demangle.h"

static void expect(const char *name, const char *want)
{
	struct buf out;

	buf_init(&out, 1 << 20);
	assert_int_equal(demangle(str_of(name), &out), want != NULL);
	assert_string_equal(buf_cstr(&out), want ? want : "");
	buf_fini(&out);
}

static void functions_are_written_with_their_arguments(void **state UNUSED)
{
	expect("_ZN2ns7mangledIiEEvPT_RKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE",
	       "void ns::mangled<int>(int*, std::__cxx11::basic_string<char, "
	       "std::char_traits<char>, std::allocator<char> > const&)");
	expect("_ZN3foo3barEv", "foo::bar()");
	expect("_ZTV3foo", "vtable for foo");
	expect("_ZN4core3fmt9Formatter3pad17h0123456789abcdefE",
	       "core::fmt::Formatter::pad::h0123456789abcdef");
}

static void other_names_stay_as_they_are(void **state UNUSED)
{
	expect("main", NULL);
	expect("", NULL);
	expect("i", NULL);
	expect("_Z", NULL);
	expect("_ZN3fooE3", NULL);
	expect("_ZN999999999999999999999foo", NULL);
	expect("_RNvC6_123foo3bar", NULL); /* Rust's own form: bpftrace shows it so, too */
	expect("_ZN3foo3barEv.constprop.0", "foo::bar() [clone .constprop.0]");
}

/* Each parameter is twice as long as the one before: in all some 10^12 bytes. */
static void a_name_that_unfolds_without_end_is_left_alone(void **state UNUSED)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	char name[900] = "_Z1f1aIiiE"; /* S_ is a, S0_ is a<int, int> */
	struct timespec t0, t1;
	size_t n = strlen(name);

	for (u32 i = 0; i < 35; i++) /* a<the one before, the one before> */
		n += (size_t)snprintf(name + n, sizeof(name) - n, "S_IS%c_S%c_E", digits[i],
				      digits[i]);
	clock_gettime(CLOCK_MONOTONIC, &t0);
	expect(name, NULL);
	clock_gettime(CLOCK_MONOTONIC, &t1);
	assert_true(t1.tv_sec - t0.tv_sec <= 1);
}

static void deep_and_long_names_are_left_alone(void **state UNUSED)
{
	static char name[1 << 16];

	memset(name, 'P', sizeof(name) - 1);
	memcpy(name, "_Z1f", 4);
	expect(name, NULL);
	name[4000] = 'i';
	name[4001] = '\0';
	expect(name, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_are_written_with_their_arguments),
		cmocka_unit_test(other_names_stay_as_they_are),
		cmocka_unit_test(a_name_that_unfolds_without_end_is_left_alone),
		cmocka_unit_test(deep_and_long_names_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

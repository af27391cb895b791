/*
 * tests/record/test_cpus.c -- lists of CPUs.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "record/cpus.h"

static void lists(const char *text, const u32 *want, size_t n)
{
	struct vec v;

	vec_init(&v, sizeof(u32), CPUS_MAX);
	assert_int_equal(cpus_parse(str_of(text), &v, NULL), 0);
	assert_int_equal(v.n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(*vec_get(&v, u32, i), want[i]);
	vec_fini(&v);
}

static void numbers_and_ranges_are_read(void **state)
{
	(void)state;
	lists("0\n", (u32[]){ 0 }, 1);
	lists("0-1", (u32[]){ 0, 1 }, 2);
	lists("0-2,5,7-8\n", (u32[]){ 0, 1, 2, 5, 7, 8 }, 6);
	lists("8191", (u32[]){ 8191 }, 1);
}

static void what_is_no_list_is_refused(void **state)
{
	static const char *const bad[] = { "",	   "\n",   "a",	   "-1",     "3-1",
					   "1,,2", "1-2x", "8192", "0-8192", "99999999999" };
	struct vec v;
	u32 *slot;

	(void)state;
	vec_init(&v, sizeof(u32), CPUS_MAX);
	slot = vec_push(&v);
	assert_non_null(slot);
	*slot = 42;
	for (size_t i = 0; i < countof(bad); i++) {
		struct err err = { 0 };

		assert_int_equal(cpus_parse(str_of(bad[i]), &v, &err), -EBADMSG);
		assert_true(err.msg[0]);
		assert_int_equal(v.n, 1);
	}
	vec_fini(&v);
}

static void more_cpus_than_there_is_room_for_are_refused(void **state)
{
	struct vec v;

	(void)state;
	vec_init(&v, sizeof(u32), 4);
	assert_int_equal(cpus_parse(STR("0-7"), &v, NULL), -ENOMEM);
	assert_int_equal(v.n, 0);
	vec_fini(&v);
}

static void this_machine_has_a_cpu(void **state)
{
	struct vec v;

	(void)state;
	if (access("/sys/devices/system/cpu/online", R_OK)) {
		print_message("skipped: /sys is not mounted\n");
		skip();
	}
	vec_init(&v, sizeof(u32), CPUS_MAX);
	assert_int_equal(cpus_online(&v, NULL), 0);
	assert_true(v.n >= 1);
	vec_fini(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_and_ranges_are_read),
		cmocka_unit_test(what_is_no_list_is_refused),
		cmocka_unit_test(more_cpus_than_there_is_room_for_are_refused),
		cmocka_unit_test(this_machine_has_a_cpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/record/test_clock.c -- readings of several clocks and steps between them. */
#include "record/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void reading_lies_between_two_others(void **state)
{
	struct clock_sample s;
	u64 before = clock_now_ns(), after;

	(void)state;
	clock_read(&s);
	after = clock_now_ns();
	assert_true(s.boot >= before && s.boot <= after);
	assert_true(s.width <= after - before);
	assert_true(s.mono <= s.boot + s.width); /* boot time is monotonic time and sleep */
	assert_true(s.real > 1600000000ull * 1000000000ull);
}

static void step_of_the_wall_clock_is_seen(void **state)
{
	struct clock_sample a = { .boot = 100, .mono = 90, .real = 5000 }, b = a;

	(void)state;
	b.boot += 1000000000;
	b.mono += 1000000000;
	b.real += 1000000000 + 900000;
	assert_false(clock_has_stepped(&a, &b));
	b.real += 200000;
	assert_true(clock_has_stepped(&a, &b));
	b.real = a.real + 1000000000 - 1100000;
	assert_true(clock_has_stepped(&a, &b));
}

static void sleep_of_the_machine_is_seen(void **state)
{
	struct clock_sample a = { .boot = 100, .mono = 90, .real = 5000 }, b = a;

	(void)state;
	b.boot += 60000000000;
	b.real += 60000000000;
	assert_true(clock_has_stepped(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading_lies_between_two_others),
		cmocka_unit_test(step_of_the_wall_clock_is_seen),
		cmocka_unit_test(sleep_of_the_machine_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

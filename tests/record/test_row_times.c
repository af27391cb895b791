/* tests/record/test_row_times.c -- rounded times, and the order within them. */
#include "record/row_times.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct row_times t;
static struct err err;

static void begin(u64 quantum, u32 cpu_cnt)
{
	assert_int_equal(row_times_init(&t, quantum, cpu_cnt, &err), 0);
}

static void takes(u32 cpu, u64 exact, u64 rounded, u32 place)
{
	u32 got;

	assert_int_equal(row_times_take(&t, cpu, exact, &got), rounded);
	assert_int_equal(got, place);
}

static void without_a_quantum_times_stay(void **state)
{
	(void)state;
	begin(0, 1);
	takes(0, 1234567, 1234567, 0);
	takes(0, 1234567, 1234567, 0);
	takes(9, 3, 3, 0);
	row_times_fini(&t);
}

static void firings_of_a_time_have_places_in_their_order(void **state)
{
	(void)state;
	begin(1000, 2);
	takes(0, 7000, 7000, 0);
	takes(0, 7001, 7000, 1);
	takes(0, 7999, 7000, 2);
	takes(0, 8000, 8000, 0);
	takes(0, 1008999, 1008000, 0);
	row_times_fini(&t);
}

static void each_cpu_counts_for_itself(void **state)
{
	(void)state;
	begin(1000, 2);
	takes(0, 7100, 7000, 0);
	takes(1, 7200, 7000, 0);
	takes(0, 7300, 7000, 1);
	takes(1, 7400, 7000, 1);
	takes(77, 7500, 7000, 0); /* a number that cannot be */
	row_times_fini(&t);
}

static void clauses_of_one_firing_share_a_place(void **state)
{
	(void)state;
	begin(1000, 1);
	takes(0, 7100, 7000, 0);
	takes(0, 7200, 7000, 1);
	takes(0, 7200, 7000, 1);
	takes(0, 7300, 7000, 2);
	row_times_fini(&t);
}

/* A program was interrupted by another one, whose record comes first. */
static void a_row_that_is_older_than_another_has_a_place_of_its_own(void **state)
{
	(void)state;
	begin(1000, 1);
	takes(0, 7100, 7000, 0);
	takes(0, 7300, 7000, 1);
	takes(0, 7200, 7000, 2);
	takes(0, 7400, 7000, 3);
	takes(0, 7200, 7000, 2); /* the next clause of it */
	takes(0, 7500, 7000, 4);
	row_times_fini(&t);
}

static void a_row_of_the_time_before_goes_behind_all_that_has_it(void **state)
{
	(void)state;
	begin(1000, 1);
	takes(0, 7100, 7000, 0);
	takes(0, 7200, 7000, 1);
	takes(0, 8100, 8000, 0);
	takes(0, 7900, 7000, 2);
	takes(0, 8200, 8000, 1);
	takes(0, 7950, 7000, 3);
	takes(0, 8300, 8000, 2);
	row_times_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_quantum_times_stay),
		cmocka_unit_test(firings_of_a_time_have_places_in_their_order),
		cmocka_unit_test(each_cpu_counts_for_itself),
		cmocka_unit_test(clauses_of_one_firing_share_a_place),
		cmocka_unit_test(a_row_that_is_older_than_another_has_a_place_of_its_own),
		cmocka_unit_test(a_row_of_the_time_before_goes_behind_all_that_has_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

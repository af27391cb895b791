/* tests/record/test_meta_out.c -- facts of this machine for TYPES: time zone, users, parameters. */
#include "record/meta_out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena a;
static struct tape_types types;

static void build(const char *tz, s64 real_s)
{
	static const char *const params[] = { "one", "2" };
	const struct program prog = { .max_strlen = 64, .max_map_keys = 4096 };
	struct err err;

	setenv("TZ", tz, 1);
	memset(&types, 0, sizeof(types));
	assert_int_equal(facts_build(&prog, params, 2, real_s, &a, &types, &err), 0);
}

static const char *fact(const char *space, const char *key)
{
	for (u32 i = 0; i < types.fact_cnt; i++)
		if (str_is(types.facts[i].space, space) && str_is(types.facts[i].key, key))
			return types.facts[i].val.s;
	return NULL;
}

/* Berlin in 2026: summer time from 29 March 01:00 UTC to 25 October 01:00 UTC. */
static void spans_of_the_time_zone_change_when_it_does(void **state)
{
	(void)state;
	build("CET-1CEST,M3.5.0,M10.5.0/3", 1795700000); /* in November */
	assert_string_equal(fact("tz", "name"), "CET-1CEST,M3.5.0,M10.5.0/3");
	assert_string_equal(fact("tz_span", "1774746000"), "7200 1 CEST");
	assert_string_equal(fact("tz_span", "1792890000"), "3600 0 CET");
	assert_null(fact("tz_span", "1774745999"));
	/* The first span reaches back before the session. */
	assert_string_equal(fact("tz_span", "1761140000"), "7200 1 CEST");
}

static void utc_has_one_span(void **state)
{
	u32 n = 0;

	(void)state;
	build("UTC", 1795700000);
	for (u32 i = 0; i < types.fact_cnt; i++)
		n += str_is(types.facts[i].space, "tz_span");
	assert_int_equal(n, 1);
	assert_string_equal(fact("tz_span", "1761140000"), "0 0 UTC");
}

static void parameters_config_and_users_are_there(void **state)
{
	(void)state;
	build("UTC", 1795700000);
	assert_string_equal(fact("param", "1"), "one");
	assert_string_equal(fact("param", "2"), "2");
	assert_string_equal(fact("config", "max_strlen"), "64");
	assert_string_equal(fact("uid", "0"), "root");
}

static void a_constant_without_a_type_stays_without(void **state)
{
	struct const_use running = { .name = "TASK_RUNNING", .val = 0 };
	struct const_use first = {
		.name = "CWD", .val = -100, .type = &type_s32, .next = &running
	};
	const struct program prog = { .consts = &first };
	struct err err;

	(void)state;
	memset(&types, 0, sizeof(types));
	assert_int_equal(facts_build(&prog, NULL, 0, 1795700000, &a, &types, &err), 0);
	assert_int_equal(types.const_cnt, 2);
	assert_true(str_is(types.consts[0].name, "CWD"));
	assert_true(str_is(types.consts[0].type, "int32"));
	assert_int_equal(types.consts[0].val, (u64)-100);
	assert_true(str_is(types.consts[1].name, "TASK_RUNNING"));
	assert_int_equal(types.consts[1].type.len, 0);
}

static int setup(void **state)
{
	(void)state;
	arena_init(&a, 1u << 24);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_fini(&a);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans_of_the_time_zone_change_when_it_does),
		cmocka_unit_test(utc_has_one_span),
		cmocka_unit_test(parameters_config_and_users_are_there),
		cmocka_unit_test(a_constant_without_a_type_stays_without),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

/* tests/record/test_features.c -- the message about missing privileges; CPU lists; clocks. */
#include "record/features.h"

#include <errno.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BIT(n) (1ull << (n))

static struct err err;

static void missing_capabilities_are_named_with_the_setcap_line(void **state)
{
	(void)state;
	assert_int_equal(features_check_caps(BIT(CAP_BPF), "/x/bpftape-record", &err), -EPERM);
	assert_string_equal(err.msg,
			    "no permission to record: missing CAP_PERFMON (to attach them), "
			    "CAP_DAC_READ_SEARCH (to read tracefs)");
	assert_string_equal(
		err.hint,
		"run it as root, or once: sudo setcap "
		"cap_bpf,cap_perfmon,cap_dac_read_search,cap_sys_nice+ep /x/bpftape-record");
	assert_int_equal(features_check_caps(0, "x", &err), -EPERM);
}

static void older_capabilities_contain_the_newer(void **state)
{
	(void)state;
	assert_int_equal(features_check_caps(BIT(CAP_SYS_ADMIN) | BIT(CAP_DAC_OVERRIDE), "x", &err),
			 0);
	assert_int_equal(features_check_caps(BIT(CAP_BPF) | BIT(CAP_PERFMON) |
						     BIT(CAP_DAC_READ_SEARCH),
					     "x", &err),
			 0);
	assert_int_equal(features_check_caps(~0ull, "x", &err), 0);
}

static void cpu_lists_give_the_highest_number(void **state)
{
	(void)state;
	assert_int_equal(features_parse_cpu_list("0\n"), 1);
	assert_int_equal(features_parse_cpu_list("0-127\n"), 128);
	assert_int_equal(features_parse_cpu_list("0-3,8-11"), 12);
	assert_int_equal(features_parse_cpu_list(""), 0);
	assert_int_equal(features_parse_cpu_list("x"), 0);
	assert_int_equal(features_parse_cpu_list("0-"), 0);
	assert_int_equal(features_parse_cpu_list("99999999999"), 0);
}

static void machine_has_a_cpu_and_memory(void **state)
{
	(void)state;
	assert_true(features_cpu_cnt() >= 1);
	assert_true(features_memory() > 1 << 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(missing_capabilities_are_named_with_the_setcap_line),
		cmocka_unit_test(older_capabilities_contain_the_newer),
		cmocka_unit_test(cpu_lists_give_the_highest_number),
		cmocka_unit_test(machine_has_a_cpu_and_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

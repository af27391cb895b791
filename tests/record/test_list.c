/* tests/record/test_list.c -- `list` over the fake catalog. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "record/list.h"
#include "tests/support/fake_catalog.h"

static void expect(const char *pattern, bool verbose, const char *want)
{
	struct fake_catalog *f =
		fake_catalog_new("tracepoint sched:sched_switch s32 prev_pid; str comm\n"
				 "tracepoint sched:sched_wakeup s32 pid\n"
				 "tracepoint syscalls:sys_enter_read u32 fd; uptr buf\n"
				 "struct pair s32 a; char[4] b\n");
	struct catalog cat = fake_catalog_get(f);
	struct list_opts o = { .verbose = verbose };
	struct err err = { 0 };
	struct buf out;
	int rc;

	buf_init(&out, 1u << 16);
	if (pattern && list_is_type(pattern))
		rc = list_type(&cat, NULL, pattern, &out, &err);
	else
		rc = list_probes(&cat, pattern, &o, &out, &err);
	if (rc)
		buf_printf(&out, "%s|%s", err.msg, err.hint);
	assert_string_equal(buf_cstr(&out), want);
	buf_fini(&out);
	fake_catalog_free(f);
}

static void no_pattern_lists_everything(void **state)
{
	(void)state;
	expect(NULL, false,
	       "BEGIN\nEND\ninterval:hz:\ninterval:ms:\ninterval:s:\ninterval:us:\n"
	       "profile:hz:\nprofile:ms:\nprofile:s:\nprofile:us:\n"
	       "software:alignment-faults:\nsoftware:bpf-output:\n"
	       "software:context-switches:\nsoftware:cpu-clock:\nsoftware:cpu-migrations:\n"
	       "software:dummy:\nsoftware:emulation-faults:\nsoftware:major-faults:\n"
	       "software:minor-faults:\nsoftware:page-faults:\nsoftware:task-clock:\n"
	       "tracepoint:sched:sched_switch\ntracepoint:sched:sched_wakeup\n"
	       "tracepoint:syscalls:sys_enter_read\n");
}

static void software_events_show_how_many_make_a_firing(void **state)
{
	(void)state;
	expect("s:page-faults", true,
	       "software:page-faults:\n    100 events a firing; short: faults\n");
	expect("software:*major*", true, "software:major-faults:\n    1 events a firing\n");
}

static void globs_words_providers_and_aliases_match(void **state)
{
	(void)state;
	expect("tracepoint:sched:*", false,
	       "tracepoint:sched:sched_switch\ntracepoint:sched:sched_wakeup\n");
	expect("t:sched:*wake*", false, "tracepoint:sched:sched_wakeup\n");
	expect("read", false, "tracepoint:syscalls:sys_enter_read\n");
	expect("interval", false, "interval:hz:\ninterval:ms:\ninterval:s:\ninterval:us:\n");
	expect("*:sys_*", false, "tracepoint:syscalls:sys_enter_read\n");
}

static void verbose_shows_arguments(void **state)
{
	(void)state;
	expect("tracepoint:sched:sched_switch", true,
	       "tracepoint:sched:sched_switch\n    int32 prev_pid\n    string comm\n");
}

static void no_match_names_the_nearest(void **state)
{
	(void)state;
	expect("tracepoint:sched:sched_swich", false,
	       "no probe matches tracepoint:sched:sched_swich|did you mean "
	       "tracepoint:sched:sched_switch?");
}

static void types_print_as_declared(void **state)
{
	(void)state;
	expect("struct pair", false, "struct pair {\n    int32 a;\n    string[4] b;\n};\n");
	expect("struct none", false, "the kernel has no struct none|");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_pattern_lists_everything),
		cmocka_unit_test(globs_words_providers_and_aliases_match),
		cmocka_unit_test(verbose_shows_arguments),
		cmocka_unit_test(software_events_show_how_many_make_a_firing),
		cmocka_unit_test(no_match_names_the_nearest),
		cmocka_unit_test(types_print_as_declared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/record/test_options.c -- command lines of `bpftape record`. */
#include "record/options.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/disk.h"

static struct record_opts o;
static struct err err;

static const char *args[16]; /* the options point into it */

static int parse(const char *const *argv, int argc)
{
	memset(&err, 0, sizeof(err));
	assert_true(argc < (int)countof(args));
	memcpy(args, argv, (size_t)argc * sizeof(*args));
	args[argc] = NULL;
	return record_opts_parse(&o, argc, (char **)args, &err);
}

#define PARSE(...)                                       \
	parse((const char *[]){ "record", __VA_ARGS__ }, \
	      (int)countof(((const char *[]){ "record", __VA_ARGS__ })))

static void operands_behind_a_program_are_its_parameters(void **state)
{
	(void)state;
	assert_int_equal(PARSE("-e", "BEGIN { exit(); }", "one", "-o", "x", "two"), 0);
	assert_null(o.script_path);
	assert_int_equal(o.param_cnt, 2);
	assert_string_equal(o.params[0], "one");
	assert_string_equal(o.params[1], "two");
	assert_string_equal(o.out, "x");
	assert_int_equal(o.compat, COMPAT_27);
}

static void first_operand_without_a_program_is_the_script(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--compat=0.17", "a.bt", "--", "-5"), 0);
	assert_string_equal(o.script_path, "a.bt");
	assert_int_equal(o.param_cnt, 1);
	assert_string_equal(o.params[0], "-5");
	assert_int_equal(o.compat, COMPAT_17);
}

static void sizes_and_times_have_units(void **state)
{
	(void)state;
	assert_int_equal(PARSE("-t", "x", "-d", "500ms", "--buffer", "64K", "--max-size", "1M",
			       "-p", "42"),
			 0);
	assert_int_equal(o.duration_ns, 500000000);
	assert_int_equal(o.buffer_sz, 65536);
	assert_int_equal(o.max_sz, 1 << 20);
	assert_int_equal(o.sync_ns, DISK_SYNC_NS);
	assert_int_equal(o.sync_bytes, DISK_SYNC_BYTES);
	assert_int_equal(o.pid, 42);
	assert_int_equal(PARSE("-t", "x", "--sync-every", "0", "--sync-bytes", "1M"), 0);
	assert_int_equal(o.sync_ns, 0);
	assert_int_equal(o.sync_bytes, 1 << 20);
	assert_int_equal(PARSE("-t", "x", "--max-size", "65535"), -EINVAL);
	assert_string_equal(err.msg, "--max-size: at least 64K");
}

static void resolutions_of_times_are_powers_of_ten_up_to_1ms(void **state)
{
	static const char *const bad[] = { "",	   "0",	 "2us",	 "1",	  "10ms", "-1us",
					   "1 us", "us", "1us5", "1.5us", "5ns",  "99999d" };
	static const struct {
		const char *text;
		u64 ns;
	} good[] = { { "1ns", 1 },	{ "10ns", 10 },	      { "100ns", 100 },
		     { "1us", 1000 },	{ "10us", 10000 },    { "100us", 100000 },
		     { "1ms", 1000000 } };

	(void)state;
	assert_int_equal(PARSE("a.bt"), 0);
	assert_int_equal(o.quantum, 1);
	for (size_t i = 0; i < countof(good); i++) {
		assert_int_equal(PARSE("a.bt", "--ts-res", good[i].text), 0);
		assert_int_equal(o.quantum, good[i].ns);
	}
	for (size_t i = 0; i < countof(bad); i++) {
		assert_int_equal(PARSE("a.bt", "--ts-res", bad[i]), -EINVAL);
		assert_non_null(strstr(err.msg, "no such resolution of times"));
		assert_string_equal(err.hint,
				    "it can be 1ns, 10ns, 100ns, 1us, 10us, 100us or 1ms");
	}
}

static void contradictions_are_refused(void **state)
{
	(void)state;
	assert_int_equal(PARSE("-e", "x", "-t", "y"), -EINVAL);
	assert_string_equal(err.msg, "-e and -t exclude each other");
	assert_int_equal(PARSE("-e", "x", "-c", "y", "-p", "1"), -EINVAL);
	assert_string_equal(err.msg, "-c and -p exclude each other");
	assert_int_equal(PARSE("-q"), -EINVAL);
	assert_string_equal(err.msg, "nothing to record: give SCRIPT.bt, -e PROGRAM or -t PROBES");
	assert_int_equal(PARSE("a.bt", "--compat", "0.20"), -EINVAL);
	assert_string_equal(err.hint, "0.17 and 0.27 are known");
	assert_int_equal(PARSE("a.bt", "--hide", "12x"), -EINVAL);
	assert_int_equal(PARSE("a.bt", "--hide", "0"), -EINVAL);
	assert_int_equal(PARSE("a.bt", "--buffer", "2G"), -EINVAL);
}

static void hidden_processes_add_up(void **state)
{
	(void)state;
	assert_int_equal(PARSE("a.bt", "--hide", "12", "--hide", "34"), 0);
	assert_int_equal(o.hide.n, 2);
	assert_int_equal(o.hide_pids[0], 12);
	assert_int_equal(o.hide_pids[1], 34);
}

static void probes_become_one_clause_each(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	assert_int_equal(record_probes_to_script("a:b , c:\"d,e\"", NULL, &b, &err), 0);
	assert_string_equal(buf_cstr(&b), "a:b { emit(args); }\nc:\"d,e\" { emit(args); }\n");
	assert_int_equal(record_probes_to_script("a,,b", NULL, &b, &err), -EINVAL);
	assert_int_equal(record_probes_to_script("", NULL, &b, &err), -EINVAL);
	buf_fini(&b);
}

static void stacks_are_behind_what_a_probe_has_of_its_own(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	assert_int_equal(record_probes_to_script("t:a:b,profile:hz:99", "kernel, user", &b, &err),
			 0);
	assert_string_equal(buf_cstr(&b), "t:a:b { emit(args, kstack, ustack); }\n"
					  "profile:hz:99 { emit(comm, kstack, ustack); }\n");
	assert_int_equal(record_probes_to_script("t:a:b", "kernel,disk", &b, &err), -EINVAL);
	buf_fini(&b);
}

static void default_file_is_named_after_the_script(void **state)
{
	static const struct {
		const char *script, *want;
	} rows[] = {
		{ NULL, "./trace-19700101-000001.tape" },
		{ "-", "./trace-19700101-000001.tape" },
		{ "/usr/sbin/opensnoop.bt", "./opensnoop-19700101-000001.tape" },
		{ "odd", "./odd-19700101-000001.tape" },
		{ ".bt", "./.bt-19700101-000001.tape" },
	};

	(void)state;
	setenv("TZ", "UTC", 1);
	for (size_t i = 0; i < countof(rows); i++) {
		struct record_opts opts = { .script_path = rows[i].script };
		struct buf b;

		buf_init(&b, 4096);
		record_default_file(&opts, 1, &b);
		assert_string_equal(buf_cstr(&b), rows[i].want);
		buf_fini(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operands_behind_a_program_are_its_parameters),
		cmocka_unit_test(first_operand_without_a_program_is_the_script),
		cmocka_unit_test(sizes_and_times_have_units),
		cmocka_unit_test(resolutions_of_times_are_powers_of_ten_up_to_1ms),
		cmocka_unit_test(contradictions_are_refused),
		cmocka_unit_test(hidden_processes_add_up),
		cmocka_unit_test(probes_become_one_clause_each),
		cmocka_unit_test(stacks_are_behind_what_a_probe_has_of_its_own),
		cmocka_unit_test(default_file_is_named_after_the_script),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

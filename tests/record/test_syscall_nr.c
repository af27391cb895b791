/* Numbers of system calls, against the C library's header of this machine. */
#include "record/syscall_nr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include <cmocka.h>

#include "lang/number_names.h"

#define HEADER "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"

static void calls_have_the_numbers_of_the_header(void **state)
{
	FILE *f = fopen(HEADER, "r");
	char line[256], name[64], text[NAMES_MAX];
	int nr, cnt = 0;

	(void)state;
	if (!f)
		skip(); /* another machine, or no headers */
	while (fgets(line, sizeof(line), f)) {
		u32 len;

		if (sscanf(line, "#define __NR_%63s %d", name, &nr) != 2)
			continue;
		assert_int_equal(names_syscall_find(STR("x86_64"), name), nr);
		len = names_syscall(STR("x86_64"), nr, text);
		assert_true(str_is((struct str){ text, len }, name));
		cnt++;
	}
	fclose(f);
	assert_true(cnt > 300);
}

static void tracepoints_are_called_after_functions(void **state)
{
	struct utsname u;

	(void)state;
	assert_int_equal(uname(&u), 0);
	if (names_syscall_find(str_of(u.machine), "read") < 0)
		skip(); /* an ABI without a table: all are perf tracepoints */
	assert_int_equal(syscall_nr_find("openat"), SYS_openat);
	assert_int_equal(syscall_nr_find("newuname"), SYS_uname);
	assert_int_equal(syscall_nr_find("umount"), SYS_umount2);
	assert_int_equal(syscall_nr_find("uname"), -1);
	assert_int_equal(syscall_nr_find(""), -1);
	assert_int_equal(syscall_nr_find("open at"), -1);
	assert_int_equal(syscall_nr_find("openatx"), -1);
}

static void what_has_no_number_is_said_so(void **state)
{
	char text[NAMES_MAX];
	u32 len = names_syscall(STR("x86_64"), 100000, text);

	(void)state;
	assert_true(str_is((struct str){ text, len }, "Unknown syscall"));
	len = names_syscall(STR("pdp11"), 0, text);
	assert_true(str_is((struct str){ text, len }, "Unknown syscall"));
	assert_int_equal(names_syscall_find(STR("pdp11"), "read"), -1);
	assert_int_equal(names_syscall_find(STR("aarch64"), "read"), 63);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_have_the_numbers_of_the_header),
		cmocka_unit_test(tracepoints_are_called_after_functions),
		cmocka_unit_test(what_has_no_number_is_said_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

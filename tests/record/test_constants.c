/*
 * tests/record/test_constants.c -- the table of constants, and docs/constants.md, which is made of
 * it.
 *
 * With BPFTAPE_UPDATE=1 the page is written instead of compared.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/io.h"
#include "record/constants.h"

#define PAGE "docs/constants.md" /* tests run in the source root */
#define LINE 98

static s64 value(const char *name)
{
	bool is_unsigned;
	s64 v = 0;

	if (!constant_find(name, &v, &is_unsigned))
		fail_msg("%s is not known", name);
	return v;
}

static void values_are_those_of_the_headers(void **state)
{
	bool is_unsigned = false;
	s64 v;

	(void)state;
	assert_int_equal(value("AT_FDCWD"), -100);
	assert_int_equal(value("O_CREAT"), 0100);
	assert_int_equal(value("EINTR"), 4);
	assert_int_equal(value("S_IFMT"), 0170000);
	assert_int_equal(value("CLONE_NEWPID"), 0x20000000);
	assert_int_equal(value("INT_MIN"), -2147483648ll);
	assert_int_equal(value("TASK_UNINTERRUPTIBLE"), 2);
	assert_int_equal(value("PF_KTHREAD"), 0x200000);
	assert_int_equal(value("ETH_P_IP"), 0x800);
	assert_int_equal(value("IPPROTO_TCP"), 6);
	assert_int_equal(value("PAGE_SIZE"), sysconf(_SC_PAGESIZE));
	assert_true(constant_find("UINT64_MAX", &v, &is_unsigned));
	assert_true(is_unsigned && v == -1);
	assert_false(constant_find("NOSUCH", &v, &is_unsigned));
	assert_false(is_unsigned);
}

static void kernels_without_the_enum_have_the_old_flags(void **state)
{
	s64 v = 0;

	(void)state;
	assert_true(constant_find_gfp(NULL, "GFP_KERNEL", &v));
	assert_int_equal(v, 0xcc0);
	assert_true(constant_find_gfp(NULL, "__GFP_ZERO", &v));
	assert_int_equal(v, 0x100);
	assert_false(constant_find_gfp(NULL, "__GFP_NOSUCH", &v));
	assert_false(constant_find_gfp(NULL, "GFP", &v));
}

static void no_name_has_two_values(void **state)
{
	(void)state;
	for (size_t f = 0; f < CONSTANT_FAMILIES; f++) {
		const struct constant_family *fam = constant_families[f];

		for (size_t i = 0; i < fam->cnt; i++) {
			if (value(fam->rows[i].name) != fam->rows[i].val)
				fail_msg("%s has two values", fam->rows[i].name);
		}
	}
}

static void put_family(struct buf *b, const struct constant_family *fam)
{
	size_t col = 0;

	buf_printf(b, "\n## %c%s\n\n", fam->title[0] & ~0x20, fam->title + 1);
	for (size_t i = 0; i < fam->cnt; i++) {
		size_t len = strlen(fam->rows[i].name) + 2;

		if (col + len + 1 > LINE) {
			buf_putc(b, '\n');
			col = 0;
		}
		buf_printf(b, "%s`%s`", col ? " " : "", fam->rows[i].name);
		col += len + (col > 0);
	}
	buf_putc(b, '\n');
}

static void make_page(struct buf *b)
{
	buf_puts(b, "# Constants\n\n"
		    "Generated from `record/constants*.c`. Names that a script may use as numbers "
		    "without any `#include`,\n"
		    "beside the constants of all enums of the kernel's BTF. Values are those of "
		    "the machine that records;\n"
		    "they go to the tape with what the script used.\n\n"
		    "`PAGE_SIZE` `PAGE_SHIFT` `PAGE_MASK` are the machine's. `GFP_*` and `__GFP_*` "
		    "come from the kernel's BTF\n"
		    "(6.10 and newer), else they are those of 6.1.\n");
	for (size_t f = 0; f < CONSTANT_FAMILIES; f++)
		put_family(b, constant_families[f]);
}

static void the_page_is_made_of_the_table(void **state)
{
	struct buf want, page;

	(void)state;
	buf_init(&want, 1u << 20);
	buf_init(&page, 1u << 20);
	make_page(&want);
	if (getenv("BPFTAPE_UPDATE")) {
		int fd = open(PAGE, O_WRONLY | O_CREAT | O_TRUNC, 0644);

		assert_true(fd >= 0);
		assert_int_equal(io_write_full(fd, want.data, want.len), 0);
		close(fd);
	}
	assert_int_equal(io_read_file(PAGE, &page, NULL), 0);
	assert_string_equal(buf_cstr(&page), buf_cstr(&want));
	buf_fini(&want);
	buf_fini(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_those_of_the_headers),
		cmocka_unit_test(kernels_without_the_enum_have_the_old_flags),
		cmocka_unit_test(no_name_has_two_values),
		cmocka_unit_test(the_page_is_made_of_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

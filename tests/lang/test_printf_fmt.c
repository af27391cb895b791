/* tests/lang/test_printf_fmt.c -- formats cut into pieces. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lang/printf_fmt.h"

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 1 << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

/* One line: text in [], conversions as %FLAGS WIDTH.PREC LETTER /SIZE #ARG. */
static const char *cut(const char *fmt)
{
	static char out[1024];
	struct fmt_piece *p = NULL;
	struct fmt_error e = { .off = 0 };
	u32 n = 0, args = 0;
	size_t at = 0;

	if (printf_fmt_parse(str_of(fmt), &arena, &p, &n, &args, &e)) {
		snprintf(out, sizeof(out), "%u: %s", e.off, e.msg);
		return out;
	}
	out[0] = '\0';
	for (u32 i = 0; i < n; i++) {
		if (p[i].conv == FMT_TEXT) {
			at += snprintf(out + at, sizeof(out) - at, "[%.*s]", STR_ARG(p[i].text));
			continue;
		}
		at += snprintf(out + at, sizeof(out) - at, "%%%s%s%s%s%s%d.%d%c/%u#%d",
			       p[i].minus ? "-" : "", p[i].plus ? "+" : "", p[i].space ? " " : "",
			       p[i].alt ? "#" : "", p[i].zero ? "0" : "", p[i].width, p[i].prec,
			       p[i].letter, p[i].int_sz, p[i].arg);
	}
	snprintf(out + at, sizeof(out) - at, " args=%u", args);
	return out;
}

static void text_alone_is_one_piece(void **state)
{
	(void)state;
	assert_string_equal(cut("hello\n"), "[hello\n] args=0");
	assert_string_equal(cut(""), " args=0");
}

static void flags_width_and_precision_are_read(void **state)
{
	(void)state;
	assert_string_equal(
		cut("%-5d|%05u|%+d|%#x|% d"),
		"%-5.-1d/4#0[|]%05.-1u/4#1[|]%+-1.-1d/4#2[|]%#-1.-1x/4#3[|]% -1.-1d/4#4 args=5");
	assert_string_equal(cut("%-10.10s"), "%-10.10s/4#0 args=1");
	assert_string_equal(cut("%.s"), "%-1.0s/4#0 args=1");
}

static void length_modifiers_give_the_size(void **state)
{
	(void)state;
	assert_string_equal(
		cut("%hhd%hd%d%ld%lld%zu%ju%p"),
		"%-1.-1d/1#0%-1.-1d/2#1%-1.-1d/4#2%-1.-1d/8#3%-1.-1d/8#4%-1.-1u/8#5%-1.-1u/8#6"
		"%-1.-1p/8#7 args=8");
}

static void percent_percent_is_text(void **state)
{
	(void)state;
	assert_string_equal(cut("100%% of %d"), "[100][% of ]%-1.-1d/4#0 args=1");
	assert_string_equal(cut("%%"), "[%] args=0");
	assert_string_equal(cut("%5%|"), "[%|] args=0");
}

static void unknown_letters_stay_text(void **state)
{
	(void)state;
	assert_string_equal(cut("%z!"), "[%z!] args=0");
	assert_string_equal(cut("50%"), "[50%] args=0");
	assert_string_equal(cut("%y %d"), "[%y ]%-1.-1d/4#0 args=1");
}

static void hex_floats_and_n_are_refused(void **state)
{
	(void)state;
	assert_string_equal(cut("abc %a"), "4: %a is not supported");
	assert_string_equal(cut("%5.2A"), "0: %A is not supported");
	assert_string_equal(cut("%n"), "0: %n is not supported");
}

static void byte_conversions_have_three_forms(void **state)
{
	(void)state;
	assert_string_equal(cut("%r %rx %rh"), "%-1.-1r/4#0[ ]%-1.-1x/4#1[ ]%-1.-1h/4#2 args=3");
}

static void star_is_accepted_and_ignored(void **state)
{
	(void)state;
	assert_string_equal(cut("%*d"), "%-1.-1d/4#0 args=1");
	assert_string_equal(cut("%.*s"), "%-1.-1s/4#0 args=1");
}

static void huge_widths_are_cut(void **state)
{
	(void)state;
	assert_string_equal(cut("%99999999999999999999d"), "%9999.-1d/4#0 args=1");
}

static void too_many_parts_are_refused(void **state)
{
	static char fmt[4 * FMT_PIECES_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(fmt) - 3; i += 3)
		memcpy(fmt + i, "%d ", 3);
	assert_string_equal(strchr(cut(fmt), ':'), ": the format has too many parts");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(text_alone_is_one_piece, setup, teardown),
		cmocka_unit_test_setup_teardown(flags_width_and_precision_are_read, setup,
						teardown),
		cmocka_unit_test_setup_teardown(length_modifiers_give_the_size, setup, teardown),
		cmocka_unit_test_setup_teardown(percent_percent_is_text, setup, teardown),
		cmocka_unit_test_setup_teardown(unknown_letters_stay_text, setup, teardown),
		cmocka_unit_test_setup_teardown(hex_floats_and_n_are_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(byte_conversions_have_three_forms, setup, teardown),
		cmocka_unit_test_setup_teardown(star_is_accepted_and_ignored, setup, teardown),
		cmocka_unit_test_setup_teardown(huge_widths_are_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(too_many_parts_are_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

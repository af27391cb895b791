/* tests/base/test_escape.c -- what a terminal would act on comes out as text. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/escape.h"

static void escaped_is(const char *s, size_t len, const char *keep, const char *want)
{
	struct buf b;

	buf_init(&b, 1 << 16);
	escape_put(&b, s, len, keep);
	assert_string_equal(buf_cstr(&b), want);
	buf_fini(&b);
}

#define ESCAPED(s, keep, want) escaped_is(s, sizeof(s) - 1, keep, want)

static void text_passes_as_it_is(void **state UNUSED)
{
	ESCAPED("", "", "");
	ESCAPED("plain \\x1b {}~", "", "plain \\x1b {}~");
	ESCAPED("\xc3\xa4\xe2\x82\xac\xf0\x9f\x8e\x9e", "", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x8e\x9e");
}

static void control_characters_become_hex(void **state UNUSED)
{
	ESCAPED("a\x1b[31mb", "", "a\\x1b[31mb");
	ESCAPED("\0\a\b\x7f", "", "\\x00\\x07\\x08\\x7f");
	ESCAPED("\xc2\x9b"
		"31m\xc2\xa0",
		"", "\\xc2\\x9b31m\xc2\xa0");
}

static void only_those_asked_for_pass(void **state UNUSED)
{
	ESCAPED("a\tb\nc\rd\0", "\n\t", "a\tb\nc\\x0dd\\x00");
	ESCAPED("a\tb\n", "", "a\\x09b\\x0a");
	ESCAPED("a\r\nb\r", "\n\t", "a\r\nb\\x0d");
	ESCAPED("a\r\n", "", "a\\x0d\\x0a");
}

static void bytes_that_are_no_utf8_become_hex(void **state UNUSED)
{
	ESCAPED("\xff\xc0\xaf\x80", "", "\\xff\\xc0\\xaf\\x80");
	ESCAPED("\xe2\x82", "", "\\xe2\\x82");
	ESCAPED("\xed\xa0\x80\xf4\x90\x80\x80", "", "\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80");
	ESCAPED("\xe0\x80\x80x", "", "\\xe0\\x80\\x80x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_passes_as_it_is),
		cmocka_unit_test(control_characters_become_hex),
		cmocka_unit_test(only_those_asked_for_pass),
		cmocka_unit_test(bytes_that_are_no_utf8_become_hex),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

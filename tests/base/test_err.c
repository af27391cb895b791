/* tests/base/test_err.c -- what base/err.h promises. */
#include "base/err.h"

#include <errno.h>
#include <string.h>

#include "tests/base/check.h"

static void set_starts_the_story_and_returns_the_code(void **state UNUSED)
{
	struct err err = { .hint = "old" };

	assert_int_equal(err_set(&err, -EPROTO, "not a %s", "tape"), -EPROTO);
	assert_int_equal(err.code, -EPROTO);
	assert_string_equal(err.msg, "not a tape");
	assert_string_equal(err.hint, "");
}

static void wrap_puts_the_caller_in_front_and_keeps_the_hint(void **state UNUSED)
{
	struct err err = {};

	err_set(&err, -EPROTO, "not a tape");
	err_hint(&err, "try %d", 5);
	assert_int_equal(err_wrap(&err, -EPROTO, "opening %s", "x.tape"), -EPROTO);
	assert_string_equal(err.msg, "opening x.tape: not a tape");
	assert_string_equal(err.hint, "try 5");
}

static void wrap_of_nothing_has_no_colon(void **state UNUSED)
{
	struct err err = {};

	err_wrap(&err, -EIO, "alone");
	assert_string_equal(err.msg, "alone");
	assert_int_equal(err.code, -EIO);
}

static void set_errno_ends_with_the_system_text(void **state UNUSED)
{
	struct err err = {};

	assert_int_equal(err_set_errno(&err, -ENOENT, "opening %s", "f"), -ENOENT);
	assert_string_equal(err.msg, "opening f: No such file or directory");
}

static void null_err_drops_the_story_and_keeps_the_code(void **state UNUSED)
{
	assert_int_equal(err_set(NULL, -EIO, "x"), -EIO);
	assert_int_equal(err_set_errno(NULL, -EIO, "x"), -EIO);
	assert_int_equal(err_wrap(NULL, -EIO, "x"), -EIO);
	assert_int_equal(err_oom(NULL), -ENOMEM);
	err_hint(NULL, "x");
}

static void a_part_may_quote_the_story_itself(void **state UNUSED)
{
	struct err err = {};

	err_set(&err, -EIO, "inner");
	err_set(&err, -EIO, "[%s]", err.msg);
	assert_string_equal(err.msg, "[inner]");
	err_wrap(&err, -EIO, "(%s)", err.msg);
	assert_string_equal(err.msg, "([inner]): [inner]");
}

static void too_long_a_story_is_cut_at_its_end_with_dots(void **state UNUSED)
{
	struct err err = {};
	char text[ERR_MSG_MAX + 10];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_set(&err, -EIO, "%s", text);
	assert_int_equal(strlen(err.msg), ERR_MSG_MAX - 1);
	assert_string_equal(err.msg + ERR_MSG_MAX - 4, "...");
	err_wrap(&err, -EIO, "outer");
	assert_int_equal(strlen(err.msg), ERR_MSG_MAX - 1);
	assert_memory_equal(err.msg, "outer: aaa", 10);
	assert_string_equal(err.msg + ERR_MSG_MAX - 4, "...");
}

static void a_story_that_just_fits_is_not_cut(void **state UNUSED)
{
	struct err err = {};
	char text[ERR_MSG_MAX];

	memset(text, 'b', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_set(&err, -EIO, "%s", text);
	assert_string_equal(err.msg, text);
	/* no room for anything behind it: still marked, still terminated */
	err_set_errno(&err, -EIO, "%s", text);
	assert_int_equal(strlen(err.msg), ERR_MSG_MAX - 1);
	assert_string_equal(err.msg + ERR_MSG_MAX - 4, "...");
}

static void wrapping_at_every_length_near_the_end_stays_inside(void **state UNUSED)
{
	char text[ERR_MSG_MAX];

	for (size_t len = ERR_MSG_MAX - 12; len < ERR_MSG_MAX; len++) {
		struct err err = {};

		memset(text, 'c', len);
		text[len] = '\0';
		err_set(&err, -EIO, "inner");
		err_wrap(&err, -EIO, "%s", text);
		assert_true(strlen(err.msg) < ERR_MSG_MAX);
		assert_memory_equal(err.msg, text, ERR_MSG_MAX - 12);
		if (len + strlen(": inner") < ERR_MSG_MAX)
			assert_string_equal(err.msg + len, ": inner");
		else
			assert_string_equal(err.msg + strlen(err.msg) - 3, "...");
	}
}

static void a_long_hint_is_cut(void **state UNUSED)
{
	struct err err = {};
	char text[ERR_HINT_MAX * 2];

	memset(text, 'h', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_hint(&err, "%s", text);
	assert_int_equal(strlen(err.hint), ERR_HINT_MAX - 1);
	assert_string_equal(err.hint + ERR_HINT_MAX - 4, "...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_starts_the_story_and_returns_the_code),
		cmocka_unit_test(wrap_puts_the_caller_in_front_and_keeps_the_hint),
		cmocka_unit_test(wrap_of_nothing_has_no_colon),
		cmocka_unit_test(set_errno_ends_with_the_system_text),
		cmocka_unit_test(null_err_drops_the_story_and_keeps_the_code),
		cmocka_unit_test(a_part_may_quote_the_story_itself),
		cmocka_unit_test(too_long_a_story_is_cut_at_its_end_with_dots),
		cmocka_unit_test(a_story_that_just_fits_is_not_cut),
		cmocka_unit_test(wrapping_at_every_length_near_the_end_stays_inside),
		cmocka_unit_test(a_long_hint_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

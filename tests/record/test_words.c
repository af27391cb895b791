/* tests/record/test_words.c -- words of a command, with and without quotes. */
#include "record/words.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static const struct {
	const char *text, *want;
} rows[] = {
	{ "ls", "[ls]" },
	{ "  ls \t -l\n", "[ls][-l]" },
	{ "sh -c 'echo \"a b\"; exit 3'", "[sh][-c][echo \"a b\"; exit 3]" },
	{ "a\"b c\"d", "[ab cd]" },
	{ "\"a\\\"b\\n\"", "[a\"b\\n]" },
	{ "a\\ b \\'", "[a b][']" },
	{ "'' \"\"", "[][]" },
	{ "$HOME * | ;", "[$HOME][*][|][;]" },
	{ "end\\", "[end\\]" },
};

static void words_are_split_like_a_shells(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		struct arena a;
		struct buf got;
		char **words;
		int n;

		arena_init(&a, 1 << 20);
		buf_init(&got, 4096);
		assert_int_equal(words_split(rows[i].text, &a, &words, &n, NULL), 0);
		for (int w = 0; w < n; w++)
			buf_printf(&got, "[%s]", words[w]);
		assert_null(words[n]);
		assert_string_equal(buf_cstr(&got), rows[i].want);
		buf_fini(&got);
		arena_fini(&a);
	}
}

static void open_quotes_and_empty_commands_are_refused(void **state)
{
	static const char *const bad[] = { "", "  ", "'a", "a \"b", "\"a\\" };
	struct arena a;
	char **words;
	int n;

	(void)state;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < countof(bad); i++)
		assert_int_equal(words_split(bad[i], &a, &words, &n, NULL), -EINVAL);
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_split_like_a_shells),
		cmocka_unit_test(open_quotes_and_empty_commands_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

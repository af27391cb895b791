/* tests/lang/test_diag.c -- places in a source, and diagnostics as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lang/diag.h"

struct fixture {
	struct arena a;
	struct source src;
	struct diag_list d;
	struct buf out;
};

static void setup(struct fixture *f, struct str text)
{
	arena_init(&f->a, 1 << 20);
	assert_int_equal(source_init(&f->src, &f->a, "x.bt", text), 0);
	diag_init(&f->d, &f->a);
	buf_init(&f->out, 1 << 20);
}

static void teardown(struct fixture *f)
{
	buf_fini(&f->out);
	arena_fini(&f->a);
}

static void assert_rendered(struct fixture *f, const char *want)
{
	buf_reset(&f->out);
	diag_render(&f->d, &f->src, &f->out);
	assert_string_equal(buf_cstr(&f->out), want);
}

static void offsets_have_lines_and_columns(void **state UNUSED)
{
	static const struct { u32 off, line, col;
	} rows[] = {
		{ 0, 1, 1 }, { 2, 1, 3 }, { 3, 2, 1 },	{ 4, 3, 1 },
		{ 6, 3, 3 }, { 7, 4, 1 }, { 99, 4, 1 },
	};
	struct fixture f;

	setup(&f, STR("ab\n\ncd\n"));
	assert_int_equal(f.src.line_cnt, 4);
	for (size_t i = 0; i < countof(rows); i++) {
		u32 line, col;

		source_place(&f.src, rows[i].off, &line, &col);
		assert_int_equal(line, rows[i].line);
		assert_int_equal(col, rows[i].col);
	}
	assert_true(str_is(source_line(&f.src, 3), "cd"));
	assert_true(str_is(source_line(&f.src, 4), ""));
	assert_true(str_is(source_line(&f.src, 5), ""));
	assert_true(str_is(source_line(&f.src, 0), ""));
	teardown(&f);
}

static void text_of_a_span_is_clamped(void **state UNUSED)
{
	struct fixture f;

	setup(&f, STR("abcdef"));
	assert_true(str_is(source_text(&f.src, (struct span){ 2, 3 }), "cde"));
	assert_true(str_is(source_text(&f.src, (struct span){ 4, UINT32_MAX }), "ef"));
	assert_true(str_is(source_text(&f.src, (struct span){ 9, 2 }), ""));
	teardown(&f);
}

static void joined_span_covers_both(void **state UNUSED)
{
	struct span a = { 10, 5 }, b = { 3, 2 }, j = span_join(a, b);

	assert_int_equal(j.off, 3);
	assert_int_equal(j.len, 12);
	j = span_join(b, a);
	assert_int_equal(j.off, 3);
	assert_int_equal(j.len, 12);
}

static void too_large_a_source_is_refused(void **state UNUSED)
{
	size_t sz = SOURCE_MAX + 1;
	char *text = calloc(1, sz);
	struct source src;
	struct arena a;
	struct err err;

	assert_non_null(text);
	arena_init(&a, 64 << 20);
	assert_int_equal(source_init(&src, &a, "x", (struct str){ text, sz - 1 }), 0);
	assert_int_equal(source_init(&src, &a, "x", (struct str){ text, sz }), -E2BIG);
	assert_int_equal(source_refuse(-E2BIG, "x", &err), -E2BIG);
	assert_string_equal(err.msg, "x: a script has at most 1048576 bytes");
	arena_fini(&a);
	arena_init(&a, 1000);
	assert_int_equal(source_init(&src, &a, "x", (struct str){ text, 5000 }), -ENOMEM);
	arena_fini(&a);
	free(text);
}

static void error_shows_place_line_underline_and_hint(void **state UNUSED)
{
	struct fixture f;

	setup(&f, STR("BEGIN {\n\t@x = foo;\n}\n"));
	diag_hint(&f.d, diag_error(&f.d, (struct span){ 14, 3 }, "unknown name %s", "foo"),
		  "try %s", "fo");
	assert_rendered(&f, "x.bt:2:7: error: unknown name foo\n"
			    "    \t@x = foo;\n"
			    "    \t     ^~~\n"
			    "    hint: try fo\n");
	teardown(&f);
}

static void diagnostics_come_in_source_order_with_their_notes(void **state UNUSED)
{
	struct fixture f;

	setup(&f, STR("abcd\n"));
	diag_error(&f.d, (struct span){ 3, 1 }, "third");
	diag_note(&f.d, (struct span){ 0, 1 }, "note of third");
	diag_warn(&f.d, (struct span){ 1, 1 }, "first");
	diag_error(&f.d, (struct span){ 1, 2 }, "second");
	assert_int_equal(f.d.error_cnt, 2);
	assert_int_equal(f.d.warning_cnt, 1);
	assert_rendered(&f, "x.bt:1:2: warning: first\n    abcd\n     ^\n"
			    "x.bt:1:2: error: second\n    abcd\n     ^~\n"
			    "x.bt:1:4: error: third\n    abcd\n       ^\n"
			    "x.bt:1:1: note: note of third\n    abcd\n    ^\n");
	teardown(&f);
}

static void a_span_over_lines_is_underlined_on_its_first(void **state UNUSED)
{
	struct fixture f;

	setup(&f, STR("ab\ncd\n"));
	diag_error(&f.d, (struct span){ 1, 4 }, "e");
	assert_rendered(&f, "x.bt:1:2: error: e\n    ab\n     ^\n");
	teardown(&f);
}

static void the_end_of_the_text_is_a_place(void **state UNUSED)
{
	struct fixture f;

	setup(&f, STR("ab"));
	diag_error(&f.d, (struct span){ 2, 0 }, "e");
	diag_error(&f.d, (struct span){ 200, 100 }, "far");
	assert_rendered(&f, "x.bt:1:3: error: e\n    ab\n      ^\n"
			    "x.bt:1:3: error: far\n    ab\n      ^\n");
	teardown(&f);
}

static void letters_beyond_ascii_are_one_column(void **state UNUSED)
{
	struct fixture f;

	setup(&f, STR("\"\xc3\xa9\xe2\x82\xac\" foo"));
	diag_error(&f.d, (struct span){ 8, 3 }, "e");
	assert_rendered(&f, "x.bt:1:9: error: e\n    \"\xc3\xa9\xe2\x82\xac\" foo\n         ^~~\n");
	teardown(&f);
}

static void control_bytes_and_broken_text_never_reach_the_output(void **state UNUSED)
{
	struct fixture f;
	static const char text[] = "\x1b[2J\x7f\xff\xc2\x9b\xc0\xaf\xed\xa0\x80\xf5 x";

	setup(&f, STR(text));
	diag_hint(&f.d, diag_error(&f.d, (struct span){ 0, 1 }, "a\x1b[b"), "c\rd");
	buf_reset(&f.out);
	diag_render(&f.d, &f.src, &f.out);
	for (size_t i = 0; i < f.out.len; i++)
		assert_true((f.out.data[i] >= 0x20 && f.out.data[i] < 0x7f) ||
			    f.out.data[i] == '\n');
	assert_non_null(strstr(buf_cstr(&f.out), "    ?[2J??"));
	assert_non_null(strstr(buf_cstr(&f.out), "error: a?[b\n"));
	assert_non_null(strstr(buf_cstr(&f.out), "hint: c?d\n"));
	teardown(&f);
}

static void long_lines_are_cut_around_the_place(void **state UNUSED)
{
	char text[1001];
	struct fixture f;
	char *line, *mark;

	memset(text, 'a', 1000);
	text[500] = 'X';
	text[1000] = '\0';
	setup(&f, str_of(text));
	diag_error(&f.d, (struct span){ 500, 400 }, "e");
	diag_render(&f.d, &f.src, &f.out);
	line = strchr(buf_cstr(&f.out), '\n') + 1;
	mark = strchr(line, '\n') + 1;
	assert_true(mark - line < 200);
	assert_int_equal(strcspn(line, "X"), strcspn(mark, "^"));
	assert_true(!strncmp(line, "    ...a", 8));
	assert_true(strspn(strchr(mark, '^') + 1, "~") <= 110);
	teardown(&f);
}

static void errors_beyond_the_maximum_are_counted(void **state UNUSED)
{
	struct fixture f;
	int shown = 0;

	setup(&f, STR("ab"));
	for (int i = 0; i < 130; i++)
		diag_error(&f.d, (struct span){ 0, 1 }, "e%d", i);
	assert_int_equal(f.d.error_cnt, 130);
	diag_render(&f.d, &f.src, &f.out);
	for (const char *p = buf_cstr(&f.out); (p = strstr(p, ": error: ")); p++)
		shown++;
	assert_int_equal(shown, 100);
	assert_non_null(strstr(buf_cstr(&f.out), "x.bt: 30 more errors\n"));
	teardown(&f);
}

static void without_memory_errors_still_count(void **state UNUSED)
{
	struct fixture f;
	struct arena none;

	setup(&f, STR("ab"));
	arena_init(&none, 0);
	diag_init(&f.d, &none);
	assert_null(diag_error(&f.d, (struct span){ 0, 1 }, "e"));
	diag_hint(&f.d, NULL, "h");
	assert_int_equal(f.d.error_cnt, 1);
	assert_rendered(&f, "x.bt: 1 more error\n");
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offsets_have_lines_and_columns),
		cmocka_unit_test(text_of_a_span_is_clamped),
		cmocka_unit_test(joined_span_covers_both),
		cmocka_unit_test(too_large_a_source_is_refused),
		cmocka_unit_test(error_shows_place_line_underline_and_hint),
		cmocka_unit_test(diagnostics_come_in_source_order_with_their_notes),
		cmocka_unit_test(a_span_over_lines_is_underlined_on_its_first),
		cmocka_unit_test(the_end_of_the_text_is_a_place),
		cmocka_unit_test(letters_beyond_ascii_are_one_column),
		cmocka_unit_test(control_bytes_and_broken_text_never_reach_the_output),
		cmocka_unit_test(long_lines_are_cut_around_the_place),
		cmocka_unit_test(errors_beyond_the_maximum_are_counted),
		cmocka_unit_test(without_memory_errors_still_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

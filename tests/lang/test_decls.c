/* tests/lang/test_decls.c -- C definitions that want to hurt: time and memory stay bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "lang/program.h"
#include "tests/support/fake_catalog.h"

/* head, text again and again, tail */
static const struct {
	const char *head, *text, *tail;
} rows[] = {
	{ "", "struct a { ", "" },
	{ "", "struct { int a; ", "" },
	{ "struct a {", "int x; ", "};" },
	{ "struct a {", "struct { struct { int x; } y; };", "};" },
	{ "struct a { int x", "[9]", "; };" },
	{ "struct a { int ", "*", "x; };" },
	{ "struct a { int ", "(", "x; };" },
	{ "struct a { int (*f)(", "(", "; };" },
	{ "struct a { int x[", "(", "]; };" },
	{ "struct a { int x[1", "+1", "]; };" },
	{ "enum e {", "A,", "};" },
	{ "enum e { A = ", "-", "1 };" },
	{ "typedef int a", ", *a", ";" },
	{ "struct a { int x; } __attribute__((", "aligned(8), packed,", "));" },
	{ "", "__attribute__((", "" },
	{ "typedef ", "typedef const ", "int x;" },
	{ "typedef struct a a; struct a { ", "struct a *p; a b;", "};" },
	{ "", "union u { char c[1000000]; };", "" },
};

static void compile(struct str text)
{
	struct fake_catalog *fc = fake_catalog_new(NULL);
	struct catalog cat = fake_catalog_get(fc);
	const struct check_opts o = { .compat = COMPAT_27 };
	struct program *prog;
	struct diag_list d;
	struct source src;
	struct arena a;

	arena_init(&a, 64u << 20);
	diag_init(&d, &a);
	assert_int_equal(source_init(&src, &a, "t.bt", text), 0);
	if (program_compile(&src, &cat, &o, &a, &d, &prog, NULL))
		assert_true(d.error_cnt || a.is_full);
	arena_fini(&a);
	fake_catalog_free(fc);
}

static void hostile_definitions_are_bounded(void **state)
{
	struct buf b;

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		buf_init(&b, SOURCE_MAX);
		buf_puts(&b, rows[i].head);
		while (b.len < 60000)
			buf_puts(&b, rows[i].text);
		buf_puts(&b, rows[i].tail);
		buf_puts(&b, " BEGIN { exit(); }");
		compile((struct str){ buf_cstr(&b), b.len });
		buf_fini(&b);
	}
}

/* Each prefix of a good definition is either read or refused. */
static void cut_definitions_are_refused(void **state)
{
	static const char text[] = "typedef struct s { u8 a : 3, b; union { int c[2][3]; void "
				   "(*f)(int); } __attribute__((packed)); enum e { A = sizeof(u8), "
				   "B } e; } s_t, *sp;";

	(void)state;
	for (size_t n = 1; n <= sizeof(text) - 1; n++)
		compile((struct str){ text, n });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_definitions_are_bounded),
		cmocka_unit_test(cut_definitions_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

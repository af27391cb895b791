/* tests/lang/test_unused.c -- which variables and maps count as unused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lang/unused.h"
#include "tests/support/planned.h"

struct row {
	const char *script;
	const char *warnings; /* "COLUMN message; ..." in source order */
};

static const struct row rows[] = {
	/* variables */
	{ "BEGIN { $x = 1; }", "9 $x is set and never read; " },
	{ "BEGIN { $x = 1; print($x); }", "" },
	{ "BEGIN { $x = 1; $x = 2; }", "9 $x is set and never read; " },
	{ "BEGIN { $x = 1; $x += 2; $x++; }", "9 $x is set and never read; " },
	{ "BEGIN { $x = 1; $y = $x++; print($y); }", "" },
	{ "BEGIN { $x = 1; $y = $x; }", "17 $y is set and never read; " },
	{ "BEGIN { let $x; }", "9 $x is declared and never used; " },
	{ "BEGIN { let $x : int64; $x = 3; }", "25 $x is set and never read; " },
	{ "BEGIN { let $x = 3; }", "9 $x is set and never read; " },
	{ "BEGIN { let $x = 3; @ = $x; }", "" },
	{ "BEGIN { $_x = 1; _ = 2; }", "" },
	{ "BEGIN { for ($i : 0..3) { @++; } }", "" },
	{ "BEGIN { $x = 1; } END { $x = 2; print($x); }", "9 $x is set and never read; " },
	{ "BEGIN { if (1) { $x = 1; print($x); } else { $x = 2; } }", "" },
	{ "BEGIN { $x = 1; @m[$x] = 1; delete(@m, $x); }", "" },
	{ "BEGIN { @m[1] = 1; $gone = delete(@m, 1); }", "20 $gone is set and never read; " },
	/* maps */
	{ "BEGIN { @m = 1; }", "" },
	{ "BEGIN { @m = 1; } END { clear(@m); }",
	  "9 @m is filled, and nothing reads or prints it; " },
	{ "BEGIN { @m = 1; } END { print(@m); clear(@m); }", "" },
	{ "BEGIN { @m = 1; } END { if (pid) { clear(@m); } }", "" },
	{ "BEGIN { @m = 1; } interval:s:1 { clear(@m); }", "" },
	{ "BEGIN { @m[1] = 1; delete(@m, 1); }", "" },
	{ "BEGIN { @m = 1; @n = @m; } END { clear(@m); }", "" },
	{ "let @m = hash(5); BEGIN { }", "1 @m is declared and never used; " },
	{ "let @m = hash(5); BEGIN { @m[1] = 1; }", "" },
	{ "config = { print_maps_on_exit = 0 } BEGIN { @m = 1; @n++; print(@n); }",
	  "45 @m is filled, and nothing reads or prints it; " },
	{ "config = { print_maps_on_exit = 0 } BEGIN { @m[1] = count(); delete(@m, 1); }",
	  "45 @m is filled, and nothing reads or prints it; " },
	{ "config = { print_maps_on_exit = 0 } BEGIN { @m[1] = 1; if (delete(@m, 1)) { exit(); } }",
	  "" },
};

static void warnings_are_exact(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		char got[512] = "";
		struct planned p;

		planned_init(&p, NULL, rows[i].script);
		diag_init(&p.diags, &p.arena); /* what the checker warned of is not asked */
		program_warn_unused(p.prog, &p.diags);
		for (const struct diag *d = p.diags.head; d; d = d->next) {
			size_t n = strlen(got);

			assert_int_equal(d->level, DIAG_WARNING);
			assert_non_null(d->hint);
			snprintf(got + n, sizeof(got) - n, "%u %s; ", d->span.off + 1, d->msg);
		}
		assert_string_equal(got, rows[i].warnings);
		planned_fini(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(warnings_are_exact) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

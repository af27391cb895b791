/*
 * tests/lang/test_builtin.c -- the tables of builtins and providers, and docs/builtins.md, which
 * is made of them.
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
#include "lang/builtin.h"

#define PAGE "docs/builtins.md" /* tests run in the source root */

static void rows_are_in_enum_order(void **state)
{
	(void)state;
	for (int i = 0; i < BI_CNT; i++) {
		assert_int_equal(builtins[i].id, i);
		assert_non_null(builtins[i].name);
		assert_non_null(builtins[i].doc);
	}
}

/* Letters before '|' are needed; '*' lifts the upper bound up to max_args. */
static void argument_letters_agree_with_counts(void **state)
{
	(void)state;
	for (int i = 0; i < BI_CNT; i++) {
		const struct builtin *b = &builtins[i];
		const char *bar = strchr(b->args, '|');
		int letters = 0, needed = 0;

		for (const char *p = b->args; *p; p++) {
			letters += *p != '|' && *p != '*';
			needed += *p != '|' && *p != '*' && (!bar || p < bar);
		}
		if (strchr(b->args, '*')) {
			assert_true(b->max_args < 0 || b->max_args > letters);
			assert_in_range(b->min_args, letters - 1, letters);
			continue;
		}
		assert_int_equal(letters, b->max_args);
		assert_int_equal(needed, b->min_args);
	}
}

static void names_are_found_once(void **state)
{
	(void)state;
	for (int i = 0; i < BI_CNT; i++) {
		if (i != BI_ARGN)
			assert_ptr_equal(builtin_find(str_of(builtins[i].name)), &builtins[i]);
	}
	assert_null(builtin_find(STR("nosuch")));
	assert_null(builtin_find(STR("argN")));
}

static void argn_needs_a_plain_number(void **state)
{
	s64 n = -1;

	(void)state;
	assert_ptr_equal(builtin_find_argn(STR("arg7"), &n), &builtins[BI_ARGN]);
	assert_int_equal(n, 7);
	assert_ptr_equal(builtin_find_argn(STR("arg10"), &n), &builtins[BI_ARGN]);
	assert_int_equal(n, 10);
	assert_null(builtin_find_argn(STR("arg"), &n));
	assert_null(builtin_find_argn(STR("arg01"), &n));
	assert_null(builtin_find_argn(STR("args"), &n));
	assert_null(builtin_find_argn(STR("arg1x"), &n));
	assert_null(builtin_find_argn(STR("arg1000"), &n));
}

static void names_of_the_language_are_known(void **state)
{
	(void)state;
	assert_true(builtin_is_known_unsupported(STR("uaddr")));
	assert_true(builtin_is_known_unsupported(STR("arg3")));
	assert_true(builtin_is_known_unsupported(STR("skboutput")));
	assert_false(builtin_is_known_unsupported(STR("pid")));
	assert_false(builtin_is_known_unsupported(STR("nosuch")));
}

static void nearest_builtin_is_offered(void **state)
{
	struct str_nearest n;

	(void)state;
	str_nearest_init(&n, "prinf");
	builtin_offer_names(&n);
	assert_true(n.n >= 1);
	assert_string_equal(n.best[0].text, "printf");
}

static void providers_are_found_by_name_and_alias(void **state)
{
	(void)state;
	assert_int_equal(provider_find("tracepoint"), PROBE_TRACEPOINT);
	assert_int_equal(provider_find("t"), PROBE_TRACEPOINT);
	assert_int_equal(provider_find("Tracepoint"), PROBE_TRACEPOINT);
	assert_int_equal(provider_find("begin"), PROBE_BEGIN);
	assert_int_equal(provider_find("END"), PROBE_END);
	assert_int_equal(provider_find("kfunc"), PROBE_FENTRY);
	assert_int_equal(provider_find("f"), PROBE_FENTRY);
	assert_int_equal(provider_find("kretfunc"), PROBE_FEXIT);
	assert_int_equal(provider_find("u"), PROBE_UPROBE);
	assert_int_equal(provider_find("U"), PROBE_USDT);
	assert_int_equal(provider_find("kr"), PROBE_KRETPROBE);
	assert_int_equal(provider_find("nosuch"), PROBE_KIND_CNT);
	assert_int_equal(provider_find(""), PROBE_KIND_CNT);
}

/* ---- docs/builtins.md ---- */

static void put_cell(struct buf *b, const char *text)
{
	for (; *text; text++) {
		if (*text == '|')
			buf_putc(b, '\\');
		if (*text == '\n')
			buf_puts(b, "\\n");
		else
			buf_putc(b, *text);
	}
}

static void put_row(struct buf *b, const struct builtin *row)
{
	buf_puts(b, "| `");
	put_cell(b, row->signature);
	buf_puts(b, "` | ");
	put_cell(b, *row->ret ? row->ret : "-");
	buf_puts(b, " | ");
	put_cell(b, row->doc);
	buf_puts(b, row->is_evaluated ? " |\n" : " (not yet) |\n");
}

static void put_class(struct buf *b, const char *title, const char *about, enum builtin_class cls)
{
	buf_printf(b, "\n## %s\n\n%s\n\n| form | type | meaning |\n|---|---|---|\n", title, about);
	for (int i = 0; i < BI_CNT; i++) {
		if (builtins[i].cls == cls)
			put_row(b, &builtins[i]);
	}
}

static void put_providers(struct buf *b)
{
	buf_puts(b, "\n## Probes\n\n| form | short | has | fires |\n|---|---|---|---|\n");
	for (int i = 0; i < PROBE_KIND_CNT; i++) {
		const struct provider *p = &providers[i];

		buf_printf(b, "| `%s` | %s |", p->form, p->aliases);
		buf_printf(b, "%s%s%s%s |", p->has & HAS_ARGS ? " args" : "",
			   p->has & HAS_ARGN ? " argN" : "", p->has & HAS_RETVAL ? " retval" : "",
			   p->has & HAS_FUNC ? " func" : "");
		buf_printf(b, " %s%s |\n", p->doc, p->is_evaluated ? "" : " (not yet)");
	}
}

static void put_page(struct buf *b)
{
	buf_puts(b, "# Builtins, functions and probes\n\n"
		    "Made from the tables in `lang/builtin.c` and `lang/provider.c`; "
		    "`tests/lang/test_builtin.c` "
		    "compares.\n\"Not yet\": known to the compiler, refused with a message. "
		    "A type of `*` depends on the arguments.\n"
		    "With `--compat 0.17` all integers are 64 bits wide.\n");
	put_class(b, "Values of a firing", "Captured when the probe fires.", BC_VAR);
	put_class(b, "Reads of memory", "Done when the probe fires.", BC_LEAF_CALL);
	put_class(b, "Functions", "Computed from their arguments, by the analyzer.", BC_PURE);
	put_class(b, "Aggregations", "Only as `@map[...] = f(...)`.", BC_AGG);
	put_class(b, "Maps", "", BC_MAP);
	put_class(b, "Actions", "Statements, done in the order of the firings by the analyzer.",
		  BC_ACTION);
	put_class(b, "Actions of the kernel or the recorder", "", BC_KERNEL_ACTION);
	put_providers(b);
}

static void page_of_builtins_is_up_to_date(void **state)
{
	struct buf want, got;
	int fd;

	(void)state;
	buf_init(&want, 1 << 20);
	buf_init(&got, 1 << 20);
	put_page(&want);
	assert_false(want.is_full);
	if (getenv("BPFTAPE_UPDATE")) {
		fd = open(PAGE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
		assert_true(fd >= 0);
		assert_int_equal(io_write_full(fd, want.data, want.len), 0);
		close(fd);
	}
	assert_int_equal(io_read_file(PAGE, &got, NULL), 0);
	assert_string_equal(buf_cstr(&got), buf_cstr(&want));
	buf_fini(&want);
	buf_fini(&got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_in_enum_order),
		cmocka_unit_test(argument_letters_agree_with_counts),
		cmocka_unit_test(names_are_found_once),
		cmocka_unit_test(argn_needs_a_plain_number),
		cmocka_unit_test(names_of_the_language_are_known),
		cmocka_unit_test(nearest_builtin_is_offered),
		cmocka_unit_test(providers_are_found_by_name_and_alias),
		cmocka_unit_test(page_of_builtins_is_up_to_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

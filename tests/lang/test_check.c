/*
 * tests/lang/test_check.c -- what the checker makes of each script in tests/lang/cases/check,
 * exactly.
 *
 * NAME.bt that compiles has NAME.types: the dump of the program, then its warnings.  One that does
 * not has NAME.diag. NAME.path names a script that a Debian package installs (skipped where it is
 * not there); it has NAME.types. The first line of a script may hold options in a comment:
 *
 *   --compat 0.17     --later (what is not evaluated yet is typed)     --param TEXT     --unsafe
 *
 * With BPFTAPE_UPDATE=1 the expected files are written instead: read the difference before you
 * commit it.
 */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/io.h"
#include "lang/program_dump.h"
#include "tests/support/fake_catalog.h"

#define CASES	   "tests/lang/cases/check" /* tests run in the source root */
#define PARAMS_MAX 8
#define TEXT_MAX   (1 << 20)

struct options {
	struct check_opts o;
	const char *params[PARAMS_MAX];
	char line[512];
};

/* Options in the first line of the script. */
static void read_options(const char *text, struct options *opt)
{
	char *save = NULL;

	memset(opt, 0, sizeof(*opt));
	opt->o.compat = COMPAT_27;
	opt->o.params = opt->params;
	snprintf(opt->line, sizeof(opt->line), "%.*s", (int)strcspn(text, "\n"), text);
	if (strncmp(opt->line, "/* --", 5) && strncmp(opt->line, "// --", 5))
		return;
	for (char *w = strtok_r(opt->line, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		if (!strcmp(w, "0.17"))
			opt->o.compat = COMPAT_17;
		else if (!strcmp(w, "--later"))
			opt->o.allow_unevaluated = true;
		else if (!strcmp(w, "--unsafe"))
			opt->o.is_unsafe = true;
		else if (!strcmp(w, "--param") && opt->o.param_cnt < PARAMS_MAX)
			opt->params[opt->o.param_cnt++] = strtok_r(NULL, " ", &save);
	}
}

/* true: it compiled. */
static bool check_text(const char *name, struct str text, bool later, struct buf *out)
{
	struct fake_catalog *fc = fake_catalog_new(NULL);
	struct catalog cat = fake_catalog_get(fc);
	struct program *prog = NULL;
	struct diag_list diags;
	struct options opt;
	struct source src;
	struct err err = { .code = 0 };
	struct arena a;
	int rc;

	read_options(text.s, &opt);
	opt.o.allow_unevaluated |= later;
	arena_init(&a, 256 << 20);
	diag_init(&diags, &a);
	assert_int_equal(source_init(&src, &a, name, text), 0);
	rc = program_compile(&src, &cat, &opt.o, &a, &diags, &prog, &err);
	assert_int_equal(rc == 0, diags.error_cnt == 0 && !err.code);
	if (!rc)
		program_dump(prog, out);
	diag_render(&diags, &src, out);
	buf_puts(out, err.msg);
	fake_catalog_free(fc);
	arena_fini(&a);
	return !rc;
}

static void write_file(const char *path, const struct buf *b)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(io_write_full(fd, b->data, b->len), 0);
	close(fd);
}

/* 1: as expected, -1: not. */
static int compare(const char *stem, const char *suffix, const struct buf *got)
{
	char path[512];
	struct buf want;
	int rc = 1;

	snprintf(path, sizeof(path), CASES "/%s.%s", stem, suffix);
	if (getenv("BPFTAPE_UPDATE")) {
		write_file(path, got);
		return 1;
	}
	buf_init(&want, TEXT_MAX);
	if (io_read_file(path, &want, NULL) || want.len != got->len ||
	    memcmp(want.data, got->data, got->len)) {
		fprintf(stderr, "%s: expected\n%s--- got\n%.*s", path, buf_cstr(&want),
			(int)got->len, (const char *)got->data);
		rc = -1;
	}
	buf_fini(&want);
	return rc;
}

/* The script that a .path file names; false: not installed. */
static bool follow(struct buf *text, char *name, size_t sz)
{
	snprintf(name, sz, "%.*s", (int)strcspn(buf_cstr(text), "\n"), buf_cstr(text));
	buf_reset(text);
	return !io_read_file(name, text, NULL);
}

/* 1 and -1 as compare(), 0: skipped. */
static int run_case(const char *file)
{
	const char *dot = strrchr(file, '.');
	bool is_path = !strcmp(dot, ".path");
	char path[512], stem[256];
	struct buf text, got;
	int rc = 0;

	snprintf(stem, sizeof(stem), "%.*s", (int)(dot - file), file);
	snprintf(path, sizeof(path), CASES "/%s", file);
	buf_init(&text, TEXT_MAX);
	buf_init(&got, TEXT_MAX);
	assert_int_equal(io_read_file(path, &text, NULL), 0);
	if (!is_path || follow(&text, path, sizeof(path))) {
		struct str script = { buf_cstr(&text), text.len };
		bool ok = check_text(strrchr(path, '/') + 1, script, is_path, &got);

		rc = compare(stem, ok ? "types" : "diag", &got);
	}
	buf_fini(&text);
	buf_fini(&got);
	return rc;
}

static void every_case_is_checked_as_expected(void **state)
{
	int run = 0, failed = 0, skipped = 0;
	DIR *d = opendir(CASES);
	struct dirent *e;

	(void)state;
	assert_non_null(d);
	while ((e = readdir(d))) {
		const char *dot = strrchr(e->d_name, '.');
		int rc;

		if (!dot || (strcmp(dot, ".bt") && strcmp(dot, ".path")))
			continue;
		rc = run_case(e->d_name);
		run++;
		failed += rc < 0;
		skipped += rc == 0;
	}
	closedir(d);
	printf("%d cases, %d skipped\n", run, skipped);
	assert_true(run >= 120);
	assert_int_equal(failed, 0);
}

/* ---- limits ---- */

static bool compiles(const char *text, struct buf *out)
{
	buf_reset(out);
	return check_text("t.bt", str_of(text), false, out);
}

static void too_deep_nesting_is_a_diagnostic(void **state)
{
	struct buf b, out;

	(void)state;
	buf_init(&b, TEXT_MAX);
	buf_init(&out, TEXT_MAX);
	buf_puts(&b, "BEGIN { $x = 0");
	for (int i = 0; i < 20000; i++)
		buf_puts(&b, "+pid");
	buf_puts(&b, "; }");
	assert_false(compiles(buf_cstr(&b), &out));
	assert_non_null(strstr(buf_cstr(&out), "nested"));
	buf_fini(&b);
	buf_fini(&out);
}

static void too_many_variables_are_a_diagnostic(void **state)
{
	struct buf b, out;

	(void)state;
	buf_init(&b, TEXT_MAX);
	buf_init(&out, TEXT_MAX);
	buf_puts(&b, "BEGIN {");
	for (int i = 0; i < 5000; i++)
		buf_printf(&b, " $x%d = 1;", i);
	buf_puts(&b, " }");
	assert_false(compiles(buf_cstr(&b), &out));
	assert_non_null(strstr(buf_cstr(&out), "too many variables"));
	buf_fini(&b);
	buf_fini(&out);
}

static void too_many_maps_are_a_diagnostic(void **state)
{
	struct buf b, out;

	(void)state;
	buf_init(&b, TEXT_MAX);
	buf_init(&out, TEXT_MAX);
	buf_puts(&b, "BEGIN {");
	for (int i = 0; i < 5000; i++)
		buf_printf(&b, " @x%d = 1;", i);
	buf_puts(&b, " }");
	assert_false(compiles(buf_cstr(&b), &out));
	assert_non_null(strstr(buf_cstr(&out), "too many maps"));
	buf_fini(&b);
	buf_fini(&out);
}

/* A clause with as many different records as there are probes. */
static void too_many_instances_are_a_diagnostic(void **state)
{
	struct fake_catalog *fc;
	struct check_opts o = { .compat = COMPAT_27 };
	struct program *prog = NULL;
	struct diag_list diags;
	struct catalog cat;
	struct source src;
	struct arena a;
	struct buf b, out;

	(void)state;
	buf_init(&b, 8 << 20);
	buf_init(&out, TEXT_MAX);
	for (int i = 0; i < 400; i++)
		buf_printf(&b, "tracepoint many:p%d u32[%d] pad; u32 x\n", i, i + 1);
	fc = fake_catalog_new(buf_cstr(&b));
	cat = fake_catalog_get(fc);
	buf_reset(&b);
	for (int i = 0; i < 60; i++)
		buf_puts(&b, "tracepoint:many:* { @[args.x] = count(); }\n");
	arena_init(&a, 512 << 20);
	diag_init(&diags, &a);
	assert_int_equal(source_init(&src, &a, "t.bt", (struct str){ buf_cstr(&b), b.len }), 0);
	assert_int_not_equal(program_compile(&src, &cat, &o, &a, &diags, &prog, NULL), 0);
	diag_render(&diags, &src, &out);
	assert_non_null(strstr(buf_cstr(&out), "too many different probes"));
	fake_catalog_free(fc);
	arena_fini(&a);
	buf_fini(&b);
	buf_fini(&out);
}

/* Nothing is left half-made when memory runs out: the call fails, whatever the limit. */
static void running_out_of_memory_fails_cleanly(void **state)
{
	static const char text[] =
		"interval:s:1 /pid > 0/ { $x = (pid, comm); let $y: uint8 = 5; "
		"@m[$x] = hist(nsecs); if (@n[str(pid)] == \"a\") { @n[comm] = str(5); } "
		"printf(\"%d %s\\n\", $y, strftime(\"%H\", nsecs)); }";

	(void)state;
	for (size_t max = 1024; max < 200000; max += 1000) {
		struct fake_catalog *fc = fake_catalog_new("const X 1\n");
		struct catalog cat = fake_catalog_get(fc);
		struct check_opts o = { .compat = COMPAT_27 };
		struct program *prog = NULL;
		struct diag_list diags;
		struct source src;
		struct arena a, big;
		int rc;

		arena_init(&a, max);
		arena_init(&big, 1 << 20);
		diag_init(&diags, &big);
		assert_int_equal(source_init(&src, &big, "t.bt", str_of(text)), 0);
		rc = program_compile(&src, &cat, &o, &a, &diags, &prog, NULL);
		assert_int_equal(rc == 0, prog != NULL);
		fake_catalog_free(fc);
		arena_fini(&a);
		arena_fini(&big);
		if (!rc)
			return;
	}
	fail_msg("it never fits");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_is_checked_as_expected),
		cmocka_unit_test(too_deep_nesting_is_a_diagnostic),
		cmocka_unit_test(too_many_variables_are_a_diagnostic),
		cmocka_unit_test(too_many_maps_are_a_diagnostic),
		cmocka_unit_test(too_many_instances_are_a_diagnostic),
		cmocka_unit_test(running_out_of_memory_fails_cleanly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

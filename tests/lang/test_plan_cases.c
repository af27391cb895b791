/*
 * tests/lang/test_plan_cases.c -- the decided split of each script in tests/lang/cases/plan, as
 * text, exactly.
 *
 * NAME.bt has its plan in NAME.plan; NAME.path names a script that a Debian package installs
 * (skipped where it is not there).  A script that begins with the comment --defer is split with
 * record --defer.  With BPFTAPE_UPDATE=1 the .plan files are written instead: read the difference
 * before you commit it.
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
#include "lang/plan.h"
#include "tests/support/fake_catalog.h"

#ifndef TEST_SOURCE_DIR
#define TEST_SOURCE_DIR "."
#endif
#define CASES TEST_SOURCE_DIR "/tests/lang/cases/plan"

static void plan_text(const char *name, struct str text, struct buf *out)
{
	struct check_opts co = { .compat = COMPAT_27,
				 .allow_unevaluated = true,
				 .is_unsafe = true };
	struct split_opts so = { .defer_all = strstr(text.s, "/* --defer */") != NULL };
	struct fake_catalog *fc = fake_catalog_new(NULL);
	struct catalog cat = fake_catalog_get(fc);
	struct program *prog = NULL;
	struct diag_list diags;
	struct plan *plan;
	struct source src;
	struct arena a;
	struct err err = { 0 };

	arena_init(&a, 64 << 20);
	diag_init(&diags, &a);
	assert_int_equal(source_init(&src, &a, name, text), 0);
	if (program_compile(&src, &cat, &co, &a, &diags, &prog, &err) == 0 &&
	    plan_split(prog, &so, &diags, &plan) == 0)
		plan_print(plan, out);
	diag_render(&diags, &src, out);
	buf_puts(out, err.msg);
	fake_catalog_free(fc);
	arena_fini(&a);
}

static void write_file(const char *path, const struct buf *b)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(io_write_full(fd, b->data, b->len), 0);
	close(fd);
}

/* 1: compared and equal, 0: not there, -1: differs */
static int run_case(const char *file)
{
	const char *dot = strrchr(file, '.');
	int stem = dot - file;
	char path[1024], script[1024], *nl;
	struct buf text, want, got;
	int rc = 1;

	buf_init(&text, 1 << 20);
	buf_init(&want, 1 << 20);
	buf_init(&got, 1 << 20);
	snprintf(path, sizeof(path), "%s/%s", CASES, file);
	snprintf(script, sizeof(script), "%s", path);
	if (!strcmp(dot, ".path")) {
		assert_int_equal(io_read_file(path, &text, NULL), 0);
		snprintf(script, sizeof(script), "%s", buf_cstr(&text));
		nl = strchr(script, '\n');
		assert_non_null(nl);
		*nl = '\0';
		buf_reset(&text);
	}
	if (io_read_file(script, &text, NULL)) {
		rc = 0;
		goto out;
	}
	plan_text(strrchr(script, '/') + 1, (struct str){ buf_cstr(&text), text.len }, &got);
	snprintf(path, sizeof(path), "%s/%.*s.plan", CASES, stem, file);
	if (getenv("BPFTAPE_UPDATE")) {
		write_file(path, &got);
	} else if (io_read_file(path, &want, NULL) || want.len != got.len ||
		   memcmp(want.data, got.data, got.len)) {
		fprintf(stderr, "%s: expected\n%s--- got\n%s", file, buf_cstr(&want),
			buf_cstr(&got));
		rc = -1;
	}
out:
	buf_fini(&text);
	buf_fini(&want);
	buf_fini(&got);
	return rc;
}

static void every_case_has_its_exact_plan(void **state)
{
	DIR *d = opendir(CASES);
	struct dirent *e;
	int run = 0, skipped = 0, failed = 0;

	(void)state;
	assert_non_null(d);
	while ((e = readdir(d))) {
		const char *dot = strrchr(e->d_name, '.');
		int rc;

		if (!dot || (strcmp(dot, ".bt") && strcmp(dot, ".path")))
			continue;
		rc = run_case(e->d_name);
		run += rc != 0;
		skipped += rc == 0;
		failed += rc < 0;
	}
	closedir(d);
	printf("%d plans compared, %d scripts not installed\n", run, skipped);
	assert_true(run >= 14);
	assert_int_equal(failed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_has_its_exact_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

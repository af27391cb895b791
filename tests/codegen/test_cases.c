/*
 * tests/codegen/test_cases.c -- scripts with the values they must compute, run on the fake machine:
 * whole, and by way of slice, rows and analysis; both must give exactly NAME.expected.
 *
 * A script whose first line has "compat 0.17" is compiled for that version.  "whole only" in that
 * line leaves the split out.  With BPFTAPE_UPDATE=1 the .expected files are written from the whole
 * run: read the difference.
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
#include "tests/support/target_fake_script.h"

#define CASES	"tests/codegen/cases"
#define CATALOG CASES "/catalog"

struct result {
	struct buf whole, split;
	bool is_whole_only;
};

static void run(const char *name, struct str text, const char *catalog, struct result *r)
{
	struct str head = { text.s, strcspn(text.s, "\n") };
	char line[256];
	struct fake_script *s = calloc(1, sizeof(*s));
	struct fake_jit *j = NULL;
	struct err err = { 0 };
	int rc;

	assert_non_null(s);
	snprintf(line, sizeof(line), STR_FMT, STR_ARG(head));
	r->is_whole_only = strstr(line, "whole only") != NULL;
	rc = fake_script_compile(s, name, text, catalog,
				 strstr(line, "compat 0.17") ? COMPAT_17 : COMPAT_27,
				 !r->is_whole_only, &err);
	if (!rc)
		rc = fake_jit_new(&j, &err);
	if (!rc)
		rc = fake_jit_add(j, s->prog, s->plan, &s->code, &err);
	if (!rc)
		rc = fake_jit_compile(j, &err);
	if (!rc) {
		fake_script_events(s);
		fake_script_run_whole(s, &r->whole);
		if (!r->is_whole_only)
			fake_script_run_split(s, &r->split);
	}
	if (rc)
		buf_printf(&r->whole, "%s\n", err.msg);
	fake_jit_free(j);
	fake_script_fini(s);
	free(s);
}

static void write_file(const char *path, const struct buf *b)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(io_write_full(fd, b->data, b->len), 0);
	close(fd);
}

static bool same(struct buf *a, struct buf *b)
{
	return !strcmp(buf_cstr(a), buf_cstr(b));
}

static bool run_case(const char *stem, const char *catalog)
{
	struct result r = { .is_whole_only = false };
	struct buf text, want;
	char path[1024];
	bool ok = true;

	buf_init(&text, 1 << 20);
	buf_init(&want, 1 << 20);
	buf_init(&r.whole, 1 << 20);
	buf_init(&r.split, 1 << 20);
	snprintf(path, sizeof(path), "%s/%s.bt", CASES, stem);
	assert_int_equal(io_read_file(path, &text, NULL), 0);
	run(path, (struct str){ buf_cstr(&text), text.len }, catalog, &r);
	snprintf(path, sizeof(path), "%s/%s.expected", CASES, stem);
	if (getenv("BPFTAPE_UPDATE"))
		write_file(path, &r.whole);
	if (io_read_file(path, &want, NULL) || !same(&want, &r.whole)) {
		fprintf(stderr, "%s: expected\n%s--- got\n%s", stem, buf_cstr(&want),
			buf_cstr(&r.whole));
		ok = false;
	}
	if (!r.is_whole_only && !same(&r.whole, &r.split)) {
		fprintf(stderr, "%s: whole\n%s--- split\n%s", stem, buf_cstr(&r.whole),
			buf_cstr(&r.split));
		ok = false;
	}
	buf_fini(&text);
	buf_fini(&want);
	buf_fini(&r.whole);
	buf_fini(&r.split);
	return ok;
}

static void every_case_gives_its_values_whole_and_split(void **state)
{
	const char *only = getenv("CASE");
	DIR *d = opendir(CASES);
	struct dirent *e;
	struct buf catalog;
	int cnt = 0, failed = 0;

	(void)state;
	assert_non_null(d);
	buf_init(&catalog, 1 << 20);
	assert_int_equal(io_read_file(CATALOG, &catalog, NULL), 0);
	while ((e = readdir(d))) {
		char stem[256];
		char *dot;

		snprintf(stem, sizeof(stem), "%s", e->d_name);
		dot = strrchr(stem, '.');
		if (!dot || strcmp(dot, ".bt"))
			continue;
		*dot = '\0';
		if (only && strcmp(only, stem))
			continue;
		cnt++;
		failed += !run_case(stem, buf_cstr(&catalog));
	}
	closedir(d);
	buf_fini(&catalog);
	printf("%d cases\n", cnt);
	assert_true(cnt > 0);
	assert_int_equal(failed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_gives_its_values_whole_and_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * tests/lang/test_bind.c -- which columns of a tape answer another script, for each script in
 * tests/lang/cases/bind, exactly.
 *
 * NAME.tape is the script that made the tape: it is split, and its tables are offered as a tape
 * offers them.  NAME.bt is the other script (NAME.path names one that a Debian package installs;
 * skipped where it is not there).  NAME.bound has for each table the rows it reads, the statements
 * as they are run, and the column of each leaf; then the maps; or the diagnostics.  With
 * BPFTAPE_UPDATE=1 the .bound files are written instead: read the difference before you commit it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/io.h"
#include "lang/ast_dump.h"
#include "lang/plan.h"
#include "tests/support/fake_catalog.h"

#define CASES	 "tests/lang/cases/bind" /* tests run in the source root */
#define TEXT_MAX (1 << 20)

/* ---- what was bound, as text ---- */

static void put_indent(struct buf *out, int depth)
{
	for (int i = 0; i < depth; i++)
		buf_puts(out, "    ");
}

static void put_stmts(const struct plan_table *t, const struct node *list, int depth,
		      struct buf *out)
{
	for (; list; list = list->next) {
		bool is_if = list->kind == NODE_IF;

		put_indent(out, depth);
		if (!t->notes[list->id].in_analysis)
			buf_puts(out, "(not run) ");
		expr_print(list, out);
		buf_puts(out, "\n");
		if (is_if)
			put_stmts(t, list->branch.then, depth + 1, out);
		if (is_if && list->branch.els) {
			put_indent(out, depth);
			buf_puts(out, "else\n");
			put_stmts(t, list->branch.els, depth + 1, out);
		}
	}
}

static void put_columns(const struct plan_table *t, struct buf *out)
{
	for (u32 i = 0; i < t->inst->node_cnt; i++) {
		int col = t->notes[i].col;

		if (col < 0)
			continue;
		assert_true((u32)col < t->col_cnt);
		buf_puts(out, "    column ");
		expr_print(t->inst->nodes[i], out);
		buf_printf(out, ": %s%s\n", t->cols[col].leaf,
			   t->cols[col].role == COL_TASK ? " of the task table" : "");
	}
}

static void put_table(const struct plan_table *t, struct buf *out)
{
	if (t->source == UINT32_MAX)
		buf_puts(out, "rows made for");
	else
		buf_printf(out, "table %u %s for", t->source, t->name);
	for (u32 i = 0; i < t->probe_cnt; i++)
		buf_printf(out, " %s", t->probes[i]->name);
	buf_printf(out, "%s%s%s\n", t->all_probes ? "" : ", of several", t->filter ? " where " : "",
		   t->filter ? t->filter : "");
	if (t->inst->pred) {
		buf_puts(out, "    if ");
		expr_print(t->inst->pred, out);
		buf_puts(out, "\n");
	}
	put_stmts(t, t->inst->body, 1, out);
	put_columns(t, out);
}

static void put_plan(const struct plan *p, struct buf *out)
{
	for (u32 i = 0; i < p->table_cnt; i++)
		put_table(&p->tables[i], out);
	for (u32 i = 0; i < p->prog->map_cnt; i++) {
		const struct map_info *m = p->prog->maps[i];

		buf_printf(out, "%s%s\n", m->name, m->is_hidden ? " hidden" : "");
	}
}

/* ---- one tape, another script ---- */

struct script {
	struct source src;
	struct diag_list diags;
	struct program *prog;
};

static bool compile(struct script *s, struct arena *a, const char *name, const struct buf *text,
		    struct buf *out)
{
	struct check_opts co = { .compat = COMPAT_27 };
	struct fake_catalog *fc = fake_catalog_new(NULL);
	struct catalog cat = fake_catalog_get(fc);
	struct err err = { .code = 0 };
	int rc;

	diag_init(&s->diags, a);
	assert_int_equal(
		source_init(&s->src, a, name, (struct str){ (const char *)text->data, text->len }),
		0);
	rc = program_compile(&s->src, &cat, &co, a, &s->diags, &s->prog, &err);
	fake_catalog_free(fc);
	if (rc)
		diag_render(&s->diags, &s->src, out);
	buf_puts(out, err.msg);
	return !rc;
}

static const char *const *probe_names(struct arena *a, const struct inst *in)
{
	const char **names = arena_new_n(a, const char *, in->probe_cnt + 1);

	assert_non_null(names);
	for (u32 i = 0; i < in->probe_cnt; i++)
		names[i] = in->probes[i]->name;
	return names;
}

/* The tables of a plan as a tape offers them. */
static struct tape_table *offer(struct arena *a, const struct plan *p)
{
	struct tape_table *tables = arena_new_n(a, struct tape_table, p->table_cnt + 1);

	assert_non_null(tables);
	for (u32 i = 0; i < p->table_cnt; i++) {
		const struct plan_table *t = &p->tables[i];

		tables[i] = (struct tape_table){ .name = t->name,
						 .probes = probe_names(a, t->inst),
						 .probe_cnt = t->inst->probe_cnt,
						 .id = i,
						 .cols = t->cols,
						 .col_cnt = t->col_cnt,
						 .bits = t->bits,
						 .bit_cnt = t->bit_cnt,
						 .clause_idx = t->inst->clause->idx,
						 .filter = t->filter,
						 .emits = t->emits };
	}
	return tables;
}

static void bound_text(const struct buf *tape, const char *name, const struct buf *text,
		       struct buf *out)
{
	struct split_opts so = { .defer_all = false };
	struct script recorded, other;
	struct plan *plan, *bound;
	struct arena a;

	arena_init(&a, 64 << 20);
	assert_true(compile(&recorded, &a, "tape", tape, out));
	assert_int_equal(plan_split(recorded.prog, &so, &recorded.diags, &plan), 0);
	assert_int_equal(out->len, 0);
	if (compile(&other, &a, name, text, out)) {
		int rc = plan_bind_other(other.prog, offer(&a, plan), plan->table_cnt, &other.diags,
					 &bound);

		assert_int_equal(rc, other.diags.error_cnt ? -EINVAL : 0);
		if (!rc)
			put_plan(bound, out);
		diag_render(&other.diags, &other.src, out);
	}
	arena_fini(&a);
}

/* ---- cases ---- */

static void write_file(const char *path, const struct buf *b)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(io_write_full(fd, b->data, b->len), 0);
	close(fd);
}

static void case_path(char *path, size_t sz, const char *stem, const char *suffix)
{
	assert_true((size_t)snprintf(path, sz, CASES "/%s.%s", stem, suffix) < sz);
}

/* The other script: NAME.bt, or what NAME.path names; false: not installed. */
static bool read_other(const char *stem, char *path, size_t sz, struct buf *text)
{
	case_path(path, sz, stem, "bt");
	if (!io_read_file(path, text, NULL))
		return true;
	case_path(path, sz, stem, "path");
	assert_int_equal(io_read_file(path, text, NULL), 0);
	snprintf(path, sz, "%.*s", (int)strcspn(buf_cstr(text), "\n"), buf_cstr(text));
	buf_reset(text);
	return !io_read_file(path, text, NULL);
}

/* 1: as expected, 0: not installed, -1: differs */
static int run_case(const char *stem)
{
	struct buf tape, text, want, got;
	char path[512];
	int rc = 1;

	buf_init(&tape, TEXT_MAX);
	buf_init(&text, TEXT_MAX);
	buf_init(&want, TEXT_MAX);
	buf_init(&got, TEXT_MAX);
	case_path(path, sizeof(path), stem, "tape");
	assert_int_equal(io_read_file(path, &tape, NULL), 0);
	if (!read_other(stem, path, sizeof(path), &text)) {
		rc = 0;
		goto out;
	}
	bound_text(&tape, strrchr(path, '/') + 1, &text, &got);
	case_path(path, sizeof(path), stem, "bound");
	if (getenv("BPFTAPE_UPDATE")) {
		write_file(path, &got);
	} else if (io_read_file(path, &want, NULL) || want.len != got.len ||
		   memcmp(want.data, got.data, got.len)) {
		fprintf(stderr, "%s: expected\n%s--- got\n%s", path, buf_cstr(&want),
			buf_cstr(&got));
		rc = -1;
	}
out:
	buf_fini(&tape);
	buf_fini(&text);
	buf_fini(&want);
	buf_fini(&got);
	return rc;
}

static void every_case_is_bound_as_expected(void **state)
{
	int run = 0, skipped = 0, failed = 0;
	DIR *d = opendir(CASES);
	struct dirent *e;

	(void)state;
	assert_non_null(d);
	while ((e = readdir(d))) {
		char *dot = strrchr(e->d_name, '.');
		int rc;

		if (!dot || strcmp(dot, ".tape"))
			continue;
		*dot = '\0';
		rc = run_case(e->d_name);
		run += rc != 0;
		skipped += rc == 0;
		failed += rc < 0;
	}
	closedir(d);
	printf("%d scripts bound, %d not installed\n", run, skipped);
	assert_true(run >= 18);
	assert_int_equal(failed, 0);
}

/* The call fails, whatever the limit, and gives no plan. */
static void running_out_of_memory_fails_cleanly(void **state)
{
	struct buf tape, text, out;

	(void)state;
	buf_init(&tape, TEXT_MAX);
	buf_init(&text, TEXT_MAX);
	buf_init(&out, TEXT_MAX);
	buf_puts(&tape, "tracepoint:syscalls:sys_enter_openat { emit(args); }");
	buf_puts(&text, "tracepoint:syscalls:sys_enter_openat { $p = args.filename; @[tid] = $p; "
			"printf(\"%s %s\\n\", comm, str($p)); }");
	for (size_t max = 64; max < 100000; max += 256) {
		struct split_opts so = { .defer_all = false };
		struct script recorded, other;
		struct plan *plan, *bound = NULL;
		struct tape_table *tables;
		struct arena a;
		int rc;

		arena_init(&a, 1 << 20);
		assert_true(compile(&recorded, &a, "tape", &tape, &out));
		assert_int_equal(plan_split(recorded.prog, &so, &recorded.diags, &plan), 0);
		assert_true(compile(&other, &a, "other", &text, &out));
		tables = offer(&a, plan);
		a.max_sz = a.used_sz + max;
		rc = plan_bind_other(other.prog, tables, 1, &other.diags, &bound);
		assert_int_equal(rc == 0, bound != NULL);
		arena_fini(&a);
		if (!rc) {
			buf_fini(&tape);
			buf_fini(&text);
			buf_fini(&out);
			return;
		}
		assert_int_equal(rc, -ENOMEM);
	}
	fail_msg("it never fits");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_is_bound_as_expected),
		cmocka_unit_test(running_out_of_memory_fails_cleanly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

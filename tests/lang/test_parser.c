/*
 * tests/lang/test_parser.c -- scripts to trees, and what is said about broken ones.
 *
 * Each tests/lang/cases/parse/NAME.bt has either NAME.ast, the tree it must give, or NAME.diag, all
 * that must be said about it, both exact.  BPFTAPE_UPDATE=1 rewrites them: read the difference
 * before you commit it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "lang/ast_dump.h"
#include "lang/parser.h"

#define CASES "tests/lang/cases/parse"
#define CASES_MIN 100

/* One parsed script. */
struct parsed {
	struct arena a;
	struct diag_list d;
	struct source src;
	struct ast ast;
	int rc;
};

static void parse(struct parsed *p, const char *name, struct str text)
{
	static const char *const params[] = { "s:1", "IN" };
	static const struct parse_opts opts = { params, 2 };

	arena_init(&p->a, 64 << 20);
	diag_init(&p->d, &p->a);
	assert_int_equal(source_init(&p->src, &p->a, name, text), 0);
	p->rc = parse_script(&p->src, &opts, &p->a, &p->d, &p->ast);
}

static void read_file(const char *path, struct buf *b)
{
	struct err err;

	buf_init(b, 16 << 20);
	if (io_read_file(path, b, &err) < 0)
		buf_fini(b);
	buf_cstr(b);
}

static void write_file(const char *path, struct buf *b)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fwrite(buf_cstr(b), 1, b->len, f);
	fclose(f);
}

static int cmp_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of the cases without ".bt", sorted; freed by the caller. */
static size_t list_cases(char **names, size_t max)
{
	DIR *dir = opendir(CASES);
	struct dirent *e;
	size_t n = 0;

	assert_non_null(dir);
	while ((e = readdir(dir)) && n < max) {
		size_t len = strlen(e->d_name);

		if (len > 3 && !strcmp(e->d_name + len - 3, ".bt"))
			names[n++] = strndup(e->d_name, len - 3);
	}
	closedir(dir);
	qsort(names, n, sizeof(*names), cmp_name);
	return n;
}

static void case_path(char *path, size_t sz, const char *name, const char *suffix)
{
	snprintf(path, sz, CASES "/%s%s", name, suffix);
}

static bool case_matches(const char *name)
{
	char path[512], script[512];
	struct buf text, want, got;
	struct parsed p;
	bool ok;

	case_path(script, sizeof(script), name, ".bt");
	read_file(script, &text);
	snprintf(script, sizeof(script), "%s.bt", name);
	parse(&p, script, (struct str){ (char *)text.data, text.len });
	buf_init(&got, 16 << 20);
	if (p.rc)
		diag_render(&p.d, &p.src, &got);
	else
		ast_dump(&p.ast, &got);
	case_path(path, sizeof(path), name, p.rc ? ".diag" : ".ast");
	if (getenv("BPFTAPE_UPDATE"))
		write_file(path, &got);
	read_file(path, &want);
	ok = access(path, R_OK) == 0 && want.len == got.len &&
	     (!got.len || !memcmp(want.data, got.data, got.len));
	if (!ok)
		print_error("%s: got\n%s\n", path, buf_cstr(&got));
	buf_fini(&want);
	buf_fini(&got);
	buf_fini(&text);
	arena_fini(&p.a);
	return ok;
}

static void cases_give_their_tree_or_diagnostics(void **state UNUSED)
{
	char *names[1024];
	size_t n = list_cases(names, countof(names));
	int failed = 0;

	assert_true(n >= CASES_MIN);
	for (size_t i = 0; i < n; i++) {
		failed += !case_matches(names[i]);
		free(names[i]);
	}
	assert_int_equal(failed, 0);
}

/* ---- properties of every tree ---- */

struct walk {
	const struct source *src;
	size_t nodes, printed;
	bool has_block;
};

static void check_span(const struct walk *w, struct span sp)
{
	assert_true(sp.off <= w->src->len && sp.len <= w->src->len - sp.off);
}

static void walk(struct walk *w, const struct node *n, u32 depth)
{
	struct node *child;
	u32 height = 0;
	bool is_list;

	assert_true(depth <= AST_NEST_MAX);
	check_span(w, n->span);
	w->nodes++;
	w->has_block = w->has_block || n->kind == NODE_BLOCK_EXPR;
	for (int i = 0; node_slot(n, i, &child, &is_list); i++) {
		for (; child; child = is_list ? child->next : NULL) {
			walk(w, child, depth + 1);
			height = child->height > height ? child->height : height;
			assert_true(child->span.off >= n->span.off);
			assert_true(child->span.off + child->span.len <= n->span.off + n->span.len);
		}
	}
	assert_int_equal(n->height, height + 1);
}

static void for_each_tree(void (*fn)(struct walk *w, const struct node *n, u32 depth),
			  struct walk *w)
{
	char *names[1024], path[512];
	size_t n = list_cases(names, countof(names));

	for (size_t i = 0; i < n; i++) {
		struct parsed p;
		struct buf text;

		case_path(path, sizeof(path), names[i], ".bt");
		read_file(path, &text);
		parse(&p, path, (struct str){ (char *)text.data, text.len });
		w->src = &p.src;
		for (struct clause *c = p.ast.clauses; c && !p.rc; c = c->next) {
			if (c->pred)
				fn(w, c->pred, 1);
			for (struct node *s = c->body; s; s = s->next)
				fn(w, s, 1);
		}
		buf_fini(&text);
		arena_fini(&p.a);
		free(names[i]);
	}
}

static void spans_of_children_lie_in_those_of_parents(void **state UNUSED)
{
	struct walk w = { 0 };

	for_each_tree(walk, &w);
	assert_true(w.nodes > 500);
}

/* What is printed is read again as the same text. */
static void check_reads_back(struct walk *w, const struct node *n)
{
	struct walk inner = { .src = w->src };
	struct arena a;
	struct diag_list d;
	struct source src;
	struct node *again;
	struct buf text, text2;

	walk(&inner, n, 1);
	if (inner.has_block)
		return;
	buf_init(&text, 1 << 20);
	buf_init(&text2, 1 << 20);
	arena_init(&a, 16 << 20);
	diag_init(&d, &a);
	expr_print(n, &text);
	assert_int_equal(source_init(&src, &a, "-e", str_of(buf_cstr(&text))), 0);
	if (parse_expression(&src, &a, &d, &again))
		fail_msg("does not parse: %s", buf_cstr(&text));
	expr_print(again, &text2);
	assert_string_equal(buf_cstr(&text), buf_cstr(&text2));
	w->printed++;
	buf_fini(&text);
	buf_fini(&text2);
	arena_fini(&a);
}

static void check_expressions(struct walk *w, const struct node *n, u32 depth)
{
	struct node *child;
	bool is_list;

	if (n->kind < NODE_EXPR_STMT) {
		check_reads_back(w, n);
		return;
	}
	for (int i = 0; node_slot(n, i, &child, &is_list); i++) {
		for (; child; child = is_list ? child->next : NULL)
			check_expressions(w, child, depth + 1);
	}
}

static void canonical_text_of_every_expression_reads_back(void **state UNUSED)
{
	struct walk w = { 0 };

	for_each_tree(check_expressions, &w);
	assert_true(w.printed > 300);
}

/* ---- single claims ---- */

static void installed_scripts_of_bpftrace_parse(void **state UNUSED)
{
	glob_t g;

	if (glob("/usr/sbin/*.bt", 0, NULL, &g))
		skip();
	for (size_t i = 0; i < g.gl_pathc; i++) {
		struct parsed p;
		struct buf text;

		read_file(g.gl_pathv[i], &text);
		parse(&p, g.gl_pathv[i], (struct str){ (char *)text.data, text.len });
		if (p.rc)
			print_error("%s\n", g.gl_pathv[i]);
		assert_int_equal(p.rc, 0);
		assert_true(p.ast.clause_cnt > 0);
		buf_fini(&text);
		arena_fini(&p.a);
	}
	globfree(&g);
}

static void a_full_arena_is_reported_and_nothing_else_happens(void **state UNUSED)
{
	static const char text[] =
		"config = { a = 1 } let @m = hash(1); struct s { int x; };\n"
		"t:a:b,k:$1 /pid == 1/ { @a[1, comm] = (uint8)str(args.x); "
		"if ($x) { $y++ } else { for ($i : 0..2) { } } $t = (1, \"a\"); }";
	static const char *const params[] = { "x" };
	struct parse_opts opts = { params, 1 };
	int failures = 0;

	for (size_t max = 256; max < 65536; max += 64) {
		struct arena a;
		struct diag_list d;
		struct source src;
		struct ast ast;

		arena_init(&a, max);
		diag_init(&d, &a);
		if (!source_init(&src, &a, "-e", STR(text))) {
			int rc = parse_script(&src, &opts, &a, &d, &ast);

			assert_int_equal(rc, a.is_full ? -EINVAL : 0);
			failures += rc != 0;
		}
		arena_fini(&a);
	}
	assert_true(failures > 10);
}

static void expression_must_be_the_whole_text(void **state UNUSED)
{
	static const struct { const char *text; int rc; const char *want; } rows[] = {
		{ "args.ret", 0, "args.ret" },
		{ " 1+2 /* x */ ", 0, "1 + 2" },
		{ "ret / 1000", 0, "ret / 1000" },
		{ "1 2", -EINVAL, "expected the end of the expression, found '2'" },
		{ "1;", -EINVAL, "expected the end of the expression, found ';'" },
		{ "", -EINVAL, "expected a value, found the end of the script" },
		{ "(1", -EINVAL, "expected ')' after the expression, found the end of the script" },
		{ "@x = 1", -EINVAL, "expected the end of the expression, found '='" },
		{ "\"a", -EINVAL, "this string has no end" },
	};

	for (size_t i = 0; i < countof(rows); i++) {
		struct arena a;
		struct diag_list d;
		struct source src;
		struct node *n;
		struct buf b;

		arena_init(&a, 1 << 20);
		diag_init(&d, &a);
		buf_init(&b, 4096);
		assert_int_equal(source_init(&src, &a, "-e", str_of(rows[i].text)), 0);
		assert_int_equal(parse_expression(&src, &a, &d, &n), rows[i].rc);
		if (!rows[i].rc)
			expr_print(n, &b);
		assert_string_equal(rows[i].rc ? d.head->msg : buf_cstr(&b), rows[i].want);
		buf_fini(&b);
		arena_fini(&a);
	}
}

static void places_of_probe_parts_are_those_in_the_script(void **state UNUSED)
{
	static const char text[] = "\n  tracepoint:sys*:\"a:b\" , kprobe:$1:x { }";
	struct parsed p;
	struct probe_spec *spec;

	parse(&p, "-e", STR(text));
	assert_int_equal(p.rc, 0);
	spec = p.ast.clauses->probes;
	assert_int_equal(spec->part_cnt, 3);
	assert_true(str_is(source_text(&p.src, spec->span), "tracepoint:sys*:\"a:b\""));
	assert_true(str_is(source_text(&p.src, spec->part_spans[1]), "sys*"));
	assert_true(str_is(source_text(&p.src, spec->part_spans[2]), "\"a:b\""));
	assert_string_equal(spec->parts[2], "a:b");
	spec = spec->next;
	assert_string_equal(spec->text, "kprobe:s:1:x");
	assert_int_equal(spec->part_cnt, 4);
	assert_true(str_is(source_text(&p.src, spec->part_spans[1]), "$1"));
	assert_true(str_is(source_text(&p.src, spec->part_spans[3]), "x"));
	arena_fini(&p.a);
}

static void copies_share_nothing_but_texts(void **state UNUSED)
{
	struct parsed p;
	struct buf one, two;
	struct node *n, *copy;

	parse(&p, "-e",
	      STR("BEGIN { if (pid) { @a[1, 2] = f(3, $x); } else { $y = 4; } $z = 5; }"));
	assert_int_equal(p.rc, 0);
	n = p.ast.clauses->body;
	copy = node_copy(&p.a, n);
	assert_non_null(copy);
	assert_null(copy->next);
	assert_ptr_not_equal(copy->branch.cond, n->branch.cond);
	assert_ptr_not_equal(copy->branch.then->assign.lhs->map.key->list.items->next,
			     n->branch.then->assign.lhs->map.key->list.items->next);
	n->next = NULL;
	buf_init(&one, 65536);
	buf_init(&two, 65536);
	ast_dump(&p.ast, &one);
	p.ast.clauses->body = copy;
	ast_dump(&p.ast, &two);
	assert_string_equal(buf_cstr(&one), buf_cstr(&two));
	buf_fini(&one);
	buf_fini(&two);
	arena_fini(&p.a);
}

static void children_come_in_the_order_of_evaluation(void **state UNUSED)
{
	struct parsed p;
	struct node *n;

	parse(&p, "-e", STR("BEGIN { @a[1] = $x; f(1, 2, 3); if (1) { 2; 3; } else { 4; } }"));
	n = p.ast.clauses->body;
	assert_int_equal(node_child(n, 0)->kind, NODE_VAR);
	assert_int_equal(node_child(n, 1)->kind, NODE_MAP);
	assert_null(node_child(n, 2));
	assert_int_equal(node_child(n->next->unary.arg, 2)->integer.val, 3);
	assert_null(node_child(n->next->unary.arg, 3));
	n = n->next->next;
	assert_int_equal(node_child(n, 0)->integer.val, 1);
	assert_int_equal(node_child(n, 2)->unary.arg->integer.val, 3);
	assert_int_equal(node_child(n, 3)->unary.arg->integer.val, 4);
	assert_null(node_child(n, 4));
	arena_fini(&p.a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cases_give_their_tree_or_diagnostics),
		cmocka_unit_test(spans_of_children_lie_in_those_of_parents),
		cmocka_unit_test(canonical_text_of_every_expression_reads_back),
		cmocka_unit_test(installed_scripts_of_bpftrace_parse),
		cmocka_unit_test(a_full_arena_is_reported_and_nothing_else_happens),
		cmocka_unit_test(expression_must_be_the_whole_text),
		cmocka_unit_test(places_of_probe_parts_are_those_in_the_script),
		cmocka_unit_test(copies_share_nothing_but_texts),
		cmocka_unit_test(children_come_in_the_order_of_evaluation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

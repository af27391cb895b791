/*
 * tests/fuzz/fuzz_parser.c -- any bytes as a script: no crash, bounded trees, text that reads back,
 * diagnostics without control bytes.
 */
#include <assert.h>
#include <string.h>

#include "lang/ast_dump.h"
#include "lang/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz);

struct walk {
	const struct source *src;
	bool has_block;
};

static void walk(struct walk *w, const struct node *n, u32 depth)
{
	struct node *child;
	bool is_list;

	assert(depth <= AST_NEST_MAX);
	assert(n->span.off <= w->src->len && n->span.len <= w->src->len - n->span.off);
	w->has_block = w->has_block || n->kind == NODE_BLOCK_EXPR;
	for (int i = 0; node_slot(n, i, &child, &is_list); i++) {
		for (; child; child = is_list ? child->next : NULL)
			walk(w, child, depth + 1);
	}
}

static void check_reads_back(const struct node *n)
{
	struct arena a;
	struct diag_list d;
	struct source src;
	struct node *again = NULL;
	struct buf text, text2;
	int rc;

	buf_init(&text, 1 << 20);
	buf_init(&text2, 1 << 20);
	arena_init(&a, 64 << 20);
	diag_init(&d, &a);
	expr_print(n, &text);
	rc = source_init(&src, &a, "-e", str_of(buf_cstr(&text)));
	assert(!rc);
	rc = parse_expression(&src, &a, &d, &again);
	/* parentheses count as levels, so a tree at the limit may not read back */
	assert(!rc || n->height > AST_NEST_MAX / 2);
	if (!rc) {
		expr_print(again, &text2);
		assert(!strcmp(buf_cstr(&text), buf_cstr(&text2)));
	}
	buf_fini(&text);
	buf_fini(&text2);
	arena_fini(&a);
}

static void check_node(const struct source *src, const struct node *n)
{
	struct walk w = { .src = src };

	walk(&w, n, 1);
	if (n->kind == NODE_ASSIGN && !w.has_block)
		check_reads_back(n->assign.rhs);
	else if (n->kind < NODE_EXPR_STMT && !w.has_block)
		check_reads_back(n);
}

static void check_rendered(const struct buf *b)
{
	for (size_t i = 0; i < b->len; i++)
		assert(b->data[i] >= 0x20 || b->data[i] == '\n' || b->data[i] == '\t');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz)
{
	static const char *const params[] = { "s:1", "\"{/" };
	static const struct parse_opts opts = { params, 2 };
	struct str text = { (const char *)data, sz };
	struct arena a;
	struct diag_list d;
	struct source src;
	struct ast ast;
	struct buf out;

	arena_init(&a, 64 << 20);
	buf_init(&out, 64 << 20);
	diag_init(&d, &a);
	if (source_init(&src, &a, "fuzz", text))
		goto out;
	if (!parse_script(&src, &opts, &a, &d, &ast)) {
		for (struct clause *c = ast.clauses; c; c = c->next) {
			if (c->pred)
				check_node(&src, c->pred);
			for (struct node *n = c->body; n; n = n->next)
				check_node(&src, n);
		}
	}
	ast_dump(&ast, &out); /* of broken scripts too */
	buf_reset(&out);
	diag_render(&d, &src, &out);
	check_rendered(&out);
out:
	buf_fini(&out);
	arena_fini(&a);
	return 0;
}

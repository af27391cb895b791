/*
 * tests/diff/count.c -- diff_count FILE...: how often each kind of node, operator and function
 * occurs in scripts, as the parser sees them.
 *
 * Lines "node NAME N", "unary OP N", "pre OP N", "post OP N", "binary OP N", "assign OP N" and
 * "builtin NAME N", those that do not occur too.
 */
#include <stdio.h>
#include <string.h>

#include "lang/builtin.h"
#include "lang/parser.h"

#define ARENA_MAX (64u << 20)

struct counts {
	u64 nodes[NODE_KIND_CNT], ops[OP_CNT], assigned[OP_CNT], builtins[BI_CNT];
};

static void count_name(struct counts *c, const char *name)
{
	struct str s = { name, strlen(name) };
	const struct builtin *b = builtin_find(s);
	s64 n;

	if (!b)
		b = builtin_find_argn(s, &n);
	if (b)
		c->builtins[b->id]++;
}

static void count(void *ctx, struct node *n)
{
	struct counts *c = ctx;

	c->nodes[n->kind]++;
	switch (n->kind) {
	case NODE_IDENT:
		count_name(c, n->ident.name);
		break;
	case NODE_CALL:
		count_name(c, n->call.name);
		break;
	case NODE_UNARY:
	case NODE_INCDEC:
		c->ops[n->unary.op]++;
		break;
	case NODE_BINARY:
	case NODE_LOGIC:
		c->ops[n->binary.op]++;
		break;
	case NODE_ASSIGN:
		c->assigned[n->assign.op]++;
		break;
	default:
		break;
	}
	node_each_child(n, count, c);
}

static int count_file(struct counts *c, const char *path)
{
	static const char *const params[] = { "5", "text" };
	struct parse_opts opts = { params, countof(params) };
	struct source src;
	struct diag_list diags;
	struct arena arena;
	struct ast ast;
	struct buf b;
	struct err err = { 0 };
	int rc;

	arena_init(&arena, ARENA_MAX);
	diag_init(&diags, &arena);
	buf_init(&b, SOURCE_MAX);
	rc = source_read(path, &b, &err);
	if (!rc)
		rc = source_init(&src, &arena, path, (struct str){ (const char *)b.data, b.len });
	if (!rc)
		rc = parse_script(&src, &opts, &arena, &diags, &ast);
	for (struct clause *k = rc ? NULL : ast.clauses; k; k = k->next) {
		if (k->pred)
			count(c, k->pred);
		for (struct node *n = k->body; n; n = n->next)
			count(c, n);
	}
	buf_fini(&b);
	arena_fini(&arena);
	return rc;
}

static const char *op_class(enum op op)
{
	if (op == OP_PRE_INC || op == OP_PRE_DEC)
		return "pre";
	if (op == OP_POST_INC || op == OP_POST_DEC)
		return "post";
	return op >= OP_NOT && op <= OP_ADDR ? "unary" : "binary";
}

int main(int argc, char **argv)
{
	static struct counts c;

	for (int i = 1; i < argc; i++) {
		if (count_file(&c, argv[i])) {
			fprintf(stderr, "%s: cannot be read\n", argv[i]);
			return 1;
		}
	}
	for (int i = 0; i < NODE_KIND_CNT; i++)
		printf("node %s %llu\n", node_kind_name((enum node_kind)i),
		       (unsigned long long)c.nodes[i]);
	for (int i = OP_NONE + 1; i < OP_CNT; i++)
		printf("%s %s %llu\n", op_class((enum op)i), op_text((enum op)i),
		       (unsigned long long)c.ops[i]);
	for (int i = OP_NONE; i <= OP_SHR; i++)
		printf("assign %s= %llu\n", op_text((enum op)i),
		       (unsigned long long)c.assigned[i]);
	for (int i = 0; i < BI_CNT; i++)
		printf("builtin %s %llu\n", builtins[i].name,
		       (unsigned long long)c.builtins[i]);
	return 0;
}

/*
 * lang/ast_dump.c -- a script's tree as text.
 *
 *	clause
 *	  probe tracepoint:syscalls:sys_enter_* [tracepoint] [syscalls] [sys_enter_*]
 *	  pred
 *	    binary ==
 *	      ident pid
 *	      int 1
 *	  body
 *	    assign =
 *	      map @
 *	      call count
 */
#include "lang/ast_dump.h"

static void dump_list(const struct node *list, int depth, struct buf *out);

static void put_line(int depth, const char *word, struct buf *out)
{
	buf_fill(out, ' ', (size_t)depth * 2);
	buf_puts(out, word);
}

static void put_name(const char *name, struct buf *out)
{
	buf_printf(out, " %s", name);
}

static void put_int(const struct node *n, struct buf *out)
{
	buf_putc(out, ' ');
	expr_print(n, out);
	if (n->integer.suffix.len)
		buf_printf(out, " " STR_FMT, STR_ARG(n->integer.suffix));
	if (n->integer.is_unsigned)
		buf_puts(out, " unsigned");
}

static void put_type(const struct type_name *tn, struct buf *out)
{
	buf_puts(out, " (");
	type_name_print(tn, out);
	buf_putc(out, ')');
}

static void put_let(const struct node *n, struct buf *out)
{
	put_name(n->let.var_name, out);
	if (n->let.has_type)
		put_type(&n->let.tn, out);
}

static void put_offsetof(const struct node *n, struct buf *out)
{
	if (!n->offsetof_.arg)
		put_type(&n->offsetof_.tn, out);
	put_name(n->offsetof_.path, out);
}

static void put_incdec(const struct node *n, struct buf *out)
{
	bool is_post = n->unary.op == OP_POST_INC || n->unary.op == OP_POST_DEC;

	buf_printf(out, " %s%s%s", is_post ? "x" : "", op_text(n->unary.op), is_post ? "" : "x");
}

/* What is said about a node behind its kind. */
static void put_details(const struct node *n, struct buf *out)
{
	switch (n->kind) {
	case NODE_INT: put_int(n, out); break;
	case NODE_FLOAT:
	case NODE_STR:
	case NODE_BOOL:
	case NODE_PARAM:
	case NODE_BUILTIN:
		buf_putc(out, ' ');
		expr_print(n, out);
		break;
	case NODE_IDENT: put_name(n->ident.name, out); break;
	case NODE_VAR: put_name(n->var.name, out); break;
	case NODE_MAP: put_name(n->map.name, out); break;
	case NODE_CALL: put_name(n->call.name, out); break;
	case NODE_FIELD:
		buf_printf(out, " %s%s", n->field.is_arrow ? "->" : ".", n->field.name);
		break;
	case NODE_MEMBER: buf_printf(out, " .%u", n->member.n); break;
	case NODE_UNARY:
		put_name(op_text(n->unary.op), out);
		break;
	case NODE_INCDEC: put_incdec(n, out); break;
	case NODE_BINARY:
	case NODE_LOGIC: put_name(op_text(n->binary.op), out); break;
	case NODE_TERNARY: buf_puts(out, n->branch.then ? "" : " ?:"); break;
	case NODE_CAST: put_type(&n->cast.tn, out); break;
	case NODE_SIZEOF:
		if (!n->cast.arg)
			put_type(&n->cast.tn, out);
		break;
	case NODE_OFFSETOF: put_offsetof(n, out); break;
	case NODE_ASSIGN: buf_printf(out, " %s=", op_text(n->assign.op)); break;
	case NODE_LET: put_let(n, out); break;
	default: break;
	}
}

static void dump_node(const struct node *n, int depth, struct buf *out);

static void dump_body(const char *word, const struct node *list, int depth, struct buf *out)
{
	put_line(depth, word, out);
	buf_putc(out, '\n');
	dump_list(list, depth + 1, out);
}

static void dump_if(const struct node *n, int depth, struct buf *out)
{
	dump_node(n->branch.cond, depth, out);
	dump_body("then", n->branch.then, depth, out);
	if (n->branch.els)
		dump_body("else", n->branch.els, depth, out);
}

static void dump_loop(const struct node *n, int depth, struct buf *out)
{
	const struct node *parts[] = { n->loop.var, n->loop.map, n->loop.lo, n->loop.hi,
				       n->loop.cond };

	for (size_t i = 0; i < countof(parts); i++) {
		if (parts[i])
			dump_node(parts[i], depth, out);
	}
	dump_body("do", n->loop.body, depth, out);
}

static void dump_slots(const struct node *n, int depth, struct buf *out)
{
	struct node *child;
	bool is_list;

	for (int i = 0; node_slot(n, i, &child, &is_list); i++) {
		if (is_list)
			dump_list(child, depth, out);
		else if (child)
			dump_node(child, depth, out);
	}
}

static void dump_children(const struct node *n, int depth, struct buf *out)
{
	switch (n->kind) {
	case NODE_ASSIGN:
		dump_node(n->assign.lhs, depth, out);
		dump_node(n->assign.rhs, depth, out);
		break;
	case NODE_IF: dump_if(n, depth, out); break;
	case NODE_WHILE:
	case NODE_UNROLL:
	case NODE_FOR_MAP:
	case NODE_FOR_RANGE: dump_loop(n, depth, out); break;
	default: dump_slots(n, depth, out); break;
	}
}

/* Depth is bounded by AST_NEST_MAX. */
static void dump_node(const struct node *n, int depth, struct buf *out)
{
	put_line(depth, node_kind_name(n->kind), out);
	put_details(n, out);
	buf_putc(out, '\n');
	dump_children(n, depth + 1, out);
}

static void dump_list(const struct node *list, int depth, struct buf *out)
{
	for (; list; list = list->next)
		dump_node(list, depth, out);
}

static void dump_probe(const struct probe_spec *spec, struct buf *out)
{
	put_line(1, "probe", out);
	put_name(spec->text, out);
	for (int i = 0; i < spec->part_cnt; i++)
		buf_printf(out, " [%s]", spec->parts[i]);
	if (spec->name)
		buf_printf(out, " name %s", spec->name);
	buf_putc(out, '\n');
}

static void dump_clause(const struct clause *c, struct buf *out)
{
	put_line(0, "clause\n", out);
	for (const struct probe_spec *spec = c->probes; spec; spec = spec->next)
		dump_probe(spec, out);
	if (c->pred)
		dump_body("pred", c->pred, 1, out);
	dump_body("body", c->body, 1, out);
}

static void dump_c_text(struct str text, struct buf *out)
{
	struct str line;
	bool more = text.len;

	if (more)
		buf_puts(out, "c\n");
	while (more && text.len) {
		more = str_split(text, '\n', &line, &text);
		buf_printf(out, "  |" STR_FMT "\n", STR_ARG(line));
	}
}

void ast_dump(const struct ast *t, struct buf *out)
{
	dump_c_text(t->c_text, out);
	for (const struct config_item *c = t->config; c; c = c->next) {
		buf_printf(out, "config %s\n", c->key);
		dump_node(c->val, 1, out);
	}
	for (const struct map_decl *m = t->map_decls; m; m = m->next) {
		buf_printf(out, "map %s %s\n", m->map_name, m->type_name);
		dump_node(m->size, 1, out);
	}
	for (const struct macro_def *m = t->macros; m; m = m->next) {
		buf_printf(out, "macro %s", m->name);
		for (u32 i = 0; i < m->param_cnt; i++)
			buf_printf(out, " %s", m->params[i].name);
		buf_putc(out, '\n');
		dump_node(m->body, 1, out);
	}
	for (const struct skipped_item *s = t->skipped; s; s = s->next)
		buf_printf(out, "skipped %s\n", s->what);
	for (const struct clause *c = t->clauses; c; c = c->next)
		dump_clause(c, out);
}

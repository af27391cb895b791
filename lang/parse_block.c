/*
 * lang/parse_block.c -- blocks, and what has the form of a block but is a value.
 *
 *	block      = "{" { stmt | ";" } "}"
 *	block-expr = "{" { stmt | ";" } expr "}"
 *	if-expr    = "if" expr block-expr "else" ( if-expr | block-expr )
 */
#include "lang/parser_priv.h"

#include <string.h>

#include "lang/catalog.h"

/* "kprobe:" or "BEGIN {" where a statement should be: the block before it was not closed. */
static bool at_probe(const struct parser *p)
{
	struct str text = parser_text(p, p->tok);
	char word[32];
	enum token_kind next;

	if (p->tok.kind != TOK_IDENT || text.len >= sizeof(word))
		return false;
	next = parser_peek(p).kind;
	if (next != TOK_COLON && next != TOK_LBRACE)
		return false;
	memcpy(word, text.s, text.len);
	word[text.len] = '\0';
	return provider_find(word) != PROBE_KIND_CNT;
}

static void report_open_block(struct parser *p, struct span open)
{
	struct diag *g = at_probe(p) ?
				 parser_error(p, p->tok.span, "expected '}' before this probe") :
				 parser_unexpected(p, "'}'");

	if (g)
		diag_note(p->d, open, "the block begins here");
}

static void parse_stmts(struct parser *p, struct node_list *l)
{
	while (p->tok.kind != TOK_RBRACE && p->tok.kind != TOK_END && !at_probe(p)) {
		struct node *n;

		if (parser_take(p, TOK_SEMI))
			continue;
		n = parse_stmt(p);
		if (n)
			node_list_add(l, n);
		else if (!at_probe(p))
			parser_skip_statement(p);
	}
}

bool parse_block(struct parser *p, struct node_list *l)
{
	struct span open = p->tok.span;

	node_list_init(l);
	if (p->tok.kind != TOK_LBRACE) {
		struct diag *g = parser_unexpected(p, "'{'");

		diag_hint(p->d, g, "a body is always written in braces");
		return false;
	}
	if (!parser_enter(p))
		return false;
	parser_advance(p);
	parse_stmts(p, l);
	parser_leave(p);
	if (parser_take(p, TOK_RBRACE))
		return true;
	report_open_block(p, open);
	return false;
}

static struct node *last_of(struct node *list)
{
	while (list && list->next)
		list = list->next;
	return list;
}

/* Does the last statement of the list stand for a value?  An if does, if both its sides do. */
static bool gives_value(struct node *list)
{
	const struct node *n = last_of(list);

	if (!n)
		return false;
	switch (n->kind) {
	case NODE_EXPR_STMT: return n->unary.is_open;
	case NODE_BLOCK: return gives_value(n->list.items);
	case NODE_IF: return gives_value(n->branch.then) && gives_value(n->branch.els);
	default: return false;
	}
}

static struct node *value_of(struct parser *p, struct node *n);

/* The list, whose last statement gives a value, as a block that is one. */
static struct node *as_block_expr(struct parser *p, struct node *list, struct span sp)
{
	struct node *n = parser_node(p, NODE_BLOCK_EXPR, sp);
	struct node **last = &n->list.items;

	if (!n)
		return NULL;
	n->list.items = list;
	for (n->list.cnt = 1; (*last)->next; n->list.cnt++)
		last = &(*last)->next;
	*last = value_of(p, *last);
	return *last ? parser_finish(p, n) : NULL;
}

/* A statement that gives a value, as the expression of that value. */
static struct node *value_of(struct parser *p, struct node *n)
{
	struct node *cond, *then, *els;

	if (n->kind == NODE_EXPR_STMT)
		return n->unary.arg;
	if (n->kind == NODE_BLOCK)
		return as_block_expr(p, n->list.items, n->span);
	cond = n->branch.cond;
	then = as_block_expr(p, n->branch.then, n->span);
	els = as_block_expr(p, n->branch.els, n->span);
	if (!then || !els)
		return NULL;
	n->kind = NODE_TERNARY;
	n->branch.cond = cond;
	n->branch.then = then;
	n->branch.els = els;
	return parser_finish(p, n);
}

struct node *parse_any_block_expr(struct parser *p)
{
	struct node *n = parser_node(p, NODE_BLOCK_EXPR, p->tok.span);
	struct span open = p->tok.span;
	struct node **last;
	struct node_list l;

	node_list_init(&l);
	if (!n || !parser_enter(p))
		return NULL;
	parser_advance(p);
	parse_stmts(p, &l);
	parser_leave(p);
	if (!parser_take(p, TOK_RBRACE)) {
		report_open_block(p, open);
		return NULL;
	}
	n->list.items = l.head;
	n->list.cnt = l.cnt;
	if (gives_value(l.head)) {
		for (last = &n->list.items; (*last)->next; last = &(*last)->next)
			;
		*last = value_of(p, *last);
		if (!*last)
			return NULL;
	}
	return parser_finish(p, n);
}

struct node *parse_block_expr(struct parser *p)
{
	struct node *n, *last;

	if (p->tok.kind != TOK_LBRACE) {
		parser_expect(p, TOK_LBRACE, "before a block that has a value");
		return NULL;
	}
	n = parse_any_block_expr(p);
	last = n ? last_of(n->list.items) : NULL;
	if (n && (!last || last->kind >= NODE_EXPR_STMT)) {
		struct diag *g = parser_error(p, n->span, "this block has no value");

		diag_hint(p->d, g, "its last item must be an expression without ';'");
		p->is_panicking = false;
	}
	return n;
}

struct node *parse_if_expr(struct parser *p)
{
	struct node *n = parser_node(p, NODE_TERNARY, p->tok.span);

	if (!n || !parser_enter(p))
		return NULL;
	parser_advance(p);
	n->branch.cond = parse_cond(p);
	n->branch.then = n->branch.cond ? parse_block_expr(p) : NULL;
	if (!n->branch.then || !parser_expect(p, TOK_ELSE, "after an if that is a value"))
		goto fail;
	n->branch.els = p->tok.kind == TOK_IF ? parse_if_expr(p) : parse_block_expr(p);
	if (!n->branch.els)
		goto fail;
	parser_leave(p);
	return parser_finish(p, n);
fail:
	parser_leave(p);
	return NULL;
}

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

/* Make the last statement the value, if it is an expression that no ';' ends. */
static bool take_value(struct node_list *l, bool is_ended)
{
	struct node **last = &l->head;

	while (*last && (*last)->next)
		last = &(*last)->next;
	if (!*last || is_ended || (*last)->kind != NODE_EXPR_STMT)
		return false;
	*last = (*last)->unary.arg;
	return true;
}

struct node *parse_block_expr(struct parser *p)
{
	struct node *n = parser_node(p, NODE_BLOCK_EXPR, p->tok.span);
	struct token before_close = { .kind = TOK_END };
	struct span open = p->tok.span;
	struct node_list l;

	node_list_init(&l);
	if (!n || !parser_expect(p, TOK_LBRACE, "before a block that has a value"))
		return NULL;
	parse_stmts(p, &l);
	before_close = p->prev;
	if (!parser_take(p, TOK_RBRACE)) {
		report_open_block(p, open);
		return NULL;
	}
	if (!take_value(&l, before_close.kind == TOK_SEMI)) {
		struct diag *g = parser_error(p, p->prev.span, "this block has no value");

		diag_hint(p->d, g, "its last item must be an expression without ';'");
		p->is_panicking = false;
	}
	n->list.items = l.head;
	n->list.cnt = l.cnt;
	return parser_finish(p, n);
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

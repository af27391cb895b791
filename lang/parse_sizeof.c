/*
 * lang/parse_sizeof.c -- operands that take a type.
 *
 *	sizeof       = "sizeof" "(" ( type | expr ) ")"
 *	offsetof     = "offsetof" "(" ( type | expr ) "," path ")"
 *	container-of = "container_of" "(" expr "," type "," path ")"
 *	path         = word { "." word | "[" number "]" }
 */
#include "lang/parser_priv.h"

#include <string.h>

#define PATH_MAX_SZ 1024

struct node *parse_sizeof(struct parser *p)
{
	struct node *n = parser_node(p, NODE_SIZEOF, p->tok.span);

	if (!n)
		return NULL;
	parser_advance(p);
	if (!parser_expect(p, TOK_LPAREN, "after sizeof"))
		return NULL;
	if (parser_at_type(p)) {
		if (!parse_type(p, &n->cast.tn))
			return NULL;
	} else {
		n->cast.arg = parse_expr(p);
		if (!n->cast.arg)
			return NULL;
	}
	if (!parser_expect(p, TOK_RPAREN, "after the argument of sizeof"))
		return NULL;
	return parser_finish(p, n);
}

/* word { "." word | "[" number "]" } */
static char *parse_path(struct parser *p)
{
	struct span from = p->tok.span;
	struct str text;
	char path[PATH_MAX_SZ];
	size_t n = 0;

	if (!token_is_word(p->tok.kind)) {
		parser_unexpected(p, "the name of a field");
		return NULL;
	}
	while (token_is_word(p->tok.kind) || p->tok.kind == TOK_DOT ||
	       p->tok.kind == TOK_LBRACKET || p->tok.kind == TOK_INT ||
	       p->tok.kind == TOK_RBRACKET) {
		text = parser_text(p, p->tok);
		if (n + text.len >= sizeof(path)) {
			parser_error(p, from, "this path is too long");
			return NULL;
		}
		memcpy(path + n, text.s, text.len);
		n += text.len;
		parser_advance(p);
	}
	return arena_dup(p->a, path, n);
}

struct node *parse_offsetof(struct parser *p)
{
	struct node *n = parser_node(p, NODE_OFFSETOF, p->tok.span);

	if (!n)
		return NULL;
	parser_advance(p);
	if (!parser_expect(p, TOK_LPAREN, "after offsetof"))
		return NULL;
	if (parser_at_type(p) || (p->tok.kind == TOK_IDENT && parser_peek(p).kind == TOK_COMMA)) {
		if (!parse_type(p, &n->offsetof_.tn))
			return NULL;
	} else {
		n->offsetof_.arg = parse_expr(p);
		if (!n->offsetof_.arg)
			return NULL;
	}
	if (!parser_expect(p, TOK_COMMA, "before the field"))
		return NULL;
	n->offsetof_.path = parse_path(p);
	if (!n->offsetof_.path || !parser_expect(p, TOK_RPAREN, "after the field"))
		return NULL;
	return parser_finish(p, n);
}

static struct node *make_cast(struct parser *p, struct span from, const struct type_name *tn,
			      struct node *arg)
{
	struct node *n = parser_node(p, NODE_CAST, from);

	if (!n || !arg)
		return NULL;
	n->cast.tn = *tn;
	n->cast.arg = arg;
	return parser_finish(p, n);
}

/* container_of(p, T, m) is (T *)((uint64)p - offsetof(T, m)) */
struct node *parse_container_of(struct parser *p)
{
	struct type_name word = { .base = "uint64", .array_len = -1, .span = p->tok.span };
	struct node *sub = parser_node(p, NODE_BINARY, p->tok.span);
	struct node *off = parser_node(p, NODE_OFFSETOF, p->tok.span), *ptr;
	struct span from = p->tok.span;
	struct type_name to;

	if (!sub || !off)
		return NULL;
	parser_advance(p);
	parser_advance(p);
	ptr = parse_expr(p);
	if (!ptr || !parser_expect(p, TOK_COMMA, "before the type") || !parse_type(p, &to) ||
	    !parser_expect(p, TOK_COMMA, "before the member"))
		return NULL;
	off->offsetof_.tn = to;
	off->offsetof_.path = parse_path(p);
	if (!off->offsetof_.path || !parser_expect(p, TOK_RPAREN, "after the member"))
		return NULL;
	sub->binary.op = OP_SUB;
	sub->binary.l = make_cast(p, from, &word, ptr);
	sub->binary.r = parser_finish(p, off);
	if (!sub->binary.l || !sub->binary.r)
		return NULL;
	to.ptr_depth++;
	return make_cast(p, from, &to, parser_finish(p, sub));
}

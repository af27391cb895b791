/*
 * lang/parse_primary.c -- what operators work on.
 *
 *	primary = number | string | "true" | "false" | "$" word | "$" digits | "$#" | map | word
 *	        | word "(" [ expr { "," expr } [ "," ] ] ")" | "(" expr ")" | tuple | record
 *	        | "sizeof" "(" ( type | expr ) ")" | "offsetof" "(" ( type | expr ) "," path ")"
 *	        | "comptime" unary | block-expr | if-expr
 *	map     = "@" [ word ] [ "[" expr { "," expr } "]" ]
 *	tuple   = "(" ")" | "(" expr "," [ expr { "," expr } [ "," ] ] ")"
 *	record  = "(" word "=" expr { "," word "=" expr } [ "," ] ")"
 *	path    = word { "." word | "[" number "]" }
 *
 * A literal that means nothing is reported and stands for 0 or "", so that more errors can be
 * found.
 */
#include "lang/parser_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lang/float_text.h"
#include "lang/literal.h"

#define PARAM_MAX 65535

static struct node *parse_int(struct parser *p)
{
	struct node *n = parser_node(p, NODE_INT, p->tok.span);
	struct int_literal lit = { 0 };
	const char *why = literal_int(parser_text(p, p->tok), &lit);

	if (!n)
		return NULL;
	if (why) {
		parser_error(p, p->tok.span, "%s", why);
		p->is_panicking = false;
	}
	parser_advance(p);
	n->integer.val = (s64)lit.val;
	n->integer.is_unsigned = lit.is_unsigned;
	n->integer.is_duration = lit.is_duration;
	n->integer.suffix = lit.suffix;
	return parser_finish(p, n);
}

static struct node *parse_float(struct parser *p)
{
	struct node *n = parser_node(p, NODE_FLOAT, p->tok.span);
	const char *why;
	double v = 0;

	if (!n)
		return NULL;
	why = float_parse(parser_text(p, p->tok), &v);
	if (why) {
		parser_error(p, p->tok.span, "%s", why);
		p->is_panicking = false;
	}
	parser_advance(p);
	n->integer.val = float_bits(v);
	return parser_finish(p, n);
}

static struct node *parse_str(struct parser *p)
{
	struct node *n = parser_node(p, NODE_STR, p->tok.span);
	struct str_error e;
	int rc;

	if (!n)
		return NULL;
	n->text.s = (struct str){ "", 0 };
	rc = literal_str(parser_text(p, p->tok), p->a, &n->text.s, &e);
	if (rc == -ENOMEM)
		return NULL;
	if (rc) {
		struct diag *g = parser_error(p, (struct span){ p->tok.span.off + e.off, e.len },
					      "%s", e.msg);

		diag_hint(p->d, g, "escapes are \\n \\t \\r \\\" \\\\ \\NNN (octal) and \\xNN");
		p->is_panicking = false;
	}
	parser_advance(p);
	return parser_finish(p, n);
}

struct node *parse_param(struct parser *p)
{
	struct node *n = parser_node(p, NODE_PARAM, p->tok.span);
	struct str text = parser_text(p, p->tok);
	unsigned long idx = strtoul(text.s + 1, NULL, 10);
	bool is_count = text.s[1] == '#';

	if (!n)
		return NULL;
	if (!is_count && (!idx || idx > PARAM_MAX)) {
		parser_error(p, p->tok.span, idx ? "there are at most %d parameters" :
						   "parameters are counted from $1", PARAM_MAX);
		p->is_panicking = false;
		idx = 1;
	}
	parser_advance(p);
	n->param.index = is_count ? 0 : (int)idx;
	return parser_finish(p, n);
}

static struct node *parse_var(struct parser *p)
{
	struct node *n = parser_node(p, NODE_VAR, p->tok.span);

	if (!n)
		return NULL;
	n->var.name = parser_dup(p, p->tok);
	parser_advance(p);
	return n->var.name ? parser_finish(p, n) : NULL;
}

/* expr { "," expr } [ "," ], up to @close, which is taken; may be empty */
static bool parse_list(struct parser *p, struct node_list *l, enum token_kind close,
		       const char *expected)
{
	while (!parser_take(p, close)) {
		struct node *n = parse_expr(p);

		if (!n)
			return false;
		node_list_add(l, n);
		if (!parser_take(p, TOK_COMMA) && p->tok.kind != close) {
			parser_unexpected(p, expected);
			return false;
		}
	}
	return true;
}

static struct node *make_tuple(struct parser *p, struct span from, const struct node_list *l)
{
	struct node *n = parser_node(p, NODE_TUPLE, from);

	if (!n)
		return NULL;
	n->list.items = l->head;
	n->list.cnt = l->cnt;
	return parser_finish(p, n);
}

/* Behind "[": the lone expression, or a tuple of several */
static struct node *parse_key(struct parser *p)
{
	struct span from = p->tok.span;
	struct node_list l;
	struct node *n;

	node_list_init(&l);
	if (p->tok.kind == TOK_RBRACKET) {
		struct diag *g = parser_unexpected(p, "a key");

		diag_hint(p->d, g, "a map without keys is written without [ ]");
		return NULL;
	}
	if (!parse_list(p, &l, TOK_RBRACKET, "',' or ']' after the key"))
		return NULL;
	if (l.cnt == 1)
		return l.head;
	n = make_tuple(p, from, &l);
	if (n)			/* without the bracket */
		n->span = span_join(from, ((struct span){ p->prev.span.off, 0 }));
	return n;
}

static struct node *parse_map(struct parser *p)
{
	struct node *n = parser_node(p, NODE_MAP, p->tok.span);

	if (!n)
		return NULL;
	n->map.name = parser_dup(p, p->tok);
	if (!n->map.name)
		return NULL;
	parser_advance(p);
	if (parser_take(p, TOK_LBRACKET)) {
		n->map.key = parse_key(p);
		if (!n->map.key)
			return NULL;
	}
	return parser_finish(p, n);
}

/* The name is taken, "(" is next. */
static struct node *parse_call(struct parser *p)
{
	struct node *n = parser_node(p, NODE_CALL, p->prev.span);
	struct node_list l;

	node_list_init(&l);
	if (!n)
		return NULL;
	n->call.name = parser_dup(p, p->prev);
	n->call.action = -1;
	parser_advance(p);
	if (!n->call.name || !parse_list(p, &l, TOK_RPAREN, "',' or ')' after the argument"))
		return NULL;
	n->call.args = l.head;
	n->call.arg_cnt = (int)l.cnt;
	return parser_finish(p, n);
}

static struct node *parse_comptime(struct parser *p)
{
	struct node *n = parser_node(p, NODE_COMPTIME, p->tok.span);

	if (!n)
		return NULL;
	parser_advance(p);
	n->unary.arg = parse_operand(p);
	return n->unary.arg ? parser_finish(p, n) : NULL;
}

static struct node *make_word(struct parser *p)
{
	struct str text = parser_text(p, p->prev);
	bool is_true = str_is(text, "true"), is_bool = is_true || str_is(text, "false");
	struct node *n = parser_node(p, is_bool ? NODE_BOOL : NODE_IDENT, p->prev.span);

	if (!n)
		return NULL;
	if (is_bool) {
		n->integer.val = is_true;
		return parser_finish(p, n);
	}
	n->ident.name = parser_dup(p, p->prev);
	return n->ident.name ? parser_finish(p, n) : NULL;
}

static struct node *parse_word(struct parser *p)
{
	enum token_kind next = parser_peek(p).kind;

	if (parser_is_word(p, "container_of") && next == TOK_LPAREN)
		return parse_container_of(p);

	if (parser_is_word(p, "comptime") &&
	    (next == TOK_LPAREN || next == TOK_LBRACE || next == TOK_INT || next == TOK_STR ||
	     next == TOK_VAR || next == TOK_MAP || next == TOK_PARAM || token_is_word(next)))
		return parse_comptime(p);
	parser_advance(p);
	return p->tok.kind == TOK_LPAREN ? parse_call(p) : make_word(p);
}

/* word "=" expr, kept as an assignment to an identifier */
static struct node *parse_record_item(struct parser *p)
{
	struct node *n = parser_node(p, NODE_ASSIGN, p->tok.span);

	if (!n || !parser_expect_name(p, "the name of a member"))
		return NULL;
	n->assign.lhs = make_word(p);
	if (!n->assign.lhs || !parser_expect(p, TOK_ASSIGN, "after the name of a member"))
		return NULL;
	n->assign.rhs = parse_expr(p);
	return n->assign.rhs ? parser_finish(p, n) : NULL;
}

static struct node *parse_record(struct parser *p, struct span from)
{
	struct node *n = parser_node(p, NODE_RECORD, from), *item;
	struct node_list l;

	node_list_init(&l);
	do {
		item = n ? parse_record_item(p) : NULL;
		if (!item)
			return NULL;
		node_list_add(&l, item);
	} while (parser_take(p, TOK_COMMA) && p->tok.kind != TOK_RPAREN);
	n->list.items = l.head;
	n->list.cnt = l.cnt;
	return parser_expect(p, TOK_RPAREN, "after the record") ? parser_finish(p, n) : NULL;
}

static struct node *parse_paren(struct parser *p)
{
	struct span from = p->tok.span;
	struct node_list l;
	struct node *n;

	node_list_init(&l);
	parser_advance(p);
	if (parser_take(p, TOK_RPAREN))
		return make_tuple(p, from, &l);
	if (p->tok.kind == TOK_IDENT && parser_peek(p).kind == TOK_ASSIGN)
		return parse_record(p, from);
	n = parse_expr(p);
	if (!n)
		return NULL;
	if (!parser_take(p, TOK_COMMA)) {
		n = parse_paren_rest(p, n);
		if (n)
			n->span = parser_since(p, from);
		return n;
	}
	node_list_add(&l, n);
	if (!parse_list(p, &l, TOK_RPAREN, "',' or ')' in the tuple"))
		return NULL;
	return make_tuple(p, from, &l);
}

static struct node *parse_nothing(struct parser *p)
{
	struct diag *g = parser_unexpected(p, "a value");

	switch (p->tok.kind) {
	case TOK_STRUCT:
	case TOK_UNION:
	case TOK_ENUM:
		diag_hint(p->d, g,
			  "a cast has its type in parentheses: (struct task_struct *)curtask");
		break;
	case TOK_HASH:
		diag_hint(p->d, g, "preprocessor lines belong outside of the clauses");
		break;
	case TOK_EQ:
	case TOK_ASSIGN:
		diag_hint(p->d, g, "the left side is missing, or there is one '=' too many");
		break;
	default:
		break;
	}
	return NULL;
}

struct node *parse_primary(struct parser *p)
{
	switch (p->tok.kind) {
	case TOK_INT: return parse_int(p);
	case TOK_FLOAT: return parse_float(p);
	case TOK_STR: return parse_str(p);
	case TOK_VAR: return parse_var(p);
	case TOK_PARAM: return parse_param(p);
	case TOK_MAP: return parse_map(p);
	case TOK_IDENT: return parse_word(p);
	case TOK_LPAREN: return parse_paren(p);
	case TOK_LBRACE: return parse_block_expr(p);
	case TOK_IF: return parse_if_expr(p);
	case TOK_SIZEOF: return parse_sizeof(p);
	case TOK_OFFSETOF: return parse_offsetof(p);
	default: return parse_nothing(p);
	}
}

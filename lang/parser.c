/*
 * lang/parser.c -- what all rules of the grammar stand on: the next token, errors and recovery.
 */
#include "lang/parser.h"

#include <stdio.h>

#include "lang/parser_priv.h"

#define SHOWN_MAX 40		/* bytes of a token in a message */

void parser_advance(struct parser *p)
{
	p->prev = p->tok;
	p->tok = lexer_next(&p->lx);
}

void parser_seek(struct parser *p, u32 off)
{
	struct span before = { off, 0 };

	p->lx = lexer_at(p->src, off);
	parser_advance(p);
	p->prev.span = before;
}

struct token parser_peek(const struct parser *p)
{
	struct lexer lx = p->lx;

	return lexer_next(&lx);
}

bool parser_take(struct parser *p, enum token_kind k)
{
	if (p->tok.kind != k)
		return false;
	parser_advance(p);
	return true;
}

struct str parser_text(const struct parser *p, struct token t)
{
	return source_text(p->src, t.span);
}

bool parser_is_word(const struct parser *p, const char *word)
{
	return p->tok.kind == TOK_IDENT && str_is(parser_text(p, p->tok), word);
}

char *parser_dup(struct parser *p, struct token t)
{
	struct str text = parser_text(p, t);

	return arena_dup(p->a, text.s, text.len);
}

struct span parser_since(const struct parser *p, struct span from)
{
	return span_join(from, p->prev.span);
}

struct span parser_behind(const struct parser *p)
{
	return (struct span){ p->prev.span.off + p->prev.span.len, 0 };
}

struct diag *parser_error(struct parser *p, struct span sp, const char *fmt, ...)
{
	va_list ap;
	char *msg;

	if (p->is_panicking)
		return NULL;
	p->is_panicking = true;
	va_start(ap, fmt);
	msg = arena_vprintf(p->a, fmt, ap);
	va_end(ap);
	return diag_error(p->d, sp, "%s", msg ? msg : "out of memory");
}

static struct diag *report_bad_token(struct parser *p)
{
	struct diag *g = parser_error(p, p->tok.span, "%s", p->tok.bad);

	if (p->tok.hint)
		diag_hint(p->d, g, "%s", p->tok.hint);
	return NULL;		/* it has its hint */
}

struct diag *parser_unexpected(struct parser *p, const char *what)
{
	struct str text = parser_text(p, p->tok);

	if (p->tok.kind == TOK_BAD)
		return report_bad_token(p);
	if (p->tok.kind == TOK_END)
		return parser_error(p, parser_behind(p), "expected %s, found the end of the script",
				    what);
	if (text.len > SHOWN_MAX)
		return parser_error(p, p->tok.span, "expected %s, found '%.*s...'", what, SHOWN_MAX,
				    text.s);
	return parser_error(p, p->tok.span, "expected %s, found '" STR_FMT "'", what,
			    STR_ARG(text));
}

bool parser_expect(struct parser *p, enum token_kind k, const char *where)
{
	char what[96];
	bool is_punct = k > TOK_MAP;

	if (parser_take(p, k))
		return true;
	snprintf(what, sizeof(what), "%s%s%s %s", is_punct ? "'" : "", token_what(k),
		 is_punct ? "'" : "", where);
	parser_unexpected(p, what);
	return false;
}

bool parser_expect_name(struct parser *p, const char *what)
{
	if (parser_take(p, TOK_IDENT))
		return true;
	parser_unexpected(p, what);
	return false;
}

bool parser_skip_braces(struct parser *p)
{
	u32 open = 0;

	do {
		if (p->tok.kind == TOK_END)
			return false;
		open += p->tok.kind == TOK_LBRACE;
		open -= p->tok.kind == TOK_RBRACE;
		parser_advance(p);
	} while (open);
	return true;
}

void parser_skip_statement(struct parser *p)
{
	while (p->tok.kind != TOK_END && p->tok.kind != TOK_RBRACE) {
		bool is_block = p->tok.kind == TOK_LBRACE, is_bad = p->tok.kind == TOK_BAD;

		if (is_block)
			parser_skip_braces(p);
		else if (parser_take(p, TOK_SEMI))
			break;
		else
			parser_advance(p);
		if (is_block && p->tok.kind != TOK_ELSE)
			break;
		if (is_bad && p->tok.is_line_start)	/* an open string has eaten the ';' */
			break;
	}
	p->is_panicking = p->tok.kind == TOK_END;	/* one complaint about the end */
}

bool parser_skip_to_block(struct parser *p)
{
	while (p->tok.kind != TOK_LBRACE && p->tok.kind != TOK_RBRACE && p->tok.kind != TOK_SEMI &&
	       p->tok.kind != TOK_END)
		parser_advance(p);
	if (p->tok.kind == TOK_LBRACE)
		p->is_panicking = false;
	return p->tok.kind == TOK_LBRACE;
}

/* Once a script: what is too deep for one rule is so for those around it. */
static void report_depth(struct parser *p, struct span sp)
{
	if (!p->is_too_deep)
		parser_error(p, sp, "nested too deeply: more than %d levels", AST_NEST_MAX);
	p->is_too_deep = true;
	p->is_panicking = true;
}

bool parser_enter(struct parser *p)
{
	if (p->depth < AST_NEST_MAX) {
		p->depth++;
		return true;
	}
	report_depth(p, p->tok.span);
	return false;
}

void parser_leave(struct parser *p)
{
	p->depth--;
}

struct node *parser_node(struct parser *p, enum node_kind k, struct span from)
{
	return node_new(p->a, k, from);
}

struct node *parser_finish(struct parser *p, struct node *n)
{
	n->span = parser_since(p, n->span);
	n->height = node_height(n);
	if (n->height <= AST_NEST_MAX)
		return n;
	report_depth(p, n->span);
	return NULL;
}

void node_list_init(struct node_list *l)
{
	*l = (struct node_list){ 0 };
	l->tail = &l->head;
}

void node_list_add(struct node_list *l, struct node *n)
{
	*l->tail = n;
	l->tail = &n->next;
	l->cnt++;
}

/*
 * lang/parse_script.c -- the items of a script, and the two entries of the parser.
 *
 *	script  = [ "#!" line ] { preprocessor | definition | config | map | macro | skipped
 *		    | clause | ";" }
 *	clause  = probes [ "/" expr "/" ] block
 *	config  = "config" "=" "{" { word "=" expr ( ";" | before "}" ) } "}"
 *	map     = "let" map-name "=" word "(" expr ")" [ ";" ]
 *	macro   = parse_macro.c
 *	skipped = "fn" word ... block | "import" string ";"
 *
 * The order of the items is free.
 */
#include "lang/parser_priv.h"

#include <errno.h>

struct script {
	struct parser p;
	struct ast *ast;
	struct buf c;			/* becomes ast.c_text */
	struct config_item **config_tail;
	struct map_decl **decl_tail;
	struct clause **clause_tail;
	struct skipped_item **skipped_tail;
	struct c_def **c_tail;
	struct macro_def **macro_tail;
};

/* What the panic of a broken item left behind: to behind its block. */
static void skip_item(struct parser *p)
{
	while (p->tok.kind != TOK_LBRACE && p->tok.kind != TOK_END && p->tok.kind != TOK_SEMI)
		parser_advance(p);
	if (p->tok.kind == TOK_LBRACE)
		parser_skip_braces(p);
	p->is_panicking = false;
}

static bool parse_pred(struct parser *p, struct clause *c)
{
	if (!parser_take(p, TOK_SLASH))
		return true;
	p->in_pred = true;
	c->pred = parse_cond(p);
	p->in_pred = false;
	if (!c->pred)
		return false;
	if (p->tok.kind == TOK_LBRACE) {
		struct diag *g = parser_unexpected(p, "'/' at the end of the predicate");

		diag_hint(p->d, g, "a predicate is written /condition/");
		return false;
	}
	return parser_expect(p, TOK_SLASH, "at the end of the predicate");
}

static bool parse_clause(struct script *s)
{
	struct clause *c = arena_new(s->p.a, struct clause);
	struct span from = s->p.tok.span;
	struct node_list body;

	if (!c || !parse_probes(&s->p, &c->probes))
		return false;
	if (!parse_pred(&s->p, c) && !parser_skip_to_block(&s->p))
		return false;
	if (s->p.tok.kind != TOK_LBRACE) {
		parser_unexpected(&s->p, c->pred ? "'{'" : "'{' or a /predicate/");
		return false;
	}
	if (!parse_block(&s->p, &body))
		s->p.is_panicking = false;	/* nothing to skip: the next probe or the end */
	c->body = body.head;
	c->span = parser_since(&s->p, from);
	c->idx = s->ast->clause_cnt++;
	*s->clause_tail = c;
	s->clause_tail = &c->next;
	return true;
}

static bool parse_c(struct script *s)
{
	struct span from = s->p.tok.span;
	bool is_line = s->p.tok.kind == TOK_HASH, ok;
	struct c_def *def = arena_new(s->p.a, struct c_def);

	ok = is_line ? parse_preprocessor(&s->p, &s->c) : parse_c_definition(&s->p, &s->c, &from);
	if (ok && def && !is_line) {
		def->span = from;
		*s->c_tail = def;
		s->c_tail = &def->next;
	}
	s->ast->c_span = s->ast->c_span.len ? span_join(s->ast->c_span, from) : from;
	return ok;
}

static bool parse_config_item(struct script *s)
{
	struct parser *p = &s->p;
	struct config_item *item = arena_new(p->a, struct config_item);
	struct span from = p->tok.span;

	if (!item || !parser_expect_name(p, "the name of a setting"))
		return false;
	item->key = parser_dup(p, p->prev);
	if (!item->key || !parser_expect(p, TOK_ASSIGN, "after the name of the setting"))
		return false;
	item->val = parse_expr(p);
	if (!item->val)
		return false;
	item->span = parser_since(p, from);
	*s->config_tail = item;
	s->config_tail = &item->next;
	return parse_end(p);
}

static bool parse_config(struct script *s)
{
	struct parser *p = &s->p;

	parser_advance(p);
	parser_advance(p);
	if (!parser_expect(p, TOK_LBRACE, "after 'config ='"))
		return false;
	while (p->tok.kind != TOK_RBRACE && p->tok.kind != TOK_END) {
		if (!parser_take(p, TOK_SEMI) && !parse_config_item(s))
			parser_skip_statement(p);
	}
	return parser_expect(p, TOK_RBRACE, "at the end of the settings");
}

static bool parse_map_decl(struct script *s)
{
	struct parser *p = &s->p;
	struct map_decl *decl = arena_new(p->a, struct map_decl);
	struct span from = p->tok.span;

	parser_advance(p);
	if (!decl || !parser_expect(p, TOK_MAP, "after 'let'"))
		return false;
	decl->map_name = parser_dup(p, p->prev);
	if (!decl->map_name || !parser_expect(p, TOK_ASSIGN, "after the map") ||
	    !parser_expect_name(p, "the kind of the map"))
		return false;
	decl->type_name = parser_dup(p, p->prev);
	if (!decl->type_name || !parser_expect(p, TOK_LPAREN, "after the kind of the map"))
		return false;
	decl->size = parse_expr(p);
	if (!decl->size || !parser_expect(p, TOK_RPAREN, "after the size of the map"))
		return false;
	decl->span = parser_since(p, from);
	*s->decl_tail = decl;
	s->decl_tail = &decl->next;
	parser_take(p, TOK_SEMI);
	return true;
}

static bool parse_skipped(struct script *s, const char *what)
{
	struct parser *p = &s->p;
	struct skipped_item *item = arena_new(p->a, struct skipped_item);
	struct span from = p->tok.span;
	bool ok = true;

	if (!item)
		return false;
	while (p->tok.kind != TOK_LBRACE && p->tok.kind != TOK_SEMI && p->tok.kind != TOK_END)
		parser_advance(p);
	if (p->tok.kind == TOK_LBRACE)
		ok = parser_skip_braces(p);
	else
		ok = parser_take(p, TOK_SEMI);
	if (!ok) {
		parser_error(p, from, "this %s has no end", what);
		return false;
	}
	*item = (struct skipped_item){ .what = what, .span = parser_since(p, from) };
	*s->skipped_tail = item;
	s->skipped_tail = &item->next;
	return true;
}

static bool parse_word_item(struct script *s)
{
	static const struct { const char *word; enum token_kind next; } skipped[] = {
		{ "fn", TOK_IDENT }, { "import", TOK_STR },
	};
	struct parser *p = &s->p;
	enum token_kind next = parser_peek(p).kind;

	if (parser_is_word(p, "config") && next == TOK_ASSIGN)
		return parse_config(s);
	if (parser_is_word(p, "let") && (next == TOK_MAP || next == TOK_VAR))
		return parse_map_decl(s);
	if (parser_is_word(p, "macro") && token_is_word(next)) {
		if (!parse_macro(p, s->macro_tail))
			return false;
		s->macro_tail = &(*s->macro_tail)->next;
		return true;
	}
	if (parser_is_word(p, "typedef"))
		return parse_c(s);
	for (size_t i = 0; i < countof(skipped); i++) {
		if (parser_is_word(p, skipped[i].word) && next == skipped[i].next)
			return parse_skipped(s, skipped[i].word);
	}
	return parse_clause(s);
}

static bool parse_stray_brace(struct parser *p)
{
	struct diag *g = parser_unexpected(p, "a probe");

	diag_hint(p->d, g, "there are more '}' than '{' before it");
	parser_advance(p);
	p->is_panicking = false;
	return true;
}

static bool parse_item(struct script *s)
{
	switch (s->p.tok.kind) {
	case TOK_HASH:
	case TOK_STRUCT:
	case TOK_UNION:
	case TOK_ENUM: return parse_c(s);
	case TOK_SEMI: return parser_take(&s->p, TOK_SEMI);
	case TOK_RBRACE: return parse_stray_brace(&s->p);
	case TOK_IDENT: return parse_word_item(s);
	case TOK_STAR:
	case TOK_PARAM: return parse_clause(s);
	default:
		parser_unexpected(&s->p, "a probe");
		return false;
	}
}

static void finish_script(struct script *s)
{
	struct str c = { arena_dup(s->p.a, buf_cstr(&s->c), s->c.len), s->c.len };
	bool is_full = !c.s || s->c.is_full || s->p.a->is_full;

	buf_fini(&s->c);
	s->ast->c_text = c.s ? c : (struct str){ "", 0 };
	if (is_full)
		diag_error(s->p.d, (struct span){ 0, 0 }, "this script is too large");
}

static u32 skip_shebang(const struct source *src)
{
	struct str first = source_line(src, 1);

	return str_has_prefix(first, "#!") ? (u32)first.len : 0;
}

int parse_script(const struct source *src, const struct parse_opts *o, struct arena *a,
		 struct diag_list *d, struct ast *ret)
{
	struct script s = { .p = { .src = src, .opts = o, .a = a, .d = d }, .ast = ret };

	*ret = (struct ast){ 0 };
	s.config_tail = &ret->config;
	s.decl_tail = &ret->map_decls;
	s.clause_tail = &ret->clauses;
	s.skipped_tail = &ret->skipped;
	s.c_tail = &ret->c_defs;
	s.macro_tail = &ret->macros;
	buf_init(&s.c, (size_t)src->len * 2 + 16);
	parser_seek(&s.p, skip_shebang(src));
	while (s.p.tok.kind != TOK_END && !a->is_full) {
		u32 before = s.p.tok.span.off;

		if (parse_item(&s))
			continue;
		skip_item(&s.p);
		if (s.p.tok.span.off == before)		/* never twice at the same place */
			parser_advance(&s.p);
	}
	finish_script(&s);
	return d->error_cnt ? -EINVAL : 0;
}

static int parse_texts(struct parser *p, bool is_list, struct node **ret)
{
	struct node_list list;
	struct node *n;

	node_list_init(&list);
	parser_seek(p, 0);
	do {
		n = parse_expr(p);
		if (n)
			node_list_add(&list, n);
	} while (n && is_list && parser_take(p, TOK_COMMA));
	if (n && p->tok.kind != TOK_END)
		parser_unexpected(p, "the end of the expression");
	if (!n && p->a->is_full)
		diag_error(p->d, (struct span){ 0, 0 }, "this expression is too large");
	if (p->d->error_cnt || !n)
		return -EINVAL;
	*ret = list.head;
	return 0;
}

int parse_expression(const struct source *src, struct arena *a, struct diag_list *d,
		     struct node **ret)
{
	struct parser p = { .src = src, .a = a, .d = d };

	return parse_texts(&p, false, ret);
}

int parse_expressions(const struct source *src, struct arena *a, struct diag_list *d,
		      struct node **ret)
{
	struct parser p = { .src = src, .a = a, .d = d };

	return parse_texts(&p, true, ret);
}

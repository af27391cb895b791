/*
 * lang/parse_macro.c -- definitions of macros.
 *
 *	macro = "macro" word "(" [ param { "," param } ] ")" block
 *	param = word | "$" word | "@" word
 */
#include "lang/parser_priv.h"

#include <string.h>

#include "lang/builtin.h"

static bool is_used(const struct macro_def *m, const char *name)
{
	for (u32 i = 0; i < m->param_cnt; i++) {
		if (!strcmp(m->params[i].name, name))
			return true;
	}
	return false;
}

static bool parse_macro_param(struct parser *p, struct macro_def *m)
{
	enum token_kind k = p->tok.kind;
	struct macro_param param = { .span = p->tok.span };
	s64 unused;

	if (k != TOK_IDENT && k != TOK_VAR && k != TOK_MAP) {
		parser_unexpected(p, "a parameter: x, $x or @x");
		return false;
	}
	param.kind = k == TOK_VAR ? MACRO_VAR : k == TOK_MAP ? MACRO_MAP : MACRO_EXPR;
	param.name = parser_dup(p, p->tok);
	if (!param.name)
		return false;
	if (k == TOK_IDENT && (builtin_find(str_of(param.name)) ||
			       builtin_find_argn(str_of(param.name), &unused)))
		parser_error(p, param.span, "%s is a builtin and cannot be a parameter",
			     param.name);
	else if (is_used(m, param.name))
		parser_error(p, param.span, "there is a parameter %s already", param.name);
	else if (m->param_cnt == MACRO_PARAM_MAX)
		parser_error(p, param.span, "a macro has at most %d parameters", MACRO_PARAM_MAX);
	else
		m->params[m->param_cnt++] = param;
	parser_advance(p);
	return !p->is_panicking;
}

static bool parse_macro_params(struct parser *p, struct macro_def *m)
{
	struct macro_param params[MACRO_PARAM_MAX];

	m->params = params;
	if (!parser_expect(p, TOK_LPAREN, "after the name of the macro"))
		return false;
	if (p->tok.kind != TOK_RPAREN) {
		do {
			if (!parse_macro_param(p, m))
				return false;
		} while (parser_take(p, TOK_COMMA));
	}
	m->params = arena_dup(p->a, params, m->param_cnt * sizeof(*params));
	return m->params && parser_expect(p, TOK_RPAREN, "after the parameters of the macro");
}

bool parse_macro(struct parser *p, struct macro_def **ret)
{
	struct macro_def *m = arena_new(p->a, struct macro_def);
	struct span from = p->tok.span;

	parser_advance(p);
	if (!m)
		return false;
	m->name = parser_dup(p, p->tok);
	if (!m->name || !parser_expect_name(p, "the name of the macro"))
		return false;
	m->head = parser_since(p, from);
	if (!parse_macro_params(p, m))
		return false;
	if (p->tok.kind != TOK_LBRACE) {
		parser_unexpected(p, "'{' before the body of the macro");
		return false;
	}
	m->body = parse_any_block_expr(p);
	if (!m->body)
		return false;
	m->span = parser_since(p, from);
	*ret = m;
	return true;
}

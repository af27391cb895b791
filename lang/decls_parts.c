/*
 * lang/decls_parts.c -- parts of C definitions: constants, attributes, declarators.
 */
#include "lang/check_priv.h"
#include "lang/const_eval.h"
#include "lang/decls_priv.h"

/* Plain char: an array of it is a string. */
const struct type decl_char = { .kind = TYPE_INT, .size = 1, .is_signed = true };

/* ---- constants ---- */

static bool find_name(void *ctx, const char *name, s64 *ret)
{
	const struct decl_reader *r = ctx;
	const struct type *t = NULL;

	return decls_find_const(r->ds, name, ret, &t);
}

static bool find_size(void *ctx, const struct node *n, s64 *ret)
{
	const struct decl_reader *r = ctx;
	const char *base = n->cast.tn.base;
	const struct type *t;

	if (n->cast.arg && n->cast.arg->kind == NODE_IDENT)
		base = n->cast.arg->ident.name;
	else if (n->cast.arg)
		return false;
	t = type_int_word(base);
	if (!t)
		t = decls_find_type(r->ds, base);
	if (!t && !n->cast.tn.ptr_depth)
		return false;
	*ret = n->cast.tn.ptr_depth ? 8 : t->size;
	if (n->cast.tn.array_len >= 0)
		*ret *= n->cast.tn.array_len;
	return true;
}

bool decl_const_expr(struct decl_reader *r, s64 *ret)
{
	const struct const_names names = { .find = find_name, .size = find_size, .ctx = r };
	struct node *n = parse_expr(&r->p);
	const struct node *bad;
	const char *why;

	if (!n)
		return false;
	if (const_eval(n, &names, ret, &bad, &why))
		return true;
	parser_error(&r->p, bad->span, "%s", why);
	return false;
}

/* ---- attributes ---- */

/* At '(': to behind its ')'. */
static bool skip_parens(struct decl_reader *r)
{
	u32 open = 0;

	do {
		open += r->p.tok.kind == TOK_LPAREN;
		open -= r->p.tok.kind == TOK_RPAREN;
		if (r->p.tok.kind == TOK_END)
			return parser_expect(&r->p, TOK_RPAREN, "here");
		parser_advance(&r->p);
	} while (open);
	return true;
}

static bool read_aligned(struct decl_reader *r, struct decl_attrs *at)
{
	s64 n = 16;

	if (parser_take(&r->p, TOK_LPAREN) &&
	    (!decl_const_expr(r, &n) || !parser_expect(&r->p, TOK_RPAREN, "after the alignment")))
		return false;
	if (n < 1 || n > 4096 || (n & (n - 1))) {
		parser_error(&r->p, r->p.prev.span, "an alignment is a power of two up to 4096");
		return false;
	}
	at->align = (u32)n;
	return true;
}

static bool read_attr(struct decl_reader *r, struct decl_attrs *at)
{
	struct parser *p = &r->p;

	if (parser_is_word(p, "packed") || parser_is_word(p, "__packed__") ||
	    parser_is_word(p, "__packed")) {
		parser_advance(p);
		at->is_packed = true;
		return true;
	}
	if (parser_is_word(p, "aligned") || parser_is_word(p, "__aligned__") ||
	    parser_is_word(p, "__aligned")) {
		parser_advance(p);
		return read_aligned(r, at);
	}
	parser_advance(p); /* another one changes nothing here */
	return p->tok.kind != TOK_LPAREN || skip_parens(r);
}

bool decl_attrs_read(struct decl_reader *r, struct decl_attrs *at)
{
	struct parser *p = &r->p;

	while (true) {
		if (parser_is_word(p, "__packed") || parser_is_word(p, "__aligned")) {
			if (!read_attr(r, at))
				return false;
			continue;
		}
		if (!parser_is_word(p, "__attribute__"))
			return true;
		parser_advance(p);
		if (!parser_expect(p, TOK_LPAREN, "after __attribute__") ||
		    !parser_expect(p, TOK_LPAREN, "after __attribute__"))
			return false;
		while (p->tok.kind != TOK_RPAREN && p->tok.kind != TOK_END) {
			if (!read_attr(r, at))
				return false;
			parser_take(p, TOK_COMMA);
		}
		if (!parser_expect(p, TOK_RPAREN, "after the attribute") ||
		    !parser_expect(p, TOK_RPAREN, "after the attribute"))
			return false;
	}
}

/* ---- declarators ---- */

bool decl_at_qualifier(const struct decl_reader *r)
{
	static const char *const words[] = {
		"const",    "volatile",	  "static",	   "extern",   "inline",       "register",
		"restrict", "__restrict", "__extension__", "__const",  "__volatile__", "__user",
		"__rcu",    "__kernel",	  "__iomem",	   "__percpu", "__signed__",
	};

	for (size_t i = 0; i < countof(words); i++) {
		if (parser_is_word(&r->p, words[i]))
			return true;
	}
	return false;
}

static const struct type *array_of(struct decl_reader *r, const struct type *elem, s64 n)
{
	const struct type *full = decls_complete(r->ds, elem);

	if (!full || full->kind == TYPE_NONE || n < 0 ||
	    (u64)n > TYPE_BYTES_MAX / (full->size ? full->size : 1)) {
		parser_error(&r->p, r->p.prev.span,
			     full ? "this array is too large or too small" :
				    "the type of the elements is not known");
		return NULL;
	}
	if (elem == &decl_char)
		return type_str(r->p.a, (u32)n);
	return type_array(r->p.a, full, (u32)n);
}

/* "[2][3]" is two of three: the last is the innermost. */
static const struct type *read_suffixes(struct decl_reader *r, const struct type *t, u32 depth)
{
	s64 n = 0;

	if (depth > DECL_NEST_MAX) {
		parser_error(&r->p, r->p.tok.span, "too many dimensions");
		return NULL;
	}
	if (r->p.tok.kind == TOK_LPAREN) {
		if (!skip_parens(r))
			return NULL;
		return read_suffixes(r, &type_none, depth + 1);
	}
	if (!parser_take(&r->p, TOK_LBRACKET))
		return t;
	if (r->p.tok.kind != TOK_RBRACKET && !decl_const_expr(r, &n))
		return NULL;
	if (!parser_expect(&r->p, TOK_RBRACKET, "after the number of elements"))
		return NULL;
	t = read_suffixes(r, t, depth + 1);
	return t ? array_of(r, t, n) : NULL;
}

const struct type *decl_declarator(struct decl_reader *r, const struct type *t,
				   const char **ret_name, u32 depth)
{
	struct parser inner, behind;

	while (t && parser_take(&r->p, TOK_STAR)) {
		t = type_ptr(r->p.a, t->kind == TYPE_NONE ? NULL : t, ASPACE_ANY);
		while (decl_at_qualifier(r))
			parser_advance(&r->p);
	}
	if (!t || depth > DECL_NEST_MAX)
		return NULL;
	if (r->p.tok.kind == TOK_LPAREN) { /* (*name)(args): what stands behind goes first */
		inner = r->p;
		if (!skip_parens(r))
			return NULL;
		t = read_suffixes(r, t, 0);
		behind = r->p;
		r->p = inner;
		parser_advance(&r->p);
		t = t ? decl_declarator(r, t, ret_name, depth + 1) : NULL;
		if (!t || !parser_expect(&r->p, TOK_RPAREN, "after the name"))
			return NULL;
		r->p = behind;
		return t;
	}
	if (token_is_word(r->p.tok.kind)) {
		*ret_name = parser_dup(&r->p, r->p.tok);
		parser_advance(&r->p);
	}
	return read_suffixes(r, t, 0);
}

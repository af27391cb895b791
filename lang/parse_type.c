/*
 * lang/parse_type.c -- types as a script writes them.
 *
 *	type = base { "*" } [ "[" [ number ] "]" { "*" } ]
 *	base = ( "struct" | "union" | "enum" ) word | c-word { c-word } | word
 *	     | "(" [ member { "," member } [ "," ] ] ")" | "typeof" "(" expr ")"
 *	member = [ word "=" ] type
 *
 * "(x) ..." is a cast if x is the name of a type, or if no expression could go on with what follows
 * the ')'.
 */
#include "lang/parser_priv.h"

#include "lang/literal.h"

#define PTR_DEPTH_MAX 8

static const char *const c_words[] = { "unsigned", "signed", "long", "short", "int", "char" };

/* Names that are types wherever they stand. */
static const char *const type_words[] = {
	"void", "bool", "_Bool", "double", "string", "buffer", "inet", "typeof",
	"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
	"u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64",
	"__u8", "__u16", "__u32", "__u64", "__s8", "__s16", "__s32", "__s64",
	"__be16", "__be32", "__be64", "__le16", "__le32", "__le64",
};

static bool is_one_of(struct str word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (str_is(word, words[i]))
			return true;
	}
	return false;
}

static bool is_c_word(const struct parser *p)
{
	return p->tok.kind == TOK_IDENT &&
	       is_one_of(parser_text(p, p->tok), c_words, countof(c_words));
}

static bool is_tag(enum token_kind k)
{
	return k == TOK_STRUCT || k == TOK_UNION || k == TOK_ENUM;
}

/* "uint64", "size_t": no expression */
static bool is_type_word(struct str word)
{
	return is_one_of(word, type_words, countof(type_words)) ||
	       is_one_of(word, c_words, countof(c_words)) ||
	       (word.len > 2 && word.s[word.len - 2] == '_' && word.s[word.len - 1] == 't');
}

bool parser_at_type(const struct parser *p)
{
	struct parser ahead = *p;

	if (is_tag(p->tok.kind))
		return true;
	if (p->tok.kind != TOK_IDENT)
		return false;
	if (parser_peek(p).kind != TOK_LPAREN && is_type_word(parser_text(p, p->tok)))
		return true;
	if (parser_is_word(p, "typeof"))
		return true;
	/* "word *)" and "word *,": an operator would need its right side */
	parser_advance(&ahead);
	if (ahead.tok.kind != TOK_STAR)
		return false;
	while (ahead.tok.kind == TOK_STAR)
		parser_advance(&ahead);
	return ahead.tok.kind == TOK_RPAREN || ahead.tok.kind == TOK_COMMA;
}

/* Can an expression not go on with this behind ")"? */
static bool begins_operand(enum token_kind k)
{
	return token_is_word(k) || k == TOK_INT || k == TOK_FLOAT || k == TOK_STR ||
	       k == TOK_VAR || k == TOK_PARAM || k == TOK_MAP || k == TOK_LPAREN ||
	       k == TOK_NOT || k == TOK_TILDE;
}

bool parser_at_cast(const struct parser *p)
{
	struct parser ahead = *p;

	parser_advance(&ahead);
	if (parser_at_type(&ahead))
		return true;
	/* "if (word) stmt" lacks braces and is no cast */
	if (ahead.tok.kind != TOK_IDENT || p->cond_end == p->tok.span.off + 1)
		return false;
	parser_advance(&ahead);
	if (ahead.tok.kind == TOK_LBRACKET) {		/* (word[4])x */
		parser_advance(&ahead);
		parser_take(&ahead, TOK_INT);
		if (!parser_take(&ahead, TOK_RBRACKET))
			return false;
		while (parser_take(&ahead, TOK_STAR))
			;
	}
	return parser_take(&ahead, TOK_RPAREN) && begins_operand(ahead.tok.kind);
}

/* The text of [from, last token taken], blanks made one and none around punctuation. */
static const char *squeeze(struct parser *p, struct span from)
{
	struct lexer lx = lexer_at(p->src, from.off);
	u32 end = p->prev.span.off + p->prev.span.len;
	struct token t, last = { .kind = TOK_END };
	const char *text = NULL;
	struct buf b;

	buf_init(&b, 4096);
	for (t = lexer_next(&lx); t.kind != TOK_END && t.span.off < end; t = lexer_next(&lx)) {
		struct str s = parser_text(p, t);

		if (token_is_word(last.kind) && token_is_word(t.kind))
			buf_putc(&b, ' ');
		buf_put(&b, s.s, s.len);
		last = t;
	}
	if (!b.is_full)
		text = arena_dup(p->a, buf_cstr(&b), b.len);
	else
		parser_error(p, from, "the name of this type is too long");
	buf_fini(&b);
	return text;
}

static struct type_name *parse_member(struct parser *p)
{
	struct type_name *m = arena_new(p->a, struct type_name);
	struct token name = p->tok;
	bool has_name = name.kind == TOK_IDENT && parser_peek(p).kind == TOK_ASSIGN;

	if (has_name) {
		parser_advance(p);
		parser_advance(p);
	}
	if (!m || !parse_type(p, m))
		return NULL;
	if (m->of) {
		parser_error(p, m->span, "typeof() of a value cannot be a member here");
		return NULL;
	}
	m->member_name = has_name ? parser_dup(p, name) : NULL;
	return !has_name || m->member_name ? m : NULL;
}

/* Behind the '(' of a tuple. */
static bool parse_members(struct parser *p, struct type_name *tn)
{
	struct type_name **tail = &tn->members;
	bool ok = parser_enter(p);

	if (!ok)
		return false;
	tn->is_tuple = true;
	while (ok && !parser_take(p, TOK_RPAREN)) {
		*tail = parse_member(p);
		ok = *tail;
		if (ok)
			tail = &(*tail)->next;
		if (ok && !parser_take(p, TOK_COMMA) && p->tok.kind != TOK_RPAREN) {
			parser_unexpected(p, "',' or ')'");
			ok = false;
		}
	}
	parser_leave(p);
	return ok;
}

/* typeof(value); typeof(type) is that type. */
static bool parse_typeof(struct parser *p, struct type_name *tn)
{
	parser_advance(p);
	if (!parser_expect(p, TOK_LPAREN, "after typeof"))
		return false;
	if (parser_at_type(p)) {
		if (!parse_type(p, tn))
			return false;
	} else {
		tn->of = parse_expr(p);
		if (!tn->of)
			return false;
	}
	return parser_expect(p, TOK_RPAREN, "after the argument of typeof");
}

static bool parse_base(struct parser *p, struct type_name *tn)
{
	if (is_tag(p->tok.kind)) {
		parser_advance(p);
		return parser_expect_name(p, "the name of the struct, union or enum");
	}
	if (parser_take(p, TOK_LPAREN))
		return parse_members(p, tn);
	if (is_c_word(p)) {
		while (is_c_word(p))
			parser_advance(p);
		return true;
	}
	if (p->tok.kind != TOK_IDENT) {
		parser_unexpected(p, "a type");
		return false;
	}
	if (parser_is_word(p, "typeof"))
		return parse_typeof(p, tn);
	parser_advance(p);
	return true;
}

static bool parse_array(struct parser *p, struct type_name *tn)
{
	struct int_literal lit = { 0 };
	const char *why;

	tn->array_len = 0;
	if (parser_take(p, TOK_RBRACKET))
		return true;
	if (p->tok.kind != TOK_INT) {
		parser_unexpected(p, "a number of elements");
		return false;
	}
	why = literal_int(parser_text(p, p->tok), &lit);
	if (why || lit.val > INT32_MAX) {
		parser_error(p, p->tok.span, "%s", why ? why : "this array is too large");
		return false;
	}
	parser_advance(p);
	tn->array_len = (s64)lit.val;
	return parser_expect(p, TOK_RBRACKET, "after the number of elements");
}

bool parse_type(struct parser *p, struct type_name *ret)
{
	struct type_name tn = { .array_len = -1 };
	struct span from = p->tok.span;

	if (!parse_base(p, &tn))
		return false;
	if (!tn.base)
		tn.base = squeeze(p, from);
	while (parser_take(p, TOK_STAR))
		tn.ptr_depth++;
	if (tn.ptr_depth > PTR_DEPTH_MAX) {
		parser_error(p, parser_since(p, from), "more than %d '*'", PTR_DEPTH_MAX);
		return false;
	}
	if (parser_take(p, TOK_LBRACKET) && !parse_array(p, &tn))
		return false;
	while (tn.array_len >= 0 && tn.outer_depth < PTR_DEPTH_MAX && parser_take(p, TOK_STAR))
		tn.outer_depth++;
	tn.span = parser_since(p, from);
	*ret = tn;
	return tn.base;
}

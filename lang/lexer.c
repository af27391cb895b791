/*
 * lang/lexer.c -- finds the next token.
 *
 *	token   = word | number | string | "$" word | "$" digits | "$#" | "@" [word] | punctuation
 *	word    = [A-Za-z_] [A-Za-z0-9_]*
 *	number  = [0-9] [A-Za-z0-9_]*		what it means, or that it means nothing: literal.c
 *	string  = '"' { any but '"' '\' newline | '\' any but newline } '"'
 *	blank   = space tab newline, "//" to the end of the line, "/" "*" to "*" "/"
 *
 * (1) Each call moves on by at least one byte unless at the end, whatever the bytes are.
 */
#include "lang/lexer.h"

struct lexer lexer_at(const struct source *src, u32 off)
{
	return (struct lexer){ .src = src, .pos = off < src->len ? off : src->len };
}

static char at(const struct source *src, u32 off)
{
	return off < src->len ? src->text[off] : '\0';
}

static u32 skip_line(const struct source *src, u32 off)
{
	while (off < src->len && src->text[off] != '\n')
		off++;
	return off;
}

/* Behind the comment at @off; src->len if it is open. */
static u32 skip_comment(const struct source *src, u32 off)
{
	for (off += 2; off < src->len; off++) {
		if (src->text[off] == '*' && at(src, off + 1) == '/')
			return off + 2;
	}
	return src->len;
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

u32 lexer_skip_blank(const struct source *src, u32 off)
{
	while (off < src->len) {
		if (is_blank(src->text[off]))
			off++;
		else if (src->text[off] == '/' && at(src, off + 1) == '/')
			off = skip_line(src, off);
		else if (src->text[off] == '/' && at(src, off + 1) == '*')
			off = skip_comment(src, off);
		else
			break;
	}
	return off;
}

static u32 word_end(const struct source *src, u32 off)
{
	while (char_is_word(at(src, off)))
		off++;
	return off;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static struct token make(struct lexer *lx, enum token_kind k, u32 end)
{
	struct token t = { .kind = k, .span = { lx->pos, end - lx->pos } };

	lx->pos = end;
	return t;
}

static struct token make_bad(struct lexer *lx, u32 end, const char *why, const char *hint)
{
	struct token t = make(lx, TOK_BAD, end);

	t.bad = why;
	t.hint = hint;
	return t;
}

static struct token lex_word(struct lexer *lx)
{
	u32 end = word_end(lx->src, lx->pos);
	struct str word = { lx->src->text + lx->pos, end - lx->pos };

	return make(lx, token_word_kind(word), end);
}

static bool is_decimal(const struct source *src, u32 from, u32 to)
{
	for (; from < to; from++) {
		if (!is_digit(at(src, from)) && at(src, from) != '_')
			return false;
	}
	return true;
}

/* Behind digits: the end of "e-3", where there is such an exponent; else @end. */
static u32 signed_exponent(const struct source *src, u32 from, u32 end)
{
	bool has_e = end > from && (at(src, end - 1) | 0x20) == 'e';

	if (!has_e || (at(src, end) != '-' && at(src, end) != '+') || !is_digit(at(src, end + 1)))
		return end;
	return word_end(src, end + 1);
}

/* A fraction or a negative exponent makes it a floating-point number; "1e6" is an integer. */
static struct token lex_number(struct lexer *lx)
{
	const struct source *src = lx->src;
	u32 end = lx->pos, exp;

	if (lx->last == TOK_DOT) {	/* member of a tuple: $t.0.1 */
		while (is_digit(at(src, end)))
			end++;
		return make(lx, TOK_INT, end);
	}
	end = word_end(src, end);
	if (at(src, end) == '.' && is_digit(at(src, end + 1)) && is_decimal(src, lx->pos, end)) {
		u32 from = end + 1;

		end = word_end(src, from);
		return make(lx, TOK_FLOAT, signed_exponent(src, from, end));
	}
	exp = signed_exponent(src, lx->pos, end);
	if (exp > end && is_decimal(src, lx->pos, end - 1))
		return make(lx, TOK_FLOAT, exp);
	return make(lx, TOK_INT, end);
}

static struct token lex_string(struct lexer *lx)
{
	const struct source *src = lx->src;
	u32 end = lx->pos + 1;

	while (end < src->len && src->text[end] != '"' && src->text[end] != '\n') {
		bool is_escape = src->text[end] == '\\' && at(src, end + 1) != '\n';

		end += is_escape && end + 1 < src->len ? 2 : 1;
	}
	if (at(src, end) == '"')
		return make(lx, TOK_STR, end + 1);
	return make_bad(lx, end, "this string has no end",
			"close it with '\"' on the same line; \\n is a line break, \\\" a quote");
}

static struct token lex_dollar(struct lexer *lx)
{
	const struct source *src = lx->src;
	char c = at(src, lx->pos + 1);
	u32 end = lx->pos + 1;

	if (c == '#')
		return make(lx, TOK_PARAM, end + 1);
	if (is_digit(c)) {
		while (is_digit(at(src, end)))
			end++;
		return make(lx, TOK_PARAM, end);
	}
	if (!char_is_word(c))
		return make_bad(lx, end, "a name must follow '$'",
				"$x is a variable, $1 a parameter, $# the number of parameters");
	return make(lx, TOK_VAR, word_end(src, end));
}

static struct token lex_map(struct lexer *lx)
{
	u32 end = lx->pos + 1;

	if (is_digit(at(lx->src, end)))
		return make_bad(lx, word_end(lx->src, end),
				"the name of a map begins with a letter or '_'", NULL);
	return make(lx, TOK_MAP, word_end(lx->src, end));
}

static struct token lex_char_literal(struct lexer *lx)
{
	const struct source *src = lx->src;
	u32 end = lx->pos + 1;

	while (end < src->len && src->text[end] != '\'' && src->text[end] != '\n')
		end++;
	if (at(src, end) == '\'')
		end++;
	return make_bad(lx, end, "there are no character literals",
			"write a string in double quotes, or the number of the character");
}

static struct token lex_punct(struct lexer *lx)
{
	struct str rest = { lx->src->text + lx->pos, lx->src->len - lx->pos };
	u32 len, end = lx->pos + 1;
	enum token_kind k = token_punct(rest, &len);

	if (k != TOK_BAD)
		return make(lx, k, lx->pos + len);
	/* All bytes of a character that is not ASCII, so that it is reported once. */
	while (((u8)at(lx->src, end) & 0xc0) == 0x80)
		end++;
	return make_bad(lx, end, "this character has no meaning here", NULL);
}

static struct token lex_at(struct lexer *lx)
{
	char c = at(lx->src, lx->pos);

	if (lx->pos >= lx->src->len)
		return make(lx, TOK_END, lx->pos);
	if (is_digit(c))
		return lex_number(lx);
	if (char_is_word(c))
		return lex_word(lx);
	switch (c) {
	case '"': return lex_string(lx);
	case '$': return lex_dollar(lx);
	case '@': return lex_map(lx);
	case '\'': return lex_char_literal(lx);
	default: return lex_punct(lx);
	}
}

/*
 * Does an open comment end the blanks from @from on, which go up to the end of the text? *ret is
 * where it begins.
 */
static bool find_open_comment(const struct source *src, u32 from, u32 *ret)
{
	while (from < src->len) {
		bool is_comment = src->text[from] == '/' && at(src, from + 1) == '*';
		u32 end = is_comment ? skip_comment(src, from) : from + 1;

		if (is_comment && end == src->len &&
		    (end - from < 4 || src->text[end - 2] != '*' || src->text[end - 1] != '/')) {
			*ret = from;
			return true;
		}
		if (!is_comment && src->text[from] == '/')
			end = skip_line(src, from);
		from = end;
	}
	return false;
}

static bool is_line_start(const struct source *src, u32 off)
{
	while (off && src->text[off - 1] != '\n' && is_blank(src->text[off - 1]))
		off--;
	return !off || src->text[off - 1] == '\n';
}

struct token lexer_next(struct lexer *lx)
{
	u32 to = lexer_skip_blank(lx->src, lx->pos);
	struct token t;

	if (to == lx->src->len && find_open_comment(lx->src, lx->pos, &lx->pos))
		return make_bad(lx, to, "this comment has no end", "close it with '*/'");
	lx->pos = to;
	t = lex_at(lx);
	t.is_line_start = is_line_start(lx->src, to);
	lx->last = t.kind;
	return t;
}

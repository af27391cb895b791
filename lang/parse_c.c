/*
 * lang/parse_c.c -- preprocessor lines and C definitions: found by their ends and kept as text for
 * a C parser.
 *
 *	preprocessor = "#" any { "\" newline any } newline
 *	definition   = ( "struct" | "union" | "enum" | "typedef" ) any [ "{" any "}" ] any ";"
 *
 * The ';' behind a '}' may be missing, unless a declarator follows.
 */
#include "lang/parser_priv.h"

#include <string.h>

bool parse_preprocessor(struct parser *p, struct buf *out)
{
	const struct source *src = p->src;
	u32 from = p->tok.span.off, end = from;

	while (end < src->len && (src->text[end] != '\n' || src->text[end - 1] == '\\'))
		end++;
	buf_put(out, src->text + from, end - from);
	buf_putc(out, '\n');
	parser_seek(p, end);
	return true;
}

/* Behind the string or character literal at @off. */
static u32 skip_quoted(const struct source *src, u32 off)
{
	char quote = src->text[off++];

	while (off < src->len && src->text[off] != quote && src->text[off] != '\n')
		off += src->text[off] == '\\' && off + 1 < src->len ? 2 : 1;
	return off < src->len ? off + 1 : src->len;
}

struct c_scan {
	const struct source *src;
	u32 off, open;
	bool is_typedef, is_done;
};

static void scan_step(struct c_scan *s);

/*
 * Behind the attributes that follow @off: "__attribute__" and something in parentheses. @off if
 * there are none.
 */
static u32 skip_attributes(const struct source *src, u32 off)
{
	static const char word[] = "__attribute__";
	u32 next = lexer_skip_blank(src, off);

	while (str_has_prefix((struct str){ src->text + next, src->len - next }, word)) {
		struct c_scan args = { .src = src };

		args.off = lexer_skip_blank(src, next + (u32)strlen(word));
		do
			scan_step(&args);
		while (args.open && args.off < src->len);
		off = args.off;
		next = lexer_skip_blank(src, off);
	}
	return off;
}

/*
 * At a '}'. One that closes the definition ends it, unless ';' or (of a typedef) the new name
 * follows.
 */
static void scan_close(struct c_scan *s)
{
	s->off++;
	if (s->open)
		s->open--;
	if (s->open || s->is_typedef)
		return;
	s->off = skip_attributes(s->src, s->off);
	s->is_done = s->src->text[lexer_skip_blank(s->src, s->off)] != ';';
}

/* One step; the whole definition is done at a ';' or '}' outside of brackets. */
static void scan_step(struct c_scan *s)
{
	u32 next = lexer_skip_blank(s->src, s->off);

	if (next != s->off || next >= s->src->len) {
		s->off = next;
		return;
	}
	switch (s->src->text[s->off]) {
	case '"':
	case '\'':
		s->off = skip_quoted(s->src, s->off);
		return;
	case '{':
	case '(':
		s->open++;
		break;
	case '}':
		scan_close(s);
		return;
	case ')':
		s->open -= s->open > 0;
		break;
	case ';':
		s->is_done = !s->open;
		break;
	}
	s->off++;
}

bool parse_c_definition(struct parser *p, struct buf *out, struct span *ret)
{
	u32 from = p->tok.span.off;
	struct c_scan s = { .src = p->src, .off = from };

	s.is_typedef = parser_is_word(p, "typedef");
	while (!s.is_done && s.off < p->src->len)
		scan_step(&s);
	if (!s.is_done) {
		parser_error(p, p->tok.span, "this C definition has no end");
		parser_seek(p, p->src->len);
		return false;
	}
	buf_put(out, p->src->text + from, s.off - from);
	buf_puts(out, p->src->text[s.off - 1] == ';' ? "\n" : ";\n");
	parser_seek(p, s.off);
	*ret = (struct span){ from, s.off - from };
	return true;
}

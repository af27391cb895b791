/*
 * lang/parse_probe.c -- probe specifications, scanned byte by byte: they are no tokens, since
 * paths, addresses and wildcards may stand in them.
 *
 *	probes = spec { "," spec } [ "," ]
 *	spec   = [ word "=" ] part { ":" part }
 *	part   = { any but blank , { } ; : | '"' any '"' | "$" digits }
 *
 * A '/' belongs to the specification if a path goes on there: at the beginning of a part, in a part
 * that began with '/' or '.', or where a ':' follows before anything that no path contains.  Else
 * it begins the predicate.
 *
 * A parameter is replaced before the text is split, so that "$1" may hold several parts.
 */
#include "lang/parser_priv.h"

#include <stdlib.h>
#include <string.h>

#define SPEC_MAX 65536		/* bytes, parameters replaced */

struct scan {
	struct parser *p;
	const char *text;	/* of the source; a NUL behind it */
	u32 pos;
	u32 part_pos;		/* where in the source the part began */
	struct buf out;		/* as written */
	struct buf part;	/* the part, without quotes */
	struct probe_spec *spec;
};

static bool is_spec_end(char c)
{
	return (c >= '\0' && c <= ' ') || strchr(",{};", c);
}

static bool is_path_char(char c)
{
	return char_is_word(c) || (c && strchr("-./+*@#$~%", c));
}

static bool slash_is_path(const struct scan *s)
{
	u32 i = s->pos + 1;

	if (s->pos == s->part_pos || strchr("/.", s->text[s->part_pos]))
		return true;
	while (is_path_char(s->text[i]))
		i++;
	return s->text[i] == ':' && i > s->pos + 1;
}

static bool end_part(struct scan *s)
{
	struct probe_spec *spec = s->spec;
	struct span sp = { s->part_pos, s->pos - s->part_pos };

	if (spec->part_cnt == PROBE_PART_MAX) {
		parser_error(s->p, sp, "a probe has at most %d parts", PROBE_PART_MAX);
		return false;
	}
	spec->parts[spec->part_cnt] = arena_dup(s->p->a, buf_cstr(&s->part), s->part.len);
	if (!spec->parts[spec->part_cnt])
		return false;
	spec->part_spans[spec->part_cnt++] = sp;
	buf_reset(&s->part);
	return true;
}

/* A byte of the specification, from the script or a parameter. */
static bool put(struct scan *s, char c, bool is_quoted)
{
	if (c != ':' || is_quoted) {
		buf_putc(&s->part, c);
		return true;
	}
	return end_part(s);
}

static bool scan_quoted(struct scan *s)
{
	struct span sp = { s->pos, 1 };

	buf_putc(&s->out, s->text[s->pos++]);
	while (s->text[s->pos] != '"') {
		if (!s->text[s->pos] || s->text[s->pos] == '\n') {
			parser_error(s->p, sp, "this string has no end");
			return false;
		}
		buf_putc(&s->out, s->text[s->pos]);
		buf_putc(&s->part, s->text[s->pos++]);
	}
	buf_putc(&s->out, s->text[s->pos++]);
	return true;
}

static bool scan_param(struct scan *s)
{
	const struct parse_opts *o = s->p->opts;
	char *end;
	unsigned long n = strtoul(s->text + s->pos + 1, &end, 10);
	struct span sp = { s->pos, (u32)(end - s->text) - s->pos };

	if (!n || !o || n > (unsigned long)o->param_cnt) {
		struct diag *g = parser_error(s->p, sp, "the probe needs parameter " STR_FMT,
					      STR_ARG(source_text(s->p->src, sp)));

		diag_hint(s->p->d, g, "parameters follow the script on the command line");
		return false;
	}
	s->pos += sp.len;
	for (const char *c = o->params[n - 1]; *c; c++) {
		buf_putc(&s->out, *c);
		if (!put(s, *c, false))
			return false;
		if (*c == ':')
			s->part_pos = sp.off;
	}
	return true;
}

/* name=probe */
static bool take_name(struct scan *s)
{
	char *name = arena_dup(s->p->a, buf_cstr(&s->part), s->part.len);

	s->spec->name = name;
	s->part_pos = ++s->pos;
	buf_reset(&s->part);
	buf_reset(&s->out);
	return name;
}

static bool scan_byte(struct scan *s)
{
	char c = s->text[s->pos];

	if (c == '"')
		return scan_quoted(s);
	if (c == '$' && s->text[s->pos + 1] >= '0' && s->text[s->pos + 1] <= '9')
		return scan_param(s);
	if (c == '=' && !s->spec->part_cnt && !s->spec->name && s->part.len)
		return take_name(s);
	buf_putc(&s->out, c);
	if (!put(s, c, false))
		return false;
	s->pos++;
	if (c == ':')
		s->part_pos = s->pos;
	return true;
}

static bool scan_spec(struct scan *s)
{
	u32 from = s->pos;

	s->part_pos = from;
	while (s->pos < s->p->src->len && !is_spec_end(s->text[s->pos])) {
		if (s->text[s->pos] == '/' && !slash_is_path(s))
			break;
		if (!scan_byte(s))
			return false;
	}
	s->spec->span = (struct span){ from, s->pos - from };
	if (!s->out.len) {
		parser_seek(s->p, from);
		parser_unexpected(s->p, "a probe");
		return false;
	}
	if (s->out.is_full || s->part.is_full) {
		parser_error(s->p, s->spec->span, "this probe is too long");
		return false;
	}
	if (!end_part(s))
		return false;
	s->spec->text = arena_dup(s->p->a, buf_cstr(&s->out), s->out.len);
	return s->spec->text;
}

static struct probe_spec *parse_spec(struct parser *p, u32 *pos)
{
	struct scan s = { .p = p, .text = p->src->text, .pos = *pos };
	bool ok;

	s.spec = arena_new(p->a, struct probe_spec);
	if (!s.spec)
		return NULL;
	buf_init(&s.out, SPEC_MAX);
	buf_init(&s.part, SPEC_MAX);
	ok = scan_spec(&s);
	buf_fini(&s.out);
	buf_fini(&s.part);
	*pos = lexer_skip_blank(p->src, s.pos);
	return ok ? s.spec : NULL;
}

/* "a :b" or "a: b" */
static bool has_blank_inside(struct parser *p, const struct probe_spec *spec, u32 pos)
{
	const char *last = spec->parts[spec->part_cnt - 1];
	char next = p->src->text[pos];
	bool is_split = next == ':' || (!*last && (char_is_word(next) || next == '*'));
	struct diag *g;

	if (!is_split)
		return false;
	g = parser_error(p, (struct span){ pos, 1 }, "expected '{' or a /predicate/, found '%c'",
			 next);
	diag_hint(p->d, g, "the parts of a probe are written without blanks between them");
	return true;
}

bool parse_probes(struct parser *p, struct probe_spec **ret)
{
	struct probe_spec **tail = ret;
	u32 pos = p->tok.span.off;
	bool ok = true, more = true;

	*ret = NULL;
	while (ok && more) {
		*tail = parse_spec(p, &pos);
		ok = *tail && !has_blank_inside(p, *tail, pos);
		if (!ok)
			break;
		tail = &(*tail)->next;
		more = p->src->text[pos] == ',';
		if (more)
			pos = lexer_skip_blank(p->src, pos + 1);
		if (more && (p->src->text[pos] == '{' || p->src->text[pos] == '/'))
			more = false;
	}
	parser_seek(p, pos);
	return ok;
}

/*
 * lang/printf_fmt.c -- see the header for the form.
 *
 * Text pieces own their bytes only where "%%" had to be resolved; it is simply cut there into two
 * pieces, so every text piece is a slice of the format.
 */
#include "lang/printf_fmt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char too_many[] = "the format has too many parts";

struct fmt_parse {
	struct str fmt;
	size_t pos;
	struct fmt_piece *pieces;
	u32 n, args;
};

static bool is_at(const struct fmt_parse *p, size_t pos, char c)
{
	return pos < p->fmt.len && p->fmt.s[pos] == c;
}

static bool is_digit_at(const struct fmt_parse *p, size_t pos)
{
	return pos < p->fmt.len && p->fmt.s[pos] >= '0' && p->fmt.s[pos] <= '9';
}

/* Number or '*'; widths beyond 9999 are cut, nobody has that many columns. */
static size_t read_number(const struct fmt_parse *p, size_t pos, bool *ret_star, int *ret)
{
	int v = 0;

	if (is_at(p, pos, '*')) {
		*ret_star = true;
		*ret = -1;
		return pos + 1;
	}
	for (; is_digit_at(p, pos); pos++)
		v = v < 1000 ? v * 10 + (p->fmt.s[pos] - '0') : 9999;
	*ret = v;
	return pos;
}

static size_t read_flags(const struct fmt_parse *p, size_t pos, struct fmt_piece *pc)
{
	for (; pos < p->fmt.len; pos++) {
		switch (p->fmt.s[pos]) {
		case '-':
			pc->minus = true;
			break;
		case '+':
			pc->plus = true;
			break;
		case ' ':
			pc->space = true;
			break;
		case '#':
			pc->alt = true;
			break;
		case '0':
			pc->zero = true;
			break;
		default:
			return pos;
		}
	}
	return pos;
}

static size_t read_length(const struct fmt_parse *p, size_t pos, struct fmt_piece *pc)
{
	pc->int_sz = 4;
	if (is_at(p, pos, 'h')) {
		pc->int_sz = is_at(p, pos + 1, 'h') ? 1 : 2;
		return pos + (pc->int_sz == 1 ? 2 : 1);
	}
	while (pos < p->fmt.len && strchr("lLjzt", p->fmt.s[pos])) {
		pc->int_sz = 8;
		pos++;
	}
	return pos;
}

/* The conversion letter at @pos: bytes used, 0 if it is none. */
static size_t read_conv(const struct fmt_parse *p, size_t pos, struct fmt_piece *pc)
{
	char c = pos < p->fmt.len ? p->fmt.s[pos] : '\0';

	pc->letter = c;
	if (c && strchr("diuxXo", c)) {
		pc->conv = FMT_INT;
	} else if (c == 'c') {
		pc->conv = FMT_CHAR;
	} else if (c == 'p') {
		pc->conv = FMT_PTR;
		pc->int_sz = 8;
	} else if (c == 's') {
		pc->conv = FMT_STR;
	} else if (c == 'g' && is_at(p, pos + 1, 'r')) {
		pc->conv = FMT_GFP;
		pc->int_sz = 8;
		return 2;
	} else if (c && strchr("fFeEgG", c)) {
		pc->conv = FMT_FLOAT;
	} else if (c == 'r') {
		pc->conv = FMT_BUF;
		if (is_at(p, pos + 1, 'x') || is_at(p, pos + 1, 'h')) {
			pc->letter = p->fmt.s[pos + 1];
			return 2;
		}
	} else {
		return 0;
	}
	return 1;
}

static struct fmt_piece *add_piece(struct fmt_parse *p)
{
	struct fmt_piece *pc;

	if (p->n == FMT_PIECES_MAX)
		return NULL;
	pc = &p->pieces[p->n++];
	*pc = (struct fmt_piece){ .width = -1, .prec = -1, .arg = -1 };
	return pc;
}

/* Text from p->pos to @end, joined to a text piece that ends there. */
static bool add_text(struct fmt_parse *p, size_t end)
{
	struct fmt_piece *last = p->n ? &p->pieces[p->n - 1] : NULL;
	const char *s = p->fmt.s + p->pos;
	size_t len = end - p->pos;

	p->pos = end;
	if (!len)
		return true;
	if (last && last->conv == FMT_TEXT && last->text.s + last->text.len == s) {
		last->text.len += len;
		return true;
	}
	last = add_piece(p);
	if (!last)
		return false;
	last->conv = FMT_TEXT;
	last->text = (struct str){ s, len };
	return true;
}

static int refuse(struct fmt_error *e, size_t off, const char *what, char c)
{
	e->off = off;
	if (c)
		snprintf(e->msg, sizeof(e->msg), "%%%c %s", c, what);
	else
		snprintf(e->msg, sizeof(e->msg), "%s", what);
	return -EINVAL;
}

/* At a '%'. */
static int read_spec(struct fmt_parse *p, struct fmt_error *e)
{
	struct fmt_piece pc = { .width = -1, .prec = -1 }, *dst;
	size_t start = p->pos, pos = start + 1, n;

	if (is_at(p, pos, '%')) {
		p->pos = pos;
		return add_text(p, pos + 1) ? 0 : refuse(e, start, too_many, 0);
	}
	pos = read_flags(p, pos, &pc);
	pos = read_number(p, pos, &pc.star_width, &pc.width);
	if (!pc.width)
		pc.width = -1;
	if (is_at(p, pos, '.')) {
		pc.prec = 0;
		pos = read_number(p, pos + 1, &pc.star_prec, &pc.prec);
	}
	pos = read_length(p, pos, &pc);
	n = read_conv(p, pos, &pc);
	if (!n && is_at(p, pos, '%')) {
		p->pos = pos;
		return add_text(p, pos + 1) ? 0 : refuse(e, start, too_many, 0);
	}
	if (!n && pos < p->fmt.len && strchr("aAn", p->fmt.s[pos]))
		return refuse(e, start, "is not supported", p->fmt.s[pos]);
	if (!n)
		return add_text(p, start + 1) ? 0 : refuse(e, start, too_many, 0);
	pc.arg = p->args++;
	dst = add_piece(p);
	if (!dst)
		return refuse(e, start, too_many, 0);
	*dst = pc;
	p->pos = pos + n;
	return 0;
}

u32 printf_fmt_take_stars(struct fmt_piece *pieces, u32 n)
{
	int args = 0;

	for (u32 i = 0; i < n; i++) {
		struct fmt_piece *pc = &pieces[i];

		if (pc->conv == FMT_TEXT)
			continue;
		if (pc->star_width)
			pc->width_arg = (u32)++args;
		if (pc->star_prec)
			pc->prec_arg = (u32)++args;
		pc->arg = args++;
	}
	return (u32)args;
}

int printf_fmt_parse(struct str fmt, struct arena *a, struct fmt_piece **ret, u32 *ret_n,
		     u32 *ret_args, struct fmt_error *e)
{
	struct fmt_parse p = { .fmt = fmt };
	/* A piece needs a byte of format at least. */
	size_t room = fmt.len < FMT_PIECES_MAX ? fmt.len : FMT_PIECES_MAX;
	int rc;

	p.pieces = arena_new_n(a, struct fmt_piece, room + 1);
	if (!p.pieces)
		return -ENOMEM;
	while (p.pos < fmt.len) {
		const char *pct = memchr(fmt.s + p.pos, '%', fmt.len - p.pos);

		if (!add_text(&p, pct ? (size_t)(pct - fmt.s) : fmt.len))
			return refuse(e, p.pos, too_many, 0);
		if (!pct)
			break;
		rc = read_spec(&p, e);
		if (rc)
			return rc;
	}
	*ret = p.pieces;
	*ret_n = p.n;
	*ret_args = p.args;
	return 0;
}

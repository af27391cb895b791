/*
 * lang/printf_text.c -- printf() of the language.
 *
 * Integers are cut to the size that the conversion names (four bytes without a length modifier).
 * 0.17 formats with C's rules; 0.27 makes the text first and then fills it to the width, with '0'
 * where the zero flag was given, on either side; it ignores the space flag and the precision of
 * numbers (that of texts cuts, though not in bpftrace 0.27).
 */
#include "lang/printf_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lang/float_text.h"
#include "lang/packed.h"

#define ARGS_MAX 128
#define WIDTH_MAX (1 << 16)

static u64 cut(s64 v, const struct fmt_piece *p, bool is_signed)
{
	u32 bits = 64 - 8 * (p->int_sz && p->int_sz < 8 ? p->int_sz : 8);

	if (is_signed)
		return (u64)((s64)((u64)v << bits) >> bits);
	return (u64)v << bits >> bits;
}

static void put_padded(const struct fmt_piece *p, const char *s, size_t len, struct buf *out)
{
	size_t width = p->width > 0 ? (size_t)p->width : 0, fill = 0;
	char pad = p->zero ? '0' : ' ';

	if (width > WIDTH_MAX)
		width = WIDTH_MAX;
	if (width > len)
		fill = width - len;
	if (!p->minus)
		buf_fill(out, pad, fill);
	buf_put(out, s, len);
	if (p->minus)
		buf_fill(out, pad, fill);
}

/* The C format for one argument: flags, width, precision and then @conv. */
static void c_format(const struct fmt_piece *p, const char *conv, char *out, size_t sz)
{
	char width[16] = "", prec[16] = "";

	if (p->width >= 0)
		snprintf(width, sizeof(width), "%d", p->width < WIDTH_MAX ? p->width : WIDTH_MAX);
	if (p->prec >= 0)
		snprintf(prec, sizeof(prec), ".%d", p->prec < WIDTH_MAX ? p->prec : WIDTH_MAX);
	snprintf(out, sz, "%%%s%s%s%s%s%s%s%s", p->minus ? "-" : "", p->plus ? "+" : "",
		 p->space ? " " : "", p->alt ? "#" : "", p->zero ? "0" : "", width, prec, conv);
}

static void put_int_c(const struct fmt_piece *p, u64 v, struct buf *out)
{
	char conv[] = { 'l', 'l', p->letter == 'p' ? 'x' : p->letter, '\0' };
	struct fmt_piece q = *p;
	char fmt[64];

	if (p->letter == 'p') {
		if (!v) {
			put_padded(p, "(nil)", 5, out);
			return;
		}
		q.alt = true;
	}
	c_format(&q, conv, fmt, sizeof(fmt));
	buf_printf(out, fmt, v);	/* made above for exactly one u64 */
}

static void put_int_fill(const struct fmt_piece *p, u64 v, struct buf *out)
{
	const char *sign = p->plus && (s64)v >= 0 ? "+" : "";
	bool alt = (p->alt || p->letter == 'p') && v;
	char text[40];
	int n;

	switch (p->letter) {
	case 'x':
	case 'p':
		n = snprintf(text, sizeof(text), "%s%" PRIx64, alt ? "0x" : "", v);
		break;
	case 'X':
		n = snprintf(text, sizeof(text), "%s%" PRIX64, alt ? "0X" : "", v);
		break;
	case 'o':
		n = snprintf(text, sizeof(text), "%s%" PRIo64, alt ? "0" : "", v);
		break;
	case 'u':
		n = snprintf(text, sizeof(text), "%" PRIu64, v);
		break;
	default:
		n = snprintf(text, sizeof(text), "%s%" PRId64, sign, (s64)v);
	}
	put_padded(p, text, (size_t)n, out);
}

static void put_int(const struct printf_form *f, const struct fmt_piece *p, s64 v, struct buf *out)
{
	bool is_signed = p->letter == 'd' || p->letter == 'i';
	u64 n = p->letter == 'p' ? (u64)v : cut(v, p, is_signed);

	if (f->compat == COMPAT_17)
		put_int_c(p, n, out);
	else
		put_int_fill(p, n, out);
}

static void put_char(const struct printf_form *f, const struct fmt_piece *p, s64 v, struct buf *out)
{
	char ch = (char)v;

	/* 0.17 takes the formatted piece as a C string */
	if (f->compat == COMPAT_17 && !ch)
		put_padded(p, "", p->width > 1 ? 1 : 0, out);
	else
		put_padded(p, &ch, 1, out);
}

/* %rx: every byte as \xNN; %rh: "0a fe". */
static void put_hex(const struct fmt_piece *p, struct cursor *c, struct buf *out)
{
	u32 sz = cursor_u32(c);
	const u8 *bytes = cursor_bytes(c, sz);

	for (u32 i = 0; bytes && i < sz; i++)
		buf_printf(out, p->letter == 'h' ? "%s%02x" : "%s\\x%02x",
			   p->letter == 'h' && i ? " " : "", bytes[i]);
}

static void put_str(const struct printf_form *f, const struct fmt_piece *p, const struct type *t,
		    struct cursor *c, struct buf *out)
{
	struct buf text;
	size_t len;

	buf_init(&text, 1 << 20);
	if (p->conv == FMT_BUF && p->letter != 'r')
		put_hex(p, c, &text);
	else
		f->value(f->ctx, t, c, &text);
	len = text.len;
	if (p->prec >= 0 && len > (size_t)p->prec)
		len = (size_t)p->prec;
	put_padded(p, (const char *)text.data, len, out);
	buf_fini(&text);
}

static void put_gfp(const struct printf_form *f, const struct fmt_piece *p, u64 v, struct buf *out)
{
	struct buf text;

	buf_init(&text, 1 << 16);
	if (f->gfp && v)
		f->gfp(f->ctx, v, &text);
	else
		buf_printf(&text, v ? "0x%" PRIx64 : "%" PRIx64, v);
	put_padded(p, (const char *)text.data, text.len, out);
	buf_fini(&text);
}

/* As C does, whatever the version; an integer becomes a double first. */
static void put_float(const struct fmt_piece *p, const struct type *t, s64 word, struct buf *out)
{
	bool is_signed = t->kind == TYPE_INT && t->is_signed;
	char conv[] = { p->letter, '\0' }, fmt[64];
	double v;

	if (t->kind == TYPE_FLOAT)
		v = float_of_bits(word);
	else
		v = is_signed ? (double)word : (double)(u64)word;
	c_format(p, conv, fmt, sizeof(fmt));
	buf_printf(out, fmt, v != v ? __builtin_nan("") : v); /* of one sign */
}

static void put_piece(const struct printf_form *f, const struct fmt_piece *p, const struct type *t,
		      struct cursor c, struct buf *out)
{
	switch (p->conv) {
	case FMT_TEXT:
		buf_put(out, p->text.s, p->text.len);
		break;
	case FMT_STR:
	case FMT_BUF:
		put_str(f, p, t, &c, out);
		break;
	case FMT_GFP:
		put_gfp(f, p, cursor_u64(&c), out);
		break;
	case FMT_FLOAT:
		put_float(p, t, (s64)cursor_u64(&c), out);
		break;
	case FMT_CHAR:
		put_char(f, p, (s64)cursor_u64(&c), out);
		break;
	default:
		put_int(f, p, (s64)cursor_u64(&c), out);
	}
}

/* 0.17 does not look into the format behind its last conversion: %% stays as it is. */
static bool is_tail_17(const struct printf_form *f, const struct action *a, u32 piece)
{
	if (f->compat != COMPAT_17)
		return false;
	for (u32 i = piece; i < a->piece_cnt; i++)
		if (a->pieces[i].conv != FMT_TEXT)
			return false;
	return true;
}

static void put_percents_twice(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.s[i] == '%')
			buf_putc(out, '%');
		buf_putc(out, s.s[i]);
	}
}

/* What an argument says of a width or a precision. */
static int number_of(const struct cursor *at, u32 n, u32 arg)
{
	struct cursor c;
	s64 v;

	if (arg > n)
		return -1;
	c = at[arg - 1];
	v = (s64)cursor_u64(&c);
	return v > WIDTH_MAX ? WIDTH_MAX : v < -WIDTH_MAX ? -WIDTH_MAX : (int)v;
}

/* A width below 0 is one on the other side, a precision below 0 none, as in C. */
static struct fmt_piece with_stars(const struct fmt_piece *p, const struct cursor *at, u32 n)
{
	struct fmt_piece q = *p;

	if (p->width_arg) {
		q.width = number_of(at, n, p->width_arg);
		q.minus = q.minus || q.width < 0;
		q.width = q.width < 0 ? -q.width : q.width;
	}
	if (p->prec_arg)
		q.prec = number_of(at, n, p->prec_arg);
	return q;
}

void printf_text(const struct printf_form *f, const struct action *a, struct cursor args,
		   struct buf *out)
{
	struct cursor at[ARGS_MAX];
	u32 n = a->arg_cnt < ARGS_MAX ? a->arg_cnt : ARGS_MAX;

	for (u32 i = 0; i < n; i++) {
		at[i] = args;
		packed_skip(a->arg_types[i], &args);
	}
	for (u32 i = 0; i < a->piece_cnt; i++) {
		const struct fmt_piece *p = &a->pieces[i];
		struct fmt_piece q = with_stars(p, at, n);

		if (p->conv == FMT_TEXT && is_tail_17(f, a, i))
			put_percents_twice(p->text, out);
		else if (p->conv == FMT_TEXT)
			put_piece(f, p, NULL, cursor_over("", 0), out);
		else if (p->arg >= 0 && (u32)p->arg < n)
			put_piece(f, &q, a->arg_types[p->arg], at[p->arg], out);
	}
}

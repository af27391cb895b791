/*
 * record/gfp_names.c -- the list of flags in the format of kmem:kmalloc.
 *
 *	__print_flags(REC->gfp_flags, "|", {( unsigned long)((( gfp_t)0x400u)|...), "GFP_ATOMIC"},
 *		      ...)
 *
 * A value is an expression of C with casts, written out by the kernel's preprocessor:
 *
 *	or    = and { "|" and }      and   = shift { "&" shift }
 *	shift = unary { "<<" unary } unary = "~" unary | "(" type ")" unary | "(" or ")" | number
 *
 * (1) A list that does not look like this ends where it stops doing so.
 */
#include "record/gfp_names.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"

#define FORMAT_MAX (256u << 10)
#define NEST_MAX   64
#define FLAGS_MAX  128

struct expr {
	const char *p;
	int depth;
	bool is_bad;
};

static u64 read_or(struct expr *e);

static void skip_blanks(struct expr *e)
{
	while (*e->p == ' ' || *e->p == '\t')
		e->p++;
}

static bool take(struct expr *e, const char *s)
{
	skip_blanks(e);
	if (strncmp(e->p, s, strlen(s)))
		return false;
	e->p += strlen(s);
	return true;
}

/* "( unsigned long)", "( gfp_t)": words only. */
static bool take_cast(struct expr *e)
{
	const char *p = e->p;

	if (*p != '(')
		return false;
	p += 1 + strspn(p + 1, " ");
	if (!isalpha((unsigned char)*p))
		return false;
	while (isalnum((unsigned char)*p) || *p == '_' || *p == ' ')
		p++;
	if (*p != ')')
		return false;
	e->p = p + 1;
	return true;
}

static u64 read_number(struct expr *e)
{
	char *end;
	u64 v;

	errno = 0;
	v = strtoull(e->p, &end, 0);
	if (end == e->p || errno)
		e->is_bad = true;
	e->p = end + strspn(end, "uUlL");
	return v;
}

static u64 read_unary(struct expr *e)
{
	u64 v = 0;

	if (e->is_bad || ++e->depth > NEST_MAX) {
		e->is_bad = true;
		return 0;
	}
	skip_blanks(e);
	if (take(e, "~")) {
		v = ~read_unary(e);
	} else if (take_cast(e)) {
		v = read_unary(e);
	} else if (take(e, "(")) {
		v = read_or(e);
		e->is_bad = e->is_bad || !take(e, ")");
	} else {
		v = read_number(e);
	}
	e->depth--;
	return v;
}

static u64 read_shift(struct expr *e)
{
	u64 v = read_unary(e);

	while (!e->is_bad && take(e, "<<"))
		v <<= read_unary(e) & 63;
	return v;
}

static u64 read_and(struct expr *e)
{
	u64 v = read_shift(e);

	while (!e->is_bad && take(e, "&"))
		v &= read_shift(e);
	return v;
}

static u64 read_or(struct expr *e)
{
	u64 v = read_and(e);

	while (!e->is_bad && take(e, "|"))
		v |= read_and(e);
	return v;
}

/* {VALUE, "NAME"} */
static bool read_flag(struct expr *e, struct buf *out)
{
	size_t len;
	u64 v;

	if (!take(e, "{"))
		return false;
	v = read_or(e);
	if (e->is_bad || !take(e, ",") || !take(e, "\""))
		return false;
	len = strspn(e->p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
	if (!len || e->p[len] != '"')
		return false;
	buf_put(out, e->p, len);
	buf_printf(out, "=%" PRIx64 " ", v & UINT32_MAX);
	e->p += len + 1;
	return take(e, "}");
}

void gfp_names_parse(struct str format, struct buf *out)
{
	static const char head[] = "__print_flags(REC->gfp_flags, \"|\",";
	struct buf text;
	struct expr e = { 0 };

	buf_init(&text, FORMAT_MAX);
	buf_put(&text, format.s, format.len);
	e.p = strstr(buf_cstr(&text), head);
	if (e.p)
		e.p += strlen(head);
	for (int n = 0; e.p && n < FLAGS_MAX && read_flag(&e, out); n++) {
		if (!take(&e, ","))
			break;
	}
	buf_fini(&text);
}

void gfp_names_read(struct buf *out)
{
	static const char *const places[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	char path[128];
	struct buf text;

	for (size_t i = 0; i < countof(places) && !out->len; i++) {
		snprintf(path, sizeof(path), "%s/events/kmem/kmalloc/format", places[i]);
		buf_init(&text, FORMAT_MAX);
		if (!io_read_file(path, &text, NULL))
			gfp_names_parse((struct str){ buf_cstr(&text), text.len }, out);
		buf_fini(&text);
	}
}

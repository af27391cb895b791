/*
 * lang/diag.c -- collecting what is wrong with a script, and showing it.
 *
 * A script may be hostile (it can come from a tape), so nothing of it reaches the output unchecked:
 * control bytes and broken UTF-8 become '?'.  Long lines are shown as a window around the place.
 *
 * (1) A note belongs to the diagnostic added before it and moves with it.
 * (2) error_cnt counts every error, also those beyond max and those there was no memory for.
 */
#include "lang/diag.h"

#include <stdlib.h>
#include <string.h>

#define MAX_DEFAULT 100
#define INDENT 4
#define SHOW_MAX 160		/* bytes of a source line */
#define SHOW_BEFORE 60		/* of them before the place */

void diag_init(struct diag_list *d, struct arena *a)
{
	*d = (struct diag_list){ .arena = a, .max = MAX_DEFAULT };
	d->tail = &d->head;
}

/*
 * Names of variables that the compiler made: "$x~3" is some $x of the script, "$~3" a value that
 * has no name there.
 */
static char *plain_names(struct arena *a, char *msg)
{
	static const char word[] = "_0123456789abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	struct buf out;
	char *text;

	if (!strchr(msg, '$') || !strchr(msg, '~'))
		return msg;
	buf_init(&out, 1 << 16);
	for (const char *s = msg; *s;) {
		size_t name = *s == '$' ? 1 + strspn(s + 1, word) : 1;
		size_t no = *s == '$' && s[name] == '~' ? strspn(s + name + 1, "0123456789") : 0;

		if (no && name == 1)
			buf_puts(&out, "the value");
		else
			buf_put(&out, s, name);
		s += name + (no ? no + 1 : 0);
	}
	text = arena_dup(a, buf_cstr(&out), out.len);
	buf_fini(&out);
	return text ? text : msg;
}

static struct diag *add(struct diag_list *d, enum diag_level level, struct span sp, const char *fmt,
			va_list ap)
{
	struct diag *g;
	char *msg;

	if (d->error_cnt > d->max)
		return NULL;
	g = arena_new(d->arena, struct diag);
	if (!g)
		return NULL;
	g->level = level;
	g->span = d->map && !source_is_copy(d->made, sp.off) ? span_map_back(d->map, sp) : sp;
	msg = arena_vprintf(d->arena, fmt, ap);
	g->msg = msg ? plain_names(d->arena, msg) : "out of memory";
	*d->tail = g;
	d->tail = &g->next;
	return g;
}

struct diag *diag_error(struct diag_list *d, struct span sp, const char *fmt, ...)
{
	struct diag *g;
	va_list ap;

	d->error_cnt++;
	va_start(ap, fmt);
	g = add(d, DIAG_ERROR, sp, fmt, ap);
	va_end(ap);
	return g;
}

struct diag *diag_warn(struct diag_list *d, struct span sp, const char *fmt, ...)
{
	struct diag *g;
	va_list ap;

	d->warning_cnt++;
	if (d->warning_cnt > d->max)
		return NULL;
	va_start(ap, fmt);
	g = add(d, DIAG_WARNING, sp, fmt, ap);
	va_end(ap);
	return g;
}

struct diag *diag_note(struct diag_list *d, struct span sp, const char *fmt, ...)
{
	struct diag *g;
	va_list ap;

	va_start(ap, fmt);
	g = add(d, DIAG_NOTE, sp, fmt, ap);
	va_end(ap);
	return g;
}

void diag_hint(struct diag_list *d, struct diag *g, const char *fmt, ...)
{
	va_list ap;

	if (!g)
		return;
	va_start(ap, fmt);
	g->hint = arena_vprintf(d->arena, fmt, ap);
	va_end(ap);
}

/* Bytes of the well-formed printable character at @s, 0 if there is none. */
static size_t char_len(const char *s, size_t left)
{
	const u8 *p = (const u8 *)s;
	size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;

	if (n == 1)
		return p[0] >= 0x20 && p[0] != 0x7f;
	if (p[0] < 0xc2 || p[0] > 0xf4 || n > left)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((p[0] == 0xc2 && p[1] < 0xa0) || (p[0] == 0xe0 && p[1] < 0xa0) ||
	    (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
	    (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

static void put_safe(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.len;) {
		size_t n = char_len(text.s + i, text.len - i);

		if (text.s[i] == '\t')
			buf_putc(out, '\t');
		else if (n)
			buf_put(out, text.s + i, n);
		else
			buf_putc(out, '?');
		i += n ? n : 1;
	}
}

/* Blanks (tabs for tabs) below @text, so that what follows stands where it ended. */
static void put_blanks(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.len;) {
		size_t n = char_len(text.s + i, text.len - i);

		buf_putc(out, text.s[i] == '\t' ? '\t' : ' ');
		i += n ? n : 1;
	}
}

static size_t count_chars(struct str text)
{
	size_t cnt = 0;

	for (size_t i = 0; i < text.len; cnt++) {
		size_t n = char_len(text.s + i, text.len - i);

		i += n ? n : 1;
	}
	return cnt;
}

/* Not into the middle of a character. */
static size_t char_start(struct str text, size_t i)
{
	for (int n = 0; n < 3 && i > 0 && i < text.len && ((u8)text.s[i] & 0xc0) == 0x80; n++)
		i--;
	return i;
}

static void put_source(struct buf *out, const struct source *src, struct span sp, u32 line, u32 col)
{
	struct str text = source_line(src, line), mark;
	size_t from = 0, to = text.len, at = col - 1;

	if (at > text.len)
		at = text.len;
	if (text.len > SHOW_MAX) {
		from = at > SHOW_BEFORE ? char_start(text, at - SHOW_BEFORE) : 0;
		if (text.len - from > SHOW_MAX)
			to = char_start(text, from + SHOW_MAX);
	}
	mark = (struct str){ text.s + at, sp.len < to - at ? sp.len : to - at };
	buf_fill(out, ' ', INDENT);
	buf_puts(out, from ? "..." : "");
	put_safe(out, (struct str){ text.s + from, to - from });
	buf_puts(out, to < text.len ? "...\n" : "\n");
	buf_fill(out, ' ', from ? INDENT + 3 : INDENT);
	put_blanks(out, (struct str){ text.s + from, at - from });
	buf_putc(out, '^');
	for (size_t n = count_chars(mark); n > 1; n--)
		buf_putc(out, '~');
	buf_putc(out, '\n');
}

static void put_diag(struct buf *out, const struct source *src, const struct diag *g)
{
	static const char *const names[] = { "error", "warning", "note" };
	u32 line, col;

	source_place(src, g->span.off, &line, &col);
	put_safe(out, str_of(src->name));
	buf_printf(out, ":%u:%u: %s: ", line, col, names[g->level]);
	put_safe(out, str_of(g->msg));
	buf_putc(out, '\n');
	put_source(out, src, g->span, line, col);
	if (g->hint) {
		buf_printf(out, "%*shint: ", INDENT, "");
		put_safe(out, str_of(g->hint));
		buf_putc(out, '\n');
	}
}

#define USERS_MAX 20	/* calls of macros that are shown of one place */

static void put_users(struct buf *out, const struct source *src, struct span sp)
{
	struct diag note = { .level = DIAG_NOTE, .msg = "expanded from here" };

	for (int i = 0; i < USERS_MAX && source_user(src, sp.off, &sp); i++) {
		note.span = sp;
		put_diag(out, src, &note);
	}
}

/* A diagnostic with its place in the order of adding: qsort() is not stable. */
struct entry {
	const struct diag *g;
	u32 off;		/* in the text, of the outermost call of a macro */
	u32 idx;
};

static int cmp_entry(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->off != y->off)
		return x->off < y->off ? -1 : 1;
	return x->idx < y->idx ? -1 : 1;
}

/* Errors and warnings, and a note that follows nothing. */
static bool is_head(const struct diag *prev, const struct diag *g)
{
	return !prev || g->level != DIAG_NOTE;
}

static u32 outermost(const struct source *src, struct span sp)
{
	while (source_user(src, sp.off, &sp))
		;
	return source_written(src, sp).off;
}

static struct entry *sort_heads(const struct diag_list *d, const struct source *src, size_t *ret_n)
{
	struct entry *heads;
	const struct diag *prev = NULL;
	size_t n = 0, cap = 0;

	for (const struct diag *g = d->head; g; g = g->next)
		cap++;
	heads = calloc(cap + 1, sizeof(*heads));
	if (!heads)
		return NULL;
	for (const struct diag *g = d->head; g; prev = g, g = g->next) {
		if (is_head(prev, g)) {
			heads[n] = (struct entry){ g, outermost(src, g->span), n };
			n++;
		}
	}
	qsort(heads, n, sizeof(*heads), cmp_entry);
	*ret_n = n;
	return heads;
}

static int count_kept_errors(const struct diag_list *d)
{
	int n = 0;

	for (const struct diag *g = d->head; g; g = g->next)
		n += g->level == DIAG_ERROR;
	return n;
}

void diag_render(const struct diag_list *d, const struct source *src, struct buf *out)
{
	size_t n = 0;
	struct entry *heads = sort_heads(d, src, &n);
	int dropped = d->error_cnt - count_kept_errors(d);

	for (size_t i = 0; i < n; i++) {
		put_diag(out, src, heads[i].g);
		put_users(out, src, heads[i].g->span);
		for (const struct diag *g = heads[i].g->next; g && g->level == DIAG_NOTE;
		     g = g->next)
			put_diag(out, src, g);
	}
	free(heads);
	if (dropped > 0) {
		put_safe(out, str_of(src->name));
		buf_printf(out, ": %d more error%s\n", dropped, dropped == 1 ? "" : "s");
	}
}

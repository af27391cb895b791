/*
 * analyze/flame/xml.c -- text into XML, character by character.
 *
 * A character becomes a piece: what to write, and how many cells it takes.  Writing and cutting go
 * over the same pieces, so that a text is never cut within an entity or a sequence.
 */
#include "analyze/flame/xml.h"

#include <stdio.h>
#include <string.h>

#include "base/escape.h"

struct piece {
	char text[16];
	u32 len, cells, eaten; /* eaten: bytes of the source */
};

static u32 decode(const u8 *p, u32 len)
{
	static const u8 lead[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	u32 c = p[0] & lead[len];

	for (u32 i = 1; i < len; i++)
		c = c << 6 | (p[i] & 0x3f);
	return c;
}

/* Would a reader be shown another order of letters than there is? */
static bool is_direction(u32 c)
{
	return c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

static bool is_wide(u32 c)
{
	return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
	       (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
	       (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
	       (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd);
}

static void set(struct piece *p, const char *text, u32 cells)
{
	p->len = (u32)snprintf(p->text, sizeof(p->text), "%s", text);
	p->cells = cells;
}

static const char *entity(u32 c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

static struct piece take(const u8 *s, size_t left)
{
	u32 len = utf8_len(s, left), c = len ? decode(s, len) : 0;
	struct piece p = { .eaten = len ? len : 1 };
	char text[16];

	if (!len || c < ' ' || c == 0x7f) {
		snprintf(text, sizeof(text), "\\x%02x", s[0]);
		set(&p, text, 4);
	} else if (is_direction(c) || (c >= 0x80 && c < 0xa0) || (c & 0xfffe) == 0xfffe) {
		snprintf(text, sizeof(text), "\\u{%x}", c);
		set(&p, text, (u32)strlen(text));
	} else if (entity(c)) {
		set(&p, entity(c), 1);
	} else {
		memcpy(p.text, s, len);
		p.len = len;
		p.cells = is_wide(c) ? 2 : 1;
	}
	return p;
}

void xml_put(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.len;) {
		struct piece p = take((const u8 *)text.s + i, text.len - i);

		buf_put(out, p.text, p.len);
		i += p.eaten;
	}
}

void xml_put_cut(struct buf *out, struct str text, u32 cells)
{
	size_t i = 0, keep = out->len; /* what stays if an ellipsis must follow */
	u32 used = 0;

	if (cells < 3)
		return;
	while (i < text.len) {
		struct piece p = take((const u8 *)text.s + i, text.len - i);

		if (used + p.cells > cells)
			break;
		buf_put(out, p.text, p.len);
		used += p.cells;
		i += p.eaten;
		if (used < cells)
			keep = out->len;
	}
	if (i == text.len || out->is_full)
		return;
	out->len = keep;
	buf_puts(out, "\xe2\x80\xa6"); /* an ellipsis */
}

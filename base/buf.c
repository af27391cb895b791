/*
 * base/buf.c -- growable bytes with a maximum and a sticky refusal.
 *
 * (1) len <= max_sz, and cap <= max_sz + 1: the one byte more is for the NUL of buf_cstr().
 * (2) A refused append changes nothing but is_full; later appends that fit are still taken, the
 *     owner looks at is_full once at the end.
 */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/large.h"

#define CAP_MIN ((size_t)64)

void buf_init(struct buf *b, size_t max_sz)
{
	*b = (struct buf){ .max_sz = max_sz < SIZE_MAX ? max_sz : SIZE_MAX - 1 };
}

void buf_fini(struct buf *b)
{
	free(b->data);
	buf_init(b, b->max_sz);
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	b->is_full = false;
}

/* Make room for @need bytes in all; @need <= max_sz + 1. */
static bool grow(struct buf *b, size_t need)
{
	size_t cap = b->cap ? b->cap : CAP_MIN;
	u8 *data;

	if (need <= b->cap)
		return true;
	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	if (cap > b->max_sz + 1)
		cap = b->max_sz + 1;
	data = large_realloc(b->data, b->len, cap);
	if (!data)
		return false;
	b->data = data;
	b->cap = cap;
	return true;
}

void *buf_extend(struct buf *b, size_t sz)
{
	void *p;

	/* with the NUL's byte an empty extend of an empty buffer has an address, too */
	if (sz > b->max_sz - b->len || !grow(b, b->len + sz + 1)) {
		b->is_full = true;
		return NULL;
	}
	p = b->data + b->len;
	b->len += sz;
	return p;
}

void buf_put(struct buf *b, const void *p, size_t sz)
{
	void *dst = buf_extend(b, sz);

	if (dst && sz)
		memcpy(dst, p, sz);
}

void buf_puts(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void buf_putc(struct buf *b, char c)
{
	buf_put(b, &c, 1);
}

void buf_fill(struct buf *b, int byte, size_t n)
{
	void *dst = buf_extend(b, n);

	if (dst)
		memset(dst, byte, n);
}

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	char *dst;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0) {
		b->is_full = true;
		return;
	}
	dst = buf_extend(b, (size_t)n);
	if (dst)
		vsnprintf(dst, (size_t)n + 1, fmt, ap);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void buf_align(struct buf *b, size_t align)
{
	size_t over = align ? b->len % align : 0;

	if (over)
		buf_fill(b, 0, align - over);
}

static void put_le(struct buf *b, u64 v, size_t sz)
{
	u8 *dst = buf_extend(b, sz);

	for (size_t i = 0; dst && i < sz; i++)
		dst[i] = (u8)(v >> (8 * i));
}

void buf_put_u8(struct buf *b, u8 v)
{
	put_le(b, v, 1);
}

void buf_put_u16(struct buf *b, u16 v)
{
	put_le(b, v, 2);
}

void buf_put_u32(struct buf *b, u32 v)
{
	put_le(b, v, 4);
}

void buf_put_u64(struct buf *b, u64 v)
{
	put_le(b, v, 8);
}

const char *buf_cstr(struct buf *b)
{
	if (!grow(b, b->len + 1)) {
		b->is_full = true;
		return "";
	}
	b->data[b->len] = '\0';
	return (const char *)b->data;
}

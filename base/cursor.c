/*
 * base/cursor.c -- bounds-checked little-endian reads.
 *
 * (1) pos <= end always; a bad cursor has pos == end, so every later read is refused as well.
 */
#include "base/cursor.h"

struct cursor cursor_over(const void *p, size_t sz)
{
	return (struct cursor){ .pos = p, .end = p ? (const u8 *)p + sz : NULL };
}

size_t cursor_left(const struct cursor *c)
{
	return (size_t)(c->end - c->pos);
}

const u8 *cursor_bytes(struct cursor *c, size_t sz)
{
	const u8 *p = c->pos;

	if (c->is_bad || sz > cursor_left(c)) {
		c->is_bad = true;
		c->pos = c->end;
		return NULL;
	}
	c->pos += sz;
	return p;
}

static u64 read_le(struct cursor *c, size_t sz)
{
	const u8 *p = cursor_bytes(c, sz);
	u64 v = 0;

	for (size_t i = 0; p && i < sz; i++)
		v |= (u64)p[i] << (8 * i);
	return v;
}

u8 cursor_u8(struct cursor *c)
{
	return (u8)read_le(c, 1);
}

u16 cursor_u16(struct cursor *c)
{
	return (u16)read_le(c, 2);
}

u32 cursor_u32(struct cursor *c)
{
	return (u32)read_le(c, 4);
}

u64 cursor_u64(struct cursor *c)
{
	return read_le(c, 8);
}

void cursor_skip(struct cursor *c, size_t sz)
{
	(void)cursor_bytes(c, sz);
}

struct cursor cursor_sub(struct cursor *c, size_t sz)
{
	const u8 *p = cursor_bytes(c, sz);

	if (!p)
		return (struct cursor){ .pos = c->end, .end = c->end, .is_bad = true };
	return cursor_over(p, sz);
}

/*
 * base/cursor.h -- bounds-checked little-endian reads over foreign bytes.
 *
 * A read beyond the end returns 0 (or NULL), sets is_bad and stays there, so a parser reads a whole
 * structure and checks once before it uses a value as a length.
 */
#pragma once

#include "base/compiler.h"

struct cursor {
	const u8 *pos, *end;
	bool is_bad;		/* sticky */
};

struct cursor cursor_over(const void *p, size_t sz);
size_t cursor_left(const struct cursor *c);
u8 cursor_u8(struct cursor *c);
u16 cursor_u16(struct cursor *c);
u32 cursor_u32(struct cursor *c);
u64 cursor_u64(struct cursor *c);
const u8 *cursor_bytes(struct cursor *c, size_t sz);	/* borrowed; NULL if fewer are left */
void cursor_skip(struct cursor *c, size_t sz);
struct cursor cursor_sub(struct cursor *c, size_t sz);	/* the next @sz bytes as a cursor */

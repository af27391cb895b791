/*
 * format/planes.h -- numbers as byte planes: first the lowest byte of all values, then the next ...
 *
 * Bytes of one weight resemble each other far more than the bytes of one number, which is what
 * zstd finds.
 */
#pragma once

#include "base/compiler.h"

/* The low @width (1..8) bytes of v[i] - base, plane after plane: n * width bytes at @out. */
void planes_split(const u64 *v, u32 n, u64 base, u32 width, u8 *out);
/* The reverse: v[i] = base + value.  Width 0: all are @base. */
void planes_join(const u8 *in, u32 n, u64 base, u32 width, u64 *v);

/* Bytes that hold @v: 0..8. */
static inline u32 planes_width(u64 v)
{
	return v ? (71 - (u32)__builtin_clzll(v)) / 8 : 0;
}

/*
 * format/planes.c -- split numbers into byte planes and join them again.
 *
 * Joining has a loop for each small number of planes so that the compiler unrolls and vectorises
 * it on its own.
 */
#include "format/planes.h"

#include "format/wide.h"

LOOP_BODY void split(const u64 *restrict v, u32 n, u64 base, u32 width, u8 *restrict out)
{
	for (u32 plane = 0; plane < width; plane++, out += n) {
		u32 shift = 8 * plane;

		for (u32 i = 0; i < n; i++)
			out[i] = (u8)((v[i] - base) >> shift);
	}
}

LOOP_HOT static void split_any(const u64 *v, u32 n, u64 base, u32 width, u8 *out)
{
	split(v, n, base, width, out);
}

LOOP_WIDE static void split_wide(const u64 *v, u32 n, u64 base, u32 width, u8 *out)
{
	split(v, n, base, width, out);
}

void planes_split(const u64 *v, u32 n, u64 base, u32 width, u8 *out)
{
	(HAS_WIDE ? split_wide : split_any)(v, n, base, width, out);
}

#define PLANE(k) ((u64)in[(size_t)(k)*n + i] << (8 * (k)))

LOOP_BODY void join(const u8 *restrict in, u32 n, u64 base, u32 width, u64 *restrict v)
{
	for (u32 i = 0; i < n && width == 1; i++)
		v[i] = base + PLANE(0);
	for (u32 i = 0; i < n && width == 2; i++)
		v[i] = base + (PLANE(0) | PLANE(1));
	for (u32 i = 0; i < n && width == 3; i++)
		v[i] = base + (PLANE(0) | PLANE(1) | PLANE(2));
	for (u32 i = 0; i < n && width >= 4; i++)
		v[i] = base + (PLANE(0) | PLANE(1) | PLANE(2) | PLANE(3));
	for (u32 k = 4; k < width; k++) {
		for (u32 i = 0; i < n; i++)
			v[i] += PLANE(k);
	}
}

LOOP_HOT static void join_any(const u8 *in, u32 n, u64 base, u32 width, u64 *v)
{
	join(in, n, base, width, v);
}

LOOP_WIDE static void join_wide(const u8 *in, u32 n, u64 base, u32 width, u64 *v)
{
	join(in, n, base, width, v);
}

void planes_join(const u8 *in, u32 n, u64 base, u32 width, u64 *v)
{
	if (!width) {
		for (u32 i = 0; i < n; i++)
			v[i] = base;
		return;
	}
	(HAS_WIDE ? join_wide : join_any)(in, n, base, width, v);
}

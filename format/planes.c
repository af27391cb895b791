/*
 * format/planes.c -- split numbers into byte planes and join them again.
 *
 * Both are written as loops over a constant number of planes so that the compiler unrolls and
 * vectorises each width on its own.
 */
#include "format/planes.h"

#if defined(__GNUC__) && !defined(__clang__)
#define HOT __attribute__((optimize("O3"))) /* clang vectorises at -O2 already */
#else
#define HOT
#endif

HOT void planes_split(const u64 *restrict v, u32 n, u64 base, u32 width, u8 *restrict out)
{
	for (u32 plane = 0; plane < width; plane++, out += n) {
		u32 shift = 8 * plane;

		for (u32 i = 0; i < n; i++)
			out[i] = (u8)((v[i] - base) >> shift);
	}
}

#define PLANE(k) ((u64)in[(size_t)(k)*n + i] << (8 * (k)))

HOT static void join_1(const u8 *restrict in, u32 n, u64 base, u64 *restrict v)
{
	for (u32 i = 0; i < n; i++)
		v[i] = base + PLANE(0);
}

HOT static void join_2(const u8 *restrict in, u32 n, u64 base, u64 *restrict v)
{
	for (u32 i = 0; i < n; i++)
		v[i] = base + (PLANE(0) | PLANE(1));
}

HOT static void join_3(const u8 *restrict in, u32 n, u64 base, u64 *restrict v)
{
	for (u32 i = 0; i < n; i++)
		v[i] = base + (PLANE(0) | PLANE(1) | PLANE(2));
}

HOT static void join_4(const u8 *restrict in, u32 n, u64 base, u64 *restrict v)
{
	for (u32 i = 0; i < n; i++)
		v[i] = base + (PLANE(0) | PLANE(1) | PLANE(2) | PLANE(3));
}

/* Five to eight planes: the first four, then the rest on top. */
HOT static void join_more(const u8 *restrict in, u32 n, u64 base, u32 width, u64 *restrict v)
{
	join_4(in, n, base, v);
	for (u32 k = 4; k < width; k++) {
		for (u32 i = 0; i < n; i++)
			v[i] += PLANE(k);
	}
}

void planes_join(const u8 *in, u32 n, u64 base, u32 width, u64 *v)
{
	switch (width) {
	case 0:
		for (u32 i = 0; i < n; i++)
			v[i] = base;
		break;
	case 1:
		join_1(in, n, base, v);
		break;
	case 2:
		join_2(in, n, base, v);
		break;
	case 3:
		join_3(in, n, base, v);
		break;
	case 4:
		join_4(in, n, base, v);
		break;
	default:
		join_more(in, n, base, width, v);
	}
}

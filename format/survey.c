/*
 * format/survey.c -- one look at the words of a column.
 *
 * Vectors compare signed numbers only, so that unsigned ones have their top bit flipped while
 * they are compared.
 */
#include "format/survey.h"

#include "format/wide.h"

#define TOP (1ull << 63)

static inline u64 zigzag(u64 d)
{
	return d << 1 ^ (u64)((s64)d >> 63);
}

/* @flip turns the column's order into that of signed words. */
LOOP_BODY void look(const u64 *v, u32 n, u64 flip, struct survey *ret)
{
	s64 min = (s64)(v[0] ^ flip), max = min, step_min = INT64_MAX, step_max = INT64_MIN;
	u64 all = 0, falls = 0;

	for (u32 i = 1; i < n; i++) {
		s64 x = (s64)(v[i] ^ flip), last = (s64)(v[i - 1] ^ flip);
		u64 d = v[i] - v[i - 1];
		s64 step = (s64)(d ^ TOP);

		falls |= x < last ? ~0ull : 0;
		min = x < min ? x : min;
		max = x > max ? x : max;
		step_min = step < step_min ? step : step_min;
		step_max = step > step_max ? step : step_max;
		all |= zigzag(d);
	}
	*ret = (struct survey){
		(u64)min ^ flip, (u64)max ^ flip, (u64)step_min ^ TOP, (u64)step_max ^ TOP, all,
		!falls
	};
}

LOOP_HOT static void look_any(const u64 *v, u32 n, u64 flip, struct survey *ret)
{
	look(v, n, flip, ret);
}

LOOP_WIDE static void look_wide(const u64 *v, u32 n, u64 flip, struct survey *ret)
{
	look(v, n, flip, ret);
}

struct survey survey_words(const u64 *v, u32 n, bool is_signed)
{
	struct survey s;

	(HAS_WIDE ? look_wide : look_any)(v, n, is_signed ? 0 : TOP, &s);
	return s;
}

LOOP_HOT void survey_steps(const u64 *restrict v, u32 n, u64 step, u64 *restrict ret)
{
	for (u32 i = 1; i < n; i++)
		ret[i - 1] = v[i] - v[i - 1] - step;
}

LOOP_HOT void survey_zigzags(const u64 *restrict v, u32 n, u64 *restrict ret)
{
	for (u32 i = 1; i < n; i++)
		ret[i - 1] = zigzag(v[i] - v[i - 1]);
}

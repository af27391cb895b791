/*
 * lang/float_text.h -- double-precision numbers as text, and how they lie in a word.
 */
#pragma once

#include "base/str.h"

#define FLOAT_TEXT_MAX 48

/* The shortest text that reads back as @v; "nan" "inf" "-inf"; 0 for both zeros. */
void float_text(double v, char out[FLOAT_TEXT_MAX]);

/* "1.5" "1e-3" "2.5E6".  NULL, or what is wrong in plain words. */
const char *float_parse(struct str text, double *ret) MUST_CHECK;

static inline double float_of_bits(s64 bits)
{
	double v;

	__builtin_memcpy(&v, &bits, sizeof(v));
	return v;
}

static inline s64 float_bits(double v)
{
	s64 bits;

	__builtin_memcpy(&bits, &v, sizeof(bits));
	return bits;
}

/* -1, 0, 1; a NaN is less than all others. */
static inline int float_cmp(double a, double b)
{
	if (a != a || b != b)
		return (b != b) - (a != a);
	return (a > b) - (a < b);
}

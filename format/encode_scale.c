/*
 * format/encode_scale.c -- words that are all multiples of the time's quantum, divided by it.
 *
 * A multiplication by the inverse of an odd number modulo 2^64 divides its multiples by it, and
 * takes everything else above the greatest quotient there is; factors of two are bits rotated
 * out at the bottom, where they also end up at the top.  So one look at a value tests and
 * divides it, and a column of other values costs a few looks.
 */
#include <stdlib.h>

#include "base/vec.h"
#include "format/encode_priv.h"

#define SAMPLES 16

struct divisor {
	u64 inverse; /* of the odd part */
	u64 max; /* greatest quotient */
	u32 shift;
};

static struct divisor divisor_of(u64 k)
{
	struct divisor d = { .max = UINT64_MAX / k, .shift = (u32)__builtin_ctzll(k) };
	u64 odd = k >> d.shift;

	d.inverse = odd; /* right in 3 bits; each round doubles them */
	for (int i = 0; i < 5; i++)
		d.inverse *= 2 - odd * d.inverse;
	return d;
}

/* v / k of a multiple of it; else more than d->max. */
static inline u64 divide(const struct divisor *d, u64 v)
{
	u64 x = v * d->inverse;

	return x >> d->shift | x << (-d->shift & 63);
}

static bool may_be_multiples(const struct divisor *d, const u64 *v, u32 n)
{
	u32 step = n / SAMPLES + 1;

	for (u32 i = 0; i < n; i += step) {
		if (divide(d, v[i]) > d->max)
			return false;
	}
	return true;
}

u64 encode_scale(struct encoder *e, const u64 **v, u32 n)
{
	struct divisor d;
	u64 greatest = 0;

	if (e->quantum < 2)
		return 1;
	d = divisor_of(e->quantum);
	if (!may_be_multiples(&d, *v, n) || !array_grow(&e->scaled, &e->scaled_cap, n, sizeof(u64)))
		return 1;
	for (u32 i = 0; i < n; i++) {
		u64 x = divide(&d, (*v)[i]);

		e->scaled[i] = x;
		greatest = x > greatest ? x : greatest;
	}
	if (greatest > d.max)
		return 1;
	*v = e->scaled;
	return e->quantum;
}

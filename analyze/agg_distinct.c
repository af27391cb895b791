/*
 * distinct(): the values themselves while they are few, then 4,096 registers: each has the longest
 * run of zero bits among the hashes that chose it, from which the number of different values can
 * be estimated (P. Flajolet and others, "HyperLogLog", 2007).  The standard error is
 * 1.04 / sqrt(4096).
 *
 * (1) Registers are there iff more than DISTINCT_EXACT_MAX different values were seen: the state
 *     depends on the set of values alone.
 * (2) Values are kept as their mixed form, which is one to one: 0 marks an empty place, and the
 *     value that mixes to 0 has a flag.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/sketch.h"

#define REG_BITS 12
#define REGS	 (1u << REG_BITS)
#define ALPHA	 (0.7213 / (1 + 1.079 / REGS))

struct set {
	u32 cnt; /* places that are taken */
	u32 cap; /* a power of two; 0: registers */
	u64 has_zero; /* bool */
	u64 body[]; /* cap words, or REGS bytes */
};

static u64 *words_of(const struct set *s)
{
	return (u64 *)s->body;
}

static size_t body_size(u32 cap)
{
	return cap ? (size_t)cap * sizeof(u64) : REGS;
}

u64 distinct_size(const void *state)
{
	const struct set *s = state;

	return s ? sizeof(*s) + body_size(s->cap) : 0;
}

/* One to one, and every bit of the result depends on all of the value's. */
static u64 mix(u64 x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ull;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

static struct set *set_new(u32 cap)
{
	struct set *s = calloc(1, sizeof(*s) + body_size(cap));

	if (s)
		s->cap = cap;
	return s;
}

static void put_reg(struct set *s, u64 h)
{
	u64 rest = h << REG_BITS;
	u8 run = (u8)(rest ? __builtin_clzll(rest) + 1 : 64 - REG_BITS + 1);
	u8 *reg = (u8 *)words_of(s) + (h >> (64 - REG_BITS));

	if (run > *reg)
		*reg = run;
}

/* false: it was there. */
static bool put_word(struct set *s, u64 h)
{
	u64 *words = words_of(s);
	u32 i = (u32)h & (s->cap - 1);

	for (; words[i]; i = (i + 1) & (s->cap - 1))
		if (words[i] == h)
			return false;
	words[i] = h;
	s->cnt++;
	return true;
}

/* Into a state with @cap places, or registers. */
static int rebuild(void **state, u32 cap)
{
	struct set *old = *state, *s = set_new(cap);

	if (!s)
		return -ENOMEM;
	s->has_zero = old && old->has_zero;
	for (u32 i = 0; old && i < old->cap; i++) {
		u64 h = words_of(old)[i];

		if (h && cap)
			put_word(s, h);
		else if (h)
			put_reg(s, h);
	}
	if (!cap && s->has_zero)
		put_reg(s, 0);
	free(old);
	*state = s;
	return 0;
}

static int put_hash(void **state, u64 h)
{
	struct set *s = *state;

	if (!s && rebuild(state, 8))
		return -ENOMEM;
	s = *state;
	if (!s->cap) {
		put_reg(s, h);
		return 0;
	}
	if (!h)
		s->has_zero = true;
	else if (put_word(s, h) && s->cnt > s->cap / 2 && rebuild(state, s->cap * 2))
		return -ENOMEM;
	s = *state;
	return (u64)s->cnt + s->has_zero > DISTINCT_EXACT_MAX ? rebuild(state, 0) : 0;
}

int distinct_add(void **state, u64 val)
{
	return put_hash(state, mix(val));
}

int distinct_merge(void **state, const void *from)
{
	const struct set *f = from;
	struct set *s = *state;
	int rc = 0;

	if (!f)
		return 0;
	if (f->cap) {
		for (u32 i = 0; !rc && i < f->cap; i++)
			rc = words_of(f)[i] ? put_hash(state, words_of(f)[i]) : 0;
		return !rc && f->has_zero ? put_hash(state, 0) : rc;
	}
	if (!s || s->cap)
		rc = rebuild(state, 0);
	s = *state;
	for (u32 i = 0; !rc && i < REGS; i++) {
		const u8 *theirs = (const u8 *)words_of(f) + i;
		u8 *ours = (u8 *)words_of(s) + i;

		*ours = *theirs > *ours ? *theirs : *ours;
	}
	return rc;
}

u64 distinct_count(const void *state)
{
	const struct set *s = state;
	double sum = 0, estimate;
	u32 empty = 0;

	if (!s)
		return 0;
	if (s->cap)
		return s->cnt + s->has_zero;
	for (u32 i = 0; i < REGS; i++) {
		u8 reg = ((const u8 *)words_of(s))[i];

		sum += ldexp(1, -reg);
		empty += !reg;
	}
	estimate = ALPHA * REGS * REGS / sum;
	if (estimate <= 2.5 * REGS && empty)
		estimate = REGS * log((double)REGS / empty);
	return (u64)(estimate + 0.5);
}

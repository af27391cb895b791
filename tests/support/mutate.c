/*
 * tests/support/mutate.c -- accidents of storage: ends that are missing, bits, pages, ranges.
 *
 * (1) from[] says of each byte where it was in the original; so which blocks a later mutation
 *     touches is known after earlier ones have moved them.
 */
#include "tests/support/mutate.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "format/block.h"

#define PAGE 4096

static u64 next(u64 *seed)
{
	u64 x = *seed += 0x9e3779b97f4a7c15ull;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

void mutate_open(struct mutate_tape *t, const char *path)
{
	struct buf b;
	u64 at = sizeof(struct tape_file_header);

	buf_init(&b, 16 << 20);
	assert(!io_read_file(path, &b, NULL));
	*t = (struct mutate_tape){ .p = b.data, .sz = b.len }; /* takes the bytes */
	t->blocks = calloc(b.len / sizeof(struct tape_block_header), sizeof(*t->blocks));
	assert(t->blocks);
	while (at < t->sz) {
		struct mutate_block *m = &t->blocks[t->block_cnt++];

		assert(at + sizeof(m->h) <= t->sz);
		memcpy(&m->h, t->p + at, sizeof(m->h));
		assert(!memcmp(m->h.sync, TAPE_SYNC, sizeof(m->h.sync)));
		m->off = at;
		m->end = at + sizeof(m->h) + m->h.stored_len;
		at += block_span(&m->h);
	}
}

void mutate_close(struct mutate_tape *t)
{
	free(t->p);
	free(t->blocks);
}

static u32 block_of(const struct mutate_tape *t, u64 off)
{
	u32 low = 0, high = t->block_cnt;

	while (low < high) {
		u32 mid = (low + high) / 2;

		if (t->blocks[mid].end <= off)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void touch_origin(struct mutant *m, u64 from)
{
	u32 i = from == UINT64_MAX ? UINT32_MAX : block_of(m->tape, from);

	if (i < m->tape->block_cnt && from >= m->tape->blocks[i].off)
		m->is_touched[i] = true;
}

/* Blocks that have bytes in the range. */
static void touch(struct mutant *m, size_t at, size_t len)
{
	for (size_t i = at; i < at + len; i++)
		touch_origin(m, m->from[i]);
}

/* What is put in between at @at divides a block, unless one ends there. */
static void touch_gap(struct mutant *m, size_t at)
{
	const struct mutate_tape *t = m->tape;
	u32 i;

	if (!at || at >= m->sz || m->from[at] == UINT64_MAX)
		return;
	i = block_of(t, m->from[at]);
	if (i < t->block_cnt && m->from[at] > t->blocks[i].off)
		m->is_touched[i] = true;
}

static void reserve(struct mutant *m, size_t sz)
{
	if (sz <= m->cap)
		return;
	m->cap = sz * 2;
	m->p = realloc(m->p, m->cap);
	m->from = realloc(m->from, m->cap * sizeof(*m->from));
	assert(m->p && m->from);
}

/* A range within the mutant: small ones and large ones alike. */
static size_t pick_range(const struct mutant *m, u64 *seed, size_t max, size_t *ret_len)
{
	size_t at = next(seed) % m->sz;
	u64 shift = next(seed) % 63; /* in an order that is the same with each compiler */
	size_t len = 1 + (next(seed) >> shift) % max;

	*ret_len = len < m->sz - at ? len : m->sz - at;
	return at;
}

static void move(struct mutant *m, size_t to, size_t at, size_t len)
{
	memmove(m->p + to, m->p + at, len);
	memmove(m->from + to, m->from + at, len * sizeof(*m->from));
}

static void cut(struct mutant *m, u64 *seed)
{
	size_t at = next(seed) % m->sz;

	touch(m, at, m->sz - at);
	m->sz = at;
}

static void flip(struct mutant *m, u64 *seed)
{
	for (u64 n = 1 + next(seed) % 8; n; n--) {
		size_t at = next(seed) % m->sz;

		touch(m, at, 1);
		m->p[at] ^= (u8)(1 << next(seed) % 8);
	}
}

static void zero(struct mutant *m, u64 *seed)
{
	size_t at = next(seed) % m->sz / PAGE * PAGE;
	size_t len = m->sz - at < PAGE ? m->sz - at : PAGE;

	touch(m, at, len);
	memset(m->p + at, 0, len);
}

static void duplicate(struct mutant *m, u64 *seed)
{
	size_t len, at = pick_range(m, seed, 64 << 10, &len);
	size_t to = next(seed) % 2 ? at + len : next(seed) % m->sz;
	u8 *p = malloc(len);
	u64 *from = malloc(len * sizeof(*from));

	assert(p && from);
	memcpy(p, m->p + at, len);
	memcpy(from, m->from + at, len * sizeof(*from));
	touch_gap(m, to);
	reserve(m, m->sz + len);
	move(m, to + len, to, m->sz - to);
	memcpy(m->p + to, p, len);
	memcpy(m->from + to, from, len * sizeof(*from));
	m->sz += len;
	m->moves = true;
	free(p);
	free(from);
}

static void swap(struct mutant *m, u64 *seed)
{
	size_t len, a = pick_range(m, seed, 32 << 10, &len), b = next(seed) % m->sz;
	size_t least = a < b ? a : b, most = a < b ? b : a;

	if (len > most - least)
		len = most - least;
	if (len > m->sz - most)
		len = m->sz - most;
	touch(m, a, len);
	touch(m, b, len);
	for (size_t i = 0; i < len; i++) {
		u8 byte = m->p[a + i];
		u64 from = m->from[a + i];

		m->p[a + i] = m->p[b + i];
		m->from[a + i] = m->from[b + i];
		m->p[b + i] = byte;
		m->from[b + i] = from;
	}
	m->moves = true;
}

static void remove_range(struct mutant *m, u64 *seed)
{
	size_t len, at = pick_range(m, seed, 16 << 10, &len);

	touch(m, at, len);
	move(m, at, at + len, m->sz - at - len);
	m->sz -= len;
}

static const struct {
	const char *name;
	void (*fn)(struct mutant *m, u64 *seed);
} mutations[MUTATION_CNT] = {
	[MUTATE_CUT] = { "cut", cut },	  [MUTATE_FLIP] = { "flip", flip },
	[MUTATE_ZERO] = { "zero", zero }, [MUTATE_DUPLICATE] = { "duplicate", duplicate },
	[MUTATE_SWAP] = { "swap", swap }, [MUTATE_REMOVE] = { "remove", remove_range },
};

void mutate(const struct mutate_tape *t, u64 seed, struct mutant *m)
{
	u64 s = seed, n;
	int len;

	*m = (struct mutant){ .tape = t };
	m->is_touched = calloc(t->block_cnt + 1, sizeof(*m->is_touched));
	assert(m->is_touched);
	reserve(m, t->sz);
	m->sz = t->sz;
	memcpy(m->p, t->p, t->sz);
	for (size_t i = 0; i < t->sz; i++)
		m->from[i] = i;
	n = next(&s) % 4 ? 1 : 2 + next(&s) % 2;
	len = snprintf(m->what, sizeof(m->what), "seed %llu:", (unsigned long long)seed);
	for (u64 i = 0; i < n && m->sz; i++) {
		u64 kind = i ? next(&s) % MUTATION_CNT : seed % MUTATION_CNT;

		len += snprintf(m->what + len, sizeof(m->what) - (size_t)len, " %s",
				mutations[kind].name);
		mutations[kind].fn(m, &s);
	}
}

void mutant_fini(struct mutant *m)
{
	free(m->p);
	free(m->from);
	free(m->is_touched);
}

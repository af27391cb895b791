/*
 * format/encode_groups.c -- few distinct words, and the rows brought together by them.
 *
 * Numbers of system calls, processes, threads: few of them occur in a block, so a palette of
 * them and a byte a row say the same.  What depends on such a key, as a result does on the call,
 * is stored key by key instead of row by row: equal values stand together then.
 */
#include <errno.h>
#include <string.h>

#include "base/vec.h"
#include "format/encode_priv.h"
#include "format/groups.h"
#include "format/planes.h"

#define GROUP_ROWS   1024 /* fewer are not worth a look */
#define SLOT_BITS    10
#define SAMPLE_CHUNK 512
#define SAMPLE_CNT   4
#define MISSES_FEW   8

bool encode_may_group(const struct encoder *e, u32 n)
{
	return e->pack && n >= GROUP_ROWS;
}

/*
 * The number of each word in the palette, how often each occurs, and how often it changes.
 * False: too many are distinct.
 */
static bool find_palette(struct encode_key *k, const u64 *v, u32 n)
{
	u16 slots[1u << SLOT_BITS] = { 0 };
	u32 cnt = 0, from = 0, runs = 0;
	u64 last = ~v[0];
	u8 now = 0;

	for (u32 i = 0; i < n; i++) {
		u32 at;

		k->idx[i] = now;
		if (v[i] == last)
			continue;
		k->starts[now] += i - from;
		from = i;
		runs++;
		last = v[i];
		at = (u32)(last * 0x9e3779b97f4a7c15ull >> (64 - SLOT_BITS));
		while (slots[at] && k->palette[slots[at] - 1] != last)
			at = (at + 1) & ((1u << SLOT_BITS) - 1);
		if (!slots[at]) {
			if (cnt == TAPE_PALETTE_MAX)
				return false;
			k->palette[cnt++] = last;
			slots[at] = (u16)cnt;
		}
		k->idx[i] = now = (u8)(slots[at] - 1);
	}
	k->starts[now] += n - from;
	k->cnt = cnt;
	k->has_runs = runs < n / GROUP_RUN_ROWS;
	return true;
}

struct encode_key *encode_find_key(struct encoder *e, u16 col, const u64 *v, u32 n)
{
	struct encode_key *k = &e->keys[e->key_cnt];

	if (e->key_cnt == ENCODE_KEYS_MAX || !array_grow(&k->idx, &k->idx_cap, n, 1))
		return NULL;
	memset(k->starts, 0, sizeof(k->starts));
	if (!find_palette(k, v, n))
		return NULL;
	k->col = col;
	group_starts(k->starts);
	e->key_cnt++;
	return k;
}

/* How often a value is not the one before it, or before it of the same key, in a sample. */
static u32 count_misses(const u64 *v, const u8 *key, u32 n)
{
	u64 last[TAPE_PALETTE_MAX] = { 0 };
	u32 misses = 0;

	for (u32 c = 0; c < SAMPLE_CNT; c++) {
		u32 from = n / SAMPLE_CNT * c, to = from + SAMPLE_CHUNK;

		for (u32 i = from; i < to && i < n; i++) {
			u64 *of = &last[key ? key[i] : 0];

			misses += v[i] != *of;
			*of = v[i];
		}
	}
	return misses;
}

const struct encode_key *encode_best_key(const struct encoder *e, const u64 *v, u32 n)
{
	const struct encode_key *best = NULL;
	u32 least;

	if (!e->key_cnt)
		return NULL;
	least = count_misses(v, NULL, n);
	least -= least / 4; /* bringing rows together and back is work */
	if (least < MISSES_FEW)
		return NULL;
	for (u32 i = 0; i < e->key_cnt; i++) {
		u32 misses = count_misses(v, e->keys[i].idx, n);

		if (misses >= least)
			continue;
		least = misses;
		best = &e->keys[i];
	}
	return best;
}

const u64 *encode_group(struct encoder *e, const struct encode_key *k, const u64 *v, u32 n)
{
	u32 at[TAPE_PALETTE_MAX];

	if (!array_grow(&e->grouped, &e->grouped_cap, n, sizeof(u64)))
		return NULL;
	memcpy(at, k->starts, sizeof(at));
	for (u32 i = 0; i < n && !k->has_runs; i++)
		e->grouped[at[k->idx[i]]++] = v[i];
	for (u32 i = 0; i < n && k->has_runs;) { /* a cursor in memory has to be waited for */
		u32 to = at[k->idx[i]], from = i;

		do
			e->grouped[to++] = v[i++];
		while (i < n && k->idx[i] == k->idx[from]);
		at[k->idx[from]] = to;
	}
	return e->grouped;
}

int encode_palette(struct encoder *e, struct tape_part *p, const struct encode_key *k, u32 n)
{
	u64 min = UINT64_MAX, max = 0;
	u8 *out;

	for (u32 i = 0; i < k->cnt; i++) {
		min = k->palette[i] < min ? k->palette[i] : min;
		max = k->palette[i] > max ? k->palette[i] : max;
	}
	p->enc = TAPE_ENC_PALETTE;
	p->step = k->cnt;
	p->aux = min;
	p->width = (u8)planes_width(max - min);
	buf_reset(&e->plain);
	out = buf_extend(&e->plain, (size_t)k->cnt * p->width + n);
	if (!out)
		return -E2BIG;
	planes_split(k->palette, k->cnt, min, p->width, out);
	memcpy(out + (size_t)k->cnt * p->width, k->idx, n);
	return encode_store(e, p, out, (size_t)k->cnt * p->width + n);
}

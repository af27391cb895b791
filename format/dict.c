/*
 * format/dict.c -- a dictionary of byte strings with dense ids.
 *
 * Strings lie in chunks that never move, entries in one array, a table of ids with open
 * addressing beside it (only as far as dict_add() is used).  A reader's may lack entries: the list
 * of gaps, which is empty as long as nothing is lost, says where ids and places part.
 */
#include "format/dict.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "format/tape.h"

#define CHUNK_SZ (256u << 10)

struct entry {
	const char *s;
	u32 len, hash;
};

/* From @first_id on, up to the next gap, entries are from @at on; before it some are lost. */
struct gap {
	u32 first_id, at, lost;
};

struct chunk {
	struct chunk *next;
	char bytes[];
};

struct dict {
	struct entry *entries;
	u32 n, cap;
	u32 lost; /* ids in gaps */
	struct gap *gaps;
	size_t gap_cnt, gap_cap;
	u32 *slots; /* id + 1; 0: empty */
	u32 slot_cnt; /* a power of two */
	struct chunk *chunks;
	size_t chunk_used, chunk_sz;
	size_t bytes, mem;
	u64 max_entries, max_bytes;
};

struct dict *dict_new(void)
{
	struct dict *d = calloc(1, sizeof(*d));

	if (d)
		dict_set_max(d, TAPE_MAX_DICT_ENTRIES, TAPE_MAX_DICT_BYTES);
	return d;
}

void dict_set_max(struct dict *d, u64 entries, u64 bytes)
{
	d->max_entries = entries;
	d->max_bytes = bytes;
}

void dict_free(struct dict *d)
{
	if (!d)
		return;
	while (d->chunks) {
		struct chunk *next = d->chunks->next;

		free(d->chunks);
		d->chunks = next;
	}
	free(d->entries);
	free(d->gaps);
	free(d->slots);
	free(d);
}

u32 dict_cnt(const struct dict *d)
{
	return d->n + d->lost;
}

size_t dict_mem(const struct dict *d)
{
	return d->mem;
}

size_t dict_bytes(const struct dict *d)
{
	return d->bytes;
}

/* Eight bytes a step; good enough for tables in memory, never on a tape. */
u32 dict_hash(const void *data, size_t len)
{
	const u8 *p = data;
	u64 h = len * 0x9e3779b97f4a7c15ull, v = 0;

	for (; len >= 8; len -= 8, p += 8) {
		memcpy(&v, p, 8);
		h = (h ^ v) * 0xff51afd7ed558ccdull;
		h ^= h >> 32;
	}
	v = 0;
	if (len)
		memcpy(&v, p, len);
	h = (h ^ v) * 0xff51afd7ed558ccdull;
	return (u32)(h ^ h >> 29);
}

static char *store(struct dict *d, struct str s)
{
	size_t sz = s.len > CHUNK_SZ ? s.len : CHUNK_SZ;
	struct chunk *c;
	char *p;

	if (!d->chunks || d->chunk_sz - d->chunk_used < s.len) {
		c = malloc(sizeof(*c) + sz);
		if (!c)
			return NULL;
		c->next = d->chunks;
		d->chunks = c;
		d->chunk_used = 0;
		d->chunk_sz = sz;
		d->mem += sizeof(*c) + sz;
	}
	p = d->chunks->bytes + d->chunk_used;
	if (s.len)
		memcpy(p, s.s, s.len);
	d->chunk_used += s.len;
	d->bytes += s.len;
	return p;
}

static int grow_entries(struct dict *d)
{
	u32 cap = d->cap > UINT32_MAX / 2 ? UINT32_MAX : d->cap ? d->cap * 2 : 64;
	struct entry *e;

	if (d->n < d->cap)
		return 0;
	e = realloc(d->entries, cap * sizeof(*e));
	if (!e)
		return -ENOMEM;
	d->mem += (size_t)(cap - d->cap) * sizeof(*e);
	d->entries = e;
	d->cap = cap;
	return 0;
}

int dict_append(struct dict *d, struct str s)
{
	const char *p;
	int rc;

	if (dict_cnt(d) >= d->max_entries || d->bytes + s.len > d->max_bytes)
		return -E2BIG;
	rc = grow_entries(d);
	if (rc)
		return rc;
	p = store(d, s);
	if (!p)
		return -ENOMEM;
	d->entries[d->n++] = (struct entry){ p, (u32)s.len, 0 };
	return 0;
}

int dict_skip_to(struct dict *d, u32 id)
{
	size_t was = d->gap_cap;

	if (id == dict_cnt(d))
		return 0;
	if (id > d->max_entries)
		return -E2BIG;
	if (d->gap_cnt && d->gaps[d->gap_cnt - 1].at == d->n) {	/* nothing came behind it */
		d->gaps[d->gap_cnt - 1].lost += id - dict_cnt(d);
		d->gaps[d->gap_cnt - 1].first_id = id;
		d->lost = id - d->n;
		return 0;
	}
	if (!array_grow((void **)&d->gaps, &d->gap_cap, d->gap_cnt + 1, sizeof(*d->gaps)))
		return -ENOMEM;
	d->mem += (d->gap_cap - was) * sizeof(*d->gaps);
	d->gaps[d->gap_cnt++] = (struct gap){ id, d->n, id - dict_cnt(d) };
	d->lost = id - d->n;
	return 0;
}

/* Place of @id, which is below dict_cnt(); UINT32_MAX: it is lost. */
static u32 place_of(const struct dict *d, u32 id)
{
	size_t low = 0, high = d->gap_cnt;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (d->gaps[mid].first_id <= id)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < d->gap_cnt && id >= d->gaps[low].first_id - d->gaps[low].lost)
		return UINT32_MAX;
	return low ? d->gaps[low - 1].at + (id - d->gaps[low - 1].first_id) : id;
}

struct str dict_get(const struct dict *d, u32 id)
{
	u32 at = id;

	if (!d || id >= dict_cnt(d))
		return (struct str){ NULL, 0 };
	if (d->gap_cnt)
		at = place_of(d, id);
	if (at >= d->n)
		return (struct str){ NULL, 0 };
	return (struct str){ d->entries[at].s, d->entries[at].len };
}

static void link_slot(struct dict *d, u32 id)
{
	u32 at = d->entries[id].hash & (d->slot_cnt - 1);

	while (d->slots[at])
		at = (at + 1) & (d->slot_cnt - 1);
	d->slots[at] = id + 1;
}

static int grow_slots(struct dict *d)
{
	u32 cnt = d->slot_cnt ? d->slot_cnt * 2 : 128;
	u32 *slots;

	if (d->slot_cnt && d->n < d->slot_cnt / 2)
		return 0;
	slots = calloc(cnt, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(d->slots);
	d->mem += (cnt - d->slot_cnt) * sizeof(*slots);
	d->slots = slots;
	d->slot_cnt = cnt;
	for (u32 id = 0; id < d->n; id++)
		link_slot(d, id);
	return 0;
}

s64 dict_find(const struct dict *d, u32 hash, struct str s)
{
	u32 at = d->slot_cnt ? hash & (d->slot_cnt - 1) : 0;

	for (; d->slot_cnt && d->slots[at]; at = (at + 1) & (d->slot_cnt - 1)) {
		const struct entry *e = &d->entries[d->slots[at] - 1];

		if (e->hash == hash && e->len == s.len && (!s.len || !memcmp(e->s, s.s, s.len)))
			return d->slots[at] - 1;
	}
	return -1;
}

s64 dict_add(struct dict *d, u32 hash, struct str s)
{
	struct str text = s.s ? s : STR("");
	int rc = grow_slots(d);

	if (!rc)
		rc = dict_append(d, text);
	if (rc)
		return rc;
	d->entries[d->n - 1].hash = hash;
	link_slot(d, d->n - 1);
	return d->n - 1;
}

/*
 * Maps: open addressing with linear probing over pointers to entries, so that an entry's address
 * is stable until it is deleted.
 *
 * (1) used + gone < cap * 3/4: a search always meets an empty slot.
 * (2) no more than max_n entries: a map is bounded, and what was refused is counted.
 * (3) budget->used counts every entry with its key, value and buckets; it never exceeds
 *     budget->max.
 */
#include "analyze/maps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/histogram.h"
#include "analyze/sketch.h"
#include "lang/packed.h"

#define FIRST_CAP 16

static struct tmap_entry gone_entry;
#define GONE (&gone_entry)

void tmap_init(struct tmap *m, const struct map_info *info, u32 max_n, struct tmap_budget *budget)
{
	memset(m, 0, sizeof(*m));
	m->info = info;
	m->max_n = max_n;
	m->budget = budget;
}

bool tmap_holds_agg(const struct tmap *m)
{
	return m->info->val && m->info->val->kind == TYPE_AGG;
}

bool tmap_holds_num(const struct tmap *m)
{
	const struct type *t = m->info->val;

	return !t || packed_is_word(t);
}

static void free_value(const struct tmap *m, struct tmap_entry *e)
{
	if (tmap_holds_agg(m))
		agg_fini(&e->val.agg);
	else if (!tmap_holds_num(m))
		free(e->val.bytes);
}

/* Buckets count from the start. */
u64 tmap_entry_cost(const struct tmap *m, u32 key_sz)
{
	const struct type *t = m->info->val;
	u64 sz = sizeof(struct tmap_entry) + key_sz + 2 * sizeof(void *) + tmap_lru_room(m);

	if (tmap_holds_agg(m) && (t->agg == AGG_HIST || t->agg == AGG_LHIST))
		sz += hist_bucket_cnt(t) * sizeof(u64);
	return sz;
}

int tmap_charge_agg(struct tmap *m, struct tmap_entry *e)
{
	u64 sz = sketch_size(m->info->val, e->val.agg.sketch);

	if (sz > e->val_cap && sz - e->val_cap > m->budget->max - m->budget->used)
		return -EDQUOT;
	m->budget->used += sz - e->val_cap;
	e->val_cap = (u32)sz;
	return 0;
}

static int charge(struct tmap *m, u64 sz)
{
	if (sz > m->budget->max - m->budget->used)
		return -EDQUOT;
	m->budget->used += sz;
	return 0;
}

/* While a walk goes on its list may have the entry: only the value goes. */
void tmap_free_entry(struct tmap *m, struct tmap_entry *e)
{
	m->budget->used -= tmap_entry_cost(m, e->key_sz) + e->val_cap;
	free_value(m, e);
	if (m->info->is_lru)
		tmap_lru_unlink(m, e);
	if (!m->walks) {
		free((u8 *)e - tmap_lru_room(m));
		return;
	}
	e->val_cap = TMAP_HELD;
	e->val.next_gone = m->held;
	m->held = e;
}

void tmap_clear(struct tmap *m)
{
	for (u32 i = 0; i < m->cap; i++) {
		if (m->slots[i] && m->slots[i] != GONE)
			tmap_free_entry(m, m->slots[i]);
		m->slots[i] = NULL;
	}
	m->used = m->gone = 0;
}

void tmap_fini(struct tmap *m)
{
	tmap_clear(m);
	free(m->slots);
	m->slots = NULL;
	m->cap = 0;
}

/* Packed zero of a type: 8 bytes a number, an empty string four, of a struct all it has. */
static int put_zero(const struct type *t, struct buf *out)
{
	if (t->kind == TYPE_STRUCT || t->kind == TYPE_ARRAY) {
		buf_put_u32(out, t->size);
		buf_fill(out, 0, t->size);
		return out->is_full ? -ENOMEM : 0;
	}
	if (t->kind != TYPE_TUPLE) {
		buf_fill(out, 0, packed_is_bytes(t) ? 4 : 8);
		return out->is_full ? -ENOMEM : 0;
	}
	for (u32 i = 0; i < t->elem_cnt; i++)
		if (put_zero(t->members[i], out))
			return -ENOMEM;
	return 0;
}

int tmap_zero(struct tmap *m)
{
	struct tmap_entry *e;
	struct buf zero;
	int rc = 0;

	buf_init(&zero, 1 << 16);
	if (!tmap_holds_agg(m) && !tmap_holds_num(m))
		rc = put_zero(m->info->val, &zero);
	for (u32 pos = 0; !rc && (e = tmap_next(m, &pos));) {
		if (tmap_holds_agg(m)) {
			agg_reset(&e->val.agg);
			rc = tmap_charge_agg(m, e);
		} else if (tmap_holds_num(m)) {
			e->val.num = 0;
		} else {
			rc = tmap_set_bytes(m, e, zero.data, (u32)zero.len);
		}
	}
	buf_fini(&zero);
	return rc;
}

static u32 probe(const struct tmap *m, u32 hash, const void *key, u32 key_sz)
{
	u32 mask = m->cap - 1, i = hash & mask;

	for (;; i = (i + 1) & mask) {
		const struct tmap_entry *e = m->slots[i];

		if (!e)
			return i;
		if (e != GONE && e->hash == hash && e->key_sz == key_sz &&
		    (!key_sz || !memcmp(e->key, key, key_sz)))
			return i;
	}
}

struct tmap_entry *tmap_find(const struct tmap *m, const void *key, u32 key_sz)
{
	if (!m->used)
		return NULL;
	return m->slots[probe(m, str_hash(key, key_sz), key, key_sz)];
}

static int rehash(struct tmap *m)
{
	struct tmap_entry **old = m->slots;
	u32 old_cap = m->cap, cap = FIRST_CAP;

	while (cap / 2 <= m->used)
		cap *= 2;
	m->slots = calloc(cap, sizeof(*m->slots));
	if (!m->slots) {
		m->slots = old;
		return -ENOMEM;
	}
	m->cap = cap;
	m->gone = 0;
	for (u32 i = 0; i < old_cap; i++) {
		u32 j;

		if (!old[i] || old[i] == GONE)
			continue;
		for (j = old[i]->hash & (cap - 1); m->slots[j]; j = (j + 1) & (cap - 1))
			;
		m->slots[j] = old[i];
	}
	free(old);
	return 0;
}

/* Strings and tuples start as their packed zero. */
static int init_value(struct tmap *m, struct tmap_entry *e)
{
	struct buf zero;
	int rc;

	if (tmap_holds_agg(m) || tmap_holds_num(m))
		return 0;
	buf_init(&zero, 1 << 16);
	rc = put_zero(m->info->val, &zero);
	if (!rc)
		rc = tmap_set_bytes(m, e, zero.data, (u32)zero.len);
	buf_fini(&zero);
	return rc;
}

static int new_entry(struct tmap *m, u32 hash, const void *key, u32 key_sz, struct tmap_entry **ret)
{
	struct tmap_entry *e;
	u8 *room;
	int rc = charge(m, tmap_entry_cost(m, key_sz));

	if (rc)
		return rc;
	room = calloc(1, tmap_lru_room(m) + sizeof(*e) + key_sz);
	if (!room) {
		m->budget->used -= tmap_entry_cost(m, key_sz);
		return -ENOMEM;
	}
	e = (struct tmap_entry *)(room + tmap_lru_room(m));
	e->hash = hash;
	e->key_sz = key_sz;
	if (key_sz)
		memcpy(e->key, key, key_sz);
	rc = init_value(m, e);
	if (rc) {
		tmap_free_entry(m, e);
		return rc;
	}
	*ret = e;
	return 0;
}

int tmap_get(struct tmap *m, const void *key, u32 key_sz, struct tmap_entry **ret)
{
	u32 hash = str_hash(key, key_sz), i;
	int rc;

	if (m->used + m->gone + 1 > m->cap - m->cap / 4) {
		rc = rehash(m);
		if (rc)
			return rc;
	}
	i = probe(m, hash, key, key_sz);
	if (!m->slots[i]) {
		if (m->used >= m->max_n && m->info->is_lru)
			tmap_lru_evict(m);
		if (m->used >= m->max_n) {
			m->refused++;
			return -E2BIG;
		}
		rc = new_entry(m, hash, key, key_sz, &m->slots[i]);
		if (rc)
			return rc;
		m->used++;
	}
	*ret = m->slots[i];
	if (m->info->is_lru)
		tmap_lru_link(m, *ret);
	return 0;
}

int tmap_set_bytes(struct tmap *m, struct tmap_entry *e, const void *val, u32 val_sz)
{
	if (val_sz > e->val_cap) {
		u8 *p;
		int rc = charge(m, val_sz - e->val_cap);

		if (rc)
			return rc;
		p = realloc(e->val.bytes, val_sz);
		if (!p) {
			m->budget->used -= val_sz - e->val_cap;
			return -ENOMEM;
		}
		e->val.bytes = p;
		e->val_cap = val_sz;
	}
	if (val_sz)
		memmove(e->val.bytes, val, val_sz);	/* @val may be this very value */
	e->val_sz = val_sz;
	return 0;
}

bool tmap_delete(struct tmap *m, const void *key, u32 key_sz)
{
	u32 i;

	if (!m->used)
		return false;
	i = probe(m, str_hash(key, key_sz), key, key_sz);
	if (!m->slots[i])
		return false;
	tmap_free_entry(m, m->slots[i]);
	m->slots[i] = GONE;
	m->used--;
	m->gone++;
	return true;
}

struct tmap_entry *tmap_next(const struct tmap *m, u32 *pos)
{
	while (*pos < m->cap) {
		struct tmap_entry *e = m->slots[(*pos)++];

		if (e && e != GONE)
			return e;
	}
	return NULL;
}

static int merge_agg(struct tmap *m, struct tmap_entry *to, const struct tmap_entry *from)
{
	int rc = agg_merge(&to->val.agg, m->info->val, &from->val.agg);

	return rc ? rc : tmap_charge_agg(m, to);
}

int tmap_merge(struct tmap *m, const struct tmap *from)
{
	struct tmap_entry *e, *to;

	for (u32 pos = 0; (e = tmap_next(from, &pos));) {
		int rc = tmap_get(m, e->key, e->key_sz, &to);

		if (rc == -E2BIG)
			continue;	/* counted; the rest of the map is still right */
		if (rc)
			return rc;
		if (tmap_holds_agg(m))
			rc = merge_agg(m, to, e);
		else if (tmap_holds_num(m))
			to->val.num = e->val.num;
		else
			rc = tmap_set_bytes(m, to, e->val.bytes, e->val_sz);
		if (rc)
			return rc;
	}
	m->refused += from->refused;
	return 0;
}

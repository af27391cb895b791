/*
 * base/idmap.c -- open addressing, linear probing, at most half full; nothing is ever removed.
 */
#include "base/idmap.h"

#include <stdlib.h>

#include "base/vec.h"

void idmap_init(struct idmap *m, u32 max)
{
	*m = (struct idmap){ .max = max };
}

void idmap_fini(struct idmap *m)
{
	free(m->keys);
	free(m->slots);
	*m = (struct idmap){ 0 };
}

static u64 mix(u64 h, u64 w)
{
	h = (h ^ w) * 0x9fb21c651e98df25ull;
	return h ^ h >> 32;
}

static u32 slot_of(const struct idmap *m, const struct idmap_key *k)
{
	return (u32)mix(mix(mix(0, k->a), k->b), k->c) & (m->slot_cnt - 1);
}

/* The slot of @k, or the free one where it belongs. */
static u32 look(const struct idmap *m, const struct idmap_key *k)
{
	u32 i = slot_of(m, k);

	for (; m->slots[i]; i = (i + 1) & (m->slot_cnt - 1)) {
		const struct idmap_key *have = &m->keys[m->slots[i] - 1];

		if (have->a == k->a && have->b == k->b && have->c == k->c)
			break;
	}
	return i;
}

u32 idmap_find(const struct idmap *m, struct idmap_key k)
{
	return m->n ? m->slots[look(m, &k)] : 0;
}

static bool grow(struct idmap *m)
{
	u32 cnt = m->slot_cnt ? m->slot_cnt * 2 : 64;
	u32 *slots = calloc(cnt, sizeof(*slots));

	if (!slots)
		return false;
	free(m->slots);
	m->slots = slots;
	m->slot_cnt = cnt;
	for (u32 i = 0; i < m->n; i++)
		m->slots[look(m, &m->keys[i])] = i + 1;
	return true;
}

u32 idmap_put(struct idmap *m, struct idmap_key k)
{
	bool is_tight = (m->n + 1) * 2ull > m->slot_cnt;
	u32 i;

	if (is_tight && (m->n >= m->max || !grow(m)))
		return idmap_find(m, k);
	i = look(m, &k);
	if (m->slots[i] || m->n >= m->max)
		return m->slots[i];
	if (!array_grow((void **)&m->keys, &m->key_cap, m->n + 1, sizeof(k)))
		return 0;
	m->keys[m->n++] = k;
	m->slots[i] = m->n;
	return m->n;
}

/*
 * base/strpool.c -- interned byte strings.
 *
 *	slots[hash]  -> id + 1 (0: empty), linear probing, at most three quarters used
 *	items[id]    -> the string, its bytes in the arena, and its hash
 *
 * (1) The bytes never move, so a slice from strpool_get() lives as long as the pool.
 */
#include "base/strpool.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"

#define SLOTS_MIN 64

struct item {
	struct str str;
	u32 hash;
};

struct strpool {
	struct arena bytes;
	size_t used_bytes, max_bytes; /* of the strings themselves */
	struct item *items;
	u32 *slots;
	size_t n, items_cap, slots_cap, max_n;
};

struct strpool *strpool_new(size_t max_n, size_t max_bytes)
{
	struct strpool *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	arena_init(&p->bytes, SIZE_MAX / 2);
	p->max_n = max_n < UINT32_MAX ? max_n : UINT32_MAX - 1;
	p->max_bytes = max_bytes;
	return p;
}

void strpool_free(struct strpool *p)
{
	if (!p)
		return;
	arena_fini(&p->bytes);
	free(p->items);
	free(p->slots);
	free(p);
}

static u32 *probe(const struct strpool *p, struct str s, u32 hash)
{
	size_t mask = p->slots_cap - 1, i = hash & mask;

	while (p->slots[i]) {
		const struct item *item = &p->items[p->slots[i] - 1];

		if (item->hash == hash && str_eq(item->str, s))
			break;
		i = (i + 1) & mask;
	}
	return &p->slots[i];
}

static int grow_slots(struct strpool *p)
{
	size_t cap = p->slots_cap ? p->slots_cap * 2 : SLOTS_MIN;
	u32 *slots;

	if (p->slots_cap && p->n + 1 <= p->slots_cap / 4 * 3)
		return 0;
	slots = calloc(cap, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	for (size_t id = 0; id < p->n; id++) {
		size_t i = p->items[id].hash & (cap - 1);

		while (slots[i])
			i = (i + 1) & (cap - 1);
		slots[i] = (u32)id + 1;
	}
	free(p->slots);
	p->slots = slots;
	p->slots_cap = cap;
	return 0;
}

static int grow_items(struct strpool *p)
{
	size_t cap = p->items_cap ? p->items_cap * 2 : SLOTS_MIN, sz;
	struct item *items;

	if (p->n < p->items_cap)
		return 0;
	if (__builtin_mul_overflow(cap, sizeof(*items), &sz))
		return -ENOMEM;
	items = realloc(p->items, sz);
	if (!items)
		return -ENOMEM;
	p->items = items;
	p->items_cap = cap;
	return 0;
}

static s64 add(struct strpool *p, struct str s, u32 hash)
{
	char *copy;

	if (p->n >= p->max_n || s.len > p->max_bytes - p->used_bytes)
		return -E2BIG;
	if (grow_slots(p) || grow_items(p))
		return -ENOMEM;
	copy = arena_dup(&p->bytes, s.s, s.len);
	if (!copy)
		return -ENOMEM;
	p->used_bytes += s.len;
	p->items[p->n] = (struct item){ { copy, s.len }, hash };
	*probe(p, s, hash) = (u32)p->n + 1;
	return (s64)p->n++;
}

s64 strpool_intern(struct strpool *p, struct str s, bool *ret_is_new)
{
	u32 hash = str_hash(s.s, s.len);
	u32 found = p->slots_cap ? *probe(p, s, hash) : 0;
	s64 id = found ? (s64)found - 1 : add(p, s, hash);

	if (id >= 0 && ret_is_new)
		*ret_is_new = !found;
	return id;
}

struct str strpool_get(const struct strpool *p, u32 id)
{
	assert(id < p->n);
	return p->items[id].str;
}

u32 strpool_cnt(const struct strpool *p)
{
	return (u32)p->n;
}

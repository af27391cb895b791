/*
 * base/strmap.c -- open addressing with linear probing; nothing is ever removed.
 *
 * (1) cap is 0 or a power of two; at most three quarters of the slots are used, so a probe ends.
 */
#include "base/strmap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CAP_MIN 16

void strmap_init(struct strmap *m, size_t max_n)
{
	*m = (struct strmap){ .max_n = max_n };
}

void strmap_fini(struct strmap *m)
{
	for (size_t i = 0; i < m->cap; i++)
		free(m->slots[i].key);
	free(m->slots);
	strmap_init(m, m->max_n);
}

/* The slot of @key, or the empty one where it would go.  Needs cap > 0. */
static struct strmap_slot *probe(struct strmap_slot *slots, size_t cap, struct str key, u32 hash)
{
	size_t i = hash & (cap - 1);

	while (slots[i].key) {
		if (slots[i].hash == hash &&
		    str_eq((struct str){ slots[i].key, slots[i].len }, key))
			break;
		i = (i + 1) & (cap - 1);
	}
	return &slots[i];
}

void *strmap_find(const struct strmap *m, struct str key)
{
	if (!m->cap)
		return NULL;
	return probe(m->slots, m->cap, key, str_hash(key.s, key.len))->val;
}

static int grow(struct strmap *m)
{
	size_t cap = m->cap ? m->cap * 2 : CAP_MIN;
	struct strmap_slot *slots;

	if (m->cap && m->n + 1 <= m->cap / 4 * 3)
		return 0;
	if (cap < m->cap)
		return -ENOMEM;
	slots = calloc(cap, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < m->cap; i++) {
		struct strmap_slot *old = &m->slots[i];

		if (old->key)
			*probe(slots, cap, (struct str){ old->key, old->len }, old->hash) = *old;
	}
	free(m->slots);
	m->slots = slots;
	m->cap = cap;
	return 0;
}

static char *copy_key(struct str key)
{
	char *copy;

	if (key.len == SIZE_MAX)
		return NULL;
	copy = malloc(key.len + 1);
	if (!copy)
		return NULL;
	if (key.len)
		memcpy(copy, key.s, key.len);
	copy[key.len] = '\0';
	return copy;
}

static int add(struct strmap *m, struct str key, u32 hash, void *val)
{
	char *copy;
	int rc;

	if (m->n >= m->max_n)
		return -E2BIG;
	rc = grow(m);
	if (rc)
		return rc;
	copy = copy_key(key);
	if (!copy)
		return -ENOMEM;
	*probe(m->slots, m->cap, key, hash) = (struct strmap_slot){ copy, key.len, hash, val };
	m->n++;
	return 0;
}

int strmap_put(struct strmap *m, struct str key, void *val, void **ret_old)
{
	u32 hash = str_hash(key.s, key.len);
	struct strmap_slot *slot = m->cap ? probe(m->slots, m->cap, key, hash) : NULL;
	void *old = NULL;
	int rc;

	if (slot && slot->key) {
		old = slot->val;
		slot->val = val;
	} else {
		rc = add(m, key, hash, val);
		if (rc)
			return rc;
	}
	if (ret_old)
		*ret_old = old;
	return 0;
}

const struct strmap_slot *strmap_next(const struct strmap *m, size_t *pos)
{
	while (*pos < m->cap) {
		const struct strmap_slot *slot = &m->slots[(*pos)++];

		if (slot->key)
			return slot;
	}
	return NULL;
}

/*
 * base/idmap.h -- dense ids, from 1, for keys of three numbers, in the order they came.
 */
#pragma once

#include "base/compiler.h"

struct idmap_key {
	u64 a, b, c;
};

struct idmap {
	struct idmap_key *keys; /* of id i: keys[i - 1] */
	u32 n;
	u32 *slots; /* ids, 0: free; slot_cnt is a power of two and more than n */
	u32 slot_cnt;
	size_t key_cap;
	u32 max; /* ids */
};

void idmap_init(struct idmap *m, u32 max);
void idmap_fini(struct idmap *m);

u32 idmap_find(const struct idmap *m, struct idmap_key k); /* 0: not there */
/* The id of @k, which is given one if it has none.  0: no room or no memory. */
u32 idmap_put(struct idmap *m, struct idmap_key k);

/*
 * analyze/maps.h -- maps of a script: hash tables on packed keys (lang/packed.h).
 */
#pragma once

#include "analyze/agg.h"
#include "lang/program.h"

/* Memory that a group of maps shares. */
struct tmap_budget {
	u64 used, max;			/* bytes, without malloc's own */
};

struct tmap_entry {
	u32 hash;
	u32 key_sz, val_sz;
	u32 val_cap;			/* bytes of the value that the budget counts besides */
	union {
		s64 num;		/* INT BOOL PTR TIME */
		u8 *bytes;		/* STR BUF TUPLE: packed, owned */
		struct agg agg;
		struct tmap_entry *next_gone;	/* of an entry that a walk still holds */
	} val;
	u8 key[];			/* key_sz bytes */
};

struct tmap {
	const struct map_info *info;
	struct tmap_entry **slots;	/* NULL or GONE where empty; open addressing */
	u32 cap, used, gone;		/* cap 0 or a power of two */
	u32 walks;			/* that go on: tmap_walk_begin() */
	struct tmap_entry *newest, *oldest;	/* of an LRU map: map_lru.c */
	struct tmap_entry *held;	/* deleted while a walk went on */
	u32 max_n;			/* entries allowed */
	u64 refused;			/* new keys refused because of max_n */
	struct tmap_budget *budget;	/* borrowed */
};

/* Bytes of an entry with such a key before its value has any of its own. */
/* After the aggregation of @e has changed: its state counts in the budget.  -EDQUOT. */
int tmap_charge_agg(struct tmap *m, struct tmap_entry *e) MUST_CHECK;
u64 tmap_entry_cost(const struct tmap *m, u32 key_sz);
void tmap_init(struct tmap *m, const struct map_info *info, u32 max_n, struct tmap_budget *budget);
void tmap_fini(struct tmap *m);
void tmap_clear(struct tmap *m);			/* without entries */
/* entries stay, values become 0, "" or no values */
int tmap_zero(struct tmap *m);
struct tmap_entry *tmap_find(const struct tmap *m, const void *key, u32 key_sz);
/* The same where the script reads it: the entry counts as used. */
struct tmap_entry *tmap_use(struct tmap *m, const void *key, u32 key_sz);
/* Find or make (value 0); -E2BIG at max_n (counted), -EDQUOT beyond the budget, -ENOMEM. */
int tmap_get(struct tmap *m, const void *key, u32 key_sz, struct tmap_entry **ret) MUST_CHECK;
int tmap_set_bytes(struct tmap *m, struct tmap_entry *e, const void *val, u32 val_sz) MUST_CHECK;
bool tmap_delete(struct tmap *m, const void *key, u32 key_sz);
/* Entries in no order: *pos starts at 0; NULL at the end. */
struct tmap_entry *tmap_next(const struct tmap *m, u32 *pos);
bool tmap_holds_num(const struct tmap *m);		/* the value is entry.val.num */
bool tmap_holds_agg(const struct tmap *m);
/* Add all of @from; aggregations merge, other values are overwritten. */
int tmap_merge(struct tmap *m, const struct tmap *from) MUST_CHECK;

/*
 * A walk over the entries that are there when it begins, by key (as keys print).  Entries may come
 * and go meanwhile: a deleted one is skipped, also if its key is set again.  -EDQUOT: no memory.
 */
struct tmap_walk {
	struct tmap *map;
	struct tmap_entry **list;
	u32 cnt, pos;
};
int tmap_walk_begin(struct tmap *m, enum compat compat, struct tmap_walk *w) MUST_CHECK;
struct tmap_entry *tmap_walk_next(struct tmap_walk *w);	/* NULL at the end */
void tmap_walk_end(struct tmap_walk *w);

/*
 * Entries as they print: by value, then by key; values that have no order by key.
 * *ret is malloc'd, m->used pointers.
 */
int tmap_sort(const struct tmap *m, enum compat compat, struct tmap_entry ***ret) MUST_CHECK;
int tmap_sort_keys(const struct tmap *m, enum compat compat,
		   struct tmap_entry ***ret) MUST_CHECK;

/* ---- for maps*.c ---- */

/* val_cap of an entry that is deleted and still held. */
#define TMAP_HELD UINT32_MAX
/*
 * Entries of an LRU map have links in front of them.  Used now; or no more; make room for one more.
 */
u32 tmap_lru_room(const struct tmap *m);	/* bytes in front of an entry */
void tmap_lru_link(struct tmap *m, struct tmap_entry *e);
void tmap_lru_unlink(struct tmap *m, struct tmap_entry *e);
void tmap_lru_evict(struct tmap *m);
/* Free an entry that is in the map no more. */
void tmap_free_entry(struct tmap *m, struct tmap_entry *e);

/* base/strmap.h -- hash map from byte strings to pointers; keys are copied. */
#pragma once

#include "base/str.h"

struct strmap_slot {
	char *key;		/* NULL: empty; owned; NUL behind it */
	size_t len;
	u32 hash;
	void *val;
};

struct strmap {
	struct strmap_slot *slots;
	size_t n, cap, max_n;
};

void strmap_init(struct strmap *m, size_t max_n);
void strmap_fini(struct strmap *m);			/* frees keys, not values */
void *strmap_find(const struct strmap *m, struct str key);	/* NULL if absent */
/* Add or replace; *ret_old, if given, gets the former value or NULL.  -ENOMEM; -E2BIG: max_n. */
int strmap_put(struct strmap *m, struct str key, void *val, void **ret_old) MUST_CHECK;
/* Iterate in no order: start with *pos = 0; NULL at the end. */
const struct strmap_slot *strmap_next(const struct strmap *m, size_t *pos);

/*
 * format/seen.h -- which numbers were there already, as ranges.
 *
 * Of a tape that is in order there is one.  There are at most SEEN_MAX: beyond that the lowest hole
 * is filled, and what is in it counts as seen.
 */
#pragma once

#include "base/vec.h"

#define SEEN_MAX 512

struct seen {
	struct vec ranges; /* in order, none touches another */
};

void seen_init(struct seen *s);
void seen_fini(struct seen *s);
bool seen_has(const struct seen *s, u64 n);
int seen_fill(struct seen *s, u64 last);  /* into an empty set: 0 to @last; -ENOMEM */
int seen_add(struct seen *s, u64 n); /* again is fine; -ENOMEM */

/* base/strpool.h -- byte strings interned once, with dense ids from 0. */
#pragma once

#include "base/str.h"

struct strpool;

struct strpool *strpool_new(size_t max_n, size_t max_bytes);	/* NULL without memory */
void strpool_free(struct strpool *p);
/* Id of @s, added if new (*ret_is_new, if given, says so).  -E2BIG beyond a maximum, -ENOMEM. */
s64 strpool_intern(struct strpool *p, struct str s, bool *ret_is_new) MUST_CHECK;
/* Asserts the id.  A NUL is behind it; lives as long as the pool. */
struct str strpool_get(const struct strpool *p, u32 id);
u32 strpool_cnt(const struct strpool *p);

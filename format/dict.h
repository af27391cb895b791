/*
 * format/dict.h -- a dictionary of byte strings with dense ids: the writer's (finds) and the
 * reader's (only gets).
 */
#pragma once

#include "base/str.h"

struct dict;

struct dict *dict_new(void);	/* NULL without memory */
/* At most so many; those of the tape unless said. */
void dict_set_max(struct dict *d, u64 entries, u64 bytes);
void dict_free(struct dict *d);
u32 dict_cnt(const struct dict *d);	/* ids so far, lost ones too */
size_t dict_mem(const struct dict *d);	/* bytes held */
size_t dict_bytes(const struct dict *d);	/* of all strings */

u32 dict_hash(const void *p, size_t len);
/* Id, or -1. */
s64 dict_find(const struct dict *d, u32 hash, struct str s);
/* A new id for @s, which must not be there: -ENOMEM, -E2BIG beyond the tape's limits. */
s64 dict_add(struct dict *d, u32 hash, struct str s);

/* Reader: the next id without making it findable. */
int dict_append(struct dict *d, struct str s);
/* The next id is @id, which is not below dict_cnt(): those between are lost, and take no room. */
int dict_skip_to(struct dict *d, u32 id);
/* s NULL: lost, or beyond the last id. */
struct str dict_get(const struct dict *d, u32 id);

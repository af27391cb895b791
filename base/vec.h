/* base/vec.h -- growable array of items of one size. */
#pragma once

#include "base/compiler.h"

struct vec {
	void *items;
	size_t n, cap, item_sz, max_n;
};

void vec_init(struct vec *v, size_t item_sz, size_t max_n);
void vec_fini(struct vec *v);
void vec_reset(struct vec *v);				/* n = 0, memory kept */
/* Room for @n items in all; only saves time. */
bool vec_reserve(struct vec *v, size_t n);
/* A new zeroed item; NULL beyond max_n or without memory. */
void *vec_push(struct vec *v) MUST_CHECK;
/* @n new items that hold anything; NULL likewise, and nothing is changed. */
void *vec_extend(struct vec *v, size_t n) MUST_CHECK;
void *vec_at(const struct vec *v, size_t i);		/* asserts i < n */
#define vec_get(v, type, i) ((type *)vec_at((v), (i)))

/*
 * A bare array: room for @need items of @item_sz at *@pp (void **), where *@cap says for how many
 * there is room now.  Doubles; the caller bounds @need.  false: no memory, nothing changed.
 */
bool array_grow(void *pp, size_t *cap, size_t need, size_t item_sz) MUST_CHECK;

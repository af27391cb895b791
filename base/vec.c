/* base/vec.c -- growable array; doubles, up to max_n items. */
#include "base/vec.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/large.h"

#define CAP_MIN	  8
#define ARRAY_MIN 64

void vec_init(struct vec *v, size_t item_sz, size_t max_n)
{
	*v = (struct vec){ .item_sz = item_sz, .max_n = max_n };
}

void vec_fini(struct vec *v)
{
	free(v->items);
	vec_init(v, v->item_sz, v->max_n);
}

void vec_reset(struct vec *v)
{
	v->n = 0;
}

static bool set_cap(struct vec *v, size_t cap)
{
	void *items;
	size_t sz;

	if (cap > v->max_n)
		cap = v->max_n;
	if (__builtin_mul_overflow(cap, v->item_sz, &sz))
		return false;
	items = large_realloc(v->items, v->n * v->item_sz, sz);
	if (!items)
		return false;
	v->items = items;
	v->cap = cap;
	return true;
}

static bool grow(struct vec *v)
{
	size_t cap = CAP_MIN;

	if (v->cap && __builtin_mul_overflow(v->cap, (size_t)2, &cap))
		return false;
	return set_cap(v, cap);
}

bool vec_reserve(struct vec *v, size_t n)
{
	return n <= v->cap || (n <= v->max_n && set_cap(v, n));
}

void *vec_push(struct vec *v)
{
	void *item;

	if (v->n >= v->max_n || (v->n == v->cap && !grow(v)))
		return NULL;
	item = (u8 *)v->items + v->n * v->item_sz;
	v->n++;
	return memset(item, 0, v->item_sz);
}

void *vec_extend(struct vec *v, size_t n)
{
	if (n > v->max_n - v->n)
		return NULL;
	while (n > v->cap - v->n)
		if (!grow(v))
			return NULL;
	v->n += n;
	return (u8 *)v->items + (v->n - n) * v->item_sz;
}

void *vec_at(const struct vec *v, size_t i)
{
	assert(i < v->n);
	return (u8 *)v->items + i * v->item_sz;
}

bool array_grow(void *pp, size_t *cap, size_t need, size_t item_sz)
{
	void **p = pp, *items;
	size_t n = *cap ? *cap : ARRAY_MIN, sz;

	if (need <= *cap)
		return true;
	while (n < need) {
		if (__builtin_mul_overflow(n, (size_t)2, &n))
			return false;
	}
	if (__builtin_mul_overflow(n, item_sz, &sz))
		return false;
	items = realloc(*p, sz);
	if (!items)
		return false;
	*p = items;
	*cap = n;
	return true;
}

/*
 * base/arena.c -- bump allocator in chunks of growing size.
 *
 *	head -> [chunk: next sz used | data ............] -> [chunk] -> NULL
 *
 * (1) Only the head chunk is allocated from.
 * (2) used_sz counts what was handed out, rounded up to the alignment, and never exceeds max_sz.
 * (3) Memory is zeroed when handed out, not when a chunk is made: a chunk kept by a reset is dirty.
 */
#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGN 16
#define CHUNK_MIN ((size_t)4096)
#define CHUNK_MAX ((size_t)1 << 20)

struct arena_chunk {
	struct arena_chunk *next;
	size_t sz, used; /* of data[] */
	_Alignas(ALIGN) u8 data[];
};

void arena_init(struct arena *a, size_t max_sz)
{
	*a = (struct arena){ .max_sz = max_sz };
}

static void free_chunks(struct arena_chunk *c)
{
	while (c) {
		struct arena_chunk *next = c->next;

		free(c);
		c = next;
	}
}

void arena_fini(struct arena *a)
{
	free_chunks(a->head);
	arena_init(a, a->max_sz);
}

void arena_reset(struct arena *a)
{
	struct arena_chunk *keep = NULL, *c = a->head;

	while (c) {
		struct arena_chunk *next = c->next;

		if (!keep || c->sz > keep->sz) {
			free(keep);
			keep = c;
		} else {
			free(c);
		}
		c = next;
	}
	if (keep) {
		keep->next = NULL;
		keep->used = 0;
	}
	a->head = keep;
	a->used_sz = 0;
	a->is_full = false;
}

static struct arena_chunk *add_chunk(struct arena *a, size_t need)
{
	size_t sz = a->head ? a->head->sz * 2 : CHUNK_MIN;
	struct arena_chunk *c;

	if (sz > CHUNK_MAX)
		sz = CHUNK_MAX;
	if (sz < need)
		sz = need;
	c = malloc(sizeof(*c) + sz);
	if (!c)
		return NULL;
	c->next = a->head;
	c->sz = sz;
	c->used = 0;
	a->head = c;
	return c;
}

static void *refuse(struct arena *a)
{
	a->is_full = true;
	return NULL;
}

void *arena_alloc(struct arena *a, size_t sz)
{
	struct arena_chunk *c = a->head;
	size_t need;
	void *p;

	if (sz > a->max_sz || sz > SIZE_MAX / 2)
		return refuse(a);
	need = (sz + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (!need)
		need = ALIGN;
	if (need > a->max_sz - a->used_sz)
		return refuse(a);
	if (!c || need > c->sz - c->used) {
		c = add_chunk(a, need);
		if (!c)
			return refuse(a);
	}
	p = c->data + c->used;
	c->used += need;
	a->used_sz += need;
	return memset(p, 0, need);
}

void *arena_alloc_n(struct arena *a, size_t sz, size_t n)
{
	size_t all;

	if (__builtin_mul_overflow(sz, n, &all))
		return refuse(a);
	return arena_alloc(a, all);
}

void *arena_dup(struct arena *a, const void *p, size_t sz)
{
	char *copy;

	if (sz == SIZE_MAX)
		return refuse(a);
	copy = arena_alloc(a, sz + 1);
	if (copy && sz)
		memcpy(copy, p, sz);
	return copy;
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	char *text;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		return refuse(a);
	text = arena_alloc(a, (size_t)n + 1);
	if (text)
		vsnprintf(text, (size_t)n + 1, fmt, ap);
	return text;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return text;
}

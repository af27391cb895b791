/* base/arena.h -- bump allocator: a tree lives in an arena and dies with it. */
#pragma once

#include <stdarg.h>

#include "base/compiler.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *head;
	size_t used_sz;		/* bytes handed out since init or reset */
	size_t max_sz;		/* refuse beyond this */
	bool is_full;		/* sticky: an allocation was refused; checked once by the owner */
};

/* @max_sz is the most that will ever be handed out. */
void arena_init(struct arena *a, size_t max_sz);

/* Free everything; the arena may be used again (arena_reset keeps the largest chunk). */
void arena_fini(struct arena *a);
void arena_reset(struct arena *a);

/*
 * Zeroed memory, aligned to 16.  NULL (and is_full set) beyond the maximum or when the system has
 * none.
 */
void *arena_alloc(struct arena *a, size_t sz) MUST_CHECK;

/* Copy of @sz bytes, a NUL behind them.  NULL as arena_alloc(). */
void *arena_dup(struct arena *a, const void *p, size_t sz) MUST_CHECK;

char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3) MUST_CHECK;
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap) MUST_CHECK;

/* One object or an array of @n of a type. */
#define arena_new(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define arena_new_n(a, type, n) ((type *)arena_alloc_n((a), sizeof(type), (n)))
void *arena_alloc_n(struct arena *a, size_t sz, size_t n) MUST_CHECK;

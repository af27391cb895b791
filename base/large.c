/* base/large.c -- memory of megabytes. */
#include "base/large.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define LARGE_MIN   ((size_t)1 << 20)
#define LARGE_PAGE  ((size_t)2 << 20)

/* Only the start of a process can ask for it.  Pieces of up to 64 MB are cut from the heap. */
#define MALLOC_NAME "GLIBC_TUNABLES"
#define MALLOC_TEXT                                                                         \
	"glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=67108864:glibc.malloc.top_pad=" \
	"4194304"

void *large_realloc(void *p, size_t used, size_t sz)
{
	size_t all;
	void *q;

	if (sz < LARGE_MIN)
		return realloc(p, sz);
	if (__builtin_add_overflow(sz, LARGE_PAGE - 1, &all))
		return NULL;
	all &= ~(LARGE_PAGE - 1);
	q = aligned_alloc(LARGE_PAGE, all);
	if (!q)
		return NULL;
#ifdef MADV_HUGEPAGE
	madvise(q, all, MADV_HUGEPAGE); /* or not: it is only slower */
#endif
	if (used)
		memcpy(q, p, used);
	free(p);
	return q;
}

void large_for_exec(void)
{
	setenv(MALLOC_NAME, MALLOC_TEXT, 0); /* without memory: it is only slower */
}

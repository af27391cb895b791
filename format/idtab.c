/*
 * format/idtab.c -- items by their number, page by page.
 *
 * (1) Items never move; the directory of the pages does.
 */
#include "format/idtab.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

void idtab_init(struct idtab *t, size_t item_sz, u64 max_id)
{
	*t = (struct idtab){ .item_sz = item_sz, .max_id = max_id };
}

void idtab_fini(struct idtab *t)
{
	for (size_t i = 0; i < t->page_cap; i++)
		free(t->pages[i]);
	free(t->pages);
	t->pages = NULL;
	t->page_cap = 0;
}

void *idtab_get(const struct idtab *t, u64 id)
{
	u64 page = (id - 1) / IDTAB_PAGE;

	if (!id || page >= t->page_cap || !t->pages[page])
		return NULL;
	return t->pages[page] + (id - 1) % IDTAB_PAGE * t->item_sz;
}

static bool grow(struct idtab *t, u64 page, size_t room)
{
	size_t was = t->page_cap;

	/* at most twice as many as asked for */
	if ((page + 1) * 2 * sizeof(*t->pages) > room ||
	    !array_grow((void **)&t->pages, &t->page_cap, page + 1, sizeof(*t->pages)))
		return false;
	memset(t->pages + was, 0, (t->page_cap - was) * sizeof(*t->pages));
	t->mem += (t->page_cap - was) * sizeof(*t->pages);
	return true;
}

void *idtab_make(struct idtab *t, u64 id, size_t room)
{
	u64 page = (id - 1) / IDTAB_PAGE;

	if (!id || id > t->max_id || (page >= t->page_cap && !grow(t, page, room)))
		return NULL;
	if (!t->pages[page]) {
		if (IDTAB_PAGE * t->item_sz > room)
			return NULL;
		t->pages[page] = calloc(IDTAB_PAGE, t->item_sz);
		if (!t->pages[page])
			return NULL;
		t->mem += IDTAB_PAGE * t->item_sz;
	}
	return t->pages[page] + (id - 1) % IDTAB_PAGE * t->item_sz;
}

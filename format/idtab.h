/*
 * format/idtab.h -- items by their number, from 1, in pages that are made where there are items.
 *
 * What a tape numbers is dense, but ids of what was lost are never said, and a hostile tape may
 * begin with the greatest: a gap takes no memory but for a pointer a page.
 */
#pragma once

#include "base/compiler.h"

#define IDTAB_PAGE 256 /* items */

struct idtab {
	u8 **pages;
	size_t page_cap;
	size_t item_sz;
	u64 max_id;
	u32 last; /* the greatest id so far, which its user counts; 0: none */
	u32 used; /* items that were set, likewise */
	size_t mem; /* bytes held */
};

void idtab_init(struct idtab *t, size_t item_sz, u64 max_id);
void idtab_fini(struct idtab *t);
/* NULL: there is none on its page; an item that was not made yet is zeros. */
void *idtab_get(const struct idtab *t, u64 id);
/* Zeroed when it is new.  NULL: beyond max_id, or more than @room bytes would be needed. */
void *idtab_make(struct idtab *t, u64 id, size_t room) MUST_CHECK;

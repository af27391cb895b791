/*
 * Walks over the entries of a map, for the loops of scripts.
 *
 * A walk has a sorted list of the entries that were there when it began.  Addresses of entries are
 * stable, and an entry that is deleted while any walk of its map goes on is not freed before the
 * last of them ends (tmap_free_entry()): so a walk finds out by looking.
 *
 * The list counts in the budget of the maps.
 */
#include <errno.h>
#include <stdlib.h>

#include "analyze/maps.h"

static u64 list_cost(u32 cnt)
{
	return (u64)cnt * sizeof(struct tmap_entry *);
}

int tmap_walk_begin(struct tmap *m, enum compat compat, struct tmap_walk *w)
{
	u64 cost = list_cost(m->used);
	int rc;

	if (cost > m->budget->max - m->budget->used)
		return -EDQUOT;
	rc = tmap_sort_keys(m, compat, &w->list);
	if (rc)
		return rc;
	m->budget->used += cost;
	m->walks++;
	w->map = m;
	w->cnt = m->used;
	w->pos = 0;
	return 0;
}

struct tmap_entry *tmap_walk_next(struct tmap_walk *w)
{
	while (w->pos < w->cnt) {
		struct tmap_entry *e = w->list[w->pos++];

		if (e->val_cap != TMAP_HELD)
			return e;
	}
	return NULL;
}

void tmap_walk_end(struct tmap_walk *w)
{
	struct tmap *m = w->map;

	if (!m)
		return;
	m->budget->used -= list_cost(w->cnt);
	free(w->list);
	w->map = NULL;
	if (--m->walks)
		return;
	while (m->held) {
		struct tmap_entry *e = m->held;

		m->held = e->val.next_gone;
		free((u8 *)e - tmap_lru_room(m));
	}
}

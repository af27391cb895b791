/*
 * Maps that let the least recently used entry go where they are full.
 *
 * A list from the newest to the oldest; its links lie in front of each entry, so that other maps do
 * without them.  An entry that is set or read goes to its head.  This is exact; the kernel's LRU is
 * not (it looks at entries in batches, and keeps free ones for each CPU).
 */
#include "analyze/maps.h"

struct links {
	struct tmap_entry *newer, *older;
};

static struct links *links_of(struct tmap_entry *e)
{
	return (struct links *)e - 1;
}

u32 tmap_lru_room(const struct tmap *m)
{
	return m->info->is_lru ? sizeof(struct links) : 0;
}

void tmap_lru_unlink(struct tmap *m, struct tmap_entry *e)
{
	struct links *l = links_of(e);

	if (l->newer)
		links_of(l->newer)->older = l->older;
	else if (m->newest == e)
		m->newest = l->older;
	if (l->older)
		links_of(l->older)->newer = l->newer;
	else if (m->oldest == e)
		m->oldest = l->newer;
	*l = (struct links){ 0 };
}

void tmap_lru_link(struct tmap *m, struct tmap_entry *e)
{
	if (m->newest == e)
		return;
	tmap_lru_unlink(m, e);
	links_of(e)->older = m->newest;
	if (m->newest)
		links_of(m->newest)->newer = e;
	m->newest = e;
	if (!m->oldest)
		m->oldest = e;
}

void tmap_lru_evict(struct tmap *m)
{
	if (m->oldest)
		tmap_delete(m, m->oldest->key, m->oldest->key_sz);
}

struct tmap_entry *tmap_use(struct tmap *m, const void *key, u32 key_sz)
{
	struct tmap_entry *e = tmap_find(m, key, key_sz);

	if (e && m->info->is_lru)
		tmap_lru_link(m, e);
	return e;
}

/*
 * record/names_events.c -- from records of the side-band to mappings and things to do.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "record/names_priv.h"
#include "format/schema.h"

void names_queue(struct vec *v, u32 what)
{
	u32 *p;

	for (size_t i = 0; i < v->n && i < 64; i++)
		if (*vec_get(v, u32, i) == what)
			return;
	p = vec_push(v);
	if (p)
		*p = what;
}

void names_queue_first(struct vec *v, u32 what)
{
	u32 *all;

	if (v->n && *vec_get(v, u32, 0) == what)
		return;
	if (!vec_push(v))
		return;
	all = v->items;
	memmove(all + 1, all, (v->n - 1) * sizeof(*all));
	all[0] = what;
}

void names_kick(struct names *n)
{
	u64 one = 1;

	/* It cannot fail but by being full, and then the thread is awake. */
	if (write(n->kick_fd, &one, sizeof(one)) < 0)
		return;
}

s64 names_object(struct names *n, const struct object_seen *seen)
{
	bool is_new;
	s64 idx = objects_add(n->objects, seen, &is_new);

	if (idx < 0)
		n->lost_cnt++;
	else if (is_new && objects_get(n->objects, (u32)idx)->state == OBJECT_NEW)
		names_queue(&n->to_open, (u32)idx);
	return idx;
}

static void take_map(struct names *n, const struct sideband_rec *r)
{
	const struct object_seen seen = { .pid = r->pid,
					  .start = r->start,
					  .end = r->start + r->len,
					  .dev = r->dev,
					  .inode = r->inode,
					  .path = r->path };
	struct mapping map = { .start = seen.start,
			       .end = seen.end,
			       .off = r->off,
			       .from_ts = r->ts,
			       .prot = r->prot };
	s64 idx = r->prot & PROT_EXEC ? names_object(n, &seen) : -1;

	if (idx < 0)
		return;
	map.object = (u32)idx;
	/* Memory without a file is told by its address. */
	if (objects_get(n->objects, map.object)->kind == TAPE_FILE_ANON)
		map.off = map.start;
	mappings_map(n->maps, r->pid, &map);
}

static void take_fork(struct names *n, const struct sideband_rec *r)
{
	u32 pid;

	if (r->pid == r->parent || r->pid != r->tid)
		return; /* a thread */
	pid = mappings_to_scan(n->maps, r->parent, r->ts);
	if (pid)
		names_queue_first(&n->to_scan, pid);
	mappings_fork(n->maps, r->pid, r->parent, r->ts);
}

static void take_record(void *ctx, const struct sideband_rec *r)
{
	struct names *n = ctx;

	switch (r->kind) {
	case SIDEBAND_MAP:
		take_map(n, r);
		break;
	case SIDEBAND_EXEC:
		mappings_exec(n->maps, r->pid, r->ts);
		break;
	case SIDEBAND_FORK:
		take_fork(n, r);
		break;
	case SIDEBAND_EXIT:
		if (r->pid == r->tid)
			mappings_exit(n->maps, r->pid, r->ts);
		break;
	case SIDEBAND_LOST:
		break;
	}
}

void names_apply(struct names *n)
{
	sideband_drain(n->side, take_record, n);
}

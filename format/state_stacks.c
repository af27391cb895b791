/*
 * format/state_stacks.c -- FILE, MMAP, FRAME, STACK and SYM blocks into the state.
 *
 * Ids are dense; after damage an id may come whose forerunners are lost, and these take no room.
 *
 * (1) A block is looked through before anything of it is added.
 * (2) An entry that is there is never changed, but for a stack whose definition was said to be
 *     lost.
 * (3) Room is asked for only within mem_max.
 */
#include <errno.h>
#include <string.h>

#include "format/state.h"

/* The item, zeroed when it is new; NULL: no memory. */
static void *place(struct state *s, struct idtab *t, u64 id)
{
	void *item = idtab_get(t, id);
	size_t held;

	if (!item) {
		held = state_mem(s);
		item = idtab_make(t, id, held < s->mem_max ? s->mem_max - held : 0);
	}
	if (item && id > t->last)
		t->last = (u32)id;
	return item;
}

/* Records into the arena @a: the state's if their texts are wanted for ever, else the block's. */
static int get_list(const struct fields_desc *d, struct cursor *c, struct arena *a, void *ret,
		    u32 *ret_n)
{
	void *items = NULL;
	int rc = fields_get_list(d, c, a, &items, ret_n);

	memcpy(ret, &items, sizeof(items));
	return rc;
}

/*
 * Records that begin with their id, which rises by 1: into the table where the id says, unless
 * that place is taken.
 */
static int add_dense(struct state *s, struct idtab *t, const struct fields_desc *d,
		     struct cursor *c, struct arena *a)
{
	u8 *items;
	u32 n, first = 0, *id;
	int rc = get_list(d, c, a, &items, &n);

	if (rc || !n)
		return rc;
	memcpy(&first, items, sizeof(first));
	for (u32 i = 0; i < n; i++) {
		id = (u32 *)(items + i * d->size);
		if (*id > t->max_id)
			return state_beyond(s, t == &s->files ? TAPE_BEYOND(files) :
								TAPE_BEYOND(frames));
		if (!*id || *id != first + i)
			return -EBADMSG;
	}
	for (u32 i = 0; i < n; i++) {
		id = place(s, t, (u64)first + i);
		if (!id)
			return -ENOMEM;
		t->used += !*id;
		if (!*id)
			memcpy(id, items + i * d->size, d->size);
	}
	return 0;
}
_Static_assert(!offsetof(struct tape_file, id) && !offsetof(struct tape_frame, id), "id first");

static int check_stacks(struct state *s, const struct tape_stacks *b)
{
	u64 node_cnt = s->nodes.last;
	u64 last = (u64)b->first_node + b->node_cnt - 1;

	if (!b->first_node || last > s->limits->nodes)
		return b->first_node ? state_beyond(s, TAPE_BEYOND(nodes)) : -EBADMSG;
	for (u32 i = 0; i < b->node_cnt; i++) {
		if (b->nodes[i].parent >= b->first_node + i)
			return -EBADMSG;
	}
	for (u32 i = 0; i < b->stack_cnt; i++) {
		const struct tape_stack_id *k = &b->stacks[i];

		if (k->id > s->limits->stacks)
			return state_beyond(s, TAPE_BEYOND(stacks));
		if (!k->id || k->node > (last > node_cnt ? last : node_cnt))
			return -EBADMSG;
	}
	return 0;
}

static int add_stacks(struct state *s, struct cursor *c)
{
	struct tape_stacks b;
	int rc = fields_get(&tape_stacks_desc, c, &s->scratch, &b);

	if (!rc)
		rc = check_stacks(s, &b);
	for (u32 i = 0; !rc && i < b.node_cnt; i++) {
		struct tape_node *slot = place(s, &s->nodes, (u64)b.first_node + i);

		rc = slot ? 0 : -ENOMEM;
		if (slot && !slot->frame)
			*slot = b.nodes[i];
	}
	if (!rc && b.first_node - 1 > s->nodes.last)
		s->nodes.last = b.first_node - 1;	/* there are none in the block */
	for (u32 i = 0; !rc && i < b.stack_cnt; i++) {
		const struct tape_stack_id *k = &b.stacks[i];
		struct tape_stack_id *slot = place(s, &s->stacks, k->id);

		if (!slot)
			return -ENOMEM;
		s->stacks.used += !slot->id;
		if (!slot->id || slot->flags & TAPE_STACK_LOST)
			*slot = *k;
	}
	return rc;
}

static int add_mmaps(struct state *s, struct cursor *c)
{
	struct tape_mmap *m;
	u32 n;
	int rc = get_list(&tape_mmap_desc, c, &s->scratch, &m, &n);

	return rc ? rc : state_append(&s->mmaps, m, n);
}

static int add_syms(struct state *s, struct cursor *c)
{
	struct tape_sym *m;
	u32 n;
	int rc = get_list(&tape_sym_desc, c, &s->arena, &m, &n);

	if (!rc && n > s->limits->syms - s->syms.n)
		return state_beyond(s, TAPE_BEYOND(syms));
	return rc ? rc : state_append(&s->syms, m, n);
}

int state_add_stacks(struct state *s, u16 type, struct cursor *c)
{
	int rc = -EBADMSG;

	arena_init(&s->scratch, s->mem_max);
	if (type == TAPE_FILE)
		rc = add_dense(s, &s->files, &tape_file_desc, c, &s->arena);
	else if (type == TAPE_FRAME)
		rc = add_dense(s, &s->frames, &tape_frame_desc, c, &s->scratch);
	else if (type == TAPE_STACK)
		rc = add_stacks(s, c);
	else if (type == TAPE_MMAP)
		rc = add_mmaps(s, c);
	else if (type == TAPE_SYM)
		rc = add_syms(s, c);
	arena_fini(&s->scratch);
	return rc;
}

/* ---- looking up ---- */

const struct tape_file *tape_state_file(const struct tape_state *s, u32 id)
{
	const struct tape_file *f = idtab_get(s->files, id);

	return f && f->id ? f : NULL;
}

const struct tape_frame *tape_state_frame(const struct tape_state *s, u32 id)
{
	const struct tape_frame *f = idtab_get(s->frames, id);

	return f && f->id ? f : NULL;
}

const struct tape_node *tape_state_node(const struct tape_state *s, u32 id)
{
	const struct tape_node *n = idtab_get(s->nodes, id);

	return n && n->frame ? n : NULL;
}

const struct tape_stack_id *tape_state_stack(const struct tape_state *s, u64 number)
{
	const struct tape_stack_id *k = idtab_get(s->stacks, number);

	return k && k->id ? k : NULL;
}

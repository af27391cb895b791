/*
 * format/state_stacks.c -- FILE, MMAP, FRAME, STACK and SYM blocks into the state.
 *
 * Ids are dense, so a table is an array with the first id at [0]; after damage an id may come whose
 * forerunners are lost, and these are left zero.
 *
 * (1) A block is looked through before anything of it is added.
 * (2) An entry that is there is never changed, but for a stack whose definition was said to be
 *     lost.
 * (3) The room for a gap is asked for only within mem_max: a few bytes of a hostile tape may name
 *     the largest id.
 */
#include <errno.h>
#include <string.h>

#include "format/state.h"

/* Zeroed items until there are @n; -ENOMEM. */
static int fill_to(struct state *s, struct vec *v, u64 n)
{
	if (n > v->cap && (n - v->cap) * v->item_sz + state_mem(s) > s->mem_max)
		return -ENOMEM;
	while (v->n < n) {
		if (!vec_push(v))
			return -ENOMEM;
	}
	return 0;
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
 * Records that begin with their id, which rises by 1: into the table where the id says, unless that
 * place is taken.  The vec's maximum is the greatest id.
 */
static int add_dense(struct state *s, struct vec *v, const struct fields_desc *d, struct cursor *c,
		     struct arena *a)
{
	u8 *items;
	u32 n, first = 0, *id;
	int rc = get_list(d, c, a, &items, &n);

	if (rc || !n)
		return rc;
	memcpy(&first, items, sizeof(first));
	for (u32 i = 0; i < n; i++) {
		id = (u32 *)(items + i * d->size);
		if (*id > v->max_n)
			return state_beyond(s, v == &s->files ? TAPE_BEYOND(files) :
								TAPE_BEYOND(frames));
		if (!*id || *id != first + i)
			return -EBADMSG;
	}
	rc = fill_to(s, v, (u64)first - 1 + n);
	for (u32 i = 0; !rc && i < n; i++) {
		id = vec_at(v, first - 1 + i);
		if (!*id)
			memcpy(id, items + i * d->size, d->size);
	}
	return rc;
}
_Static_assert(!offsetof(struct tape_file, id) && !offsetof(struct tape_frame, id), "id first");

static int check_stacks(struct state *s, const struct tape_stacks *b)
{
	u64 node_cnt = s->nodes.n;
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
	if (!rc)
		rc = fill_to(s, &s->nodes, (u64)b.first_node - 1 + b.node_cnt);
	for (u32 i = 0; !rc && i < b.node_cnt; i++) {
		struct tape_node *slot = vec_get(&s->nodes, struct tape_node, b.first_node - 1 + i);

		if (!slot->frame)
			*slot = b.nodes[i];
	}
	for (u32 i = 0; !rc && i < b.stack_cnt; i++) {
		const struct tape_stack_id *k = &b.stacks[i];
		struct tape_stack_id *slot;

		rc = fill_to(s, &s->stacks, k->id);
		if (rc)
			break;
		slot = vec_get(&s->stacks, struct tape_stack_id, k->id - 1);
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
	return id && id <= s->file_cnt && s->files[id - 1].id ? &s->files[id - 1] : NULL;
}

const struct tape_frame *tape_state_frame(const struct tape_state *s, u32 id)
{
	return id && id <= s->frame_cnt && s->frames[id - 1].id ? &s->frames[id - 1] : NULL;
}

const struct tape_node *tape_state_node(const struct tape_state *s, u32 id)
{
	return id && id <= s->node_cnt && s->nodes[id - 1].frame ? &s->nodes[id - 1] : NULL;
}

const struct tape_stack_id *tape_state_stack(const struct tape_state *s, u64 number)
{
	return number && number <= s->stack_cnt && s->stacks[number - 1].id ?
		       &s->stacks[number - 1] :
		       NULL;
}

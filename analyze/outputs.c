/*
 * The texts that actions left on the tape, in the order in which they came.
 *
 * Those that wait lie in a hash table by firing and action; a chain keeps the order in which its
 * texts came, so that a loop in one firing gets its own one by one.
 */
#include "analyze/outputs.h"

#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

struct output_chain {
	u32 head, tail; /* indexes of slots; NONE: empty */
};

struct slot {
	u32 log, next;
};

void outputs_init(struct outputs *o)
{
	*o = (struct outputs){ .free = NONE };
	vec_init(&o->slots, sizeof(struct slot), OUTPUTS_WAITING_MAX);
}

void outputs_fini(struct outputs *o)
{
	vec_fini(&o->slots);
	free(o->chains);
}

static u32 hash_of(const struct firing_id *id, u32 action)
{
	u64 key[] = { id->seq, (u64)id->table << 32 | id->cpu, action };

	return (u32)str_hash(key, sizeof(key));
}

static u32 hash_of_log(const struct tape_log *l)
{
	return hash_of(&(struct firing_id){ l->table, l->cpu, l->seq }, l->action);
}

static struct slot *slot_at(const struct outputs *o, u32 i)
{
	return vec_get(&o->slots, struct slot, i);
}

static void append(struct outputs *o, struct output_chain *c, u32 i)
{
	slot_at(o, i)->next = NONE;
	if (c->head == NONE)
		c->head = i;
	else
		slot_at(o, c->tail)->next = i;
	c->tail = i;
}

/* As many chains as texts that wait, at least. */
static bool make_chains(struct outputs *o, const struct tape_state *s)
{
	u32 cap = o->cap ? 2 * o->cap : 64;
	struct output_chain *old = o->chains, *chains;

	if (o->live < o->cap)
		return true;
	chains = malloc(cap * sizeof(*chains));
	if (!chains)
		return o->cap != 0;
	memset(chains, 0xff, cap * sizeof(*chains));
	for (u32 k = 0; k < o->cap; k++) {
		for (u32 i = old[k].head, next; i != NONE; i = next) {
			next = slot_at(o, i)->next;
			append(o, &chains[hash_of_log(&s->logs[slot_at(o, i)->log]) & (cap - 1)],
			       i);
		}
	}
	o->chains = chains;
	o->cap = cap;
	free(old);
	return true;
}

static u32 new_slot(struct outputs *o)
{
	u32 i = o->free;

	if (i != NONE) {
		o->free = slot_at(o, i)->next;
		return i;
	}
	return vec_push(&o->slots) ? (u32)o->slots.n - 1 : NONE;
}

static void look(struct outputs *o, const struct tape_state *s)
{
	for (; o->seen < s->log_cnt; o->seen++) {
		const struct tape_log *l = &s->logs[o->seen];
		u32 i;

		if (l->action == TAPE_NONE)
			continue;
		i = make_chains(o, s) ? new_slot(o) : NONE;
		if (i == NONE) {
			o->dropped++;
			continue;
		}
		slot_at(o, i)->log = o->seen;
		append(o, &o->chains[hash_of_log(l) & (o->cap - 1)], i);
		o->live++;
	}
}

static bool is_of(const struct tape_log *l, const struct firing_id *id, u32 action)
{
	return l->action == action && l->table == id->table && l->cpu == id->cpu &&
	       l->seq == id->seq;
}

const struct tape_log *outputs_take(struct outputs *o, const struct tape_state *s,
				    const struct firing_id *id, u32 action)
{
	struct output_chain *c;

	look(o, s);
	if (!o->live)
		return NULL;
	c = &o->chains[hash_of(id, action) & (o->cap - 1)];
	for (u32 i = c->head, prev = NONE; i != NONE; prev = i, i = slot_at(o, i)->next) {
		struct slot *at = slot_at(o, i);

		if (!is_of(&s->logs[at->log], id, action))
			continue;
		if (prev == NONE)
			c->head = at->next;
		else
			slot_at(o, prev)->next = at->next;
		if (c->tail == i)
			c->tail = prev;
		at->next = o->free;
		o->free = i;
		o->live--;
		return &s->logs[at->log];
	}
	return NULL;
}

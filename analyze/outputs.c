/*
 * The texts that actions left on the tape, in the order in which they came.
 *
 * They are asked for in nearly that order, so a search from the first that was not taken ends soon.
 */
#include "analyze/outputs.h"

#define WAITING_MAX (1u << 20)
#define TAKEN	    UINT32_MAX

void outputs_init(struct outputs *o)
{
	*o = (struct outputs){ 0 };
	vec_init(&o->waiting, sizeof(u32), WAITING_MAX);
}

void outputs_fini(struct outputs *o)
{
	vec_fini(&o->waiting);
}

static void look(struct outputs *o, const struct tape_state *s)
{
	for (; o->seen < s->log_cnt; o->seen++) {
		u32 *slot = s->logs[o->seen].action != TAPE_NONE ? vec_push(&o->waiting) : NULL;

		if (slot)
			*slot = o->seen;
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
	look(o, s);
	while (o->first < o->waiting.n && *vec_get(&o->waiting, u32, o->first) == TAKEN)
		o->first++;
	for (size_t i = o->first; i < o->waiting.n; i++) {
		u32 *at = vec_get(&o->waiting, u32, i), log = *at;

		if (log == TAKEN || !is_of(&s->logs[log], id, action))
			continue;
		*at = TAKEN;
		return &s->logs[log];
	}
	return NULL;
}

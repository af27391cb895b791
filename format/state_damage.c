/*
 * format/state_damage.c -- what is lost to damage, counted once.
 *
 * The same stretch may be met twice: as damage by whoever reads the bytes, and as a LOSS record
 * that says where it is, which repair has put behind it.  Either may come first, since a file's
 * tables are read by its INDEX before its bytes are.
 *
 * (1) Rows that the second of them counts are taken off the reader's own finding: what stands in
 *     a LOSS record stays as it is.
 * (2) So the sum of all losses is the same whichever way a tape is read.
 */
#include <errno.h>

#include "format/state.h"

void state_damage_init(struct state *s)
{
	vec_init(&s->met, sizeof(struct state_stretch), STATE_STRETCHES_MAX);
	vec_init(&s->known, sizeof(struct state_stretch), STATE_STRETCHES_MAX);
}

void state_damage_fini(struct state *s)
{
	vec_fini(&s->met);
	vec_fini(&s->known);
}

bool loss_has_place(const struct tape_loss *l)
{
	return (l->cause == TAPE_LOSS_CORRUPT || l->cause == TAPE_LOSS_NONE) &&
	       (l->off || l->len) && l->off + l->len >= l->off;
}

/* A place without bytes, where blocks are missing, is one byte here. */
static struct state_stretch stretch_of(u64 off, u64 len, u64 rows, u32 loss)
{
	return (struct state_stretch){ off, off + (len ? len : 1), rows, loss };
}

static bool do_overlap(const struct state_stretch *a, const struct state_stretch *b)
{
	return a->off < b->end && b->off < a->end;
}

/* Rows that both sides count.  *is_met: the other side has this stretch too. */
static u64 take_common(struct vec *others, const struct state_stretch *x, bool *is_met,
		       struct state *s, bool in_losses)
{
	u64 left = x->rows;

	for (size_t i = 0; i < others->n; i++) {
		struct state_stretch *o = vec_get(others, struct state_stretch, i);
		u64 n = o->rows < left ? o->rows : left;

		if (!do_overlap(o, x))
			continue;
		*is_met = true;
		o->rows -= n;
		left -= n;
		if (in_losses)
			vec_get(&s->losses, struct tape_loss, o->loss)->count -= n;
	}
	return x->rows - left;
}

static void keep(struct vec *v, struct state_stretch x, u64 common)
{
	struct state_stretch *slot = v->n < v->max_n ? vec_push(v) : NULL;

	x.rows -= common;
	if (slot)
		*slot = x;
}

void state_note_losses(struct state *s, u32 first, u32 cnt)
{
	for (u32 i = first; i < first + cnt; i++) {
		const struct tape_loss *l = vec_get(&s->losses, struct tape_loss, i);
		struct state_stretch x = stretch_of(l->off, l->len, 0, i);
		bool is_loss = l->cause == TAPE_LOSS_CORRUPT;
		bool is_met = false;
		u64 common = 0;

		x.rows = is_loss ? l->count : 0;
		if (loss_has_place(l) && s->known.n < STATE_STRETCHES_MAX) {
			common = take_common(&s->met, &x, &is_met, s, true);
			keep(&s->known, x, common);
		}
		s->pub.damaged_rows += (is_loss ? l->count : 0) - common;
		s->pub.damaged_blocks += is_loss && !is_met;
	}
}

u64 state_meet_damage(struct state *s, const struct walk_step *d, u32 loss, bool *is_known)
{
	struct state_stretch x = stretch_of(d->off, d->len, d->rows, loss);
	u64 common = 0;

	*is_known = false;
	if (s->met.n == STATE_STRETCHES_MAX)
		return 0;
	common = take_common(&s->known, &x, is_known, s, false);
	keep(&s->met, x, common);
	return common;
}

/* Unlike of other damage it is known whose rows they are and of which time. */
int state_add_orphan(struct state *s, const struct tape_index_entry *e,
		     struct walk_step *ret_damage, struct state_note *ret_note)
{
	bool is_run = e->type == TAPE_MIXED;
	struct tape_block_header h = { .stored_len = e->stored_len };
	u64 key = is_run ? STATE_KEY_RUN(e->off, e->run) : STATE_KEY_CONTENT(e->off);
	struct tape_loss *l;
	int rc;

	*ret_damage = (struct walk_step){
		.off = e->off,
		.len = is_run ? 0 : block_span(&h),
		.blocks = !is_run,
		.rows = e->n_rows,
		.reason = "rows of a table whose schema is lost",
	};
	rc = state_add_damage(s, key, ret_damage, ret_note);
	if (rc)
		return rc;
	l = vec_get(&s->losses, struct tape_loss, ret_note->first);
	l->table = e->stream;
	l->first_ts = e->ts_min;
	l->last_ts = e->ts_max;
	return 0;
}

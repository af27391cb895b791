/*
 * format/jump.c -- over blocks that the INDEX lists and nobody wants, without a look at them.
 *
 * Of a tape of 10 GB a second is a few blocks among 250,000.
 *
 * (1) Whatever is not a list of rows, or a checkpoint, comes.  Damage of blocks passed over is not
 *     noticed, as no answer depends on them.
 * (2) Damage may have moved blocks about, so that another one was passed over than was meant.
 *     Then the one that was meant is missing where it is looked for: the INDEX is believed no
 *     longer, and the damage is said.
 */
#include "format/reader_priv.h"

static const struct tape_index_entry *entry_at(const struct vec *v, size_t i)
{
	return i < v->n ? (const struct tape_index_entry *)v->items + i : NULL;
}

/* Where the next listed block is; blocks of rows behind end_off are known, but not all others. */
static u64 next_listed(const struct tape_reader *r)
{
	const struct tape_index_entry *rows = entry_at(&r->entries, r->entry_at);
	const struct tape_index_entry *other = entry_at(&r->others, r->other_at);
	u64 off = rows && rows->off < r->end_off ? rows->off : r->end_off;

	return other && other->off < off ? other->off : off;
}

/* The next block has rows, each run an entry: passed over if nobody wants any. */
static bool pass_rows(struct tape_reader *r, u64 off)
{
	const struct tape_index_entry *e;
	size_t at = r->entry_at;
	u64 rows = 0;

	for (; (e = entry_at(&r->entries, at)) && e->off == off; at++) {
		if (select_wants_range(&r->sel, e->ts_min, e->ts_max) &&
		    select_wants_table(&r->sel, e->stream))
			return false;
		rows += e->n_rows;
	}
	if (at == r->entry_at)
		return false;
	r->entry_at = at;
	r->has_passed = true;
	r->st.pub.blocks++;
	r->st.pub.rows += rows;
	return true;
}

/*
 * A checkpoint says that older rows are there.  Of a range neither those from before it nor those
 * from behind it are needed.  Where rows are passed over, two are enough: the next ones, and the
 * end of the tape, say as much.
 */
static bool pass_checkpoint(struct tape_reader *r, u64 off)
{
	const struct tape_index_entry *e = entry_at(&r->others, r->other_at);

	if (!e || e->off != off || e->type != TAPE_CHECKPOINT ||
	    ((r->quiet < 2 || !r->has_passed) &&
	     select_wants_range(&r->sel, e->ts_min, e->ts_max)))
		return false;
	r->other_at++;
	r->st.pub.blocks++;
	return true;
}

int reader_jump(struct tape_reader *r, struct err *err)
{
	const struct tape_index_entry *e;
	u64 where = walk_where(&r->walk), to;

	while ((e = entry_at(&r->entries, r->entry_at)) && e->off < where)
		r->entry_at++;
	while ((e = entry_at(&r->others, r->other_at)) && e->off < where)
		r->other_at++;
	to = next_listed(r);
	if (r->walk.bad || to != where)
		return 0;
	while (to < r->end_off && (pass_rows(r, to) || pass_checkpoint(r, to)))
		to = next_listed(r);
	r->has_jumped |= to != where;
	return to == where ? 0 : walk_jump(&r->walk, to, err);
}

/* Has the INDEX this block of rows where it is? */
static bool is_listed(const struct tape_reader *r, const struct walk_step *b)
{
	u64 rows = 0, ts_min = UINT64_MAX, ts_max = 0;
	const struct tape_index_entry *e;
	size_t at = r->entry_at;

	for (; (e = entry_at(&r->entries, at)) && e->off == b->off; at++) {
		if (e->type != b->h.type || e->stored_len != b->h.stored_len ||
		    (e->type == TAPE_EVENTS && e->stream != b->h.stream))
			return false;
		rows += e->n_rows;
		ts_min = e->ts_min < ts_min ? e->ts_min : ts_min;
		ts_max = e->ts_max > ts_max ? e->ts_max : ts_max;
	}
	return at > r->entry_at && rows == b->h.n_rows && ts_min == b->h.ts_min &&
	       ts_max == b->h.ts_max;
}

void reader_check_listed(struct tape_reader *r, const struct walk_step *b)
{
	const struct block_kind *k = block_kind(b->h.type);

	if (!k || !k->is_rows || !b->h.n_rows || b->off >= r->end_off || is_listed(r, b))
		return;
	r->end_off = 0;
	if (r->has_jumped)
		r->moved_off = b->off;
}

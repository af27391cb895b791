/*
 * format/jump.c -- over blocks that the INDEX lists and nobody wants, without a look at them.
 *
 * Of a tape of 10 GB a second is a few blocks among 250,000.
 *
 * (1) Whatever is not a list of rows, or a checkpoint, comes.  Damage of blocks passed over is not
 *     noticed, as no answer depends on them.
 */
#include "format/reader_priv.h"

/*
 * A checkpoint says that older rows are there: of a range neither those from before it nor those
 * from behind it are needed, since the end of the tape says as much.
 */
static bool is_entry_wanted(const struct tape_reader *r, const struct tape_index_entry *e)
{
	const struct block_kind *k = block_kind(e->type);

	if (e->type == TAPE_CHECKPOINT)
		return select_wants_range(&r->sel, e->ts_min, e->ts_max);
	if (!k || !k->is_rows)
		return true;
	return select_wants_range(&r->sel, e->ts_min, e->ts_max) &&
	       select_wants_table(&r->sel, e->stream);
}

/* The next block of the list, where each run has an entry: passed over if nobody wants any. */
static bool pass_listed(struct tape_reader *r)
{
	const struct tape_index_entry *list = r->blocks.items, *e = &list[r->block_at - 1];
	u64 off = e->off, rows = 0;
	size_t at = r->block_at;

	for (; at && list[at - 1].off == off; at--) {
		const struct block_kind *k = block_kind(list[at - 1].type);

		if (is_entry_wanted(r, &list[at - 1]))
			return false;
		rows += k->is_rows ? list[at - 1].n_rows : 0;
	}
	r->block_at = at;
	r->st.pub.blocks++;
	r->st.pub.rows += rows;
	return true;
}

int reader_jump(struct tape_reader *r, struct err *err)
{
	const struct tape_index_entry *list = r->blocks.items;
	u64 where = walk_where(&r->walk);
	size_t was;

	while (r->block_at && list[r->block_at - 1].off < where)
		r->block_at--;
	if (!r->block_at || list[r->block_at - 1].off > where || r->walk.bad)
		return 0;
	was = r->block_at;
	while (r->block_at && pass_listed(r))
		;
	if (r->block_at == was)
		return 0;
	return walk_jump(&r->walk, r->block_at ? list[r->block_at - 1].off : r->end_off, err);
}

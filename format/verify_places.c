/*
 * format/verify_places.c -- the rules of CHECKPOINT, INDEX, END and TAIL: offsets and sums.
 *
 * They hold over the good blocks.  Behind damage a block that was written before it happened may
 * count what is gone and point into the gap: sums may then be greater, once after each gap, and
 * offsets may lie in one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/verify_priv.h"

static int compare_gap(const void *key, const void *item)
{
	u64 off = *(const u64 *)key;
	const struct verify_gap *g = item;

	return off < g->off ? -1 : off >= g->end;
}

bool verify_in_gap(const struct verify *v, u64 off)
{
	return v->gaps.n &&
	       bsearch(&off, v->gaps.items, v->gaps.n, sizeof(struct verify_gap), compare_gap);
}

void verify_note_entry(struct verify *v, const struct tape_index_entry *e)
{
	struct vec *all = &v->entries;
	bool has_room = all->n < all->cap ||
			2 * all->cap * sizeof(*e) + state_mem(&v->st) <= v->st.mem_max;
	struct tape_index_entry *slot = has_room ? vec_push(all) : NULL;

	if (slot)
		*slot = *e;
	else
		v->rc = -ENOMEM;
}

/* A sum is what was counted, and what the gaps took; *gap learns from the first after a gap. */
static bool is_sum(const struct verify *v, u64 said, u64 counted, u64 *gap)
{
	if (v->is_gap_open && said > counted + *gap)
		*gap = said - counted;
	return said == counted + *gap || (v->has_gap && said == counted);
}

static bool is_place(const struct verify *v, u64 said, u64 off)
{
	return said == off || verify_in_gap(v, said);
}

void verify_checkpoint(struct verify *v, const struct walk_step *b, const struct tape_checkpoint *c)
{
	if (c->watermark < v->st.pub.checkpoint.watermark)
		verify_report(v, b->off, "CHECKPOINT: the watermark goes back");
	if (!is_place(v, c->prev_off, v->checkpoint_off))
		verify_report(v, b->off, "CHECKPOINT: previous one is not at %llu",
			      (unsigned long long)c->prev_off);
	if (!is_sum(v, c->rows, v->ret->rows, &v->row_gap))
		verify_report(v, b->off, "CHECKPOINT: says %llu rows, there were %llu",
			      (unsigned long long)c->rows, (unsigned long long)v->ret->rows);
	if (!is_sum(v, c->lost, v->lost, &v->lost_gap))
		verify_report(v, b->off, "CHECKPOINT: says %llu lost, there were %llu",
			      (unsigned long long)c->lost, (unsigned long long)v->lost);
	if (c->index_off && !is_place(v, c->index_off, v->index_off))
		verify_report(v, b->off, "CHECKPOINT: last INDEX is not at %llu",
			      (unsigned long long)c->index_off);
	v->checkpoint_off = b->off;
	v->is_gap_open = false;
}

/* The first entry behind @off. */
static size_t first_behind(const struct verify *v, u64 off)
{
	size_t low = 0, high = v->entries.n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (vec_get(&v->entries, struct tape_index_entry, mid)->off <= off)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Entries from number @at on; *ret behind the last.  Those in gaps are of what is gone. */
static bool has_entries(const struct verify *v, const u8 *p, u32 n, size_t at, size_t *ret)
{
	const struct tape_index_entry *all = v->entries.items;

	for (u32 i = 0; i < n; i++) {
		struct tape_index_entry e;

		memcpy(&e, p + i * sizeof(e), sizeof(e));
		if (at < v->entries.n && !memcmp(&e, &all[at], sizeof(e)))
			at++;
		else if (!verify_in_gap(v, e.off))
			return false;
	}
	*ret = at;
	return true;
}

static bool find_chain(const struct verify *v, u64 prev_off, size_t *ret)
{
	*ret = v->chain_n;
	if (prev_off == v->index_off)
		return true;
	*ret = 0;
	if (!prev_off)
		return true;
	*ret = first_behind(v, prev_off);
	return verify_in_gap(v, prev_off);
}

void verify_index(struct verify *v, const struct walk_step *b, struct cursor c)
{
	const u8 *p = cursor_bytes(&c, sizeof(struct tape_index));
	struct tape_index head;
	size_t at, sz = cursor_left(&c), end = 0;

	if (p)
		memcpy(&head, p, sizeof(head));
	if (!p || sz != head.n_entries * sizeof(struct tape_index_entry)) {
		verify_report(v, b->off, "INDEX: malformed");
		return;
	}
	if (head.n_entries != b->h.n_rows)
		verify_report(v, b->off, "INDEX: %u entries, the header says %u", head.n_entries,
			      b->h.n_rows);
	if (head.pad)
		verify_report(v, b->off, "INDEX: reserved bytes are not zero");
	if (!find_chain(v, head.prev_off, &at))
		verify_report(v, b->off, "INDEX: previous one is not at %llu",
			      (unsigned long long)head.prev_off);
	if (!head.prev_off)
		v->chain_top = v->entries.n;
	if (!has_entries(v, cursor_bytes(&c, sz), head.n_entries, at, &end) ||
	    (end < v->entries.n && end >= v->chain_top))
		verify_report(v, b->off, "INDEX: entries are not the blocks before it");
	/* A chain from the start may be cut into several blocks, one behind the other. */
	else if (end < v->entries.n)
		v->part_off = b->off;
	v->chain_n = end;
	v->index_off = b->off;
}

void verify_part_index(struct verify *v)
{
	if (v->part_off)
		verify_report(v, v->part_off, "INDEX: entries are not the blocks before it");
	v->part_off = 0;
}

void verify_end(struct verify *v, const struct walk_step *b)
{
	const struct tape_end *e = &v->st.pub.end;
	/* It was made before there was damage: what it counted cannot be checked to the end. */
	bool is_older = v->has_gap && e->blocks == b->h.seq && e->rows >= v->ret->rows;

	v->end_off = b->off;
	v->ret->has_end = true;
	v->is_end_exact = e->rows == v->ret->rows && e->blocks == v->ret->blocks &&
			  e->hash == v->hash;
	if (b->h.stored_len != sizeof(*e))
		verify_report(v, b->off, "END: %u bytes", b->h.stored_len);
	if (v->is_end_exact || is_older)
		return;
	if (e->rows != v->ret->rows)
		verify_report(v, b->off, "END: says %llu rows, there were %llu",
			      (unsigned long long)e->rows, (unsigned long long)v->ret->rows);
	if (e->blocks != v->ret->blocks)
		verify_report(v, b->off, "END: says %llu blocks, there were %llu",
			      (unsigned long long)e->blocks, (unsigned long long)v->ret->blocks);
	if (e->hash != v->hash)
		verify_report(v, b->off, "END: the hash of the blocks is wrong");
}

void verify_tail(struct verify *v, const struct walk_step *b)
{
	bool is_last_index = b->h.ts_min == v->index_off;

	if (!(is_place(v, b->h.ts_max, v->end_off) &&
	      (!b->h.ts_min || is_place(v, b->h.ts_min, v->index_off))))
		verify_report(v, b->off, "TAIL: offsets are not those of INDEX and END");
	else if (b->h.stored_len)
		verify_report(v, b->off, "TAIL: has a payload");
	else
		v->is_closed = v->is_end_exact && b->h.ts_max == v->end_off &&
			       (!b->h.ts_min || (is_last_index && v->chain_n == v->entries.n));
}

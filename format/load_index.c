/*
 * format/load_index.c -- what a file holds, by its INDEX blocks.
 *
 * The INDEX is only a short cut: it is believed as long as each block is what it says; the
 * first contradiction throws it away and the headers are walked.
 *
 * A finished tape's last INDEX is named by its TAIL.  Of one that was cut off a CHECKPOINT near the
 * end names one that lists all blocks before itself: only what is behind has to be walked.  Damage
 * before it is then noticed where it is read, as in a finished tape; of a tape that is small all is
 * walked, so that it is noticed at once.
 *
 * (1) Blocks that an INDEX names do not overlap, so that no byte is read twice for it.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "format/load_priv.h"

#define SEARCH_STEP	  (1u << 20)
#define SEARCH_MAX	  (64u << 20)
#define CHECKPOINT_SZ_MAX 4096 /* hostile headers may claim much */

static bool is_of_rows(const u8 *entry)
{
	u16 type;

	memcpy(&type, entry + offsetof(struct tape_index_entry, type), sizeof(type));
	return type == TAPE_EVENTS || type == TAPE_MIXED;
}

/* From the last to the first: both lists are turned round at the end. */
static int add_entries(struct loader *l, const u8 *p, u32 n)
{
	const size_t sz = sizeof(struct tape_index_entry);
	struct tape_index_entry *rows, *others;
	u32 row_cnt = 0;

	for (u32 i = 0; i < n; i++)
		row_cnt += is_of_rows(p + i * sz);
	rows = load_push_entries(l, &l->r->entries, row_cnt);
	others = load_push_entries(l, &l->r->others, n - row_cnt);
	if ((row_cnt && !rows) || (row_cnt < n && !others))
		return -ENOMEM;
	for (u32 i = n; i-- > 0;)
		memcpy(is_of_rows(p + i * sz) ? rows++ : others++, p + i * sz, sz);
	return 0;
}

/*
 * One INDEX block's entries in front of those already there.  1: more before it (*off).  It ends
 * before *end.
 */
static int load_index_block(struct loader *l, u64 *off, u64 *end)
{
	struct tape_index head;
	struct tape_block_header h;
	const char *reason;
	const u8 *payload;
	size_t sz;

	if (block_read(&l->place, *off, &h, &l->stored, &reason) || h.type != TAPE_INDEX ||
	    block_unpack(&h, l->stored.data, l->r->dec.codec, &l->plain, &payload) ||
	    payload_len(&h) < sizeof(head) || block_span(&h) > *end - *off)
		return -EBADMSG;
	*end = *off;
	memcpy(&head, payload, sizeof(head));
	sz = payload_len(&h) - sizeof(head);
	if (head.n_entries != sz / sizeof(struct tape_index_entry) || head.prev_off >= *off)
		return -EBADMSG;
	if (add_entries(l, payload + sizeof(head), head.n_entries))
		return -ENOMEM;
	*off = head.prev_off;
	return head.prev_off ? 1 : 0;
}

/* Headers at the end of the file: TAIL, and END where it says. */
static int read_tail(struct loader *l, u64 *ret_index, struct tape_block_header *end, u64 *ret_end)
{
	struct tape_block_header h;
	const char *reason;

	if (l->size < sizeof(h) ||
	    block_read(&l->place, l->size - sizeof(h), &h, &l->stored, &reason) ||
	    h.type != TAPE_TAIL || !h.ts_min)
		return -EBADMSG;
	*ret_index = h.ts_min;
	*ret_end = h.ts_max;
	if (block_read(&l->place, h.ts_max, end, &l->stored, &reason) || end->type != TAPE_END)
		return -EBADMSG;
	return 0;
}

/* Behind the block of the entry before, or the next run of it. */
static bool is_next(struct loader *l, const struct tape_index_entry *e)
{
	const struct tape_index_entry was = l->last;
	u64 span = sizeof(struct tape_block_header) + ((was.stored_len + 7ull) & ~7ull);
	bool is_run = e->off == was.off && e->type == TAPE_MIXED && was.type == TAPE_MIXED &&
		      e->run == was.run + 1u && e->stored_len == was.stored_len;
	bool is_first = !was.off;

	l->last = *e;
	return is_run || is_first || (e->off > was.off && e->off - was.off >= span);
}

static int load_entry(struct loader *l, const struct tape_index_entry *e, struct err *err)
{
	const struct block_kind *k = block_kind(e->type);
	struct tape_block_header h;
	const char *reason;
	int rc = block_check_known(e->type, err);

	if (rc)
		return rc;
	if (!k || !k->is_table || (e->type == TAPE_CHECKPOINT && e->off != l->checkpoint))
		return 0;
	rc = block_read(&l->place, e->off, &h, &l->stored, &reason);
	l->r->load_work += l->stored.len;
	if (!rc && (h.type != e->type || h.stored_len != e->stored_len))
		return -EBADMSG;
	if (!rc)
		return load_table(l, e->off, &h, l->stored.data, err);
	return rc == -EBADMSG ? rc : err_set_errno(err, rc, "reading the tape");
}

static void turn_round(struct vec *v)
{
	struct tape_index_entry *e = v->items;

	for (size_t i = 0; i < v->n / 2; i++) {
		struct tape_index_entry t = e[i];

		e[i] = e[v->n - 1 - i];
		e[v->n - 1 - i] = t;
	}
}

/* All INDEX blocks, from the one at @off back to the first. */
static int load_lists(struct loader *l, u64 off)
{
	u64 bound = l->size;
	int more = 1;

	vec_reset(&l->r->entries);
	vec_reset(&l->r->others);
	while (more > 0)
		more = off < bound ? load_index_block(l, &off, &bound) : -EBADMSG;
	turn_round(&l->r->entries);
	turn_round(&l->r->others);
	return more;
}

/* END, whose payload is at hand, says how many blocks there are: most of them have rows. */
static void reserve(struct loader *l, const struct tape_block_header *h)
{
	struct tape_end end;

	if (h->codec || h->stored_len < sizeof(end))
		return;
	memcpy(&end, l->stored.data, sizeof(end));
	if (end.blocks > l->size / sizeof(*h) ||
	    end.blocks > l->r->st.mem_max / 4 / sizeof(struct tape_index_entry))
		return;
	vec_reserve(&l->r->entries, end.blocks);
}

static u64 find_checkpoint(const struct vec *v)
{
	const struct tape_index_entry *e = v->items;

	for (size_t i = v->n; i-- > 0;)
		if (e[i].type == TAPE_CHECKPOINT)
			return e[i].off;
	return 0;
}

/* Both lists in the order of the tape, before END. */
static int load_blocks(struct loader *l, u64 end_off, struct err *err)
{
	const struct tape_index_entry *rows = l->r->entries.items, *others = l->r->others.items;
	const struct tape_index_entry *rows_end = rows + l->r->entries.n;
	const struct tape_index_entry *others_end = others + l->r->others.n;
	int rc = 0;

	l->last = (struct tape_index_entry){ .off = 0 };
	l->checkpoint = find_checkpoint(&l->r->others);
	while (!rc && (rows < rows_end || others < others_end)) {
		bool is_rows = others == others_end || (rows < rows_end && rows->off < others->off);
		const struct tape_index_entry *e = is_rows ? rows++ : others++;

		if (!is_next(l, e) || e->off >= end_off)
			return -EBADMSG;
		if (!is_rows)
			rc = load_entry(l, e, err);
	}
	return rc;
}

/* What the chain that ends with the INDEX at @off lists, all of it before @end_off. */
static int load_list(struct loader *l, u64 off, u64 end_off, struct err *err)
{
	int rc = load_lists(l, off);

	if (rc == -ENOMEM)
		return reader_no_mem(err);
	return rc ? rc : load_blocks(l, end_off, err);
}

int load_by_index(struct loader *l, struct err *err)
{
	struct tape_block_header end;
	u64 off, end_off;
	int rc = read_tail(l, &off, &end, &end_off);

	if (!rc)
		reserve(l, &end);
	rc = rc ? rc : load_list(l, off, end_off, err);
	if (!rc)
		rc = block_read(&l->place, end_off, &end, &l->stored, &(const char *){ NULL });
	rc = rc ? rc : load_table(l, end_off, &end, l->stored.data, err);
	if (!rc)
		l->r->end_off = end_off;
	return rc;
}

/* ---- a tape that was cut off: by the last CHECKPOINT, which names an INDEX ---- */

/* What the CHECKPOINT at @off says of the INDEX before it; 0: nothing, or there is none. */
static u64 read_checkpoint(struct loader *l, u64 off, const struct tape_block_header *seen)
{
	struct tape_block_header h;
	struct tape_checkpoint *c;
	const char *reason;
	struct cursor in;
	u32 n;

	if (seen->codec != TAPE_CODEC_NONE || seen->stored_len > CHECKPOINT_SZ_MAX ||
	    block_read(&l->place, off, &h, &l->stored, &reason))
		return 0;
	l->r->load_work += h.stored_len;
	in = cursor_over(l->stored.data, h.stored_len);
	if (fields_get_list(&tape_checkpoint_desc, &in, &l->r->item_arena, (void **)&c, &n) ||
	    n != 1 || c->index_off >= off)
		return 0;
	return c->index_off;
}

/* The same of the last CHECKPOINT that begins in @p, which has @n bytes from @off on. */
static u64 search_checkpoint(struct loader *l, const u8 *p, size_t n, u64 off)
{
	const size_t sz = sizeof(struct tape_block_header);
	struct tape_block_header h, last = { .type = 0 };
	size_t last_at = 0;

	for (size_t at = 0; at + sz <= n; at++) {
		at += block_find_sync(p + at, n - at);
		if (at + sz > n)
			break;
		memcpy(&h, p + at, sz);
		if (h.type != TAPE_CHECKPOINT ||
		    block_fault(&h, l->place.session_tag, l->place.limits, l->place.ignore_crc))
			continue;
		last = h;
		last_at = at;
	}
	return last.type ? read_checkpoint(l, off + last_at, &last) : 0;
}

/* From the end backwards, step by step; each a header more, as one may lie across. */
static u64 find_index(struct loader *l)
{
	u64 at = l->size, index_off = 0;
	u8 *p = malloc(SEARCH_STEP + sizeof(struct tape_block_header));

	while (p && !index_off && at && l->size - at < SEARCH_MAX) {
		u64 n = at < SEARCH_STEP ? at : SEARCH_STEP;
		ssize_t got;

		at -= n;
		got = io_pread_full(l->r->fd, p, n + sizeof(struct tape_block_header),
				    l->place.base + at);
		if (got < 0)
			break;
		index_off = search_checkpoint(l, p, (size_t)got, at);
		l->r->load_work += (u64)got;
		arena_reset(&l->r->item_arena);
	}
	free(p);
	return index_off;
}

int load_to_checkpoint(struct loader *l, struct err *err)
{
	struct tape_block_header h;
	const char *reason;
	u64 off = 0;
	int rc = -EBADMSG;

	if (l->place.session_tag && l->size > l->r->walk_max)
		off = find_index(l);
	if (off && !block_read(&l->place, off, &h, &l->stored, &reason))
		rc = load_list(l, off, off, err);
	l->index_seq = rc ? 0 : h.seq;
	l->r->end_off = rc ? 0 : off;
	if (rc) {
		vec_reset(&l->r->entries);
		vec_reset(&l->r->others);
	}
	return rc;
}

/*
 * format/load.c -- everything but the rows of a file: by its INDEX, or header by header.
 *
 * The INDEX is only a short cut: it is believed as long as each block is what it says; the
 * first contradiction throws it away and the headers are walked.
 *
 * (1) What is added to the state is added once, however often it is met: a failed attempt needs
 *     no undoing.
 * (2) Blocks that an INDEX names do not overlap, so that no byte is read twice for it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "format/access.h"
#include "format/reader_priv.h"

struct loader {
	struct tape_reader *r;
	struct block_place place;
	struct buf stored, plain;
	struct tape_index_entry last; /* the one before */
	u64 checkpoint; /* place of the last one, which says all that those before do */
	u64 size; /* of the tape */
};

/* A block that cannot be used. */
static int add_bad(struct loader *l, u64 key, u64 off, const struct tape_block_header *h,
		   const char *reason)
{
	struct walk_step d = walk_bad_block(off, h, reason);
	struct state_note note;

	return state_add_damage(&l->r->st, key, &d, &note);
}

/* Add one table block whose stored payload is at hand. */
static int load_table(struct loader *l, u64 off, const struct tape_block_header *h,
		      const u8 *stored, struct err *err)
{
	const char *reason;
	const u8 *payload;
	int rc = block_unpack(h, stored, l->r->dec.codec, &l->plain, &payload);

	reason = codec_fault(l->r->dec.codec, "the block cannot be unpacked");
	if (!rc)
		rc = state_apply(&l->r->st, off, h, cursor_over(payload, payload_len(h)), NULL,
				 &reason);
	if (rc == -EBADMSG)
		rc = add_bad(l, STATE_KEY_CONTENT(off), off, h, reason);
	if (rc)
		return reader_no_mem(err);
	return 0;
}

/* An entry more; NULL: no memory, or beyond what tables may take. */
static struct tape_index_entry *push_entry(struct loader *l, struct vec *v)
{
	size_t held = (l->r->others.cap + l->r->entries.cap) * sizeof(struct tape_index_entry);

	if (v->n == v->cap && held + v->cap * v->item_sz + state_mem(&l->r->st) > l->r->st.mem_max)
		return NULL;
	return vec_push(v);
}

/* ---- by the INDEX ---- */

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
	/* From the last to the first: both lists are turned round at the end. */
	for (u32 i = head.n_entries; i-- > 0;) {
		struct tape_index_entry e, *slot;
		bool is_rows;

		memcpy(&e, payload + sizeof(head) + i * sizeof(e), sizeof(e));
		is_rows = e.type == TAPE_EVENTS || e.type == TAPE_MIXED;
		slot = push_entry(l, is_rows ? &l->r->entries : &l->r->others);
		if (!slot)
			return -ENOMEM;
		*slot = e;
	}
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
	if (vec_reserve(&l->r->entries, end.blocks))
		vec_reserve(&l->r->others, end.blocks / 4);
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

static int load_by_index(struct loader *l, struct err *err)
{
	struct tape_block_header end;
	u64 off, end_off;
	int rc = read_tail(l, &off, &end, &end_off);

	if (!rc)
		reserve(l, &end);
	rc = rc ? rc : load_lists(l, off);
	if (rc == -ENOMEM)
		return reader_no_mem(err);
	rc = rc ? rc : load_blocks(l, end_off, err);
	if (!rc)
		rc = block_read(&l->place, end_off, &end, &l->stored, &(const char *){ NULL });
	rc = rc ? rc : load_table(l, end_off, &end, l->stored.data, err);
	if (!rc)
		l->r->end_off = end_off;
	return rc;
}

/* ---- header by header ---- */

static int add_runs(struct loader *l, const struct walk_step *b, const u8 *stored,
		    const char **reason)
{
	struct mixed_iter m;
	const u8 *payload;
	int rc = block_unpack(&b->h, stored, l->r->dec.codec, &l->plain, &payload);

	*reason = codec_fault(l->r->dec.codec, "the block cannot be unpacked");
	if (!rc) {
		*reason = mixed_begin(&m, b->off, &b->h, payload, &l->r->o.limits);
		rc = *reason ? -EBADMSG : 0;
	}
	for (u32 i = 0; !rc && i < m.n_runs; i++) {
		struct tape_index_entry *e = push_entry(l, &l->r->entries);
		struct tape_mixed_run run;

		if (!e)
			return -ENOMEM;
		mixed_run(payload, m.len, i, &run);
		*e = walk_run_entry(b, &run, i);
	}
	return rc;
}

static int add_events(struct loader *l, const struct walk_step *b, struct err *err)
{
	struct tape_index_entry *e = push_entry(l, &l->r->entries);

	if (!e)
		return reader_no_mem(err);
	*e = walk_entry(b);
	return 0;
}

static int load_block(struct loader *l, struct walk *w, const struct walk_step *b, struct err *err)
{
	const struct block_kind *k = block_kind(b->h.type);
	const char *reason;
	const u8 *stored;
	int rc = block_check_known(b->h.type, err);

	if (rc)
		return rc;
	if (b->h.type == TAPE_EVENTS)
		return add_events(l, b, err);
	if (!k || (!k->is_table && b->h.type != TAPE_MIXED))
		return 0;
	rc = walk_payload(w, &stored, err);
	if (rc <= 0)
		return rc;
	if (b->h.type != TAPE_MIXED)
		return load_table(l, b->off, &b->h, stored, err);
	rc = add_runs(l, b, stored, &reason);
	if (rc == -EBADMSG)
		rc = add_bad(l, STATE_KEY_CONTENT(b->off), b->off, &b->h, reason);
	return rc ? reader_no_mem(err) : 0;
}

/* The walk has found the payload of the last block to be cut off, behind its good header. */
static void forget_cut_block(struct loader *l, u64 off)
{
	struct vec *v = &l->r->entries;

	while (v->n && vec_get(v, struct tape_index_entry, v->n - 1)->off == off)
		v->n--;
}

static int load_by_walking(struct loader *l, struct err *err)
{
	const struct walk_step *step;
	struct tape_file_header header;
	struct state_note note;
	struct walk w;
	int rc;

	vec_reset(&l->r->entries);
	vec_reset(&l->r->others);
	walk_init(&w, l->r->fd, &l->r->o.limits, l->r->o.ignore_crc);
	w.in.base = l->place.base;
	rc = walk_file_header(&w, &header, err);
	while (!rc && (rc = walk_next(&w, &step, err)) > 0) {
		if (step->kind == WALK_BLOCK) {
			rc = load_block(l, &w, step, err);
			continue;
		}
		forget_cut_block(l, step->off);
		rc = state_add_damage(&l->r->st, STATE_KEY_DAMAGE(step->off), step, &note);
	}
	l->r->st.pub.limits_hit |= w.limits_hit;
	l->r->load_work += w.work + w.in.work;
	walk_fini(&w);
	return rc == -ENOMEM ? reader_no_mem(err) : rc;
}

/* Rows that nobody can ask for are lost from now on. */
static int note_orphans(struct loader *l, struct err *err)
{
	const struct tape_index_entry *e = l->r->entries.items;
	struct state_note note;
	struct walk_step d;
	int rc = 0;

	for (size_t i = 0; !rc && i < l->r->entries.n; i++)
		if (!tape_state_schema(&l->r->st.pub, e[i].stream))
			rc = state_add_orphan(&l->r->st, &e[i], &d, &note);
	return rc ? reader_no_mem(err) : 0;
}

static int load(struct loader *l, struct err *err)
{
	struct err dropped = { 0 };
	struct stat st;
	int rc;

	if (fstat(l->r->fd, &st))
		return err_set_errno(err, -errno, "reading the tape");
	l->size = (u64)st.st_size > l->place.base ? (u64)st.st_size - l->place.base : 0;
	rc = load_by_index(l, &dropped);
	if (rc == -ENOTSUP || rc == -ENOMEM) {
		if (err)
			*err = dropped;
		return rc;
	}
	rc = rc ? load_by_walking(l, err) : 0;
	return rc ? rc : note_orphans(l, err);
}

int tape_reader_load(struct tape_reader *r, struct err *err)
{
	struct loader l = {
		.r = r,
		.place = { r->fd, r->walk.in.base, r->walk.session_tag, &r->o.limits,
			   r->o.ignore_crc },
	};
	int rc;

	if (!r->walk.in.can_seek)
		return err_set(err, -ESPIPE, "the tape is not a file");
	if (r->is_loaded)
		return 0;
	buf_init(&l.stored, r->o.limits.stored_len);
	buf_init(&l.plain, r->o.limits.raw_len);
	rc = load(&l, err);
	r->is_loaded = !rc;
	buf_fini(&l.stored);
	buf_fini(&l.plain);
	return rc;
}

const struct tape_index_entry *tape_reader_entries(const struct tape_reader *r, u32 *ret_n)
{
	*ret_n = (u32)r->entries.n;
	return r->entries.items;
}

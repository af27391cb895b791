/*
 * format/load.c -- everything but the rows of a file: by its INDEX, or header by header.
 *
 * (1) What is added to the state is added once, however often it is met: a failed attempt needs
 *     no undoing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "format/load_priv.h"

/* A block that cannot be used. */
static int add_bad(struct loader *l, u64 key, u64 off, const struct tape_block_header *h,
		   const char *reason)
{
	struct walk_step d = walk_bad_block(off, h, reason);
	struct state_note note;

	return state_add_damage(&l->r->st, key, &d, &note);
}

int load_table(struct loader *l, u64 off, const struct tape_block_header *h, const u8 *stored,
	       struct err *err)
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

struct tape_index_entry *load_push_entries(struct loader *l, struct vec *v, size_t n)
{
	size_t held = (l->r->others.cap + l->r->entries.cap) * sizeof(struct tape_index_entry);
	size_t more = n > v->cap ? n : v->cap;

	if (n > v->cap - v->n && held + more * v->item_sz + state_mem(&l->r->st) > l->r->st.mem_max)
		return NULL;
	return vec_extend(v, n);
}

/* One, all zero. */
static struct tape_index_entry *push_entry(struct loader *l, struct vec *v)
{
	struct tape_index_entry *e = load_push_entries(l, v, 1);

	return e ? memset(e, 0, sizeof(*e)) : NULL;
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

/* All blocks, or only those from the INDEX on that lists the ones before it. */
static int load_by_walking(struct loader *l, struct err *err)
{
	const struct walk_step *step;
	struct tape_file_header header;
	struct state_note note;
	struct walk w;
	int rc;

	walk_init(&w, l->r->fd, &l->r->o.limits, l->r->o.ignore_crc);
	w.in.base = l->place.base;
	if (l->r->end_off)
		rc = walk_begin_at(&w, l->r->end_off, l->index_seq, l->place.session_tag, err);
	else
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
	bool has_schema = false; /* the table of the entry before */
	struct walk_step d;
	int rc = 0;

	for (size_t i = 0; !rc && i < l->r->entries.n; i++) {
		if (has_schema && e[i].stream == e[i - 1].stream)
			continue;
		has_schema = tape_state_schema(&l->r->st.pub, e[i].stream);
		if (!has_schema)
			rc = state_add_orphan(&l->r->st, &e[i], &d, &note);
	}
	return rc ? reader_no_mem(err) : 0;
}

/* 0; -ENOTSUP and -ENOMEM end it, after other errors of a short way a longer one is tried. */
static int load_tables(struct loader *l, struct err *err)
{
	struct err dropped = { 0 };
	int rc = load_by_index(l, &dropped);

	if (!rc)
		return 0;
	if (rc != -ENOTSUP && rc != -ENOMEM)
		rc = load_to_checkpoint(l, &dropped);
	if (rc == -ENOTSUP || rc == -ENOMEM) {
		if (err)
			*err = dropped;
		return rc;
	}
	return load_by_walking(l, err);
}

static int load(struct loader *l, struct err *err)
{
	struct stat st;
	int rc;

	if (fstat(l->r->fd, &st))
		return err_set_errno(err, -errno, "reading the tape");
	l->size = (u64)st.st_size > l->place.base ? (u64)st.st_size - l->place.base : 0;
	rc = load_tables(l, err);
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

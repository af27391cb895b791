/*
 * format/repair_copy.c -- what is good of a tape, as a new tape.
 *
 * First verify reads the tape, so that of each gap is known what it took and until when.  Then
 * the good blocks are copied, and another verify looks at what is written: what it has to say
 * gets its LOSS record before the end.  So the new tape passes by construction.
 *
 * (1) Payloads are copied as they are; only what says where others are is made anew: CHECKPOINT,
 *     INDEX, END, TAIL, and LOSS records with a place.
 * (2) A gap is a LOSS record at its place, which says where it was in the old tape.
 * (3) Blocks that break rules are kept: a reader makes of them what it made of them before.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/io.h"
#include "format/access.h"
#include "format/repair_priv.h"

struct copy {
	struct verify *old; /* everything is read */
	struct verify new; /* goes along with what is written */
	struct tape_verify_result found;
	struct walk walk; /* through the old tape again */
	struct tape_writer *w;
	size_t gap; /* old->breaches from here on lie ahead */
	u8 *is_told; /* of old->st.known: its record is written */
};

/* ---- blocks that are made here ---- */

/* The writer has put a block of its own: the checks behind it know it too. */
static void follow(struct copy *c)
{
	c->new.hash = c->w->hash;
	c->new.lost = c->w->lost;
	c->found.blocks++;
}

static int put_index_if_due(struct copy *c, u64 ts, struct err *err)
{
	u64 at = c->w->off;
	int rc;

	if (c->w->index.n < REPAIR_INDEX_ENTRIES)
		return 0;
	rc = writer_put_index(c->w, ts, err);
	if (rc)
		return rc;
	follow(c);
	c->new.index_off = at;
	c->new.chain_n = c->new.entries.n;
	return 0;
}

/* Check what was just written at @at. */
static int check(struct copy *c, u64 at, const struct tape_block_header *h, const void *stored,
		 struct err *err)
{
	struct walk_step step = { .kind = WALK_BLOCK, .off = at, .h = *h };
	size_t before = c->new.entries.n;
	int rc = verify_block(&c->new, &step, stored);

	if (rc)
		return reader_no_mem(err);
	for (size_t i = before; h->type == TAPE_MIXED && i < c->new.entries.n; i++)
		writer_note(c->w, vec_get(&c->new.entries, struct tape_index_entry, i));
	c->w->rows = c->found.rows;
	c->w->lost = c->new.lost;
	if (h->type != TAPE_LOSS && h->ts_max > c->new.last_ts)
		c->new.last_ts = h->ts_max;
	return 0;
}

/* The payload in w->raw. */
static int put_made(struct copy *c, struct tape_block_header *h, struct err *err)
{
	u64 at = c->w->off;
	int rc = writer_put_table(c->w, h, &c->w->raw, err);
	const struct buf *b = h->codec == TAPE_CODEC_NONE ? &c->w->raw : &c->w->packed;

	return rc ? rc : check(c, at, h, b->data, err);
}

static int put_losses(struct copy *c, const struct tape_loss *l, u32 n, u64 ts, struct err *err)
{
	struct tape_block_header h = { .type = TAPE_LOSS, .n_rows = n };

	if (!n)
		return 0;
	writer_loss_times(&h, l, n, ts);
	buf_reset(&c->w->raw);
	fields_put_list(&tape_loss_desc, l, n, &c->w->raw);
	return put_made(c, &h, err);
}

/* ---- gaps ---- */

static u64 end_of(const struct tape_loss *l)
{
	return l->off + l->len;
}

/*
 * verify_settle() has sorted them by place, and their ends are the greatest up to there: the first
 * that ends at @off or behind it.
 */
static size_t first_known(const struct copy *c, u64 off)
{
	const struct state_stretch *k = c->old->st.known.items;
	size_t low = 0, high = c->old->st.known.n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (k[mid].end < off)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Records of an older repair that lie in a gap, as records without a place. */
static int put_known(struct copy *c, const struct breach *b, struct err *err)
{
	const struct state_stretch *k = c->old->st.known.items;
	int rc = 0;

	for (size_t i = first_known(c, b->off); !rc && i < c->old->st.known.n; i++) {
		struct tape_loss l = *vec_get(&c->old->st.losses, struct tape_loss, k[i].loss);

		if (l.off > b->off + b->len)
			break;
		if (c->is_told[i] || end_of(&l) < b->off)
			continue;
		c->is_told[i] = 1;
		l.off = l.len = 0;
		rc = put_losses(c, &l, 1, c->new.last_ts, err);
	}
	return rc;
}

static int put_gap(struct copy *c, const struct breach *b, struct err *err)
{
	struct tape_repair_stretch d = repair_stretch_of(b);
	struct tape_loss l;
	char note[160];

	if (b->is_note)
		return put_known(c, b, err);
	d.rows = vec_get(&c->old->st.losses, struct tape_loss, b->loss)->count;
	l = repair_loss_of(&d);
	snprintf(note, sizeof(note), "%s (bytes %llu to %llu of the tape before its repair)",
		 b->reason, (unsigned long long)b->off, (unsigned long long)(b->off + b->len));
	l.note = str_of(note);
	l.off = l.len = 0;
	return put_losses(c, &l, 1, c->new.last_ts, err);
}

/* The walk is at damage: the gaps that the first reading met there. */
static int take_gaps(struct copy *c, u64 off, struct err *err)
{
	int rc = 0;

	for (; !rc && c->gap < c->old->breaches.n; c->gap++) {
		const struct breach *b = vec_get(&c->old->breaches, struct breach, c->gap);

		if (b->kind != BREACH_GAP)
			continue;
		if (b->off > off)
			break;
		rc = put_gap(c, b, err);
	}
	return rc;
}

/* ---- blocks that are there ---- */

static int copy_checkpoint(struct copy *c, const struct walk_step *b, struct cursor in,
			   struct err *err)
{
	struct tape_block_header h = {
		.type = TAPE_CHECKPOINT, .n_rows = 1, .ts_min = b->h.ts_min, .ts_max = b->h.ts_max
	};
	struct tape_checkpoint *p;
	struct arena a;
	u64 at = c->w->off;
	u32 n;
	int rc;

	arena_init(&a, 1 << 16);
	rc = fields_get_list(&tape_checkpoint_desc, &in, &a, (void **)&p, &n);
	if (rc || n != 1) {
		arena_fini(&a);
		return 0; /* nobody could use it */
	}
	p->prev_off = c->w->checkpoint_off;
	p->index_off = c->w->index_off;
	p->rows = c->w->rows;
	p->lost = c->w->lost;
	buf_reset(&c->w->raw);
	fields_put_list(&tape_checkpoint_desc, p, 1, &c->w->raw);
	arena_fini(&a);
	rc = put_made(c, &h, err);
	if (!rc)
		c->w->checkpoint_off = at;
	return rc;
}

static bool was_told(const struct copy *c, const struct tape_loss *l)
{
	const struct state_stretch *k = c->old->st.known.items;

	for (size_t i = first_known(c, l->off); i < c->old->st.known.n && k[i].off <= l->off;
	     i++) {
		const struct tape_loss *o =
			vec_get(&c->old->st.losses, struct tape_loss, k[i].loss);

		if (c->is_told[i] && o->off == l->off && o->len == l->len)
			return true;
	}
	return false;
}

/* Places of the old tape mean nothing in the new one.  1: it is written; 0: copy it as it is. */
static int copy_losses(struct copy *c, const struct walk_step *b, struct cursor in, struct err *err)
{
	bool has_place = false;
	struct tape_loss *l;
	struct arena a;
	u32 n, kept = 0;
	int rc;

	arena_init(&a, c->old->st.mem_max);
	rc = fields_get_list(&tape_loss_desc, &in, &a, (void **)&l, &n);
	for (u32 i = 0; !rc && i < n; i++) {
		bool is_placed = loss_has_place(&l[i]);

		has_place |= is_placed;
		if (is_placed && (!l[i].count || was_told(c, &l[i])))
			continue;
		l[kept] = l[i];
		l[kept].off = l[kept].len = 0;
		kept++;
	}
	if (!rc && has_place)
		rc = put_losses(c, l, kept, b->h.ts_max, err);
	else
		has_place = false;
	arena_fini(&a);
	return has_place && !rc ? 1 : rc == -EBADMSG ? 0 : rc;
}

/* The first good copy of a part is no repetition, others are. */
static void set_repeat(const struct copy *c, struct tape_block_header *h, const u8 *stored)
{
	int said = verify_has_part(&c->new, h, stored);

	if (said >= 0)
		h->flags = (u8)((h->flags & ~TAPE_BLOCK_REPEAT) | (said ? TAPE_BLOCK_REPEAT : 0));
}

static int copy_block(struct copy *c, const struct walk_step *b, const u8 *stored, struct err *err)
{
	struct tape_block_header h = b->h;
	u64 at = c->w->off;
	int rc;

	set_repeat(c, &h, stored);
	rc = writer_put_block(c->w, &h, stored, err);
	return rc ? rc : check(c, at, &h, stored, err);
}

/*
 * Damage has moved rows to before the first SCHEMA: a reader of the old file finds it all the same,
 * one of a pipe may have found a copy of the rows behind it.
 */
static int put_schemas_ahead(struct copy *c, struct err *err)
{
	const struct tape_index_entry *e = c->old->entries.items;
	struct block_place place = {
		.fd = c->walk.in.fd,
		.base = c->walk.in.base,
		.session_tag = c->walk.session_tag,
		.limits = c->walk.limits,
		.ignore_crc = c->walk.ignore_crc,
	};
	struct walk_step b = { .kind = WALK_BLOCK };
	struct buf stored;
	const char *reason;
	u32 part = 0, known;
	int rc = 0;

	if (!c->old->st.pub.schema_cnt)
		return 0;
	buf_init(&stored, c->walk.limits->stored_len);
	for (size_t i = 0; !rc && c->walk.in.can_seek && i < c->old->entries.n; i++) {
		if (e[i].type != TAPE_SCHEMA || e[i].stream != part ||
		    block_read(&place, e[i].off, &b.h, &stored, &reason))
			continue;
		known = c->new.st.pub.schema_cnt;
		rc = copy_block(c, &b, stored.data, err);
		part += c->new.st.pub.schema_cnt > known; /* else a bad one: there may be another */
	}
	buf_fini(&stored);
	return rc;
}

static bool is_rows(u16 type)
{
	return type == TAPE_EVENTS || type == TAPE_MIXED;
}

static int take_block(struct copy *c, const struct walk_step *step, struct err *err)
{
	const struct walk_step b = *step;
	const u8 *stored, *payload;
	struct cursor in;
	int rc = walk_payload(&c->walk, &stored, err);

	if (rc <= 0 || b.h.type == TAPE_INDEX || b.h.type == TAPE_END || b.h.type == TAPE_TAIL)
		return rc < 0 ? rc : 0;
	rc = put_index_if_due(c, c->new.last_ts, err);
	if (!rc && is_rows(b.h.type) && !c->new.st.pub.schema_cnt)
		rc = put_schemas_ahead(c, err);
	if (rc)
		return rc;
	if (b.h.type != TAPE_CHECKPOINT && b.h.type != TAPE_LOSS)
		return copy_block(c, &b, stored, err);
	if (block_unpack(&b.h, stored, c->old->dec.codec, &c->old->plain, &payload))
		return copy_block(c, &b, stored, err);
	in = cursor_over(payload, payload_len(&b.h));
	if (b.h.type == TAPE_CHECKPOINT)
		return copy_checkpoint(c, &b, in, err);
	rc = copy_losses(c, &b, in, err);
	return rc ? (rc > 0 ? 0 : rc) : copy_block(c, &b, stored, err);
}

static int copy_all(struct copy *c, struct err *err)
{
	const struct walk_step *step;
	struct tape_file_header h;
	int rc = walk_file_header(&c->walk, &h, err);

	while (!rc && (rc = walk_next(&c->walk, &step, err)) > 0)
		rc = step->kind == WALK_BLOCK ? take_block(c, step, err) :
						take_gaps(c, step->off, err);
	return rc;
}

/* ---- the new tape ---- */

static int put_file_header(const struct copy *c, int fd, u32 *ret_tag, struct err *err)
{
	const struct tape_file_header *old = &c->old->st.pub.header;
	struct tape_file_header h = { .real_ns = old->real_ns };
	int rc;

	memcpy(h.uuid, old->uuid, sizeof(h.uuid));
	if (!old->major) /* it is lost; the blocks know the tag that was made of it */
		memcpy(h.uuid, &c->walk.session_tag, sizeof(c->walk.session_tag));
	block_seal_file(&h);
	if (old->major) /* what some fields mean hangs on it */
		h.minor = old->minor;
	h.crc = crc32c(0, &h, offsetof(struct tape_file_header, crc));
	*ret_tag = h.session_tag;
	rc = io_write_full(fd, &h, sizeof(h));
	return rc ? err_set_errno(err, rc, "writing the tape") : 0;
}

/* Blocks that break rules, in places of the new tape. */
static int put_flaws(struct copy *c, struct err *err)
{
	struct tape_loss *l = NULL;
	struct vec all;
	u32 n = 0;
	int rc;

	if (!repair_gather(&c->new, c->w->off, &all))
		l = repair_losses(&c->new, &all, &n);
	rc = l ? put_losses(c, l, n, c->new.last_ts, err) : err_oom(err);
	free(l);
	vec_fini(&all);
	return rc;
}

static int open_new(struct copy *c, int fd, struct err *err)
{
	struct writer_place at = { .off = sizeof(struct tape_file_header),
				   .hash = BLOCK_HASH_START };
	int rc = put_file_header(c, fd, &at.session_tag, err);

	return rc ? rc : writer_resume(fd, &at, &c->w, err);
}

int repair_copy(struct verify *old, int in, int out, u64 *ret_written, struct err *err)
{
	struct copy *c = calloc(1, sizeof(*c));
	int rc;

	if (!c)
		return err_oom(err);
	c->old = old;
	c->is_told = calloc(1, old->st.known.n + 1);
	rc = verify_init(&c->new, out, &old->o, &c->found);
	if (rc || !c->is_told)
		rc = err_oom(err);
	walk_init(&c->walk, in, &old->o.reader.limits, old->o.reader.ignore_crc);
	c->walk.session_tag = old->walk.session_tag;
	if (!rc)
		rc = open_new(c, out, err);
	if (!rc)
		rc = copy_all(c, err);
	if (!rc)
		rc = put_flaws(c, err);
	if (!rc)
		rc = tape_writer_finish(c->w, c->new.last_ts, NULL, 0, err);
	if (!rc)
		rc = tape_writer_sync(c->w, err);
	*ret_written = c->w ? tape_writer_stats(c->w).bytes : 0;
	tape_writer_close(c->w);
	walk_fini(&c->walk);
	verify_fini(&c->new);
	free(c->is_told);
	free(c);
	return rc;
}

/*
 * format/walk.c -- from block to block, over damage.
 *
 * (1) A block is believed if its header's checksum is right and it is of this session; its
 *     payload if that one's is.
 * (2) Anything else is damage from there to the next block that is believed.  The search goes
 *     through a bad block's payload too: its length may be what was meant, or bytes may be
 *     missing in the middle.  (In a file also through one that was passed over unread.)
 * (3) seq names a block: a hole counts blocks that are gone, one that was there already is a
 *     repetition and is passed over as damage, so that no row comes twice.  Damage may have moved
 *     blocks about: one that is too early leaves a hole, one that is too late fills it.  A block
 *     that was passed over unread was there if a believed header is behind it, or its payload good.
 * (4) Each byte is searched once, and is part of TRIES_MAX bad payloads at most: a hostile tape
 *     may have a header at every step, each with a length that goes over all that follow.
 */
#include "format/walk.h"

#include <errno.h>
#include <string.h>

#include "format/crc32c.h"

#define SEARCH_MIN (1u << 10)	/* what is read ahead, at first and at most */
#define SEARCH_SZ  (256u << 10)
#define HEADER_MAX 4096 /* of the file */
#define TRIES_MAX  16

void walk_init(struct walk *w, int fd, const struct tape_limits *limits, bool ignore_crc)
{
	memset(w, 0, sizeof(*w));
	input_init(&w->in, fd);
	w->limits = limits;
	w->ignore_crc = ignore_crc;
	seen_init(&w->seen);
}

void walk_fini(struct walk *w)
{
	seen_fini(&w->seen);
	input_fini(&w->in);
}

static int read_failed(s64 rc, struct err *err)
{
	return err_set_errno(err, (int)rc, "reading the tape");
}

static u64 rows_of(const struct tape_block_header *h)
{
	const struct block_kind *k = block_kind(h->type);

	return k && k->is_rows ? h->n_rows : 0;
}

/* NULL: the header is believed. */
static const char *header_fault(struct walk *w, const u8 *p, struct tape_block_header *h)
{
	const char *fault;

	memcpy(h, p, sizeof(*h));
	fault = block_fault(h, w->session_tag, w->limits, w->ignore_crc);
	w->limits_hit |= fault ? tape_limit_bit(fault) : 0;
	w->work += sizeof(*h);
	return fault;
}

/* Place of the first believed header in the window, else of the first byte not yet looked at. */
static size_t search_window(struct walk *w, const u8 *p, size_t n, bool *ret_found)
{
	const size_t sz = sizeof(struct tape_block_header);
	struct tape_block_header h;

	*ret_found = false;
	for (size_t at = 0;; at++) {
		size_t hop = block_find_sync(p + at, n - at);

		at += hop;
		w->work += hop;
		if (at + sz > n)
			return at < n || n < 8 ? at :
						 n - 7; /* a sync may begin in the last bytes */
		if (!header_fault(w, p + at, &h)) {
			*ret_found = true;
			return at;
		}
	}
}

/* Move to the next believed block, or to the end.  0 or -errno. */
static s64 search(struct walk *w)
{
	for (size_t ahead = SEARCH_MIN;; ahead = ahead < SEARCH_SZ ? 2 * ahead : ahead) {
		bool is_found;
		const u8 *p;
		s64 n = input_peek(&w->in, ahead, &p), rc;
		size_t at;

		if (n <= 0)
			return n;
		at = search_window(w, p, (size_t)n, &is_found);
		if (!is_found && (size_t)n < ahead)
			at = (size_t)n;
		rc = input_skip(&w->in, at);
		if (rc < 0 || is_found)
			return rc < 0 ? rc : 0;
	}
}

/* The magic is made to show it: its name is there, what a transfer as text changes is not. */
static bool was_sent_as_text(const u8 *p, s64 n)
{
	return n >= 16 && memcmp(p, TAPE_MAGIC, 8) && memmem(p, 16, "BTAP", 4);
}

static int not_a_tape(const u8 *p, s64 n, struct err *err)
{
	if (!was_sent_as_text(p, n))
		return err_set(err, -EPROTO, "not a tape");
	err_set(err, -EPROTO, "the tape was changed on its way, as by a transfer as text");
	err_hint(err, "copy it again, in binary");
	return -EPROTO;
}

static int parse_file_header(struct walk *w, const u8 *p, s64 n, struct tape_file_header *h,
			     struct err *err)
{
	if (!n)
		return err_set(err, -ENODATA, "the input is empty");
	if (n < (s64)sizeof(*h) && memcmp(p, TAPE_MAGIC, n < 8 ? (size_t)n : 8))
		return not_a_tape(p, n, err);
	if (n < (s64)sizeof(*h))
		return err_set(err, -ENODATA, "the tape ends within its header");
	memcpy(h, p, sizeof(*h));
	if (memcmp(h->magic, TAPE_MAGIC, sizeof(h->magic)))
		return not_a_tape(p, n, err);
	if (crc32c(0, h, offsetof(struct tape_file_header, crc)) != h->crc && !w->ignore_crc)
		return err_set(err, -EPROTO, "the file header is damaged");
	if (h->major > TAPE_MAJOR) {
		err_set(err, -ENOTSUP, "format version %u.%u is newer than this program's (%u)",
			h->major, h->minor, TAPE_MAJOR);
		err_hint(err, "read it with a newer bpftape");
		return -ENOTSUP;
	}
	if (!h->major || h->header_len < sizeof(*h) || h->header_len > HEADER_MAX)
		return err_set(err, -EPROTO, "the file header is damaged");
	return 0;
}

/* Whether there is a block as near as the first can make the second be.  1, 0, -errno. */
static int has_block_near(struct walk *w)
{
	u64 far = w->limits->stored_len + HEADER_MAX;
	bool is_found = false;

	for (u64 ahead = SEARCH_SZ;; ahead *= 2) {
		const u8 *p;
		s64 n = input_peek(&w->in, ahead, &p);

		if (n < 0)
			return (int)n;
		search_window(w, p, (size_t)n, &is_found);
		if (is_found || (u64)n < ahead || ahead >= far)
			return is_found;
	}
}

int walk_file_header(struct walk *w, struct tape_file_header *h, struct err *err)
{
	const u8 *p;
	s64 n = input_peek(&w->in, sizeof(*h), &p);
	int rc;

	if (n < 0)
		return read_failed(n, err);
	rc = parse_file_header(w, p, n, h, err);
	if (!rc) {
		w->session_tag = h->session_tag;
		n = input_skip(&w->in, h->header_len);
		return n < 0 ? read_failed(n, err) : 0;
	}
	if (rc != -EPROTO)
		return rc;
	n = has_block_near(w);
	if (n < 0)
		return read_failed(n, err);
	if (!n)
		return rc;
	n = input_peek(&w->in, sizeof(*h), &p);
	memset(h, 0, sizeof(*h));
	w->bad = was_sent_as_text(p, n) ? "changed on its way, as by a transfer as text" :
					  "the file header is damaged";
	return 0;
}

int walk_begin_at(struct walk *w, u64 off, u64 seq, u32 session_tag, struct err *err)
{
	w->session_tag = session_tag;
	w->next_seq = seq;
	input_seek(&w->in, off);
	return seq && seen_fill(&w->seen, seq - 1) ? err_oom(err) : 0;
}

static int begin_damage(struct walk *w, const char *reason, u64 off, u64 rows)
{
	if (!w->bad) {
		w->bad = reason;
		w->bad_off = off;
	}
	w->bad_rows += rows;
	return 0;
}

/* Damage is over (at a believed block, or at the end): report it. */
static int end_damage(struct walk *w, u64 blocks, const struct walk_step **ret)
{
	w->step = (struct walk_step){
		.kind = WALK_DAMAGE,
		.off = w->bad_off,
		.h = w->bad_is_block ? w->step.h : (struct tape_block_header){ .type = 0 },
		.len = w->in.pos - w->bad_off,
		.blocks = blocks,
		.rows = w->bad_rows,
		.reason = w->bad,
	};
	w->bad = NULL;
	w->bad_rows = 0;
	w->bad_is_block = false;
	w->has_block = false;
	*ret = &w->step;
	return 1;
}

/* The block of step is none: its number is due again. */
static void note_bad_block(struct walk *w)
{
	w->bad_is_block = true;
	if (w->next_seq == w->step.h.seq + 1)
		w->next_seq = w->step.h.seq;
}

/* Whether blocks are missing before the one of this header. */
static bool is_ahead(const struct walk *w, const struct tape_block_header *h)
{
	return h->seq > w->next_seq && !w->ignore_crc && !w->has_jumped;
}

/*
 * A believed header is next; *h is it.  Blocks missing before it are damage, and so is one seen
 * before.
 */
static int take_header(struct walk *w, const struct tape_block_header *h,
		       const struct walk_step **ret)
{
	u64 missing = is_ahead(w, h) ? h->seq - w->next_seq : 0;

	if (!w->ignore_crc && seen_has(&w->seen, h->seq)) {
		begin_damage(w, "a block was there before", w->in.pos, 0);
		return 0;
	}
	if (missing && !w->bad)
		begin_damage(w, "blocks are missing", w->in.pos, 0);
	if (w->bad) {
		if (w->bad_is_block && h->seq == w->next_seq)
			w->bad_rows = 0;	/* a copy of the bad block */
		w->next_seq += missing;
		return end_damage(w, missing, ret);
	}
	if (h->seq >= w->next_seq || w->ignore_crc)
		w->next_seq = h->seq + 1;
	w->is_checked = w->is_refused = w->has_jumped = false;
	if (!w->session_tag)
		w->session_tag = h->session_tag;
	w->step = (struct walk_step){ .kind = WALK_BLOCK, .off = w->in.pos, .h = *h };
	w->has_block = true;
	*ret = &w->step;
	return 1;
}

static int pass_over(struct walk *w, u64 n, struct err *err)
{
	s64 got = input_skip(&w->in, n);

	if (got < 0)
		return read_failed(got, err);
	return 0;
}

/* The block of step was there. */
static int note_block(struct walk *w, struct err *err)
{
	w->unchecked = 0;
	return w->is_refused || !seen_add(&w->seen, w->step.h.seq) ? 0 : err_oom(err);
}

/* Go on behind the block of step. */
static int pass_block(struct walk *w, struct err *err)
{
	u64 span = block_span(&w->step.h);
	const u8 *p;
	s64 got;
	int rc = 1;

	/* There is no way back in a pipe: what is passed over has to be a block. */
	if (!w->in.can_seek && !w->is_checked)
		rc = walk_payload(w, &p, err);
	if (rc <= 0)
		return rc;
	w->has_block = false;
	w->unchecked = w->is_checked ? 0 : w->step.off + sizeof(w->step.h);
	got = input_skip(&w->in, span);
	if (got < 0)
		return read_failed(got, err);
	if ((u64)got < sizeof(w->step.h) + w->step.h.stored_len) {
		begin_damage(w, "the tape ends within a block", w->step.off, rows_of(&w->step.h));
		note_bad_block(w);
		/* It was cut off, and others may have been put behind it. */
		if (w->in.can_seek && w->unchecked)
			input_seek(&w->in, w->unchecked);
		w->unchecked = 0;
		return 0;
	}
	return w->is_checked ? note_block(w, err) : 0;
}

/*
 * What is behind a block that was passed over unread is none, or not the next one, which may lie
 * within it: is it one itself?
 */
static int check_passed(struct walk *w, struct err *err)
{
	u64 behind = w->in.pos;
	const u8 *p;
	int rc;

	if (!w->in.can_seek) {
		w->unchecked = 0;
		return 0;
	}
	input_seek(&w->in, w->step.off);
	w->unchecked = 0;
	rc = walk_payload(w, &p, err);
	if (rc <= 0)
		return rc;
	input_seek(&w->in, behind);
	return note_block(w, err);
}

u64 walk_where(const struct walk *w)
{
	return w->has_block ? w->step.off + block_span(&w->step.h) : w->in.pos;
}

int walk_jump(struct walk *w, u64 off, struct err *err)
{
	int rc = w->has_block && w->is_checked ? note_block(w, err) : 0;

	w->has_block = false;
	w->has_jumped = true;
	w->unchecked = 0;
	input_seek(&w->in, off);
	return rc;
}

int walk_next(struct walk *w, const struct walk_step **ret, struct err *err)
{
	int rc = w->has_block ? pass_block(w, err) : 0;

	while (!rc) {
		struct tape_block_header h;
		const char *fault;
		const u8 *p;
		s64 n = input_peek(&w->in, sizeof(h), &p);
		bool is_whole;

		if (n < 0)
			return read_failed(n, err);
		if (!n)
			return w->bad ? end_damage(w, w->bad_is_block, ret) : 0;
		is_whole = n >= (s64)sizeof(h);
		fault = is_whole ? header_fault(w, p, &h) : "the tape ends within a block";
		if (w->unchecked) {
			rc = fault || is_ahead(w, &h) ? check_passed(w, err) : note_block(w, err);
			continue;
		}
		if (!is_whole) {
			begin_damage(w, fault, w->in.pos, 0);
			rc = pass_over(w, (u64)n, err);
			continue;
		}
		if (!fault) {
			rc = take_header(w, &h, ret);
			if (rc)
				return rc;
			rc = pass_over(w, sizeof(h), err);
			continue;
		}
		begin_damage(w, fault, w->in.pos, tape_limit_bit(fault) ? rows_of(&h) : 0);
		rc = pass_over(w, 1, err);
		n = rc ? 0 : search(w);
		if (n < 0)
			return read_failed(n, err);
	}
	return rc;
}

/* How far to go from a block whose payload was looked at and is bad. */
static u64 past_bad(struct walk *w)
{
	u64 off = w->step.off, end = off + block_span(&w->step.h);

	w->tries = off < w->reach ? w->tries + 1 : 1;
	w->reach = end > w->reach ? end : w->reach;
	return w->tries < TRIES_MAX ? sizeof(w->step.h) : w->reach - off;
}

int walk_payload(struct walk *w, const u8 **ret, struct err *err)
{
	const struct tape_block_header *h = &w->step.h;
	size_t sz = sizeof(*h) + h->stored_len;
	const char *fault = "the tape ends within a block";
	u64 past = sizeof(*h);
	const u8 *p;
	s64 n = input_peek(&w->in, sz, &p);

	if (n < 0)
		return read_failed(n, err);
	if ((size_t)n == sz) {
		fault = block_payload_fault(h, p + sizeof(*h), w->ignore_crc);
		w->work += h->stored_len;
		if (fault)
			past = past_bad(w);
		*ret = p + sizeof(*h);
	}
	w->is_checked = !fault;
	if (!fault)
		return 1;
	begin_damage(w, fault, w->step.off, rows_of(h));
	note_bad_block(w);
	w->has_block = false;
	return pass_over(w, past, err);
}

void walk_refuse(struct walk *w)
{
	w->is_refused = true;
}

struct walk_step walk_bad_block(u64 off, const struct tape_block_header *h, const char *reason)
{
	const struct block_kind *k = block_kind(h->type);

	return (struct walk_step){
		.kind = WALK_DAMAGE,
		.off = off,
		.len = block_span(h),
		.blocks = 1,
		.rows = k && k->is_rows ? h->n_rows : 0,
		.reason = reason,
	};
}

struct tape_index_entry walk_entry(const struct walk_step *b)
{
	return (struct tape_index_entry){
		.off = b->off,
		.ts_min = b->h.ts_min,
		.ts_max = b->h.ts_max,
		.stored_len = b->h.stored_len,
		.n_rows = b->h.n_rows,
		.stream = b->h.stream,
		.type = b->h.type,
	};
}

struct tape_index_entry walk_run_entry(const struct walk_step *b, const struct tape_mixed_run *run,
				       u32 i)
{
	struct tape_index_entry e = walk_entry(b);

	e.ts_min = run->ts_min;
	e.ts_max = run->ts_max;
	e.n_rows = run->n_rows;
	e.stream = run->stream;
	e.run = (u16)i;
	return e;
}

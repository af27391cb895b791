/*
 * format/verify.c -- every structural rule of docs/format.md, block by block.
 *
 * Reads front to back as any reader does, keeps what later blocks must agree with (tables,
 * offsets, sums, entries for the INDEX), and reports each breach with its offset.
 */
#include "format/verify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/verify_priv.h"

#define BREACHES_MAX (1u << 20)

static void check_padding(struct verify *v, const struct walk_step *b)
{
	size_t pad = -b->h.stored_len & 7;
	const u8 *p;
	s64 n = input_peek(&v->walk.in, sizeof(b->h) + b->h.stored_len + pad, &p);

	if (n < (s64)(sizeof(b->h) + b->h.stored_len + pad)) {
		verify_add(v, BREACH_CUT, b->off, block_span(&b->h), "%s: the padding is cut off",
			   block_name(b->h.type));
		return;
	}
	for (size_t i = 0; i < pad; i++) {
		if (p[sizeof(b->h) + b->h.stored_len + i]) {
			verify_add(v, BREACH_RULE, b->off, block_span(&b->h),
				   "%s: the padding is not zero", block_name(b->h.type));
			return;
		}
	}
}

/* Rows of a gap were written before the first time of writing behind it. */
static void time_gaps(struct verify *v, const struct tape_block_header *h)
{
	const struct block_kind *k = block_kind(h->type);

	if (!k || k->is_rows || h->type == TAPE_LOSS || h->type == TAPE_TAIL)
		return;
	for (; v->untimed < v->breaches.n; v->untimed++) {
		struct breach *b = vec_get(&v->breaches, struct breach, v->untimed);

		if (b->kind == BREACH_GAP && b->ts_max == UINT64_MAX && h->ts_max >= b->ts_min)
			b->ts_max = h->ts_max;
	}
}

static int take_block(struct verify *v, const struct walk_step *step, struct err *err)
{
	const struct walk_step copy = *step, *b = &copy;
	const u8 *stored;
	int rc;

	rc = v->o.refuses_unknown ? block_check_known(b->h.type, err) : 0;
	rc = rc ? rc : walk_payload(&v->walk, &stored, err);
	if (rc <= 0)
		return rc;
	check_padding(v, b);
	rc = walk_payload(&v->walk, &stored, err); /* the look at the padding may have moved it */
	if (rc <= 0)
		return rc;
	v->tail_gap = 0;
	time_gaps(v, &b->h);
	if (b->h.type != TAPE_TAIL && b->h.type != TAPE_LOSS && b->h.ts_max > v->last_ts)
		v->last_ts = b->h.ts_max;
	rc = verify_block(v, b, stored);
	v->is_end_last = b->h.type == TAPE_END && v->is_end_exact;
	return rc ? reader_no_mem(err) : 0;
}

static void set_gap_times(struct verify *v, const struct walk_step *d, struct breach *b)
{
	const struct block_kind *k = block_kind(d->h.type);
	u64 watermark = v->st.pub.checkpoint.watermark;

	b->ts_min = watermark ? watermark + 1 : 0;
	b->ts_max = UINT64_MAX;
	b->type = d->blocks == 1 ? d->h.type : 0;
	if (d->blocks == 1 && k && k->is_rows) {
		b->ts_min = d->h.ts_min;
		b->ts_max = d->h.ts_max;
	}
}

static int take_damage(struct verify *v, const struct walk_step *d, struct err *err)
{
	struct breach *b = verify_add(v, BREACH_GAP, d->off, d->len, "%s (%llu bytes, %llu blocks)",
				      d->reason, (unsigned long long)d->len,
				      (unsigned long long)d->blocks);
	struct verify_gap *g = d->len ? vec_push(&v->gaps) : NULL;
	struct state_note note;

	if (state_add_damage(&v->st, STATE_KEY_DAMAGE(d->off), d, &note) || (d->len && !g))
		return reader_no_mem(err);
	if (g)
		*g = (struct verify_gap){ d->off, d->off + d->len };
	v->has_gap |= d->blocks || d->rows;
	v->is_gap_open |= d->blocks || d->rows;
	if (!memcmp(d->h.sync, TAPE_SYNC, sizeof(d->h.sync)))
		v->seq_min = d->h.seq + 1;
	v->was_closed = v->is_closed || v->is_end_last;
	v->is_closed = v->is_end_last = false;
	if (!b)
		return 0;
	b->reason = d->reason;
	b->blocks = d->blocks;
	b->rows = d->rows;
	b->loss = note.first;
	b->costs = d->blocks || d->rows;
	set_gap_times(v, d, b);
	v->tail_gap = v->breaches.n;
	return 0;
}

int verify_init(struct verify *v, int fd, const struct tape_verify_opts *o,
		struct tape_verify_result *ret)
{
	memset(ret, 0, sizeof(*ret));
	v->o = *o;
	v->ret = ret;
	tape_limits_fill(&v->o.reader.limits);
	walk_init(&v->walk, fd, &v->o.reader.limits, o->reader.ignore_crc);
	buf_init(&v->plain, v->o.reader.limits.raw_len);
	arena_init(&v->texts, (size_t)256 << 20);
	vec_init(&v->breaches, sizeof(struct breach), BREACHES_MAX);
	vec_init(&v->gaps, sizeof(struct verify_gap), UINT32_MAX);
	vec_init(&v->entries, sizeof(struct tape_index_entry), UINT32_MAX);
	for (size_t i = 0; i < countof(v->parts); i++)
		vec_init(&v->parts[i], sizeof(u64), v->o.reader.limits.parts);
	v->hash = BLOCK_HASH_START;
	v->batch = tape_batch_new();
	if (state_init(&v->st, &v->o.reader.limits, v->o.reader.mem_max) ||
	    decoder_init(&v->dec, &v->o.reader.limits) || !v->batch)
		return -ENOMEM;
	return 0;
}

void verify_fini(struct verify *v)
{
	walk_fini(&v->walk);
	state_fini(&v->st);
	decoder_fini(&v->dec);
	buf_fini(&v->plain);
	arena_fini(&v->texts);
	vec_fini(&v->breaches);
	vec_fini(&v->gaps);
	vec_fini(&v->entries);
	for (size_t i = 0; i < countof(v->parts); i++)
		vec_fini(&v->parts[i]);
	tape_batch_free(v->batch);
}

static void check_file_header(struct verify *v, const struct tape_file_header *h)
{
	static const u8 zeros[sizeof(h->reserved)];

	if (!h->major)
		return; /* damaged: the walk reports it */
	if (h->flags || memcmp(h->reserved, zeros, sizeof(zeros)))
		verify_add(v, BREACH_RULE, 0, sizeof(*h),
			   "file header: reserved bytes are not zero");
	if (h->session_tag != crc32c(0, h->uuid, sizeof(h->uuid)))
		verify_add(v, BREACH_RULE, 0, sizeof(*h),
			   "file header: the tag is not that of the uuid");
}

/* Nothing came behind the last damage: what it took, nobody knows. */
static void end_gaps(struct verify *v)
{
	if (v->tail_gap && !v->was_closed) {
		vec_get(&v->breaches, struct breach, v->tail_gap - 1)->costs = true;
		v->has_gap = true;
	}
	verify_part_index(v);
	if (v->late_rows > v->late_counted)
		verify_add(v, BREACH_LATE, 0, 0,
			   "%llu rows came after their watermark, %llu are counted as late",
			   (unsigned long long)v->late_rows, (unsigned long long)v->late_counted);
}

int verify_walk(struct verify *v, struct err *err)
{
	const struct walk_step *step;
	struct tape_file_header *h = &v->st.pub.header;
	int rc = walk_file_header(&v->walk, h, err);

	if (rc)
		return rc;
	check_file_header(v, h);
	while ((rc = walk_next(&v->walk, &step, err)) > 0) {
		rc = step->kind == WALK_BLOCK ? take_block(v, step, err) :
						take_damage(v, step, err);
		if (rc < 0)
			return rc;
	}
	if (!rc)
		end_gaps(v);
	return rc;
}

static void tell(const struct verify *v)
{
	for (size_t i = 0; i < v->breaches.n; i++) {
		const struct breach *b = vec_get(&v->breaches, struct breach, i);
		tape_verify_fn fn = b->is_note ? v->o.note : v->o.report;

		if (fn)
			fn(v->o.ctx, b->off, b->text ? b->text : "a rule is broken");
	}
}

int tape_verify(int fd, const struct tape_verify_opts *o, struct tape_verify_result *ret,
		struct err *err)
{
	struct verify *v = calloc(1, sizeof(*v));
	int rc;

	if (!v)
		return err_oom(err);
	rc = verify_init(v, fd, o, ret) ? err_oom(err) : verify_walk(v, err);
	if (!rc) {
		verify_settle(v);
		tell(v);
	}
	verify_fini(v);
	free(v);
	return rc;
}

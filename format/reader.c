/*
 * format/reader.c -- a tape front to back, item by item.
 *
 * The walk finds blocks and damage; table blocks go into the state; blocks of rows are handed
 * out with their payload at hand but undecoded, and those that nobody wants are not even read.
 *
 * (1) An item borrows from the walk's buffer and from the item arena: both last until the next
 *     call.
 * (2) Malformed content of a good block is damage of that block and never ends the reading.
 */
#include "format/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/reader_priv.h"

static int init_reader(struct tape_reader *r, int fd, struct err *err)
{
	r->fd = fd;
	r->walk_max = READER_WALK_MAX;
	walk_init(&r->walk, fd, &r->o.limits, r->o.ignore_crc);
	buf_init(&r->unpacked, r->o.limits.raw_len);
	vec_init(&r->entries, sizeof(struct tape_index_entry), UINT32_MAX);
	vec_init(&r->others, sizeof(struct tape_index_entry), UINT32_MAX);
	select_init(&r->sel);
	r->notes = calloc(1, sizeof(*r->notes));
	if (!r->notes || decoder_init(&r->dec, &r->o.limits) ||
	    state_init(&r->st, &r->o.limits, r->o.mem_max))
		return err_oom(err);
	r->st.pub.hits = &r->notes->limits_hit;
	arena_init(&r->item_arena, r->st.mem_max);
	return walk_file_header(&r->walk, &r->st.pub.header, err);
}

int tape_reader_open(int fd, const struct tape_reader_opts *o, struct tape_reader **ret,
		     struct err *err)
{
	struct tape_reader *r = calloc(1, sizeof(*r));
	int rc;

	if (!r)
		return err_oom(err);
	if (o)
		r->o = *o;
	tape_limits_fill(&r->o.limits);
	rc = init_reader(r, fd, err);
	if (rc) {
		tape_reader_close(r);
		return rc;
	}
	r->is_open = true;
	*ret = r;
	return 0;
}

void tape_reader_close(struct tape_reader *r)
{
	if (!r)
		return;
	walk_fini(&r->walk);
	select_fini(&r->sel);
	decoder_fini(&r->dec);
	state_fini(&r->st);
	buf_fini(&r->unpacked);
	arena_fini(&r->item_arena);
	vec_fini(&r->entries);
	vec_fini(&r->others);
	free(r->notes);
	if (r->is_open && !r->o.keeps_fd)
		close(r->fd);
	free(r);
}

bool tape_reader_is_seekable(const struct tape_reader *r)
{
	return r->walk.in.can_seek;
}

const struct tape_state *tape_reader_state(const struct tape_reader *r)
{
	return &r->st.pub;
}

struct tape_reader_notes tape_reader_notes(const struct tape_reader *r)
{
	return (struct tape_reader_notes){
		.limits_hit = r->st.pub.limits_hit | r->walk.limits_hit |
			      __atomic_load_n(&r->notes->limits_hit, __ATOMIC_RELAXED),
		.has_lost_columns = __atomic_load_n(&r->notes->lost_columns, __ATOMIC_RELAXED),
	};
}

u64 tape_reader_waited_ns(const struct tape_reader *r)
{
	return r->walk.in.waited_ns;
}

void reader_note(struct reader_notes *n, const struct decoder *d)
{
	if (d->beyond)
		__atomic_fetch_or(&n->limits_hit, tape_limit_bit(d->beyond), __ATOMIC_RELAXED);
	if (d->has_lost)
		__atomic_store_n(&n->lost_columns, 1, __ATOMIC_RELAXED);
}

const struct tape_meta_item *tape_state_meta(const struct tape_state *s, const char *key)
{
	for (u32 i = 0; i < s->meta_cnt; i++) {
		if (str_is(s->meta[i].key, key))
			return &s->meta[i];
	}
	return NULL;
}

struct str tape_state_text(const struct tape_state *s, const char *key)
{
	const struct tape_meta_item *m = tape_state_meta(s, key);

	return m && m->kind == TAPE_META_TEXT ? m->text : (struct str){ NULL, 0 };
}

u64 tape_state_num(const struct tape_state *s, const char *key, u64 dflt)
{
	const struct tape_meta_item *m = tape_state_meta(s, key);

	return m && m->kind == TAPE_META_NUM ? m->num : dflt;
}

const struct tape_schema *tape_state_schema(const struct tape_state *s, u32 id)
{
	return id < s->by_id_cnt ? s->by_id[id] : NULL;
}

void tape_state_note_depth(const struct tape_state *s)
{
	if (s->hits)
		__atomic_fetch_or(s->hits, tape_limit_bit(TAPE_BEYOND(depth)), __ATOMIC_RELAXED);
}

int reader_no_mem(struct err *err)
{
	err_set(err, -ENOMEM, "the tables of the tape need more memory than allowed");
	err_hint(err, "--mem SIZE allows more");
	return -ENOMEM;
}

/* ---- items ---- */

static int put_damage(const struct walk_step *d, const struct state_note *note,
		      struct tape_item *ret)
{
	*ret = (struct tape_item){
		.kind = TAPE_ITEM_DAMAGE,
		.off = d->off,
		.first = note->first,
		.cnt = note->cnt,
		.n_rows = d->rows > UINT32_MAX ? UINT32_MAX : (u32)d->rows,
		.damage_len = d->len,
		.damage = d->reason,
	};
	return 1;
}

static int damage_item(struct tape_reader *r, u64 key, const struct walk_step *d,
		       struct tape_item *ret, struct err *err)
{
	struct state_note note;

	if (state_add_damage(&r->st, key, d, &note))
		return reader_no_mem(err);
	return put_damage(d, &note, ret);
}

/* A good block with bad content. */
static int malformed_item(struct tape_reader *r, u64 off, const struct tape_block_header *h,
			  const char *reason, struct tape_item *ret, struct err *err)
{
	struct walk_step d = walk_bad_block(off, h, reason);

	return damage_item(r, STATE_KEY_CONTENT(off), &d, ret, err);
}

static int set_rows(struct tape_reader *r, struct tape_item *ret, const struct tape_schema *s,
		    const u8 *payload, size_t len)
{
	ret->kind = TAPE_ITEM_ROWS;
	ret->schema = s;
	r->job_before = 0;
	r->job = (struct decode_job){
		.schema = s,
		.n_rows = ret->n_rows,
		.payload = payload,
		.len = len,
		.want = select_columns(&r->sel, s->id),
		.dicts = r->st.dicts,
		.zones = r->sel.zones.items,
		.zone_cnt = r->sel.zones.n,
	};
	return 1;
}

static int orphan_item(struct tape_reader *r, const struct tape_index_entry *e,
		       struct tape_item *ret, struct err *err)
{
	struct state_note note;
	struct walk_step d;

	if (state_add_orphan(&r->st, e, &d, &note))
		return reader_no_mem(err);
	return put_damage(&d, &note, ret);
}

/* The next wanted run of the MIXED block: 1; 0: there are no more. */
static int next_run(struct tape_reader *r, struct tape_item *ret, struct err *err)
{
	struct mixed_iter *m = &r->mixed;

	while (m->next < m->n_runs) {
		const struct walk_step b = { .off = m->off, .h = m->h };
		const struct tape_schema *s;
		struct tape_index_entry e;
		struct tape_mixed_run run;

		mixed_run(m->payload, m->len, m->next++, &run); /* checked by mixed_begin */
		if (!select_wants_table(&r->sel, run.stream) ||
		    !select_wants_range(&r->sel, run.ts_min, run.ts_max))
			continue;
		s = tape_state_schema(&r->st.pub, run.stream);
		e = walk_run_entry(&b, &run, m->next - 1);
		if (!s)
			return orphan_item(r, &e, ret, err);
		*ret = (struct tape_item){
			.off = m->off,
			.block = m->h,
			.n_rows = run.n_rows,
			.ts_min = run.ts_min,
			.ts_max = run.ts_max,
			.is_sorted = run.flags & TAPE_BLOCK_SORTED,
		};
		r->job_key = STATE_KEY_RUN(m->off, m->next - 1);
		set_rows(r, ret, s, m->payload + run.off, run.len);
		r->job_before = m->spent;
		return 1;
	}
	return 0;
}

int mixed_run(const u8 *payload, size_t len, u32 i, struct tape_mixed_run *ret)
{
	size_t at = sizeof(struct tape_mixed) + (size_t)i * sizeof(*ret);

	if (at + sizeof(*ret) > len)
		return -EBADMSG;
	memcpy(ret, payload + at, sizeof(*ret));
	if (ret->off > len || ret->len > len - ret->off)
		return -EBADMSG;
	return 0;
}

const char *mixed_begin(struct mixed_iter *m, u64 off, const struct tape_block_header *h,
			const u8 *payload, const struct tape_limits *limits)
{
	static const char malformed[] = "the block is malformed";
	size_t len = payload_len(h);
	struct tape_mixed head;
	u64 rows = 0, sz = 0;

	m->n_runs = m->next = 0;
	if (len < sizeof(head))
		return malformed;
	memcpy(&head, payload, sizeof(head));
	if (head.n_runs > limits->runs)
		return TAPE_BEYOND(runs);
	for (u32 i = 0; i < head.n_runs; i++) {
		struct tape_mixed_run run;

		if (mixed_run(payload, len, i, &run))
			return malformed;
		rows += run.n_rows;
		sz += run.len;
	}
	/* None is read twice: so many may lie over each other that it would never end. */
	if (rows != h->n_rows || sz > len)
		return malformed;
	*m = (struct mixed_iter){ .payload = payload, .len = len, .n_runs = head.n_runs, .off = off,
				  .h = *h };
	return NULL;
}

static int rows_item(struct tape_reader *r, const struct walk_step *b, const u8 *payload,
		     struct tape_item *ret, struct err *err)
{
	struct tape_index_entry e = walk_entry(b);
	const struct tape_schema *s;

	if (!r->st.pub.schema_cnt)
		walk_refuse(&r->walk);
	if (b->h.type == TAPE_MIXED) {
		const char *fault =
			mixed_begin(&r->mixed, b->off, &b->h, payload, &r->o.limits);

		if (fault)
			return malformed_item(r, b->off, &b->h, fault, ret, err);
		return next_run(r, ret, err);
	}
	s = tape_state_schema(&r->st.pub, b->h.stream);
	if (!s)
		return orphan_item(r, &e, ret, err);
	ret->n_rows = b->h.n_rows;
	ret->ts_min = b->h.ts_min;
	ret->ts_max = b->h.ts_max;
	ret->is_sorted = b->h.flags & TAPE_BLOCK_SORTED;
	r->job_key = STATE_KEY_CONTENT(b->off);
	set_rows(r, ret, s, payload, payload_len(&b->h));
	r->job.raw_len = b->h.raw_len;
	return 1;
}

static int snap_item(struct tape_reader *r, const struct walk_step *b, struct cursor c,
		     struct tape_item *ret, struct err *err)
{
	void *snaps;
	int rc;

	ret->kind = TAPE_ITEM_MAPSNAP;
	rc = fields_get_list(&tape_mapsnap_desc, &c, &r->item_arena, &snaps, &ret->cnt);
	if (rc == -ENOMEM)
		return reader_no_mem(err);
	if (rc)
		return malformed_item(r, b->off, &b->h, "the block is malformed", ret, err);
	ret->snaps = snaps;
	return 1;
}

static enum tape_item_kind table_item_kind(u16 type)
{
	switch (type) {
	case TAPE_LOSS:
		return TAPE_ITEM_LOSS;
	case TAPE_LOG:
		return TAPE_ITEM_LOG;
	case TAPE_CHECKPOINT:
		return TAPE_ITEM_CHECKPOINT;
	case TAPE_END:
		return TAPE_ITEM_END;
	default:
		return TAPE_ITEM_TABLES;
	}
}

static int table_item(struct tape_reader *r, const struct walk_step *b, struct cursor c,
		      struct tape_item *ret, struct err *err)
{
	struct state_note note;
	const char *reason;
	struct cursor again = c;
	int rc = state_apply(&r->st, b->off, &b->h, c, &note, &reason);

	if (rc == -ENOMEM)
		return reader_no_mem(err);
	if (rc)
		return malformed_item(r, b->off, &b->h, reason, ret, err);
	ret->kind = table_item_kind(b->h.type);
	ret->first = note.first;
	ret->cnt = note.cnt;
	if (b->h.type == TAPE_CHECKPOINT) {
		void *p;
		u32 n;

		rc = fields_get_list(&tape_checkpoint_desc, &again, &r->item_arena, &p, &n);
		if (rc || n != 1)
			return malformed_item(r, b->off, &b->h, reason, ret, err);
		memcpy(&ret->checkpoint, p, sizeof(ret->checkpoint));
	}
	return 1;
}

/* Blocks that are passed over without a look inside. */
static bool is_unwanted(const struct tape_reader *r, const struct tape_block_header *h)
{
	const struct block_kind *k = block_kind(h->type);

	if (!k->is_rows)
		return false;
	return !select_wants_range(&r->sel, h->ts_min, h->ts_max) ||
	       (h->type == TAPE_EVENTS && !select_wants_table(&r->sel, h->stream));
}

static int open_block(struct tape_reader *r, const struct walk_step *b, struct tape_item *ret,
		      struct err *err)
{
	const struct block_kind *k = block_kind(b->h.type);
	const u8 *stored, *payload;
	int rc = walk_payload(&r->walk, &stored, err);

	if (rc <= 0)
		return rc;
	rc = block_unpack(&b->h, stored, r->dec.codec, &r->unpacked, &payload);
	if (rc == -ENOMEM)
		return err_oom(err);
	if (rc)
		return malformed_item(r, b->off, &b->h,
				      codec_fault(r->dec.codec, "the block cannot be unpacked"),
				      ret, err);
	if (k->is_rows)
		return rows_item(r, b, payload, ret, err);
	if (b->h.type == TAPE_MAPSNAP)
		return snap_item(r, b, cursor_over(payload, payload_len(&b->h)), ret, err);
	return table_item(r, b, cursor_over(payload, payload_len(&b->h)), ret, err);
}

/* 1: an item; 0: nothing to hand out; <0. */
static int take_block(struct tape_reader *r, const struct walk_step *b, struct tape_item *ret,
		      struct err *err)
{
	const struct block_kind *k = block_kind(b->h.type);
	int rc = block_check_known(b->h.type, err);

	*ret = (struct tape_item){ .kind = TAPE_ITEM_OTHER, .off = b->off, .block = b->h };
	if (rc)
		return rc;
	r->st.pub.blocks++;
	r->st.pub.rows += k && k->is_rows ? b->h.n_rows : 0;
	if (!k || b->h.type == TAPE_INDEX || b->h.type == TAPE_TAIL)
		return 1;
	return is_unwanted(r, &b->h) ? 0 : open_block(r, b, ret, err);
}

/* What was passed over before it may have been other blocks than the INDEX says. */
static int moved_item(struct tape_reader *r, struct tape_item *ret, struct err *err)
{
	struct walk_step d = { .off = r->moved_off,
			       .reason = "a block is not where the INDEX has it" };

	r->moved_off = 0;
	return damage_item(r, STATE_KEY_DAMAGE(d.off), &d, ret, err);
}

int tape_reader_next(struct tape_reader *r, struct tape_item *ret, struct err *err)
{
	int rc = next_run(r, ret, err);

	r->job.schema = rc == 1 && ret->kind == TAPE_ITEM_ROWS ? r->job.schema : NULL;
	if (!rc && r->moved_off)
		return moved_item(r, ret, err);
	while (!rc) {
		const struct walk_step *step;

		arena_reset(&r->item_arena);
		rc = r->end_off ? reader_jump(r, err) : 0;
		rc = rc ? rc : walk_next(&r->walk, &step, err);
		if (rc <= 0)
			return rc;
		if (step->kind == WALK_BLOCK && r->end_off)
			reader_check_listed(r, step);
		if (step->kind == WALK_DAMAGE)
			rc = damage_item(r, STATE_KEY_DAMAGE(step->off), step, ret, err);
		else
			rc = take_block(r, step, ret, err);
		if (!rc && r->moved_off)
			rc = moved_item(r, ret, err);
		r->st.pub.bytes = r->walk.in.pos;
		if (rc > 0 && ret->kind == TAPE_ITEM_ROWS) {
			r->quiet = 0;
			r->has_passed = false;
		}
		r->quiet += rc > 0 && ret->kind == TAPE_ITEM_CHECKPOINT;
	}
	return rc;
}

int tape_reader_decode(struct tape_reader *r, struct tape_batch *b, struct err *err)
{
	struct state_note note;
	int rc;

	if (!r->job.schema)
		return err_set(err, -EINVAL, "no rows are at hand");
	r->dec.before = r->job_before;
	rc = decode_rows(&r->dec, &r->job, b);
	r->mixed.spent = r->dec.spent;
	reader_note(r->notes, &r->dec);
	if (rc == -ENOMEM)
		return err_oom(err);
	if (rc == -EBADMSG) {
		struct walk_step d = {
			.off = STATE_KEY_OFF(r->job_key),
			.len = 1,
			.blocks = 1,
			.rows = r->job.n_rows,
			.reason = r->dec.beyond ? r->dec.beyond : "the columns are malformed",
		};

		if (state_add_damage(&r->st, r->job_key, &d, &note))
			return reader_no_mem(err);
		return err_set(err, rc, "rows of table %u are malformed", r->job.schema->id);
	}
	return rc;
}

/*
 * format/verify_blocks.c -- the rules of one block: header, records, parts, dictionaries.
 *
 * (1) What a reader cannot use at all is damage of the block (is_unusable); other breaches leave
 *     it readable.
 */
#include <errno.h>
#include <string.h>

#include "format/verify_priv.h"

static int get_single(const struct fields_desc *d, struct cursor *c, struct arena *a, void **ret,
		      u32 *ret_n)
{
	*ret = arena_alloc(a, d->size);
	*ret_n = 1;
	return *ret ? fields_get(d, c, a, *ret) : -ENOMEM;
}

/* A list of records, or one, to its last byte; as many as the header says. */
static void check_list(struct verify *v, const struct walk_step *b, const struct fields_desc *d,
		       struct cursor c)
{
	struct arena a;
	void *items;
	u32 n;
	int rc;

	arena_init(&a, v->st.mem_max);
	if (b->h.type == TAPE_STACK)
		rc = get_single(d, &c, &a, &items, &n);
	else
		rc = fields_get_list(d, &c, &a, &items, &n);
	v->is_unusable |= rc != 0;
	if (rc)
		verify_costs(v, b->off, "%s: records are malformed", block_name(b->h.type));
	else if (cursor_left(&c))
		verify_report(v, b->off, "%s: %zu bytes behind the records", block_name(b->h.type),
			      cursor_left(&c));
	else if (n != b->h.n_rows)
		verify_report(v, b->off, "%s: %u records, the header says %u",
			      block_name(b->h.type), n, b->h.n_rows);
	if (!rc)
		verify_records(v, b, items, n);
	arena_fini(&a);
}

static const struct fields_desc *list_of(u16 type)
{
	static const struct {
		u16 type;
		const struct fields_desc *desc;
	} lists[] = {
		{ TAPE_META, &tape_meta_desc },
		{ TAPE_SCHEMA, &tape_schema_desc },
		{ TAPE_TASK, &tape_task_desc },
		{ TAPE_LOSS, &tape_loss_desc },
		{ TAPE_FILE, &tape_file_desc },
		{ TAPE_MMAP, &tape_mmap_desc },
		{ TAPE_FRAME, &tape_frame_desc },
		{ TAPE_STACK, &tape_stacks_desc },
		{ TAPE_SYM, &tape_sym_desc },
		{ TAPE_CLOCK, &tape_clock_desc },
		{ TAPE_LOG, &tape_log_desc },
		{ TAPE_MAPSNAP, &tape_mapsnap_desc },
		{ TAPE_CHECKPOINT, &tape_checkpoint_desc },
	};

	for (size_t i = 0; i < countof(lists); i++) {
		if (lists[i].type == type)
			return lists[i].desc;
	}
	return NULL;
}

static const u16 part_types[] = { TAPE_META, TAPE_SCHEMA, TAPE_PLAN, TAPE_TYPES };

/* What was said of a part; crc is NONE_YET where it was not. */
#define NONE_YET (1ull << 32)

/* Parts are numbered densely; a repetition has the bytes of the first. */
static void check_part(struct verify *v, const struct walk_step *b, u32 kind)
{
	bool is_repeat = b->h.flags & TAPE_BLOCK_REPEAT;
	struct vec *seen = &v->parts[kind];
	u64 *crc;

	if (b->h.stream >= seen->max_n)
		return; /* state_apply() says so */
	if (b->h.stream > seen->n || (is_repeat && b->h.stream == seen->n))
		verify_sequel(v, b->off, "%s: part %u is out of order", block_name(b->h.type),
			      b->h.stream);
	while (seen->n <= b->h.stream) {
		crc = vec_push(seen);
		if (!crc) {
			v->rc = -ENOMEM;
			return;
		}
		*crc = NONE_YET;
	}
	crc = vec_get(seen, u64, b->h.stream);
	if (*crc != NONE_YET && !is_repeat)
		verify_report(v, b->off, "%s: part %u again without the repeat flag",
			      block_name(b->h.type), b->h.stream);
	if (*crc != NONE_YET && *crc != b->h.payload_crc)
		verify_report(v, b->off, "%s: part %u differs from what was said before",
			      block_name(b->h.type), b->h.stream);
	if (*crc == NONE_YET)
		*crc = b->h.payload_crc;
}

int verify_has_part(const struct verify *v, const struct tape_block_header *h, const u8 *stored)
{
	for (u32 i = 0; i < countof(part_types); i++) {
		const struct vec *seen = &v->parts[i];
		u64 crc;

		if (part_types[i] != h->type)
			continue;
		crc = h->stream < seen->n ? *vec_get(seen, u64, h->stream) : NONE_YET;
		if (crc == NONE_YET)
			return 0;
		return crc == crc32c(0, stored, h->stored_len) ? 1 : -1;
	}
	return -1;
}

static void note_losses(struct verify *v, const struct state_note *note)
{
	for (u32 i = 0; i < note->cnt; i++) {
		const struct tape_loss *l = &v->st.pub.losses[note->first + i];

		v->late_counted += l->cause == TAPE_LOSS_LATE ? l->count : 0;
		v->has_gap |= l->cause == TAPE_LOSS_CORRUPT;
	}
}

/* What was said last of this block is why it cannot be used. */
static void last_costs(struct verify *v)
{
	struct breach *b = vec_get(&v->breaches, struct breach, v->breaches.n - 1);

	b->costs = true;
	b->is_note = false;
}

static void check_table(struct verify *v, const struct walk_step *b, struct cursor c)
{
	const struct fields_desc *d = list_of(b->h.type);
	struct state_note note = { 0 };
	size_t before = v->breaches.n;
	const char *reason;
	int rc;

	if (d)
		check_list(v, b, d, c);
	for (u32 i = 0; i < countof(part_types); i++) {
		if (part_types[i] == b->h.type)
			check_part(v, b, i);
	}
	if (b->h.type == TAPE_DICT)
		verify_dicts(v, b, c);
	rc = state_apply(&v->st, b->off, &b->h, c, &note, &reason);
	if (rc == -ENOMEM)
		v->rc = rc;
	else if (rc && v->breaches.n == before)
		verify_costs(v, b->off, "%s: %s", block_name(b->h.type), reason);
	else if (rc)
		last_costs(v);
	v->is_unusable |= rc != 0;
	if (rc)
		return;
	if (b->h.type == TAPE_END)
		verify_end(v, b);
	else if (b->h.type == TAPE_LOSS)
		note_losses(v, &note);
}

/* A block that INDEX lists by itself: rows of MIXED blocks are listed run by run. */
static void note_entry(struct verify *v, const struct walk_step *b)
{
	struct tape_index_entry e = walk_entry(b);

	if (b->h.type != TAPE_MIXED && b->h.type != TAPE_INDEX && b->h.type != TAPE_END &&
	    b->h.type != TAPE_TAIL)
		verify_note_entry(v, &e);
}

static void check_payload(struct verify *v, const struct walk_step *b, const u8 *payload)
{
	const struct block_kind *k = block_kind(b->h.type);
	size_t len = payload_len(&b->h);
	struct cursor c = cursor_over(payload, len);

	if (k->is_rows)
		verify_rows(v, b, payload, len);
	else if (b->h.type == TAPE_INDEX)
		verify_index(v, b, c);
	else if (b->h.type == TAPE_TAIL)
		verify_tail(v, b);
	else
		check_table(v, b, c);
}

int verify_block(struct verify *v, const struct walk_step *b, const u8 *stored)
{
	const struct block_kind *k = block_kind(b->h.type);
	const u8 *payload;
	int rc;

	v->off = b->off;
	v->type = b->h.type;
	v->len = block_span(&b->h);
	v->ts_min = b->h.ts_min;
	v->ts_max = b->h.ts_max;
	v->is_unusable = v->is_closed = false;
	if (b->h.type != TAPE_INDEX)
		verify_part_index(v);
	verify_header(v, b->off, &b->h);
	rc = k ? block_unpack(&b->h, stored, v->dec.codec, &v->plain, &payload) : 0;
	if (rc == -ENOMEM)
		return rc;
	if (rc)
		verify_costs(v, b->off, "%s: %s", k->name,
			     codec_fault(v->dec.codec, "cannot be unpacked"));
	else if (k)
		check_payload(v, b, payload);
	v->is_unusable |= rc != 0;
	v->has_gap |= v->is_unusable;
	note_entry(v, b);
	v->hash = block_hash(v->hash, &b->h);
	v->ret->blocks++;
	return v->rc;
}

/*
 * format/verify.c -- every structural rule of docs/format.md, block by block.
 *
 * Reads front to back as any reader does, keeps what later blocks must agree with (tables,
 * offsets, sums, entries for the INDEX), and reports each breach with its offset.
 */
#include "format/verify.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/verify_priv.h"

void verify_report(struct verify *v, u64 off, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	v->ret->breaches++;
	if (v->o.report)
		v->o.report(v->o.ctx, off, text);
}

static void note_entry(struct verify *v, const struct walk_step *b)
{
	struct tape_index_entry *e;

	if (b->h.type == TAPE_MIXED || b->h.type == TAPE_INDEX || b->h.type == TAPE_END ||
	    b->h.type == TAPE_TAIL)
		return;
	e = vec_push(&v->entries);
	if (e)
		*e = walk_entry(b);
}

/* ---- blocks of records ---- */

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

	arena_init(&a, (size_t)1 << 30);
	if (b->h.type == TAPE_STACK)
		rc = get_single(d, &c, &a, &items, &n);
	else
		rc = fields_get_list(d, &c, &a, &items, &n);
	if (rc)
		verify_report(v, b->off, "%s: records are malformed", block_name(b->h.type));
	else if (cursor_left(&c))
		verify_report(v, b->off, "%s: %zu bytes behind the records", block_name(b->h.type),
			      cursor_left(&c));
	else if (n != b->h.n_rows)
		verify_report(v, b->off, "%s: %u records, the header says %u",
			      block_name(b->h.type), n, b->h.n_rows);
	if (!rc)
		verify_stacks(v, b, items, n);
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

/* Parts are numbered densely; a repetition has the bytes of the first. */
static void check_part(struct verify *v, const struct walk_step *b)
{
	bool is_repeat = b->h.flags & TAPE_BLOCK_REPEAT;
	u32 kind = b->h.type == TAPE_META   ? 0 :
		   b->h.type == TAPE_SCHEMA ? 1 :
		   b->h.type == TAPE_PLAN   ? 2 :
					      3;
	struct vec *seen = &v->parts[kind];
	u32 *crc;

	if (b->h.stream < seen->n) {
		if (!is_repeat)
			verify_report(v, b->off, "%s: part %u again without the repeat flag",
				      block_name(b->h.type), b->h.stream);
		if (*vec_get(seen, u32, b->h.stream) != b->h.payload_crc)
			verify_report(v, b->off, "%s: part %u differs from what was said before",
				      block_name(b->h.type), b->h.stream);
		return;
	}
	if (b->h.stream != seen->n || is_repeat) {
		verify_report(v, b->off, "%s: part %u is out of order", block_name(b->h.type),
			      b->h.stream);
		return;
	}
	crc = vec_push(seen);
	if (crc)
		*crc = b->h.payload_crc;
}

/* Sections must continue their dictionaries; state_apply() only tolerates others. */
static void check_dicts(struct verify *v, const struct walk_step *b, struct cursor c)
{
	u32 n = cursor_u32(&c);

	cursor_u32(&c);
	for (u32 i = 0; i < n && !c.is_bad; i++) {
		const u8 *head = cursor_bytes(&c, sizeof(struct tape_dict_section));
		struct tape_dict_section s;

		if (!head)
			break;
		memcpy(&s, head, sizeof(s));
		if (s.dict_id < TAPE_MAX_DICTS &&
		    s.first_id != (v->st.dicts[s.dict_id] ? dict_cnt(v->st.dicts[s.dict_id]) : 0))
			verify_report(v, b->off, "DICT: dictionary %u goes on at %u", s.dict_id,
				      s.first_id);
		cursor_skip(&c, (size_t)s.n_entries * 4);
		cursor_skip(&c, ((size_t)s.n_bytes + 3) & ~(size_t)3);
	}
	if (c.is_bad || cursor_left(&c))
		verify_report(v, b->off, "DICT: sections are malformed");
}

static void check_checkpoint(struct verify *v, const struct walk_step *b, u64 watermark_before)
{
	const struct tape_checkpoint *c = &v->st.pub.checkpoint;

	if (c->watermark < watermark_before)
		verify_report(v, b->off, "CHECKPOINT: the watermark goes back");
	if (c->prev_off != v->checkpoint_off)
		verify_report(v, b->off, "CHECKPOINT: previous one is not at %llu",
			      (unsigned long long)c->prev_off);
	if (c->rows != v->ret->rows)
		verify_report(v, b->off, "CHECKPOINT: says %llu rows, there were %llu",
			      (unsigned long long)c->rows, (unsigned long long)v->ret->rows);
	if (c->index_off && c->index_off != v->index_off)
		verify_report(v, b->off, "CHECKPOINT: last INDEX is not at %llu",
			      (unsigned long long)c->index_off);
	v->checkpoint_off = b->off;
}

static void check_index(struct verify *v, const struct walk_step *b, struct cursor c)
{
	const u8 *p = cursor_bytes(&c, sizeof(struct tape_index));
	struct tape_index head;
	size_t sz;

	if (!p) {
		verify_report(v, b->off, "INDEX: malformed");
		return;
	}
	memcpy(&head, p, sizeof(head));
	sz = v->entries.n * sizeof(struct tape_index_entry);
	if (head.prev_off != v->index_off)
		verify_report(v, b->off, "INDEX: previous one is not at %llu",
			      (unsigned long long)head.prev_off);
	if (head.n_entries != v->entries.n || cursor_left(&c) != sz ||
	    (sz && memcmp(cursor_bytes(&c, sz), v->entries.items, sz)))
		verify_report(v, b->off, "INDEX: entries are not the blocks before it");
	vec_reset(&v->entries);
	v->index_off = b->off;
}

static void check_end(struct verify *v, const struct walk_step *b)
{
	const struct tape_end *e = &v->st.pub.end;

	if (e->rows != v->ret->rows)
		verify_report(v, b->off, "END: says %llu rows, there were %llu",
			      (unsigned long long)e->rows, (unsigned long long)v->ret->rows);
	if (e->blocks != b->h.seq)
		verify_report(v, b->off, "END: says %llu blocks, there were %llu",
			      (unsigned long long)e->blocks, (unsigned long long)b->h.seq);
	if (e->hash != v->hash)
		verify_report(v, b->off, "END: the hash of the blocks is wrong");
	v->end_off = b->off;
	v->ret->has_end = true;
}

static void check_tail(struct verify *v, const struct walk_step *b)
{
	if (b->h.ts_max != v->end_off || (b->h.ts_min && b->h.ts_min != v->index_off))
		verify_report(v, b->off, "TAIL: offsets are not those of INDEX and END");
}

/* ---- one block ---- */

static void check_table(struct verify *v, const struct walk_step *b, struct cursor c)
{
	u64 watermark = v->st.pub.checkpoint.watermark;
	const struct fields_desc *d = list_of(b->h.type);
	struct state_note note = { 0 };
	const char *reason;
	int rc;

	if (d)
		check_list(v, b, d, c);
	if (b->h.type == TAPE_META || b->h.type == TAPE_SCHEMA || b->h.type == TAPE_PLAN ||
	    b->h.type == TAPE_TYPES)
		check_part(v, b);
	if (b->h.type == TAPE_DICT)
		check_dicts(v, b, c);
	rc = state_apply(&v->st, b->off, &b->h, c, &note, &reason);
	if (rc == -ENOMEM)
		v->rc = rc;
	else if (rc && !d) /* check_list has said it of the others */
		verify_report(v, b->off, "%s: %s", block_name(b->h.type), reason);
	else if (b->h.type == TAPE_CHECKPOINT)
		check_checkpoint(v, b, watermark);
	else if (b->h.type == TAPE_END)
		check_end(v, b);
	for (u32 i = 0; !rc && b->h.type == TAPE_LOSS && i < note.cnt; i++) {
		const struct tape_loss *l = &v->st.pub.losses[note.first + i];

		v->late_counted += l->cause == TAPE_LOSS_LATE ? l->count : 0;
	}
}

static void check_header(struct verify *v, const struct walk_step *b)
{
	const struct tape_block_header *h = &b->h;

	if (b->off % 8)
		verify_report(v, b->off, "%s: not at a multiple of 8", block_name(h->type));
	if (h->flags & ~(TAPE_BLOCK_SORTED | TAPE_BLOCK_EPOCH | TAPE_BLOCK_REPEAT))
		verify_report(v, b->off, "%s: unknown flags", block_name(h->type));
	if (h->ts_min > h->ts_max && h->type != TAPE_TAIL)
		verify_report(v, b->off, "%s: times are reversed", block_name(h->type));
	if (!block_kind(h->type) && !(h->type & TAPE_ANCILLARY))
		verify_report(v, b->off, "block of unknown type 0x%04x", h->type);
}

static void check_padding(struct verify *v, const struct walk_step *b)
{
	size_t pad = -b->h.stored_len & 7;
	const u8 *p;
	s64 n = input_peek(&v->walk.in, sizeof(b->h) + b->h.stored_len + pad, &p);

	if (n < (s64)(sizeof(b->h) + b->h.stored_len + pad)) {
		verify_report(v, b->off, "%s: the padding is cut off", block_name(b->h.type));
		return;
	}
	for (size_t i = 0; i < pad; i++) {
		if (p[sizeof(b->h) + b->h.stored_len + i])
			verify_report(v, b->off, "%s: the padding is not zero",
				      block_name(b->h.type));
	}
}

static int check_block(struct verify *v, const struct walk_step *step, struct err *err)
{
	const struct walk_step copy = *step, *b = &copy;
	const struct block_kind *k = block_kind(b->h.type);
	const u8 *stored, *payload;
	struct cursor c;
	int rc;

	check_header(v, b);
	rc = walk_payload(&v->walk, &stored, err);
	if (rc <= 0)
		return rc;
	check_padding(v, b);
	rc = walk_payload(&v->walk, &stored, err); /* the look at the padding may have moved it */
	if (rc <= 0)
		return rc;
	if (k && block_unpack(&b->h, stored, v->dec.codec, &v->plain, &payload)) {
		verify_report(v, b->off, "%s: cannot be unpacked", k->name);
		k = NULL;
	}
	c = k ? cursor_over(payload, payload_len(&b->h)) : cursor_over(NULL, 0);
	if (k && k->is_rows)
		verify_rows(v, b, payload, payload_len(&b->h));
	else if (k && b->h.type == TAPE_INDEX)
		check_index(v, b, c);
	else if (k && b->h.type == TAPE_TAIL)
		check_tail(v, b);
	else if (k)
		check_table(v, b, c);
	note_entry(v, b);
	v->hash = block_hash(v->hash, &b->h);
	v->ret->blocks++;
	return v->rc;
}

/* ---- the tape ---- */

static int verify_init(struct verify *v, int fd)
{
	walk_init(&v->walk, fd, false);
	buf_init(&v->plain, TAPE_MAX_RAW);
	vec_init(&v->entries, sizeof(struct tape_index_entry), UINT32_MAX);
	for (size_t i = 0; i < countof(v->parts); i++)
		vec_init(&v->parts[i], sizeof(u32), TAPE_MAX_PARTS);
	v->hash = BLOCK_HASH_START;
	v->batch = tape_batch_new();
	if (state_init(&v->st, v->o.reader.mem_max) || decoder_init(&v->dec) || !v->batch)
		return -ENOMEM;
	return 0;
}

static void verify_fini(struct verify *v)
{
	walk_fini(&v->walk);
	state_fini(&v->st);
	decoder_fini(&v->dec);
	buf_fini(&v->plain);
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
		verify_report(v, 0, "file header: reserved bytes are not zero");
}

static int walk_all(struct verify *v, struct err *err)
{
	const struct walk_step *step;
	int rc;

	while ((rc = walk_next(&v->walk, &step, err)) > 0) {
		if (step->kind == WALK_BLOCK) {
			rc = check_block(v, step, err);
			if (rc < 0)
				return rc;
			continue;
		}
		verify_report(v, step->off, "%s (%llu bytes, %llu blocks)", step->reason,
			      (unsigned long long)step->len, (unsigned long long)step->blocks);
		v->ret->lost_rows += step->rows;
	}
	return rc;
}

int tape_verify(int fd, const struct tape_verify_opts *o, struct tape_verify_result *ret,
		struct err *err)
{
	struct verify *v = calloc(1, sizeof(*v));
	struct tape_file_header h;
	int rc;

	if (!v)
		return err_oom(err);
	memset(ret, 0, sizeof(*ret));
	v->o = *o;
	tape_limits_fill(&v->o.reader.limits);
	v->ret = ret;
	rc = verify_init(v, fd) ? err_oom(err) : walk_file_header(&v->walk, &h, err);
	if (!rc) {
		check_file_header(v, &h);
		rc = walk_all(v, err);
	}
	if (!rc && v->late_rows > v->late_counted)
		verify_report(v, 0,
			      "%llu rows came after their watermark, %llu are counted as late",
			      (unsigned long long)v->late_rows,
			      (unsigned long long)v->late_counted);
	verify_fini(v);
	free(v);
	return rc;
}

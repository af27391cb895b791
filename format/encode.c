/*
 * format/encode.c -- a row batch as an EVENTS payload.
 *
 * A column becomes [LIST] [NULLS] value (see format/tape.h).  Values behind a NULLS part are
 * only those that are there, so a column captured on a rare path costs what it holds.
 */
#include "format/encode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "format/encode_priv.h"
#include "format/planes.h"

#define SMALLEST_FRAME 48 /* packing fewer bytes never won anything */
#define ZONE_ROWS      64 /* among fewer rows passing over them saves nobody anything */
#define NOISE_SAMPLE   1024
#define EVEN_SQUARES   5900 /* chance makes n + n * n / 256 of a sample: 5120 */

struct encoder *encoder_new(int level)
{
	struct encoder *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	buf_init(&e->data, TAPE_MAX_RAW);
	buf_init(&e->plain, TAPE_MAX_RAW);
	e->codec = codec_new(level);
	if (!e->codec) {
		encoder_free(e);
		return NULL;
	}
	return e;
}

void encoder_free(struct encoder *e)
{
	if (!e)
		return;
	for (u32 i = 0; i < e->dict_top; i++)
		dict_free(e->dicts[i]);
	codec_free(e->codec);
	buf_fini(&e->data);
	buf_fini(&e->plain);
	free(e->dense);
	free(e->work);
	free(e->scaled);
	free(e->grouped);
	for (u32 i = 0; i < ENCODE_KEYS_MAX; i++)
		free(e->keys[i].idx);
	free(e->slots);
	free(e->distinct);
	free(e->of_run);
	free(e);
}

void encoder_set_quantum(struct encoder *e, u64 ns)
{
	e->quantum = ns;
}

struct codec *encoder_codec(struct encoder *e)
{
	return e->codec;
}

struct tape_part *encode_part(struct encoder *e, u16 col, u8 enc)
{
	struct tape_part *p;

	if (e->n_parts == PARTS_MAX)
		return NULL;
	p = &e->parts[e->n_parts++];
	*p = (struct tape_part){ .col_id = col, .enc = enc };
	return p;
}

struct tape_part *encode_front(struct encoder *e, struct tape_part *p, u8 enc, u64 aux)
{
	struct tape_part *last = encode_part(e, p->col_id, p->enc);

	if (!last)
		return NULL;
	*last = *p;
	*p = (struct tape_part){ .col_id = p->col_id, .enc = enc, .aux = aux };
	return last;
}

/* Where the part's bytes begin. */
static void begin_store(struct encoder *e, struct tape_part *p)
{
	buf_align(&e->data, 8);
	p->off = (u32)e->data.len; /* from the data; moved behind the directory at the end */
}

/* The bytes are there as frames, or have to be put as they are. */
static int end_store(struct encoder *e, struct tape_part *p, const void *bytes, size_t sz,
		     bool has_packed)
{
	if (has_packed)
		p->flags |= TAPE_PART_ZSTD;
	else
		buf_put(&e->data, bytes, sz);
	if (e->data.is_full)
		return -E2BIG;
	p->stored = (u32)(e->data.len - p->off);
	p->raw = (u32)sz;
	e->raw += (sz + 7) & ~(u64)7;
	return 0;
}

int encode_store(struct encoder *e, struct tape_part *p, const void *bytes, size_t sz)
{
	bool may_pack = e->pack && sz >= SMALLEST_FRAME;

	begin_store(e, p);
	return end_store(e, p, bytes, sz,
			 may_pack && codec_pack(e->codec, bytes, sz, &e->data) > 0);
}

/* How alike the bytes of a plane are: a sample. */
struct sample {
	u32 most; /* times that the most common one occurs */
	u32 squares; /* sum of the squares of how often each does */
};

static struct sample take_sample(const u8 *plane, u32 n)
{
	const u8 *from = plane + n / 2;
	struct sample s = { 0 };
	u16 cnt[256] = { 0 };

	for (u32 i = 0; i < NOISE_SAMPLE; i++) {
		u32 c = ++cnt[from[i]];

		s.most = c > s.most ? c : s.most;
		s.squares += 2 * c - 1;
	}
	return s;
}

/*
 * The lowest byte of measured numbers is noise and the next ones are not: a frame for both has
 * one code for both, which fits neither.  Of times it is kept as it is if no byte is more common
 * than chance has it: matches, which would make it shorter all the same, it has none.
 */
int encode_store_planes(struct encoder *e, struct tape_part *p, const u8 *planes, u32 n)
{
	struct sample s = { 0 };
	bool has_packed;

	if (e->pack && p->width > 1 && n >= 2 * NOISE_SAMPLE)
		s = take_sample(planes, n);
	if (!s.most || s.most >= NOISE_SAMPLE / 16)
		return encode_store(e, p, planes, (size_t)n * p->width);
	begin_store(e, p);
	has_packed = codec_pack_planes(e->codec, planes, n, p->width,
				       e->is_time && s.squares <= EVEN_SQUARES, &e->data);
	return end_store(e, p, planes, (size_t)n * p->width, has_packed);
}

int encode_for(struct encoder *e, struct tape_part *p, const u64 *v, u32 n, u64 min, u64 max)
{
	u8 *out;

	p->width = (u8)planes_width(max - min);
	p->aux = min;
	buf_reset(&e->plain);
	out = buf_extend(&e->plain, (size_t)n * p->width);
	if (!out && n && p->width)
		return -E2BIG;
	if (p->width)
		planes_split(v, n, min, p->width, out);
	return encode_store_planes(e, p, e->plain.data, n);
}

static int put_list(struct encoder *e, u16 col, const u32 *lens, u32 n)
{
	struct tape_part *p = encode_part(e, col, TAPE_ENC_LIST);
	u64 min = UINT64_MAX, max = 0;

	if (!p || !array_grow(&e->work, &e->work_cap, n, sizeof(u64)))
		return -ENOMEM;
	for (u32 i = 0; i < n; i++) {
		e->work[i] = lens[i];
		min = lens[i] < min ? lens[i] : min;
		max = lens[i] > max ? lens[i] : max;
	}
	return encode_for(e, p, e->work, n, n ? min : 0, max);
}

static int put_nulls(struct encoder *e, u16 col, const struct row_col *c)
{
	struct tape_part *p = encode_part(e, col, TAPE_ENC_NULLS);
	size_t sz = ((size_t)c->n_vals + 7) / 8;
	u8 *bits;

	if (!p)
		return -E2BIG;
	buf_reset(&e->plain);
	bits = buf_extend(&e->plain, sz);
	if (!bits)
		return -E2BIG;
	memset(bits, 0, sz);
	for (u32 i = 0; i < c->n_vals; i++)
		bits[i / 8] |= (u8)(c->nulls[i] << (i % 8));
	p->aux = c->null_cnt;
	return encode_store(e, p, bits, sz);
}

/* The values that are not NULL, one behind the other. */
static int make_dense(struct encoder *e, const struct row_col *c, const u64 **ret)
{
	u32 n = 0;

	*ret = c->vals;
	if (!c->null_cnt)
		return 0;
	if (!array_grow(&e->dense, &e->dense_cap, c->n_vals, sizeof(u64)))
		return -ENOMEM;
	for (u32 i = 0; i < c->n_vals; i++) {
		if (!c->nulls[i])
			e->dense[n++] = c->vals[i];
	}
	*ret = e->dense;
	return 0;
}

static int put_column(struct encoder *e, const struct row_batch *b, u32 i)
{
	const struct tape_column *d = &b->schema->cols[i];
	const struct row_col *c = &b->cols[i];
	bool is_list = d->flags & TAPE_COL_LIST, is_plain;
	const u64 *v;
	int rc = 0;

	e->seen[i].v = NULL;
	e->is_time = d->role == TAPE_ROLE_TS;
	if (is_list)
		rc = put_list(e, d->id, c->lens, b->n_rows);
	if (!rc && c->null_cnt)
		rc = put_nulls(e, d->id, c);
	if (!rc)
		rc = make_dense(e, c, &v);
	if (rc)
		return rc;
	is_plain = !is_list && !c->null_cnt;
	if (d->phys == TAPE_PHYS_BYTES)
		return encode_strings(e, d, c, v, c->n_vals - c->null_cnt, is_plain);
	return encode_words(e, d, v, c->n_vals - c->null_cnt, is_plain);
}

/* Nothing that only takes bytes. */
static void shorten_part(struct tape_part *p)
{
	p->min = p->max = 0;
	p->flags &= ~(u32)TAPE_PART_ZONE;
	if (p->enc != TAPE_ENC_RAW)
		p->flags &= ~(u32)TAPE_PART_SIGNED;
}

int encoder_put_rows(struct encoder *e, struct row_batch *b, bool pack, struct buf *out,
		     u64 *ret_raw)
{
	struct tape_columns head = { 0 };
	size_t dir;

	e->n_parts = 0;
	e->key_cnt = 0;
	e->raw = 0;
	e->pack = pack;
	buf_reset(&e->data);
	row_batch_settle(b);
	for (u32 i = 0; i < b->schema->col_cnt; i++) {
		int rc = put_column(e, b, i);

		if (rc)
			return rc;
	}
	head.n_parts = e->n_parts;
	dir = sizeof(head) + e->n_parts * sizeof(struct tape_part);
	for (u32 i = 0; i < e->n_parts; i++) {
		e->parts[i].off = e->parts[i].stored ? e->parts[i].off + (u32)dir : 0;
		if (!pack && b->n_rows < ZONE_ROWS)
			shorten_part(&e->parts[i]);
	}
	buf_put(out, &head, sizeof(head));
	buf_put(out, e->parts, e->n_parts * sizeof(struct tape_part));
	buf_put(out, e->data.data, e->data.len);
	*ret_raw = dir + e->raw;
	return out->is_full ? -E2BIG : 0;
}

int encoder_put_dicts(struct encoder *e, struct buf *out)
{
	struct tape_dicts head = { 0 };
	size_t at = out->len;

	buf_put(out, &head, sizeof(head));
	for (u32 i = 0; i < e->dict_top; i++) {
		struct dict *d = e->dicts[i];
		struct tape_dict_section s = { .dict_id = i, .first_id = e->dict_written[i] };

		if (!d || dict_cnt(d) == s.first_id)
			continue;
		s.n_entries = dict_cnt(d) - s.first_id;
		for (u32 id = s.first_id; id < dict_cnt(d); id++)
			s.n_bytes += (u32)dict_get(d, id).len;
		buf_put(out, &s, sizeof(s));
		for (u32 id = s.first_id; id < dict_cnt(d); id++)
			buf_put_u32(out, (u32)dict_get(d, id).len);
		for (u32 id = s.first_id; id < dict_cnt(d); id++)
			buf_put(out, dict_get(d, id).s, dict_get(d, id).len);
		buf_align(out, 4);
		e->dict_put[i] = dict_cnt(d);
		head.n_dicts++;
	}
	if (out->is_full)
		return -E2BIG;
	if (!head.n_dicts) {
		out->len = at;
		return 0;
	}
	memcpy(out->data + at, &head, sizeof(head));
	return 1;
}

void encoder_dicts_written(struct encoder *e)
{
	for (u32 i = 0; i < e->dict_top; i++)
		e->dict_written[i] = e->dict_put[i] > e->dict_written[i] ? e->dict_put[i] :
									   e->dict_written[i];
}

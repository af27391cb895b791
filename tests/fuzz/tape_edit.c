/*
 * tests/fuzz/tape_edit.c -- see tape_edit.h.
 *
 * It believes nothing: what is taken apart was mutated before.  Ranges that lie outside of their
 * payload are left as they are; that a reader has to refuse them is the point.
 */
#include "tests/fuzz/tape_edit.h"

#include <stdlib.h>
#include <string.h>

#include "format/block.h"
#include "format/crc32c.h"

/* ---- columns ---- */

static u32 part_cnt(const struct buf *b)
{
	size_t room = b->len < sizeof(struct tape_columns) ? 0 :
							     b->len - sizeof(struct tape_columns);
	u32 n = 0;

	if (room)
		memcpy(&n, b->data, sizeof(n));
	return n < room / sizeof(struct tape_part) ? n : (u32)(room / sizeof(struct tape_part));
}

static size_t part_at(u32 i)
{
	return sizeof(struct tape_columns) + i * sizeof(struct tape_part);
}

/* The bytes of one part to the end of @out, its frame undone or made; p says where they are. */
static void move_part(struct codec *c, const struct buf *from, struct tape_part *p, bool undo,
		      struct buf *out)
{
	size_t at = out->len;
	void *dst;

	if (!p->stored || p->off > from->len || p->stored > from->len - p->off)
		return;
	if (!(p->flags & TAPE_PART_ZSTD)) {
		buf_put(out, from->data + p->off, p->stored);
	} else if (undo) {
		dst = p->raw <= EDIT_PLAIN_MAX ? buf_extend(out, p->raw) : NULL;
		if (!dst || codec_unpack(c, from->data + p->off, p->stored, dst, p->raw)) {
			out->len = at;
			p->flags &= ~(u32)TAPE_PART_ZSTD;
			buf_put(out, from->data + p->off, p->stored);
		}
	} else if (!codec_pack(c, from->data + p->off, p->stored, out)) {
		p->flags &= ~(u32)TAPE_PART_ZSTD;
		buf_put(out, from->data + p->off, p->stored);
	}
	p->off = (u32)at;
	p->stored = (u32)(out->len - at);
	buf_align(out, 8);
}

/* Returns raw_len as the parts have it. */
static u32 move_parts(struct codec *c, const struct buf *from, bool undo, struct buf *out)
{
	u32 n = part_cnt(from), raw = (u32)part_at(n);
	struct tape_part p;

	buf_put(out, from->data, part_at(n) < from->len ? part_at(n) : from->len);
	buf_align(out, 8);
	for (u32 i = 0; i < n; i++) {
		memcpy(&p, from->data + part_at(i), sizeof(p));
		move_part(c, from, &p, undo, out);
		raw += (p.raw + 7) & ~7u;
		if (!out->is_full)
			memcpy(out->data + part_at(i), &p, sizeof(p));
	}
	return raw;
}

/* ---- taking apart ---- */

static void undo_frames(struct codec *c, struct edit_block *b, const u8 *stored)
{
	struct buf from;
	void *dst;

	buf_init(&from, EDIT_PLAIN_MAX);
	buf_put(&from, stored, b->h.stored_len);
	if (b->h.codec == TAPE_CODEC_COLUMNS && from.len == b->h.stored_len) {
		move_parts(c, &from, true, &b->plain);
	} else if (b->h.codec == TAPE_CODEC_ZSTD) {
		dst = buf_extend(&b->plain, b->h.raw_len);
		b->is_opaque = !dst || codec_unpack(c, stored, b->h.stored_len, dst, b->h.raw_len);
	} else {
		b->is_opaque = true;
	}
	if (b->is_opaque || b->plain.is_full) {
		b->is_opaque = b->h.codec != TAPE_CODEC_NONE;
		b->plain.max_sz = SIZE_MAX - 1;
		buf_reset(&b->plain);
		buf_put(&b->plain, stored, b->h.stored_len);
	}
	buf_fini(&from);
}

static struct edit_block *take_block(struct edit *e, const u8 *data, size_t sz, u64 off)
{
	struct tape_block_header h;
	struct edit_block *b;

	if (sz - off < sizeof(h))
		return NULL;
	memcpy(&h, data + off, sizeof(h));
	if (memcmp(h.sync, TAPE_SYNC, sizeof(h.sync)) || h.stored_len > sz - off - sizeof(h))
		return NULL;
	b = calloc(1, sizeof(*b));
	if (!b)
		return NULL;
	b->h = h;
	b->off = off;
	buf_init(&b->plain, EDIT_PLAIN_MAX);
	undo_frames(e->codec, b, data + off + sizeof(h));
	return b;
}

bool edit_open(struct edit *e, const u8 *data, size_t sz)
{
	u64 off = sizeof(e->header);

	memset(e, 0, sizeof(*e));
	e->codec = codec_new(1);
	if (!e->codec || sz < sizeof(e->header))
		return false;
	memcpy(&e->header, data, sizeof(e->header));
	while (off < sz && e->cnt < EDIT_BLOCKS_MAX) {
		struct edit_block *b = take_block(e, data, sz, off);

		if (!b)
			break;
		e->blocks[e->cnt++] = b;
		off += block_span(&b->h);
	}
	return e->cnt > 0;
}

static void free_block(struct edit_block *b)
{
	buf_fini(&b->plain);
	free(b);
}

void edit_close(struct edit *e)
{
	for (u32 i = 0; i < e->cnt; i++)
		free_block(e->blocks[i]);
	codec_free(e->codec);
}

bool edit_insert(struct edit *e, u32 at, const struct edit_block *copy_of)
{
	struct edit_block *b;

	if (e->cnt == EDIT_BLOCKS_MAX)
		return false;
	b = calloc(1, sizeof(*b));
	if (!b)
		return false;
	*b = *copy_of;
	b->off = 0;
	buf_init(&b->plain, copy_of->plain.max_sz);
	buf_put(&b->plain, copy_of->plain.data, copy_of->plain.len);
	memmove(e->blocks + at + 1, e->blocks + at, (e->cnt - at) * sizeof(*e->blocks));
	e->blocks[at] = b;
	e->cnt++;
	return true;
}

void edit_remove(struct edit *e, u32 at)
{
	free_block(e->blocks[at]);
	e->cnt--;
	memmove(e->blocks + at, e->blocks + at + 1, (e->cnt - at) * sizeof(*e->blocks));
}

/* ---- putting together ---- */

/* Where a block is now that was at @off; others stay. */
static u64 moved(const struct edit *e, u64 off)
{
	for (u32 i = 0; off && i < e->cnt; i++)
		if (e->blocks[i]->off == off)
			return e->blocks[i]->new_off;
	return off;
}

static void move_u64(const struct edit *e, struct buf *b, size_t at)
{
	u64 off;

	if (at + sizeof(off) > b->len)
		return;
	memcpy(&off, b->data + at, sizeof(off));
	off = moved(e, off);
	memcpy(b->data + at, &off, sizeof(off));
}

static void fix_index(const struct edit *e, struct buf *b)
{
	struct tape_index_entry x;

	move_u64(e, b, 0);
	for (size_t at = sizeof(struct tape_index); at + sizeof(x) <= b->len; at += sizeof(x)) {
		memcpy(&x, b->data + at, sizeof(x));
		for (u32 i = 0; i < e->cnt; i++) {
			if (e->blocks[i]->off != x.off)
				continue;
			x.off = e->blocks[i]->new_off;
			x.stored_len = e->blocks[i]->h.stored_len;
			break;
		}
		memcpy(b->data + at, &x, sizeof(x));
	}
}

static void fix_end(const struct edit *e, u32 n, struct buf *b)
{
	struct tape_end end = { .blocks = n, .hash = BLOCK_HASH_START };

	for (u32 i = 0; i < n; i++) {
		const struct tape_block_header *h = &e->blocks[i]->h;
		const struct block_kind *k = block_kind(h->type);

		end.hash = block_hash(end.hash, h);
		end.rows += k && k->is_rows ? h->n_rows : 0;
	}
	if (b->len >= sizeof(end))
		memcpy(b->data, &end, sizeof(end));
}

/* What a block says of the places of others; the blocks before it are where they will be. */
static void fix_plain(struct edit *e, u32 i)
{
	struct edit_block *b = e->blocks[i];

	if (b->keep & EDIT_KEEP_PLAIN || b->is_opaque)
		return;
	if (b->h.type == TAPE_INDEX) {
		fix_index(e, &b->plain);
	} else if (b->h.type == TAPE_END) {
		fix_end(e, i, &b->plain);
	} else if (b->h.type == TAPE_CHECKPOINT) {
		move_u64(e, &b->plain, 4 + 4 + 8);
		move_u64(e, &b->plain, 4 + 4 + 16);
	} else if (b->h.type == TAPE_TAIL) {
		b->h.ts_min = moved(e, b->h.ts_min);
		b->h.ts_max = moved(e, b->h.ts_max);
	}
}

/* The payload as it is stored; sets the lengths. */
static void put_payload(struct edit *e, struct edit_block *b, struct buf *out)
{
	size_t at = out->len;
	u32 raw = (u32)b->plain.len;

	if (b->is_opaque) {
		buf_put(out, b->plain.data, b->plain.len);
		raw = b->h.raw_len;
	} else if (b->h.codec == TAPE_CODEC_COLUMNS &&
		   b->plain.len >= sizeof(struct tape_columns)) {
		raw = move_parts(e->codec, &b->plain, false, out);
	} else if (b->h.codec != TAPE_CODEC_ZSTD ||
		   !codec_pack(e->codec, b->plain.data, b->plain.len, out)) {
		buf_put(out, b->plain.data, b->plain.len);
		if (b->h.codec == TAPE_CODEC_ZSTD)
			b->h.codec = TAPE_CODEC_NONE;
	}
	b->h.stored_len = (u32)(out->len - at);
	if (!(b->keep & EDIT_KEEP_RAW_LEN))
		b->h.raw_len = raw;
}

static void put_block(struct edit *e, u32 i, struct buf *out)
{
	struct edit_block *b = e->blocks[i];
	struct buf stored;

	buf_init(&stored, out->max_sz);
	b->new_off = out->len;
	fix_plain(e, i);
	put_payload(e, b, &stored);
	if (!(b->keep & EDIT_KEEP_SEQ))
		b->h.seq = i;
	block_seal(&b->h, e->header.session_tag, stored.data ? stored.data : (const u8 *)"");
	buf_put(out, &b->h, sizeof(b->h));
	buf_put(out, stored.data, stored.len);
	buf_align(out, 8);
	out->is_full |= stored.is_full;
	buf_fini(&stored);
}

size_t edit_put(struct edit *e, u8 *out, size_t max)
{
	size_t len = 0;
	struct buf b;

	buf_init(&b, max);
	e->header.crc = crc32c(0, &e->header, offsetof(struct tape_file_header, crc));
	buf_put(&b, &e->header, sizeof(e->header));
	for (u32 i = 0; i < e->cnt && !b.is_full; i++)
		put_block(e, i, &b);
	if (!b.is_full) {
		memcpy(out, b.data, b.len);
		len = b.len;
	}
	buf_fini(&b);
	return len;
}

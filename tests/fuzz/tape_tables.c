/*
 * tests/fuzz/tape_tables.c -- see tape_tables.h.
 */
#include "tests/fuzz/tape_tables.h"

#include <string.h>

#define BLOCKS_MAX 256
#define HEAD_SZ	   8

bool tables_next(struct cursor *c, struct tables_block *ret)
{
	if (cursor_left(c) < HEAD_SZ)
		return false;
	ret->type = cursor_u16(c);
	ret->n_rows = cursor_u16(c);
	ret->len = cursor_u32(c);
	if (ret->len > cursor_left(c))
		ret->len = (u32)cursor_left(c);
	ret->payload = cursor_bytes(c, ret->len);
	return true;
}

static void put_block(const struct tables_block *b, struct buf *out)
{
	buf_put_u16(out, b->type);
	buf_put_u16(out, b->n_rows);
	buf_put_u32(out, b->len);
	buf_put(out, b->payload, b->len);
}

/* The block with something else in it. */
static void put_changed(struct tables_block *b, struct fuzz_rand *r, fuzz_bytes_fn bytes,
			struct buf *out)
{
	struct buf p;

	buf_init(&p, (size_t)1 << 20);
	buf_put(&p, b->payload, b->len);
	if (!fuzz_rand(r, 8) || !tape_records_mutate(b->type, &p, r, bytes)) {
		size_t was = p.len;

		if (buf_extend(&p, 16)) {
			memset(p.data + was, 0, 16);
			p.len = bytes(p.data, was, was + 16);
		}
	}
	b->payload = p.data;
	b->len = (u32)p.len;
	put_block(b, out);
	buf_fini(&p);
}

static void put_mutated(struct tables_block *b, struct fuzz_rand *r, fuzz_bytes_fn bytes,
			struct buf *out)
{
	static const u16 types[] = { TAPE_META, TAPE_SCHEMA, TAPE_PLAN,	 TAPE_TYPES,  TAPE_TASK,
				     TAPE_FILE, TAPE_MMAP,   TAPE_FRAME, TAPE_STACK,  TAPE_SYM,
				     TAPE_LOG,	TAPE_LOSS,   TAPE_CLOCK, TAPE_MAPSNAP };

	switch (fuzz_rand(r, 12)) {
	case 0:
		return; /* left out */
	case 1:
		put_block(b, out);
		put_changed(b, r, bytes, out);
		return;
	case 2:
		b->type = types[fuzz_rand(r, countof(types))];
		put_block(b, out);
		return;
	case 3:
		b->n_rows = (u16)fuzz_rand_number(r);
		put_block(b, out);
		return;
	default:
		put_changed(b, r, bytes, out);
	}
}

size_t tables_mutate(u8 *data, size_t sz, size_t max, u32 seed, fuzz_bytes_fn bytes)
{
	struct tables_block blocks[BLOCKS_MAX];
	struct cursor c = cursor_over(data, sz);
	struct fuzz_rand r = { seed };
	u32 n = 0, which;
	struct buf out;

	while (n < BLOCKS_MAX && tables_next(&c, &blocks[n]))
		n++;
	if (!n || !fuzz_rand(&r, 16))
		return bytes(data, sz, max);
	buf_init(&out, max);
	which = fuzz_rand(&r, n);
	for (u32 i = 0; i < n; i++) {
		if (i == which)
			put_mutated(&blocks[i], &r, bytes, &out);
		else
			put_block(&blocks[i], &out);
	}
	buf_put(&out, c.pos, cursor_left(&c));
	if (!out.is_full && out.len) {
		memcpy(data, out.data, out.len);
		sz = out.len;
	} else {
		sz = bytes(data, sz, max);
	}
	buf_fini(&out);
	return sz;
}

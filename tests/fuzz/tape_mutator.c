/*
 * tests/fuzz/tape_mutator.c -- see tape_mutator.h.
 */
#include "tests/fuzz/tape_mutator.h"

#include <string.h>

#include "tests/fuzz/tape_edit.h"

struct mutation {
	struct edit e;
	struct fuzz_rand r;
	fuzz_bytes_fn bytes;
};

static struct edit_block *any_block(struct mutation *m)
{
	return m->e.blocks[fuzz_rand(&m->r, m->e.cnt)];
}

/* ---- payloads ---- */

static void change_bytes(struct mutation *m, struct buf *b)
{
	size_t was = b->len, sz;

	if (!buf_extend(b, 64))
		return;
	memset(b->data + was, 0, 64);
	sz = m->bytes(b->data, was, was + 64);
	b->len = sz;
}

/* One field of one part's entry, or the part's bytes. */
static void change_part(struct mutation *m, struct buf *b)
{
	size_t head = sizeof(struct tape_columns), sz = sizeof(struct tape_part);
	u32 n = b->len < head + sz ? 0 : (u32)((b->len - head) / sz), listed;
	struct tape_part p;
	u8 *at;

	if (n) {
		memcpy(&listed, b->data, sizeof(listed));
		n = listed < n ? listed : n;
	}
	if (!n || !fuzz_rand(&m->r, 8)) {
		change_bytes(m, b);
		return;
	}
	at = b->data + head + fuzz_rand(&m->r, n) * sz;
	memcpy(&p, at, sizeof(p));
	switch (fuzz_rand(&m->r, 12)) {
	case 0:
		p.enc = (u8)fuzz_rand(&m->r, 11);
		break;
	case 1:
		p.width = (u8)fuzz_rand(&m->r, 10);
		break;
	case 2:
		p.flags ^= 1u << fuzz_rand(&m->r, 5);
		break;
	case 3:
		p.aux = fuzz_rand_number(&m->r);
		break;
	case 4:
		p.col_id = (u16)fuzz_rand(&m->r, 16);
		break;
	case 5:
		p.raw = (u32)fuzz_rand_number(&m->r);
		break;
	case 6:
		p.step = (u32)fuzz_rand_number(&m->r);
		break;
	case 7:
		p.min = fuzz_rand_number(&m->r);
		p.max = fuzz_rand(&m->r, 2) ? p.max : fuzz_rand_number(&m->r);
		break;
	case 8:
		p.stored = fuzz_rand(&m->r, p.stored + 2);
		break;
	default:
		if (p.off <= b->len && p.stored <= b->len - p.off && p.stored)
			m->bytes(b->data + p.off, p.stored, p.stored);
		return;
	}
	memcpy(at, &p, sizeof(p));
}

static void change_payload(struct mutation *m)
{
	struct edit_block *b = any_block(m);

	/* what is made anew when all is put together is worth less */
	if (b->h.type == TAPE_INDEX || b->h.type == TAPE_END)
		b = any_block(m);
	if (b->h.type == TAPE_INDEX || b->h.type == TAPE_END)
		b->keep |= fuzz_rand(&m->r, 2) ? EDIT_KEEP_PLAIN : 0;
	if (b->h.codec == TAPE_CODEC_COLUMNS && !b->is_opaque)
		change_part(m, &b->plain);
	else if (!fuzz_rand(&m->r, 4) ||
		 !tape_records_mutate(b->h.type, &b->plain, &m->r, m->bytes))
		change_bytes(m, &b->plain);
}

/* ---- headers ---- */

static void change_header(struct mutation *m)
{
	static const u16 types[] = {
		TAPE_META, TAPE_SCHEMA,	    TAPE_DICT,	  TAPE_TASK,  TAPE_FILE,
		TAPE_MMAP, TAPE_FRAME,	    TAPE_STACK,	  TAPE_SYM,   TAPE_EVENTS,
		TAPE_LOSS, TAPE_CLOCK,	    TAPE_MAPSNAP, TAPE_LOG,   TAPE_INDEX,
		TAPE_END,  TAPE_CHECKPOINT, TAPE_PLAN,	  TAPE_TYPES, TAPE_MIXED,
		TAPE_TAIL, 0x4000 | 99,	    99,
	};
	struct edit_block *b = any_block(m);
	struct tape_block_header *h = &b->h;

	switch (fuzz_rand(&m->r, 9)) {
	case 0:
		h->type = types[fuzz_rand(&m->r, countof(types))];
		break;
	case 1:
		h->codec = (u8)fuzz_rand(&m->r, 4);
		break;
	case 2:
		h->flags ^= (u8)(1 << fuzz_rand(&m->r, 8));
		break;
	case 3:
		h->n_rows = fuzz_rand(&m->r, 2) ? h->n_rows + 1 - 2 * fuzz_rand(&m->r, 2) :
						  (u32)fuzz_rand_number(&m->r);
		break;
	case 4:
		h->raw_len = (u32)fuzz_rand_number(&m->r);
		b->keep |= EDIT_KEEP_RAW_LEN;
		break;
	case 5:
		h->ts_min = fuzz_rand_number(&m->r);
		b->keep |= EDIT_KEEP_PLAIN;
		break;
	case 6:
		h->ts_max = fuzz_rand_number(&m->r);
		b->keep |= EDIT_KEEP_PLAIN;
		break;
	case 7:
		h->stream = fuzz_rand(&m->r, 2) ? fuzz_rand(&m->r, 8) :
						  (u32)fuzz_rand_number(&m->r);
		break;
	default:
		h->seq = fuzz_rand(&m->r, 2) ? fuzz_rand(&m->r, 16) : fuzz_rand_number(&m->r);
		b->keep |= EDIT_KEEP_SEQ;
	}
}

/* Bytes that readers ignore are there for the targets: tests/fuzz says which way to go in them. */
static void change_file_header(struct mutation *m)
{
	struct tape_file_header *h = &m->e.header;

	if (fuzz_rand(&m->r, 2))
		h->reserved[fuzz_rand(&m->r, sizeof(h->reserved))] = (u8)fuzz_rand(&m->r, 8);
	else if (fuzz_rand(&m->r, 2))
		h->minor = (u16)fuzz_rand(&m->r, 4);
	else
		m->bytes((u8 *)h, sizeof(*h), sizeof(*h));
}

/* ---- order ---- */

static void change_order(struct mutation *m)
{
	u32 at = fuzz_rand(&m->r, m->e.cnt), to = fuzz_rand(&m->r, m->e.cnt);
	struct edit_block *b = m->e.blocks[at];

	switch (fuzz_rand(&m->r, 4)) {
	case 0:
		if (m->e.cnt > 1)
			edit_remove(&m->e, at);
		break;
	case 1:
		(void)!edit_insert(&m->e, to, b);
		break;
	case 2:
		m->e.blocks[at] = m->e.blocks[to];
		m->e.blocks[to] = b;
		break;
	default: /* cut off */
		while (m->e.cnt > at + 1)
			edit_remove(&m->e, m->e.cnt - 1);
	}
}

static void change(struct mutation *m)
{
	u32 what = fuzz_rand(&m->r, 16);

	if (what < 10)
		change_payload(m);
	else if (what < 12)
		change_header(m);
	else if (what < 15)
		change_order(m);
	else
		change_file_header(m);
}

size_t tape_mutate(u8 *data, size_t sz, size_t max, u32 seed, fuzz_bytes_fn bytes)
{
	struct mutation m = { .r.state = seed, .bytes = bytes };
	size_t len = 0;

	if (fuzz_rand(&m.r, 16) && edit_open(&m.e, data, sz)) {
		for (u32 n = 1 + fuzz_rand(&m.r, 3); n; n--)
			change(&m);
		len = edit_put(&m.e, data, max);
	}
	edit_close(&m.e);
	return len ? len : bytes(data, sz, max);
}

size_t tape_cross(const u8 *a, size_t a_sz, const u8 *b, size_t b_sz, u8 *out, size_t max, u32 seed)
{
	struct fuzz_rand r = { seed };
	struct edit e, from;
	bool is_good = edit_open(&e, a, a_sz);
	size_t len = 0;

	if (edit_open(&from, b, b_sz) && is_good) {
		for (u32 n = 1 + fuzz_rand(&r, 3); n; n--)
			(void)!edit_insert(&e, fuzz_rand(&r, e.cnt + 1),
					   from.blocks[fuzz_rand(&r, from.cnt)]);
		len = edit_put(&e, out, max);
	}
	edit_close(&from);
	edit_close(&e);
	return len;
}

/*
 * tests/fuzz/tape_records.c -- see tape_records.h.
 *
 * The records are walked by their descriptions; of all places in them (numbers, texts, counts of
 * lists) one is drawn, each as likely as another.  What does not parse is not walked further.
 */
#include "tests/fuzz/tape_records.h"

#include <string.h>

#include "base/cursor.h"
#include "format/schema.h"

#define DEPTH_MAX 8
#define TEXT_MAX  4096

u32 fuzz_rand(struct fuzz_rand *r, u32 below)
{
	u32 x;

	r->state = r->state * 6364136223846793005ull + 1442695040888963407ull;
	x = (u32)(r->state >> 32);
	return below ? x % below : x;
}

u64 fuzz_rand_number(struct fuzz_rand *r)
{
	static const u64 known[] = {
		0,
		1,
		2,
		0x7f,
		0xff,
		0xffff,
		0x7fffffff,
		0x80000000,
		0xfffffffe,
		0xffffffff,
		0x100000000,
		INT64_MAX,
		1ull << 63,
		UINT64_MAX,
		UINT64_MAX - 1,
		1ull << 20,
		(1ull << 20) + 1,
		1 << 16,
		512,
		4096,
	};

	switch (fuzz_rand(r, 4)) {
	case 0:
		return fuzz_rand(r, 64);
	case 1:
		return (u64)1 << fuzz_rand(r, 64);
	case 2:
		return (u64)fuzz_rand(r, 0) << 32 | fuzz_rand(r, 0);
	default:
		return known[fuzz_rand(r, countof(known))];
	}
}

/* ---- where things are ---- */

struct place {
	enum fields_kind kind;
	size_t off, len; /* text: with its length; list: with its count */
	const struct fields_desc *elem;
	size_t sizes[DEPTH_MAX]; /* offsets of the sizes of the records around it */
	u32 depth;
};

struct walk {
	const struct buf *b;
	struct cursor c;
	size_t sizes[DEPTH_MAX];
	u32 depth, seen;
	struct fuzz_rand *r;
	struct place found;
};

static size_t here(const struct walk *w)
{
	return (size_t)(w->c.pos - w->b->data);
}

static void offer(struct walk *w, enum fields_kind kind, size_t off, const struct fields_desc *elem)
{
	if (w->c.is_bad || fuzz_rand(w->r, ++w->seen))
		return;
	w->found = (struct place){
		.kind = kind, .off = off, .len = here(w) - off, .elem = elem, .depth = w->depth
	};
	memcpy(w->found.sizes, w->sizes, sizeof(w->sizes));
}

static void walk_list(struct walk *w, const struct fields_desc *d);

static void walk_field(struct walk *w, const struct fields_one *f)
{
	static const u8 widths[] = { 1, 2, 4, 8 };
	size_t at = here(w);
	u32 len;

	if (f->kind == FIELDS_LIST) {
		walk_list(w, f->elem);
		offer(w, f->kind, at, f->elem);
	} else if (f->kind == FIELDS_TEXT) {
		len = cursor_u32(&w->c);
		if (len != TAPE_TEXT_NULL)
			cursor_skip(&w->c, len);
		offer(w, f->kind, at, NULL);
	} else {
		cursor_skip(&w->c, widths[f->kind - FIELDS_U8]);
		offer(w, f->kind, at, NULL);
	}
}

static void walk_record(struct walk *w, const struct fields_desc *d)
{
	const u8 *end = w->c.end;
	size_t at = here(w);
	u32 len = cursor_u32(&w->c);

	if (w->c.is_bad || len > cursor_left(&w->c) || w->depth == DEPTH_MAX) {
		w->c.is_bad = true;
		return;
	}
	w->sizes[w->depth++] = at;
	w->c.end = w->c.pos + len;
	for (u32 i = 0; i < d->n && cursor_left(&w->c) && !w->c.is_bad; i++)
		walk_field(w, &d->fields[i]);
	if (!w->c.is_bad)
		w->c.pos = w->c.end;
	w->c.end = end;
	w->depth--;
}

static void walk_list(struct walk *w, const struct fields_desc *d)
{
	u32 n = cursor_u32(&w->c);

	for (u32 i = 0; i < n && !w->c.is_bad; i++)
		walk_record(w, d);
}

/* ---- changing them ---- */

static void add_u32(struct buf *b, size_t at, u32 delta)
{
	u32 v;

	memcpy(&v, b->data + at, sizeof(v));
	v += delta;
	memcpy(b->data + at, &v, sizeof(v));
}

/* Put @n bytes in place of @len at @off; the sizes around are told. */
static bool replace(struct buf *b, const struct place *p, size_t off, size_t len, const void *with,
		    size_t n)
{
	size_t tail = b->len - off - len;

	if (n > len && !buf_extend(b, n - len))
		return false;
	memmove(b->data + off + n, b->data + off + len, tail);
	if (n)
		memcpy(b->data + off, with, n);
	b->len = off + n + tail;
	for (u32 i = 0; i < p->depth; i++)
		add_u32(b, p->sizes[i], (u32)(n - len));
	return true;
}

static bool change_number(struct buf *b, const struct place *p, struct fuzz_rand *r)
{
	u64 v = 0;

	memcpy(&v, b->data + p->off, p->len);
	switch (fuzz_rand(r, 4)) {
	case 0:
		v++;
		break;
	case 1:
		v--;
		break;
	case 2:
		v ^= (u64)1 << fuzz_rand(r, (u32)p->len * 8);
		break;
	default:
		v = fuzz_rand_number(r);
	}
	memcpy(b->data + p->off, &v, p->len);
	return true;
}

static bool change_text(struct buf *b, const struct place *p, struct fuzz_rand *r,
			fuzz_bytes_fn bytes)
{
	u8 text[4 + TEXT_MAX + 64];
	size_t len = p->len - 4;
	u32 n;

	if (len > TEXT_MAX)
		return false;
	memcpy(text + 4, b->data + p->off + 4, len);
	n = fuzz_rand(r, 16);
	len = n < 2 ? 0 : bytes(text + 4, len, len + 64);
	n = n == 1 ? TAPE_TEXT_NULL : (u32)len;
	memcpy(text, &n, sizeof(n));
	return replace(b, p, p->off, p->len, text, 4 + len);
}

/* An element more or less. */
static bool change_list(struct buf *b, const struct place *p, struct fuzz_rand *r)
{
	u8 copy[TEXT_MAX];
	size_t at = p->off + 4;
	u32 n, len, which;

	memcpy(&n, b->data + p->off, sizeof(n));
	if (!n || n > b->len / 4)
		return false;
	which = fuzz_rand(r, n);
	for (u32 i = 0; i < which; i++) {
		memcpy(&len, b->data + at, sizeof(len));
		at += 4 + len;
	}
	memcpy(&len, b->data + at, sizeof(len));
	if (fuzz_rand(r, 2)) {
		add_u32(b, p->off, UINT32_MAX);
		return replace(b, p, at, 4 + len, NULL, 0);
	}
	if (4 + (size_t)len > sizeof(copy))
		return false;
	memcpy(copy, b->data + at, 4 + len);
	add_u32(b, p->off, 1);
	return replace(b, p, at, 0, copy, 4 + len);
}

static const struct {
	u16 type;
	bool is_one;
	const struct fields_desc *desc;
} kinds[] = {
	{ TAPE_META, false, &tape_meta_desc },
	{ TAPE_SCHEMA, false, &tape_schema_desc },
	{ TAPE_PLAN, true, &tape_plan_desc },
	{ TAPE_TYPES, true, &tape_types_desc },
	{ TAPE_TASK, false, &tape_task_desc },
	{ TAPE_FILE, false, &tape_file_desc },
	{ TAPE_MMAP, false, &tape_mmap_desc },
	{ TAPE_FRAME, false, &tape_frame_desc },
	{ TAPE_STACK, true, &tape_stacks_desc },
	{ TAPE_SYM, false, &tape_sym_desc },
	{ TAPE_CLOCK, false, &tape_clock_desc },
	{ TAPE_LOSS, false, &tape_loss_desc },
	{ TAPE_MAPSNAP, false, &tape_mapsnap_desc },
	{ TAPE_LOG, false, &tape_log_desc },
	{ TAPE_CHECKPOINT, false, &tape_checkpoint_desc },
};

bool tape_records_mutate(u16 type, struct buf *b, struct fuzz_rand *r, fuzz_bytes_fn bytes)
{
	struct walk w = { .b = b, .c = cursor_over(b->data, b->len), .r = r };
	u32 i = 0;

	while (i < countof(kinds) && kinds[i].type != type)
		i++;
	if (i == countof(kinds) || !b->len)
		return false;
	if (kinds[i].is_one) {
		walk_record(&w, kinds[i].desc);
	} else {
		walk_list(&w, kinds[i].desc);
		offer(&w, FIELDS_LIST, 0, kinds[i].desc);
	}
	if (!w.seen)
		return false;
	if (w.found.kind == FIELDS_TEXT)
		return change_text(b, &w.found, r, bytes);
	if (w.found.kind == FIELDS_LIST)
		return change_list(b, &w.found, r);
	return change_number(b, &w.found, r);
}

/*
 * format/fields.c -- records of table blocks, driven by descriptions.
 *
 * One loop writes and one reads every kind of record; a new field is one row in schema.c.
 * Nesting follows the descriptions, so its depth is fixed by us and not by the tape.
 */
#include "format/fields.h"

#include <errno.h>
#include <string.h>

#include "format/tape.h"

static void put_text(struct str s, struct buf *b)
{
	if (!s.s) {
		buf_put_u32(b, TAPE_TEXT_NULL);
		return;
	}
	buf_put_u32(b, (u32)s.len);
	buf_put(b, s.s, s.len);
}

static void put_one(const struct fields_one *f, const u8 *p, struct buf *b)
{
	const u8 *at = p + f->off;

	switch (f->kind) {
	case FIELDS_U8:
		buf_put_u8(b, *at);
		break;
	case FIELDS_U16:
		buf_put_u16(b, *(const u16 *)at);
		break;
	case FIELDS_U32:
		buf_put_u32(b, *(const u32 *)at);
		break;
	case FIELDS_U64:
		buf_put_u64(b, *(const u64 *)at);
		break;
	case FIELDS_TEXT:
		put_text(*(const struct str *)at, b);
		break;
	case FIELDS_LIST:
		fields_put_list(f->elem, *(void *const *)at, *(const u32 *)(p + f->cnt_off), b);
		break;
	}
}

void fields_put(const struct fields_desc *d, const void *p, struct buf *b)
{
	size_t at = b->len;
	u32 sz;

	buf_put_u32(b, 0);
	for (u32 i = 0; i < d->n; i++)
		put_one(&d->fields[i], p, b);
	if (b->is_full)
		return;
	sz = (u32)(b->len - at - 4);
	memcpy(b->data + at, &sz, sizeof(sz));
}

void fields_put_list(const struct fields_desc *d, const void *p, u32 n, struct buf *b)
{
	buf_put_u32(b, n);
	for (u32 i = 0; i < n && !b->is_full; i++)
		fields_put(d, (const u8 *)p + i * d->size, b);
}

static int get_text(struct cursor *c, struct arena *a, struct str *ret)
{
	u32 len = cursor_u32(c);
	const u8 *p;

	if (c->is_bad)
		return -EBADMSG;
	*ret = (struct str){ NULL, 0 };
	if (len == TAPE_TEXT_NULL)
		return 0;
	p = cursor_bytes(c, len);
	if (!p && len)
		return -EBADMSG;
	ret->s = arena_dup(a, len ? (const void *)p : "", len);
	ret->len = len;
	return ret->s ? 0 : -ENOMEM;
}

static int get_one(const struct fields_one *f, struct cursor *c, struct arena *a, u8 *p)
{
	u8 *at = p + f->off;

	switch (f->kind) {
	case FIELDS_U8:
		*at = cursor_u8(c);
		break;
	case FIELDS_U16:
		*(u16 *)at = cursor_u16(c);
		break;
	case FIELDS_U32:
		*(u32 *)at = cursor_u32(c);
		break;
	case FIELDS_U64:
		*(u64 *)at = cursor_u64(c);
		break;
	case FIELDS_TEXT:
		return get_text(c, a, (struct str *)at);
	case FIELDS_LIST:
		return fields_get_list(f->elem, c, a, (void **)at, (u32 *)(p + f->cnt_off));
	}
	return c->is_bad ? -EBADMSG : 0;
}

int fields_get(const struct fields_desc *d, struct cursor *c, struct arena *a, void *out)
{
	u32 sz = cursor_u32(c);
	struct cursor sub;

	if (c->is_bad || sz > cursor_left(c))
		return -EBADMSG;
	sub = cursor_sub(c, sz);
	memset(out, 0, d->size);
	for (u32 i = 0; i < d->n && cursor_left(&sub); i++) {
		int rc = get_one(&d->fields[i], &sub, a, out);

		if (rc)
			return rc;
	}
	return 0;
}

int fields_get_list(const struct fields_desc *d, struct cursor *c, struct arena *a, void **ret,
		    u32 *ret_n)
{
	u32 n = cursor_u32(c);
	u8 *items;

	/*
	 * Each record takes at least its size field: a count that cannot be is found before
	 * memory is asked for.
	 */
	if (c->is_bad || n > cursor_left(c) / 4)
		return -EBADMSG;
	items = n ? arena_alloc_n(a, d->size, n) : NULL;
	if (n && !items)
		return -ENOMEM;
	for (u32 i = 0; i < n; i++) {
		int rc = fields_get(d, c, a, items + i * d->size);

		if (rc)
			return rc;
	}
	*ret = items;
	*ret_n = n;
	return 0;
}

/*
 * lang/packed.c -- stepping over packed values, and making them from the kernel's fixed form.
 *
 * Both forms are read from outside: every length is checked against the type and what is left.
 * Types come from type_parse() or the checker and are at most TYPE_NEST_MAX deep, so recursion over
 * tuples is bounded.
 */
#include "lang/packed.h"

#include <errno.h>

enum shape { SHAPE_NONE, SHAPE_WORD, SHAPE_BYTES, SHAPE_TUPLE };

static const u8 shapes[TYPE_KIND_CNT] = {
	[TYPE_INT] = SHAPE_WORD,    [TYPE_BOOL] = SHAPE_WORD,  [TYPE_PTR] = SHAPE_WORD,
	[TYPE_TIME] = SHAPE_WORD,   [TYPE_STACK] = SHAPE_WORD, [TYPE_SYM] = SHAPE_WORD,
	[TYPE_CGROUP] = SHAPE_WORD, [TYPE_USER] = SHAPE_WORD,  [TYPE_FLOAT] = SHAPE_WORD,
	[TYPE_STR] = SHAPE_BYTES,
	[TYPE_BUF] = SHAPE_BYTES,   [TYPE_INET] = SHAPE_BYTES, [TYPE_MAC] = SHAPE_BYTES,
	[TYPE_STRUCT] = SHAPE_BYTES, [TYPE_ARRAY] = SHAPE_BYTES, [TYPE_TUPLE] = SHAPE_TUPLE,
};

static size_t bytes_size(const struct type *t)
{
	return (sizeof(u32) + (size_t)t->size + 7) & ~(size_t)7;
}

bool packed_is_word(const struct type *t)
{
	return shapes[t->kind] == SHAPE_WORD;
}

bool packed_is_bytes(const struct type *t)
{
	return shapes[t->kind] == SHAPE_BYTES;
}

size_t packed_kernel_size(const struct type *t)
{
	size_t sz = 0;

	switch (shapes[t->kind]) {
	case SHAPE_WORD:
		return sizeof(u64);
	case SHAPE_BYTES:
		return bytes_size(t);
	case SHAPE_TUPLE:
		for (u32 i = 0; i < t->elem_cnt; i++)
			sz += packed_kernel_size(t->members[i]);
		return sz;
	default:
		return 0;
	}
}

static int put_bytes(const struct type *t, struct cursor *c, struct buf *out)
{
	struct cursor val = cursor_sub(c, bytes_size(t));
	u32 len = cursor_u32(&val);
	const u8 *p;

	if (c->is_bad || len > t->size)
		return -EBADMSG;
	p = cursor_bytes(&val, len);
	if (!p)
		return -EBADMSG;
	buf_put_u32(out, len);
	buf_put(out, p, len);
	return 0;
}

static int put_value(const struct type *t, struct cursor *c, struct buf *out)
{
	u64 word;
	int rc;

	switch (shapes[t->kind]) {
	case SHAPE_WORD:
		word = cursor_u64(c);
		buf_put_u64(out, word);
		return c->is_bad ? -EBADMSG : 0;
	case SHAPE_BYTES:
		return put_bytes(t, c, out);
	case SHAPE_TUPLE:
		for (u32 i = 0; i < t->elem_cnt; i++) {
			rc = put_value(t->members[i], c, out);
			if (rc)
				return rc;
		}
		return 0;
	default:
		return -EBADMSG;
	}
}

int packed_from_kernel(const struct type *t, const void *p, size_t sz, struct buf *out)
{
	struct cursor c = cursor_over(p, sz);
	int rc = put_value(t, &c, out);

	if (rc)
		return rc;
	return out->is_full ? -ENOMEM : 0;
}

bool packed_skip(const struct type *t, struct cursor *c)
{
	switch (shapes[t->kind]) {
	case SHAPE_WORD:
		cursor_skip(c, sizeof(u64));
		break;
	case SHAPE_BYTES:
		cursor_skip(c, cursor_u32(c));
		break;
	case SHAPE_TUPLE:
		for (u32 i = 0; i < t->elem_cnt; i++) {
			if (!packed_skip(t->members[i], c))
				return false;
		}
		break;
	default:
		return false;
	}
	return !c->is_bad;
}

/*
 * analyze/format_block.c -- structs, unions and arrays as text and as JSON, from their bytes.
 *
 *	{ .next = 0x0, .load = { .weight = 1 }, .bits = [1,2] }
 *	{"next": 0, "load": {"weight": 1}, "bits": [1,2]}
 *	{.next=0x0,.load={.weight=1},.bits=[1,2]}		in a key of JSON
 *
 * Bytes and layout may both come from a tape: what lies beyond the end counts as zeros, nesting is
 * bounded, and nothing is printed any more once the buffer is full, which bounds the work.
 */
#include "analyze/format_block.h"

#include <inttypes.h>
#include <string.h>

#define NEST_MAX 40

struct printer {
	const struct value_fmt *f;
	enum block_style style;
	struct buf *out;
	u32 depth;
};

static void put_any(struct printer *p, const struct type *t, struct str bytes,
		    const struct field *f);

/* The part at @off; shorter, or nothing, where the bytes end. */
static struct str part(struct str bytes, u64 off, u64 size)
{
	if (off >= bytes.len)
		return (struct str){ "", 0 };
	if (size > bytes.len - off)
		size = bytes.len - off;
	return (struct str){ bytes.s + off, size };
}

static u64 word_of(struct str bytes)
{
	u64 v = 0;

	memcpy(&v, bytes.s, bytes.len < sizeof(v) ? bytes.len : sizeof(v));
	return v;
}

static s64 number(const struct type *t, struct str bytes, const struct field *f)
{
	u32 bits = f && f->bit_sz ? f->bit_sz : (t->size < 8 ? t->size * 8 : 64);
	u32 skip = f && f->bit_sz ? f->bit_off : 0;
	u64 v = word_of(bytes);

	if (!bits || bits > 64 || skip >= 64)
		return 0;
	v = v >> skip << (64 - bits);
	return t->is_signed ? (s64)v >> (64 - bits) : (s64)(v >> (64 - bits));
}

static void put_word(struct printer *p, const struct type *t, struct str bytes,
		     const struct field *f)
{
	s64 v = number(t, bytes, f);

	if (t->kind == TYPE_BOOL)
		v = v != 0;
	if (p->style == BLOCK_JSON && t->kind != TYPE_BOOL)
		format_int_json(p->f->compat, t->kind == TYPE_INT && t->is_signed, v, p->out);
	else
		value_text_int(t, v, p->out);
}

static void put_text(struct printer *p, struct str bytes)
{
	bytes.len = strnlen(bytes.s, bytes.len);
	if (p->style == BLOCK_JSON)
		format_str_json(bytes, p->out);
	else
		buf_put(p->out, bytes.s, bytes.len);
}

static void put_name(struct printer *p, const char *name, bool is_first)
{
	if (!is_first)
		buf_puts(p->out, p->style == BLOCK_DENSE ? "," : ", ");
	switch (p->style) {
	case BLOCK_JSON:
		format_str_json(str_of(name), p->out);
		buf_puts(p->out, ": ");
		break;
	case BLOCK_DENSE:
		buf_printf(p->out, ".%s=", name);
		break;
	default:
		buf_printf(p->out, ".%s = ", name);
	}
}

static void put_struct(struct printer *p, const struct type *t, struct str bytes)
{
	bool has_blanks = p->style == BLOCK_TEXT;

	buf_puts(p->out, has_blanks ? "{ " : "{");
	for (u32 i = 0; t->fields && i < t->field_cnt && !p->out->is_full; i++) {
		const struct field *f = &t->fields[i];

		put_name(p, f->name, i == 0);
		put_any(p, f->type, part(bytes, f->off, f->bit_sz ? 8 : f->type->size), f);
	}
	buf_puts(p->out, has_blanks ? " }" : "}");
}

static void put_array(struct printer *p, const struct type *t, struct str bytes)
{
	u32 size = t->elem ? t->elem->size : 0;
	u64 cnt = size ? bytes.len / size : 0;

	if (cnt > t->elem_cnt)
		cnt = t->elem_cnt;
	buf_putc(p->out, '[');
	for (u64 i = 0; i < cnt && !p->out->is_full; i++) {
		if (i)
			buf_putc(p->out, ',');
		put_any(p, t->elem, part(bytes, i * size, size), NULL);
	}
	buf_putc(p->out, ']');
}

static void put_any(struct printer *p, const struct type *t, struct str bytes,
		    const struct field *f)
{
	if (p->depth >= NEST_MAX)
		return;
	p->depth++;
	switch (t->kind) {
	case TYPE_STRUCT:
		put_struct(p, t, bytes);
		break;
	case TYPE_ARRAY:
		put_array(p, t, bytes);
		break;
	case TYPE_STR:
		put_text(p, bytes);
		break;
	default:
		put_word(p, t, bytes, f);
	}
	p->depth--;
}

void format_block(const struct value_fmt *f, const struct type *t, struct cursor *c,
		  enum block_style style, struct buf *out)
{
	struct printer p = { .f = f, .style = style, .out = out };

	put_any(&p, t, value_take_bytes(c), NULL);
}

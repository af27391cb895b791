/*
 * Values as text and as JSON, one small function a kind.
 *
 * A stack is a line end and a line a frame.  Its frames are indented by eight blanks, in keys of
 * 0.17 by four; in JSON keys of 0.27 not at all (it takes all blanks out of keys, we only these).
 */
#include "analyze/format_value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analyze/catalog_tape.h"
#include "analyze/format_block.h"
#include "analyze/symbol/stack_text.h"

#define INDENT 8

#include "base/escape.h"
#include "lang/float_text.h"
#include "lang/value_text.h"

static bool is_signed(const struct type *t)
{
	return t->kind == TYPE_INT && t->is_signed;
}

static bool is_exact_double(bool sign, s64 v)
{
	/* 2^64 as a double is not a u64; the largest ones are never exact anyway */
	if (!sign && (u64)v > UINT64_MAX - 2048)
		return false;
	if (sign && v > INT64_MAX - 1024)
		return false;
	return sign ? (s64)(double)v == v : (u64)(double)(u64)v == (u64)v;
}

void format_int_json(enum compat compat, bool sign, s64 v, struct buf *out)
{
	const char *quote = compat != COMPAT_17 && !is_exact_double(sign, v) ? "\"" : "";

	if (sign)
		buf_printf(out, "%s%" PRId64 "%s", quote, v, quote);
	else
		buf_printf(out, "%s%" PRIu64 "%s", quote, (u64)v, quote);
}

static void put_time(const struct value_fmt *f, const struct type *t, s64 ns, struct buf *out)
{
	static const struct timefmt utc;

	timefmt_strftime(f->time ? f->time : &utc, t->time_fmt ? t->time_fmt : "", (u64)ns,
			 f->compat, out);
}

static void put_stack(const struct value_fmt *f, const struct type *t, u64 node, u32 indent,
		      struct buf *out)
{
	struct stack_form form = { .mode = t->time_fmt, .indent = indent };

	if (f->is_folded)
		stack_put_folded(f->symbols, node, out);
	else
		stack_put_lines(f->symbols, node, &form, out);
}

static void put_value(const struct value_fmt *f, const struct type *t, struct cursor *c, u32 indent,
		      struct buf *out);

/* As the recorded machine called the user; nothing if it did not. */
static void put_user(const struct value_fmt *f, u64 uid, struct buf *out)
{
	struct str name = { NULL, 0 };
	char key[24];

	snprintf(key, sizeof(key), "%" PRIu64, uid);
	if (f->state && f->state->types)
		name = catalog_tape_fact(f->state->types, "uid", key);
	if (name.s)
		buf_put(out, name.s, name.len);
}

/* Members with @sep between them. */
static void put_members(const struct value_fmt *f, const struct type *t, struct cursor *c,
			u32 indent, struct buf *out)
{
	for (u32 i = 0; i < t->elem_cnt; i++) {
		value_text_name(t, i, ", ", out);
		put_value(f, t->members[i], c, indent, out);
	}
}

/* @indent: of the frames of stacks. */
static void put_value(const struct value_fmt *f, const struct type *t, struct cursor *c, u32 indent,
		      struct buf *out)
{
	switch (t->kind) {
	case TYPE_TUPLE:
		value_text_open(t, out);
		put_members(f, t, c, indent, out);
		value_text_close(t, out);
		break;
	case TYPE_STRUCT:
	case TYPE_ARRAY:
		format_block(f, t, c, BLOCK_TEXT, out);
		break;
	case TYPE_TIME:
		put_time(f, t, (s64)cursor_u64(c), out);
		break;
	case TYPE_USER:
		put_user(f, cursor_u64(c), out);
		break;
	case TYPE_STACK:
		put_stack(f, t, cursor_u64(c), indent, out);
		break;
	case TYPE_SYM:
		stack_put_symbol(f->symbols, cursor_u64(c), out);
		break;
	default:
		value_text(t, c, out);
	}
}

void format_value(const struct value_fmt *f, const struct type *t, struct cursor *c,
		  struct buf *out)
{
	put_value(f, t, c, INDENT, out);
}

static u32 key_indent(const struct value_fmt *f, bool is_json)
{
	if (f->compat == COMPAT_17)
		return 4;
	return is_json ? 0 : INDENT;
}

/* 0.17 shows all numbers in keys as if they had a sign. */
static const struct type *key_part(const struct value_fmt *f, const struct type *t)
{
	return f->compat == COMPAT_17 && t->kind == TYPE_INT && t->size == 8 ? &type_s64 : t;
}

static void put_key_parts(const struct value_fmt *f, const struct type *t, struct cursor *c,
			  struct buf *out)
{
	for (u32 i = 0; i < t->elem_cnt; i++) {
		if (i)
			buf_puts(out, ", ");
		put_value(f, key_part(f, t->members[i]), c, key_indent(f, false), out);
	}
}

static void put_dense(const struct value_fmt *f, const struct type *t, struct cursor *c,
		      struct buf *out);

/* Inside a JSON key nothing but the values' own text has blanks. */
static void put_tuple_dense(const struct value_fmt *f, const struct type *t, struct cursor *c,
			    struct buf *out)
{
	for (u32 i = 0; i < t->elem_cnt; i++) {
		value_text_name(t, i, ",", out);
		put_dense(f, t->members[i], c, out);
	}
}

static void put_dense(const struct value_fmt *f, const struct type *t, struct cursor *c,
		      struct buf *out)
{
	if (t->kind == TYPE_STRUCT || t->kind == TYPE_ARRAY) {
		format_block(f, t, c, BLOCK_DENSE, out);
		return;
	}
	if (t->kind != TYPE_TUPLE) {
		put_value(f, key_part(f, t), c, key_indent(f, true), out);
		return;
	}
	buf_putc(out, t->names ? '{' : '(');
	put_tuple_dense(f, t, c, out);
	buf_putc(out, t->names ? '}' : ')');
}

void format_key(const struct value_fmt *f, const struct type *t, struct cursor *c, bool is_json,
		struct buf *out)
{
	if (is_json && (t->kind != TYPE_TUPLE || t->names))
		put_dense(f, t, c, out);
	else if (t->kind != TYPE_TUPLE || t->names)
		put_value(f, key_part(f, t), c, key_indent(f, false), out);
	else if (is_json)
		put_tuple_dense(f, t, c, out);
	else
		put_key_parts(f, t, c, out);
}

static void put_json_ascii(u8 b, struct buf *out)
{
	static const char names[] = "\"\"\\\\\bb\ff\nn\rr\tt";	/* byte, letter */

	for (u32 i = 0; names[i]; i += 2) {
		if (b == (u8)names[i]) {
			buf_putc(out, '\\');
			buf_putc(out, names[i + 1]);
			return;
		}
	}
	if (b < 32 || b == 0x7f)
		buf_printf(out, "\\u%04x", b);
	else
		buf_putc(out, (char)b);
}

void format_str_json(struct str s, struct buf *out)
{
	const u8 *p = (const u8 *)s.s;

	buf_putc(out, '"');
	for (size_t i = 0; i < s.len;) {
		u32 n = utf8_len(p + i, s.len - i);

		if (!n)
			buf_puts(out, "\\ufffd");
		else if (n == 1)
			put_json_ascii(p[i], out);
		else if (n == 2 && p[i] == 0xc2 && p[i + 1] < 0xa0)
			buf_printf(out, "\\u%04x", p[i + 1]);
		else
			buf_put(out, p + i, n);
		i += n ? n : 1;
	}
	buf_putc(out, '"');
}

static void put_buf_json(const struct value_fmt *f, struct str s, struct buf *out)
{
	struct buf text;

	if (f->compat != COMPAT_17) {
		buf_putc(out, '[');
		for (size_t i = 0; i < s.len; i++)
			buf_printf(out, "%s%u", i ? "," : "", (u8)s.s[i]);
		buf_putc(out, ']');
		return;
	}
	buf_init(&text, 4 * s.len + 1);
	value_text_bytes(s, &text);
	format_str_json((struct str){ (const char *)text.data, text.len }, out);
	buf_fini(&text);
}

/* What is a string in JSON: the same text. */
static void put_text_json(const struct value_fmt *f, const struct type *t, struct cursor *c,
			  struct buf *out)
{
	struct buf text;

	buf_init(&text, 16 << 20);
	format_value(f, t, c, &text);
	format_str_json((struct str){ (const char *)text.data, text.len }, out);
	buf_fini(&text);
}

static void put_tuple_json(const struct value_fmt *f, const struct type *t, struct cursor *c,
			   struct buf *out)
{
	buf_putc(out, t->names ? '{' : '[');
	for (u32 i = 0; i < t->elem_cnt; i++) {
		if (i)
			buf_puts(out, t->names ? ", " : ",");
		if (t->names)
			buf_printf(out, "\"%s\": ", t->names[i]);
		format_value_json(f, t->members[i], c, out);
	}
	buf_putc(out, t->names ? '}' : ']');
}

/* JSON has no infinity and no NaN: they are strings. */
static void put_float_json(s64 bits, struct buf *out)
{
	char text[FLOAT_TEXT_MAX];
	const char *quote;

	float_text(float_of_bits(bits), text);
	quote = text[strspn(text, "-0123456789.e+")] ? "\"" : "";
	buf_printf(out, "%s%s%s", quote, text, quote);
}

void format_value_json(const struct value_fmt *f, const struct type *t, struct cursor *c,
		       struct buf *out)
{
	switch (t->kind) {
	case TYPE_STR:
		format_str_json(value_take_bytes(c), out);
		break;
	case TYPE_BUF:
		put_buf_json(f, value_take_bytes(c), out);
		break;
	case TYPE_TUPLE:
		put_tuple_json(f, t, c, out);
		break;
	case TYPE_STRUCT:
	case TYPE_ARRAY:
		format_block(f, t, c, BLOCK_JSON, out);
		break;
	case TYPE_BOOL:
		buf_puts(out, cursor_u64(c) ? "true" : "false");
		break;
	case TYPE_FLOAT:
		put_float_json((s64)cursor_u64(c), out);
		break;
	case TYPE_TIME:
	case TYPE_STACK:
	case TYPE_SYM:
	case TYPE_INET:
	case TYPE_MAC:
	case TYPE_USER:
		put_text_json(f, t, c, out);
		break;
	default:
		format_int_json(f->compat, is_signed(t), (s64)cursor_u64(c), out);
	}
}

/*
 * lang/value_text.c -- plain values as text.
 */
#include "lang/value_text.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "lang/float_text.h"

bool value_text_knows(const struct type *t)
{
	switch (t->kind) {
	case TYPE_INT:
	case TYPE_BOOL:
	case TYPE_FLOAT:
	case TYPE_PTR:
	case TYPE_STR:
	case TYPE_BUF:
	case TYPE_INET:
	case TYPE_MAC:
	case TYPE_AGG: /* as a number */
		return true;
	case TYPE_TUPLE:
		for (u32 i = 0; i < t->elem_cnt; i++) {
			if (!value_text_knows(t->members[i]))
				return false;
		}
		return true;
	default:
		return false;
	}
}

struct str value_take_bytes(struct cursor *c)
{
	u32 sz = cursor_u32(c);
	const u8 *p;

	if (sz > cursor_left(c))
		sz = (u32)cursor_left(c);
	p = cursor_bytes(c, sz);
	return (struct str){ p ? (const char *)p : "", p ? sz : 0 };
}

void value_text_int(const struct type *t, s64 v, struct buf *out)
{
	const char *name = type_enum_name(t, v);
	char text[FLOAT_TEXT_MAX];

	if (name) {
		buf_puts(out, name);
	} else if (t->kind == TYPE_FLOAT) {
		float_text(float_of_bits(v), text);
		buf_puts(out, text);
	} else if (t->kind == TYPE_BOOL)
		buf_puts(out, v ? "true" : "false");
	else if (t->kind == TYPE_PTR)
		buf_printf(out, "0x%" PRIx64, (u64)v);
	else if (t->kind == TYPE_INT && t->is_signed)
		buf_printf(out, "%" PRId64, v);
	else
		buf_printf(out, "%" PRIu64, (u64)v);
}

void value_text_bytes(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.len; i++) {
		u8 b = (u8)s.s[i];

		if (b >= 32 && b < 127)
			buf_putc(out, (char)b);
		else
			buf_printf(out, "\\x%02x", b);
	}
}

/* 4 bytes are IPv4, 16 are IPv6, others nothing. */
static void put_inet(struct str bytes, struct buf *out)
{
	char text[INET6_ADDRSTRLEN];
	u8 addr[16] = { 0 };

	if (bytes.len != 4 && bytes.len != 16)
		return;
	memcpy(addr, bytes.s, bytes.len);
	if (inet_ntop(bytes.len == 4 ? AF_INET : AF_INET6, addr, text, sizeof(text)))
		buf_puts(out, text);
}

static void put_mac(struct str bytes, struct buf *out)
{
	for (size_t i = 0; i < bytes.len; i++)
		buf_printf(out, "%s%02X", i ? ":" : "", (u8)bytes.s[i]);
}

void value_text_open(const struct type *t, struct buf *out)
{
	buf_puts(out, t->names ? "{ " : "(");
}

void value_text_close(const struct type *t, struct buf *out)
{
	buf_puts(out, t->names ? " }" : ")");
}

void value_text_name(const struct type *t, u32 i, const char *sep, struct buf *out)
{
	if (i)
		buf_puts(out, sep);
	if (t->names)
		buf_printf(out, sep[1] ? ".%s = " : ".%s=", t->names[i]);
}

static void put_tuple(const struct type *t, struct cursor *c, struct buf *out)
{
	value_text_open(t, out);
	for (u32 i = 0; i < t->elem_cnt; i++) {
		value_text_name(t, i, ", ", out);
		value_text(t->members[i], c, out);
	}
	value_text_close(t, out);
}

void value_text(const struct type *t, struct cursor *c, struct buf *out)
{
	struct str s;

	switch (t->kind) {
	case TYPE_STR:
		s = value_take_bytes(c);
		buf_put(out, s.s, s.len);
		break;
	case TYPE_BUF:
		value_text_bytes(value_take_bytes(c), out);
		break;
	case TYPE_INET:
		put_inet(value_take_bytes(c), out);
		break;
	case TYPE_MAC:
		put_mac(value_take_bytes(c), out);
		break;
	case TYPE_TUPLE:
		put_tuple(t, c, out);
		break;
	default:
		value_text_int(t, (s64)cursor_u64(c), out);
	}
}

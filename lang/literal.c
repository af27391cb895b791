/*
 * lang/literal.c -- numbers and strings.
 *
 *	number = ( digits [ "e" digits ] | "0" octal | "0x" hex | "0b" binary ) [ suffix ]
 *	suffix = "u" | "l" | "ul" | "ll" | "ull" | "ns" | "us" | "ms" | "s" | "m" | "h" | "d"
 *	escape = "\" ( n t r " \ | 1-3 octal digits | "x" 1-2 hex digits )
 *
 * '_' may stand before a digit, but not first of all.  Suffixes of C check the range and mean
 * nothing else; those of time make a duration and go with decimal numbers only ("0x1d" is 29).
 */
#include "lang/literal.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

static const char out_of_range[] = "this number does not fit in 64 bits";

struct suffix {
	const char *text;
	u64 scale;		/* nanoseconds; 0: a suffix of C */
	u64 max;		/* of C */
};

static const struct suffix suffixes[] = {
	{ "u", 0, UINT32_MAX },	     { "l", 0, INT64_MAX },	   { "ul", 0, UINT64_MAX },
	{ "lu", 0, UINT64_MAX },     { "ll", 0, INT64_MAX },	   { "ull", 0, UINT64_MAX },
	{ "llu", 0, UINT64_MAX },    { "ns", 1, 0 },		   { "us", 1000, 0 },
	{ "ms", 1000000, 0 },	     { "s", 1000000000, 0 },	   { "m", 60000000000, 0 },
	{ "h", 3600000000000, 0 },   { "d", 86400000000000, 0 },
};

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

/* Digits of @base off the front of *text.  -EINVAL: there are none.  -ERANGE. */
static int take_digits(struct str *text, u32 base, u64 *ret)
{
	u64 val = 0;
	size_t i;

	for (i = 0; i < text->len; i++) {
		u32 digit = (u32)digit_value(text->s[i]);

		if (text->s[i] == '_' && (i || base != 10))
			continue;
		if (digit >= base)
			break;
		if (__builtin_mul_overflow(val, (u64)base, &val) ||
		    __builtin_add_overflow(val, (u64)digit, &val))
			return -ERANGE;
	}
	if (!i || text->s[i - 1] == '_')
		return -EINVAL;
	*text = (struct str){ text->s + i, text->len - i };
	*ret = val;
	return 0;
}

/* "6" of "1e6": a power of ten */
static int take_exponent(struct str *text, u64 *val)
{
	struct str rest = { text->s + 1, text->len - 1 };
	u64 exp;
	int rc = take_digits(&rest, 10, &exp);

	if (rc)
		return rc;
	if (exp > 19)
		return *val ? -ERANGE : -EINVAL;
	while (exp--) {
		if (__builtin_mul_overflow(*val, (u64)10, val))
			return -ERANGE;
	}
	*text = rest;
	return 0;
}

static const char *apply_suffix(const struct suffix *s, struct int_literal *lit)
{
	bool fits;

	lit->is_duration = s->scale;
	if (s->scale) {
		fits = !__builtin_mul_overflow(lit->val, s->scale, &lit->val);
		return fits && lit->val <= INT64_MAX ?
			       NULL : "this duration does not fit in 64 bits of nanoseconds";
	}
	lit->is_unsigned = strpbrk(s->text, "u");
	return lit->val > s->max ? "this number is too large for its suffix" : NULL;
}

static const char *take_suffix(struct str rest, u32 base, struct int_literal *lit)
{
	lit->suffix = rest;
	if (!rest.len)
		return NULL;
	for (size_t i = 0; i < countof(suffixes); i++) {
		const struct suffix *s = &suffixes[i];

		if (strlen(s->text) != rest.len || strncasecmp(s->text, rest.s, rest.len) ||
		    (s->scale && (base != 10 || !str_is(rest, s->text))))
			continue;
		return apply_suffix(s, lit);
	}
	return "this is not a number";
}

static u32 take_base(struct str *text)
{
	u32 base = 10, skip = 0;
	char second = text->len > 1 ? (char)(text->s[1] | 0x20) : '\0';

	if (text->s[0] != '0' || text->len < 2)
		return 10;
	if (second == 'x' || second == 'b') {
		base = second == 'x' ? 16 : 2;
		skip = 2;
	} else if ((text->s[1] >= '0' && text->s[1] <= '9') || text->s[1] == '_') {
		base = 8;
		skip = 1;
	}
	*text = (struct str){ text->s + skip, text->len - skip };
	return base;
}

const char *literal_int(struct str text, struct int_literal *ret)
{
	struct int_literal lit = { 0 };
	const char *why;
	u32 base;
	int rc;

	if (!text.len)
		return "this is not a number";
	base = take_base(&text);
	rc = take_digits(&text, base, &lit.val);
	if (!rc && base == 10 && text.len > 1 && text.s[0] == 'e')
		rc = take_exponent(&text, &lit.val);
	if (rc == -ERANGE)
		return out_of_range;
	if (base == 8 && text.len && (text.s[0] == '8' || text.s[0] == '9'))
		return "a number that begins with 0 is octal: its digits are 0 to 7";
	if (rc)
		return "this is not a number";
	why = take_suffix(text, base, &lit);
	if (why)
		return why;
	lit.is_unsigned = lit.is_unsigned || lit.val > INT64_MAX;
	*ret = lit;
	return NULL;
}

static char simple_escape(char c)
{
	static const char from[] = "ntr\"\\", to[] = "\n\t\r\"\\";
	const char *p = c ? strchr(from, c) : NULL;

	return p ? to[p - from] : '\0';
}

/* Up to @max digits of @base at @s: how many, value in *ret. */
static u32 read_digits(struct str s, u32 base, u32 max, u32 *ret)
{
	u32 n = 0;

	*ret = 0;
	while (n < max && n < s.len && (u32)digit_value(s.s[n]) < base)
		*ret = *ret * base + (u32)digit_value(s.s[n++]);
	return n;
}

/* The byte of the escape that @s begins with; bytes used, 0 if it is none. */
static u32 read_escape(struct str s, char *ret, const char **why)
{
	bool is_hex = s.len > 1 && s.s[1] == 'x';
	struct str digits = { s.s + 1 + is_hex, s.len - 1 - is_hex };
	u32 val, n;

	*why = "unknown escape";
	*ret = s.len > 1 ? simple_escape(s.s[1]) : '\0';
	if (*ret)
		return 2;
	n = is_hex ? read_digits(digits, 16, 2, &val) : read_digits(digits, 8, 3, &val);
	if (!n)
		return 0;
	if (val > 255) {
		*why = "this escape is more than one byte";
		return 0;
	}
	*ret = (char)val;
	return 1 + is_hex + n;
}

int literal_str(struct str text, struct arena *a, struct str *ret, struct str_error *e)
{
	char *out = arena_dup(a, text.s, text.len);
	size_t n = 0, i = 1, end = text.len - 1;

	if (!out)
		return -ENOMEM;
	while (i < end) {
		struct str rest = { text.s + i, end - i };
		u32 used = 1;

		if (text.s[i] != '\\')
			out[n] = text.s[i];
		else
			used = read_escape(rest, &out[n], &e->msg);
		if (!used) {
			e->off = (u32)i;
			e->len = 2;
			return -EINVAL;
		}
		n++;
		i += used;
	}
	out[n] = '\0';
	*ret = (struct str){ out, n };
	return 0;
}

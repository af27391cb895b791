/*
 * record/maps_text.c -- the fields of
 *
 *     7f0123400000-7f0123425000 r-xp 00028000 fd:01 1835093                  /usr/lib/libc.so.6
 */
#include "record/maps_text.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* A number and the character behind it, taken off the front of @s. */
static bool take_num(struct str *s, u32 base, char end, u64 *ret)
{
	u64 v = 0;
	size_t i = 0;

	for (; i < s->len && digit_of(s->s[i]) < (int)base; i++) {
		if (v > (UINT64_MAX - 15) / base)
			return false;
		v = v * base + (u64)digit_of(s->s[i]);
	}
	if (i == 0 || (i < s->len && s->s[i] != end) || (i == s->len && end != ' '))
		return false;
	*s = (struct str){ s->s + i + (i < s->len), s->len - i - (i < s->len) };
	*ret = v;
	return true;
}

static bool take_prot(struct str *s, u8 *ret)
{
	if (s->len < 5 || s->s[4] != ' ')
		return false;
	*ret = (u8)((s->s[0] == 'r' ? PROT_READ : 0) | (s->s[1] == 'w' ? PROT_WRITE : 0) |
		    (s->s[2] == 'x' ? PROT_EXEC : 0));
	*s = (struct str){ s->s + 5, s->len - 5 };
	return true;
}

static bool parse_line(struct str s, struct maps_line *r)
{
	u64 major, minor;

	if (!take_num(&s, 16, '-', &r->start) || !take_num(&s, 16, ' ', &r->end) ||
	    !take_prot(&s, &r->prot) || !take_num(&s, 16, ' ', &r->off) ||
	    !take_num(&s, 16, ':', &major) || !take_num(&s, 16, ' ', &minor) ||
	    !take_num(&s, 10, ' ', &r->inode))
		return false;
	r->dev = makedev((u32)major, (u32)minor);
	while (s.len && *s.s == ' ')
		s = (struct str){ s.s + 1, s.len - 1 };
	r->path = s;
	return r->start < r->end;
}

bool maps_text_next(struct str *text, struct maps_line *ret)
{
	struct str line;

	while (text->len) {
		str_split(*text, '\n', &line, text);
		if (parse_line(line, ret))
			return true;
	}
	return false;
}

struct str maps_text_path(struct str path)
{
	static const struct str gone = { " (deleted)", 10 };

	if (path.len > gone.len && !memcmp(path.s + path.len - gone.len, gone.s, gone.len))
		path.len -= gone.len;
	return path;
}

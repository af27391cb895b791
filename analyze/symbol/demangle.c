/*
 * Demangling: libiberty's C++ parser, with its output taken piece by piece.
 *
 * A short mangled name can stand for gigabytes of text (each part may repeat all before it), so the
 * text is cut off while it is made: the callback leaves by longjmp() when there is too much of it.
 * The parser then has its whole state on the stack, so nothing is lost; its own limits bound the
 * depth of recursion and the length of names it looks at.
 */
#include "analyze/symbol/demangle.h"

#include <setjmp.h>
#include <string.h>

#include <libiberty/demangle.h>

#define NAME_MAX_SZ 4096 /* of a mangled name; the parser stops at a quarter of that itself */

struct output {
	char text[DEMANGLE_MAX];
	size_t len;
	jmp_buf too_long;
};

static void take(const char *s, size_t len, void *opaque)
{
	struct output *o = opaque;

	if (len > sizeof(o->text) - o->len)
		longjmp(o->too_long, 1);
	memcpy(o->text + o->len, s, len);
	o->len += len;
}

static bool run(const char *name, struct output *o)
{
	o->len = 0;
	if (setjmp(o->too_long))
		return false;
	return cplus_demangle_v3_callback(name, DMGL_PARAMS | DMGL_ANSI | DMGL_TYPES, take, o);
}

bool demangle(struct str name, struct buf *out)
{
	char text[NAME_MAX_SZ];
	struct output o;

	/* types alone are mangled as well ("i" is int): only functions and objects are meant */
	if (name.len < 3 || name.len >= sizeof(text) || memcmp(name.s, "_Z", 2))
		return false;
	memcpy(text, name.s, name.len);
	text[name.len] = '\0';
	if (strlen(text) != name.len || !run(text, &o) || !o.len)
		return false;
	buf_put(out, o.text, o.len);
	return !out->is_full;
}

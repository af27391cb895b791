/*
 * lang/trouble.c -- the words for what goes wrong while a script runs.
 */
#include "lang/trouble.h"

#include <string.h>

static void read_text(const struct trouble *t, struct buf *out)
{
	const char *why = t->code ? strerrordesc_np(t->code) : NULL;

	buf_puts(out, "the memory could not be read");
	if (why)
		buf_printf(out, " (%s)", why);
	buf_puts(out, "; 0 or \"\" was taken");
}

void trouble_text(const struct trouble *t, bool is_17, struct buf *out)
{
	switch (t->kind) {
	case TROUBLE_READ:
		read_text(t, out);
		break;
	case TROUBLE_DIVIDE:
		buf_printf(out, "division by zero; the result was %s",
			   is_17 ? "0, of % the dividend" : "1");
		break;
	case TROUBLE_INDEX:
		buf_puts(out, "the index was outside the array; the result means nothing");
		break;
	case TROUBLE_MAP_FULL:
		buf_puts(out, "the map was full; new keys were dropped");
		break;
	default:
		break;
	}
}

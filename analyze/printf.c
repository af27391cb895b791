/*
 * printf() with all values that the analyzer can name.
 */
#include "analyze/printf.h"

#include <inttypes.h>

#include "analyze/catalog_tape.h"
#include "lang/printf_text.h"

static void put_value(const void *ctx, const struct type *t, struct cursor *c, struct buf *out)
{
	format_value(ctx, t, c, out);
}

/* The name of a flag and its value at @p: "NAME=HEX "; the next one's. */
static const char *next_flag(const char *p, const char *end, struct str *ret_name, u64 *ret_val)
{
	const char *start = p;

	while (p < end && *p != '=')
		p++;
	*ret_name = (struct str){ start, (size_t)(p - start) };
	*ret_val = 0;
	for (p++; p < end && *p != ' '; p++)
		*ret_val = *ret_val << 4 | (u64)(*p <= '9' ? *p - '0' : *p - 'a' + 10);
	return p < end ? p + 1 : end;
}

/* As the kernel's tracepoints print them: the first that fit, largest first, then what is left. */
static void put_gfp(const void *ctx, u64 v, struct buf *out)
{
	const struct value_fmt *f = ctx;
	struct str flags = { NULL, 0 }, name;
	const char *sep = "";
	u64 val;

	if (f->state && f->state->types)
		flags = catalog_tape_fact(f->state->types, "gfp", "flags");
	for (const char *p = flags.s; p && p < flags.s + flags.len;) {
		p = next_flag(p, flags.s + flags.len, &name, &val);
		if (!val || (v & val) != val)
			continue;
		buf_printf(out, "%s" STR_FMT, sep, STR_ARG(name));
		sep = "|";
		v &= ~val;
	}
	if (v)
		buf_printf(out, "%s0x%" PRIx64, sep, v);
}

void printf_render(const struct value_fmt *f, const struct action *a, struct cursor args,
		   struct buf *out)
{
	struct printf_form form = { .compat = f->compat, .value = put_value,
				    .gfp = put_gfp, .ctx = f };

	printf_text(&form, a, args, out);
}

/*
 * printf() with all values that the analyzer can name.
 */
#include "analyze/printf.h"

#include "lang/printf_text.h"

static void put_value(const void *ctx, const struct type *t, struct cursor *c, struct buf *out)
{
	format_value(ctx, t, c, out);
}

void printf_render(const struct value_fmt *f, const struct action *a, struct cursor args,
		   struct buf *out)
{
	struct printf_form form = { .compat = f->compat, .value = put_value, .ctx = f };

	printf_text(&form, a, args, out);
}

/* analyze/printf.h -- printf() of the language: parsed pieces and packed arguments to bytes. */
#pragma once

#include "analyze/format_value.h"

/* Append what printf action @a prints for the packed arguments. */
void printf_render(const struct value_fmt *f, const struct action *a, struct cursor args,
		   struct buf *out);

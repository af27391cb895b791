/* lang/printf_text.h -- printf() of the language: parsed pieces and packed arguments to bytes. */
#pragma once

#include "base/cursor.h"
#include "lang/program.h"

struct printf_form {
	enum compat compat;
	/* %s: the default text of a value, taken off @c (value_text() or one that knows more) */
	void (*value)(const void *ctx, const struct type *t, struct cursor *c, struct buf *out);
	/* %gr: the flags of @v, which is not 0, by their names; NULL: nobody knows them */
	void (*gfp)(const void *ctx, u64 v, struct buf *out);
	const void *ctx;
};

/* Append what printf action @a prints for the packed arguments. */
void printf_text(const struct printf_form *f, const struct action *a, struct cursor args,
		 struct buf *out);

/*
 * analyze/format_block.h -- one packed struct, union or array (lang/packed.h) as text.
 */
#pragma once

#include "analyze/format_value.h"

/* DENSE: within the key of a map in JSON. */
enum block_style { BLOCK_TEXT, BLOCK_DENSE, BLOCK_JSON };

void format_block(const struct value_fmt *f, const struct type *t, struct cursor *c,
		  enum block_style style, struct buf *out);

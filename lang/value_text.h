/*
 * lang/value_text.h -- values whose text needs nothing but their bytes: numbers, strings, bytes,
 * addresses of networks.  The analyzer adds times, stacks and names.
 */
#pragma once

#include "base/cursor.h"
#include "base/str.h"
#include "lang/type.h"

/* Has values of this type a text here? */
bool value_text_knows(const struct type *t);
/* One packed value, taken off @c; only what is there of a malformed one. */
void value_text(const struct type *t, struct cursor *c, struct buf *out);

void value_text_int(const struct type *t, s64 v, struct buf *out);
void value_text_bytes(struct str s, struct buf *out); /* printable ones, others \xNN */
/* Length and bytes, cut at the end of @c. */
struct str value_take_bytes(struct cursor *c);

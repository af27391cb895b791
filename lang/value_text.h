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
/*
 * What stands around and between the values of a tuple: "(1, a)", of a record
 * "{ .x = 1, .y = a }".  @sep: ", ", or "," where there are no blanks.
 */
void value_text_open(const struct type *t, struct buf *out);
void value_text_name(const struct type *t, u32 i, const char *sep, struct buf *out);
void value_text_close(const struct type *t, struct buf *out);
/* Length and bytes, cut at the end of @c. */
struct str value_take_bytes(struct cursor *c);

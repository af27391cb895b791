/* base/escape.h -- foreign bytes made safe for a terminal: what is UTF-8, what controls. */
#pragma once

#include "base/buf.h"

/*
 * Length of the UTF-8 sequence at @p, of which @left > 0 bytes are there; 0 if it is none
 * (RFC 3629: no surrogates, nothing overlong).
 */
u32 utf8_len(const u8 *p, size_t left);

/*
 * Append text; control characters (of ASCII, DEL, U+0080 to U+009F) and bytes that are no UTF-8 as
 * \xNN.  Those of @keep ("" or "\n\t") pass; where a line end does, so does "\r\n".
 */
void escape_put(struct buf *out, const char *s, size_t len, const char *keep);

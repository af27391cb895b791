/* analyze/flame/xml.h -- foreign text as XML. */
#pragma once

#include "base/buf.h"
#include "base/str.h"

/*
 * Append as text of an element or of an attribute: markup as entities; what XML has no place for
 * (control characters, line ends among them, bytes that are no UTF-8) as \xNN, what turns round the
 * direction of writing as \u{NNNN}.
 */
void xml_put(struct buf *out, struct str text);
/*
 * The same of as much of it as goes into @cells of a font where all characters have one width (two
 * for wide ones): all of it, or its beginning and an ellipsis; nothing where that says nothing.
 */
void xml_put_cut(struct buf *out, struct str text, u32 cells);

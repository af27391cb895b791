/* record/gfp_names.h -- what this kernel calls the flags of its allocations. */
#pragma once

#include "base/buf.h"
#include "base/str.h"

/*
 * "NAME=HEX NAME=HEX ...", those of several bits first, as the format of a tracepoint of
 * allocations lists them.  Nothing if there is none to be read.
 */
void gfp_names_read(struct buf *out);
/* The same of a format's text. */
void gfp_names_parse(struct str format, struct buf *out);

/* record/elf_xz.h -- undo the compression of a section that is an xz file (.gnu_debugdata). */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/*
 * Append what @sz bytes at @p unpack to.  -EFBIG beyond the maximum of @out, -EBADMSG: not a whole
 * xz file, -ENOMEM: it asks for more memory than such a small thing needs.
 */
int elf_xz_unpack(const void *p, size_t sz, struct buf *out, struct err *err);

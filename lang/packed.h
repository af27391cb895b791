/*
 * lang/packed.h -- the packed form of a value: how keys, map values and action arguments travel between compiled
 * code and a runtime, and how tuples lie in columns and map snapshots.
 *
 *   INT BOOL PTR   8 bytes little-endian, extended from the type's width by its sign
 *   STR BUF        u32 length, bytes; no padding, no NUL
 *   TIME           8 bytes ns (the format is in the type)
 *   TUPLE          its members one after the other
 *
 * Equal values have equal bytes (after conversion to the same type), so a key compares by memcmp.
 *
 * K maps in the kernel use a fixed-size form of the same idea: each INT 8 bytes; each STR/BUF u32 length, then the type's
 * size in bytes, zero-filled, padded to 8 in all.  packed_from_kernel() turns one into the other.
 */
#pragma once

#include "base/buf.h"
#include "base/cursor.h"
#include "lang/type.h"

/* Bytes of the fixed kernel form. */
size_t packed_kernel_size(const struct type *t);
/* Append the packed form of the kernel-form value at @p to @out.  -EBADMSG if a length exceeds its type. */
int packed_from_kernel(const struct type *t, const void *p, size_t sz, struct buf *out);
/* Step over one packed value.  false: malformed. */
bool packed_skip(const struct type *t, struct cursor *c);

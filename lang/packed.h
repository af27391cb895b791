/*
 * lang/packed.h -- the packed form of a value: how keys, map values and action arguments travel
 * between compiled code and a runtime, and how tuples lie in columns and map snapshots.
 *
 *   INT BOOL PTR   8 bytes little-endian, extended from the type's width by its sign
 *   TIME           8 bytes ns (the format is in the type)
 *   FLOAT          8 bytes, the bits of a double; never -0
 *   SYM STACK CGROUP USER   8 bytes: an address or id
 *   STR BUF INET MAC        u32 length, bytes; no padding, no NUL
 *   STRUCT ARRAY            the same; the bytes are those of the recorded machine's memory
 *   TUPLE          its members one after the other
 *
 * Equal values have equal bytes (after conversion to the same type), so a key compares by memcmp.
 *
 * No other kind has a packed form.
 *
 * K maps in the kernel use a fixed-size form of the same idea: each word 8 bytes; each of the byte
 * kinds a u32 length, then the type's size in bytes, zero-filled, padded to 8 in all.
 * packed_from_kernel() turns one into the other.
 */
#pragma once

#include "base/buf.h"
#include "base/cursor.h"
#include "lang/type.h"

bool packed_is_word(const struct type *t);	/* 8 bytes */
bool packed_is_bytes(const struct type *t);	/* length and bytes */

/* Bytes of the fixed kernel form; 0 for a kind that has none. */
size_t packed_kernel_size(const struct type *t);
/*
 * Append the packed form of the kernel-form value at @p to @out.  -EBADMSG if a length exceeds its
 * type, a byte is missing or the kind has no packed form; -ENOMEM if @out refuses.  @out may have
 * got a part then.
 */
int packed_from_kernel(const struct type *t, const void *p, size_t sz, struct buf *out);
/* Step over one packed value.  false: malformed. */
bool packed_skip(const struct type *t, struct cursor *c);

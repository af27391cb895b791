/*
 * tests/fuzz/tape_records.h -- change one field, or the number of elements of one list, in the
 * records of a table block, so that the sizes around it stay right.
 */
#pragma once

#include "base/buf.h"
#include "format/tape.h"

/* Random numbers of a mutation. */
struct fuzz_rand {
	u64 state;
};
u32 fuzz_rand(struct fuzz_rand *r, u32 below); /* below 0: any */
u64 fuzz_rand_number(struct fuzz_rand *r); /* of a kind that breaks things */

/* Change @sz bytes at @p, in place, with room for @max; returns how many there are then. */
typedef size_t (*fuzz_bytes_fn)(u8 *p, size_t sz, size_t max);

/* false: blocks of this type have no records, or nothing in them could be changed. */
bool tape_records_mutate(u16 type, struct buf *payload, struct fuzz_rand *r, fuzz_bytes_fn bytes);

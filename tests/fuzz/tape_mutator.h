/*
 * tests/fuzz/tape_mutator.h -- changes of a tape that get behind its checksums.
 *
 * Most changes keep the tape sealed: blocks are taken apart (tape_edit.h), a field, a part of a
 * column, a header or the order of the blocks is changed, and all is put together again.  A few
 * change bytes of the tape as it is.  The same seed and bytes make the same change, as far as
 * @bytes does.
 */
#pragma once

#include "tests/fuzz/tape_records.h"

/* As LLVMFuzzerCustomMutator; @bytes is LLVMFuzzerMutate. */
size_t tape_mutate(u8 *data, size_t sz, size_t max, u32 seed, fuzz_bytes_fn bytes);
/* As LLVMFuzzerCustomCrossOver: blocks of the second tape among those of the first. */
size_t tape_cross(const u8 *a, size_t a_sz, const u8 *b, size_t b_sz, u8 *out, size_t max,
		  u32 seed);

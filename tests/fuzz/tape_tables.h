/*
 * tests/fuzz/tape_tables.h -- inputs that are table blocks without headers: one after the other
 * { u16 type, u16 records, u32 length, payload }; what is left over is the target's.
 */
#pragma once

#include "base/cursor.h"
#include "tests/fuzz/tape_records.h"

struct tables_block {
	u16 type, n_rows;
	u32 len;
	const u8 *payload;
};

/* The next block; a length beyond the end is cut.  false: none. */
bool tables_next(struct cursor *c, struct tables_block *ret);

/* As LLVMFuzzerCustomMutator; @bytes is LLVMFuzzerMutate.  Lengths stay right, mostly. */
size_t tables_mutate(u8 *data, size_t sz, size_t max, u32 seed, fuzz_bytes_fn bytes);

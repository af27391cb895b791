/*
 * tests/support/row_set.h -- the rows of a tape without damage, to compare with those that are read
 * of a damaged one.
 *
 * A row is known by its table, CPU and seq; of its cells hashes are kept.
 */
#pragma once

#include "format/batch.h"
#include "tests/support/mutate.h"

struct row_set {
	struct row_ref *rows;
	u32 cnt, cap;
	u32 *slots; /* index + 1; a power of two of them */
	u32 slot_cnt;
	u64 *hashes; /* of cells */
	size_t hash_cnt, hash_cap;
};

/* Reads all of the tape; asserts that it is good and that no two rows have one name. */
void row_set_open(struct row_set *s, const struct mutate_tape *t);
void row_set_close(struct row_set *s);

void row_set_start(struct row_set *s); /* nothing was delivered yet */
/*
 * Rows [begin, end) were delivered: NULL, or what is wrong: one that is unknown, twice there or
 * another than in the original (strings that stand for lost ones are not compared).
 */
const char *row_set_take(struct row_set *s, const struct tape_batch *b, u32 begin, u32 end);
/*
 * How many rows were not delivered.  *ret_wrong: of those, how many are of blocks that nothing
 * touched and of tables whose schema is not lost; @is_streamed: not lost before the block.
 */
u32 row_set_lost(const struct row_set *s, const struct mutant *m, bool is_streamed, u32 *ret_wrong);

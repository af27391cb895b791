/*
 * tests/support/mutate.h -- a tape and damage done to a copy of it: what accidents do, from a seed.
 *
 * Each mutation notes which of the original's blocks it touched, so that a test knows what may be
 * lost.
 */
#pragma once

#include "format/tape.h"

struct mutate_block {
	u64 off, end; /* header and payload, without the zeros behind */
	struct tape_block_header h;
};

struct mutate_tape {
	u8 *p;
	size_t sz;
	struct mutate_block *blocks;
	u32 block_cnt;
};

/* Asserts that the file is a tape without damage. */
void mutate_open(struct mutate_tape *t, const char *path);
void mutate_close(struct mutate_tape *t);

enum mutation {
	MUTATE_CUT, /* the end is missing */
	MUTATE_FLIP, /* one to eight bits */
	MUTATE_ZERO, /* a page, or what there is of it */
	MUTATE_DUPLICATE, /* a range is there again, behind itself or anywhere */
	MUTATE_SWAP, /* two ranges of one length have changed places */
	MUTATE_REMOVE, /* a range is gone */
	MUTATION_CNT
};

struct mutant {
	const struct mutate_tape *tape;
	u8 *p;
	u64 *from; /* of each byte: its place in the original; UINT64_MAX: of none */
	size_t sz, cap;
	bool *is_touched; /* by block of the original */
	bool moves; /* blocks may be out of their order, or there twice */
	char what[256]; /* for messages */
};

/* Mutant number @seed: mostly one mutation, sometimes two or three. */
void mutate(const struct mutate_tape *t, u64 seed, struct mutant *m);
void mutant_fini(struct mutant *m);

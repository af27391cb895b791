/* format/load_priv.h -- the inside of tape_reader_load(), shared by its files. */
#pragma once

#include "format/access.h"
#include "format/reader_priv.h"

struct loader {
	struct tape_reader *r;
	struct block_place place;
	struct buf stored, plain;
	struct tape_index_entry last; /* the one before */
	u64 checkpoint; /* place of the last one, which says all that those before do */
	u64 size; /* of the tape */
	u64 index_seq; /* of the INDEX at r->end_off, from which on the headers are walked */
};

/* Add one table block whose stored payload is at hand. */
int load_table(struct loader *l, u64 off, const struct tape_block_header *h, const u8 *stored,
	       struct err *err);
/* @n entries more, which hold anything; NULL: no memory, or beyond what tables may take. */
struct tape_index_entry *load_push_entries(struct loader *l, struct vec *v, size_t n);

/*
 * All by the INDEX that TAIL names: 0, -ENOTSUP, -ENOMEM; others: it is not there or not to be
 * believed.
 */
int load_by_index(struct loader *l, struct err *err);
/*
 * What is before r->end_off, which is set then, by the INDEX that the last CHECKPOINT names.
 * Results likewise.
 */
int load_to_checkpoint(struct loader *l, struct err *err);

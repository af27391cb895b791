/*
 * format/decode.h -- an EVENTS payload into the columns of a batch.
 *
 * The payload is hostile: nothing in it is used as a length or place before it has been
 * checked, and no more memory is taken than the limits of format/tape.h allow.
 */
#pragma once

#include "base/buf.h"
#include "format/batch_priv.h"
#include "format/codec.h"
#include "format/dict.h"

struct decoder {
	struct codec *codec;
	struct buf plain;	/* a part with its frame undone */
	u64 *work;
	size_t work_cap;
	u64 spent;		/* of TAPE_MAX_BATCH, in the block being decoded */
};

int decoder_init(struct decoder *d);	/* -ENOMEM */
void decoder_fini(struct decoder *d);

struct decode_zone {
	u32 table, col;
	u64 min, max;	/* in the order of the column's sign */
};

struct decode_job {
	const struct tape_schema *schema;
	u32 n_rows;
	const u8 *payload;
	size_t len;
	const u8 *want;			/* a byte a column; NULL: all */
	struct dict *const *dicts;	/* TAPE_MAX_DICTS */
	const struct decode_zone *zones;
	size_t zone_cnt;
};

/*
 * Fill the batch.  1: done, damaged columns are all NULL and marked; 0: the zone maps say that
 * nothing of it is wanted; -EBADMSG: the directory itself is bad; -ENOMEM.
 */
int decode_rows(struct decoder *d, const struct decode_job *job, struct tape_batch *b);

/*
 * format/decode.h -- an EVENTS payload into the columns of a batch.
 *
 * The payload is hostile: nothing in it is used as a length or place before it has been
 * checked, and no more memory is taken than the limits allow.
 */
#pragma once

#include "base/buf.h"
#include "format/batch_priv.h"
#include "format/codec.h"
#include "format/dict.h"
#include "format/limits.h"

#define DECODE_KEYS_MAX 4

/* A column whose palette other columns of the block are grouped by. */
struct decode_key {
	u32 col;
	u8 *idx;	/* the number of each row's word in the palette */
	size_t idx_cap;
	u32 starts[TAPE_PALETTE_MAX];	/* rows of the words before it */
	bool has_runs;	/* most rows have the word of the row before */
};

struct decoder {
	const struct tape_limits *limits;
	struct codec *codec;
	struct buf plain;	/* a part with its frame undone */
	u64 *work;
	size_t work_cap;
	struct decode_key keys[DECODE_KEYS_MAX];	/* of the block, the last ones used */
	u32 key_cnt, key_next;
	u32 n_parts;		/* of the block's directory */
	u64 before;		/* set by who calls: spent by the runs before in a MIXED block */
	u64 spent;		/* of limits->batch, in the block being decoded, all up to there */
	const char *beyond;	/* a limit that was met in it, or NULL */
	bool has_lost;		/* columns of it that were wanted are damaged */
};

/* @limits is borrowed.  -ENOMEM. */
int decoder_init(struct decoder *d, const struct tape_limits *limits);
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
	struct dict *const *dicts;	/* has a place for each that the schema names */
	const struct decode_zone *zones;
	size_t zone_cnt;
	u32 raw_len;			/* that the block states; 0: none is */
};

/*
 * Fill the batch.  1: done, damaged columns are all NULL and marked; 0: the zone maps say that
 * nothing of it is wanted; -EBADMSG: the directory itself is bad; -ENOMEM.
 */
int decode_rows(struct decoder *d, const struct decode_job *job, struct tape_batch *b);

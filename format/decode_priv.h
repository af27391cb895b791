/* format/decode_priv.h -- shared by the files of the decoder. */
#pragma once

#include "format/decode.h"

/* The parts of one column: [LIST] [NULLS] value; value: [SCALE or GROUP] and one part, VAR RAW. */
struct decode_group {
	struct tape_part parts[4];
	u32 n;
	bool is_bad;	/* there are more */
};

/* Values of a column on their way into it. */
struct decode_value {
	const struct tape_column *col;
	struct batch_col *own;
	u32 n, n_dense;	/* places; of them not NULL */
	bool has_nulls, has_ids, has_zone;
	u64 zone_min, zone_max;
};

/* -EBADMSG, noting the limit that was met. */
int decode_beyond(struct decoder *d, const char *beyond);
/* Count @sz bytes of the block's memory; -EBADMSG beyond its limit. */
int decode_charge(struct decoder *d, u64 sz);
/* The part's bytes, which must be @sz; borrowed until the next call. */
int decode_bytes(struct decoder *d, const struct decode_job *job, const struct tape_part *p,
		 size_t sz, const u8 **ret);
/* The parts of column @id; n 0: there are none. */
int decode_find_group(const struct decode_job *job, u32 n_parts, u32 id, struct decode_group *g);
bool decode_is_plain(const struct decode_group *g);	/* neither LIST nor NULLS */
/* @n words of PALETTE. */
int decode_palette(struct decoder *d, const struct decode_job *job, const struct tape_part *p,
		   u32 n, u64 *v);
/* What brings the values of a GROUP part, @p, back to their rows.  -EBADMSG, -ENOMEM. */
int decode_key(struct decoder *d, const struct decode_job *job, const struct tape_part *p,
	       const struct decode_key **ret);
void decode_ungroup(const struct decode_key *k, const u64 *v, u32 n, u64 *ret);
/* @n numbers of FOR layout. */
int decode_for(struct decoder *d, const struct decode_job *job, const struct tape_part *p, u32 n,
	       u64 *v);
/* The value part (or two of VAR). */
int decode_value(struct decoder *d, const struct decode_job *job, const struct tape_part *p,
		 u32 n_parts, struct decode_value *val);

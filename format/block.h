/*
 * format/block.h -- framing: headers, checksums, limits, finding the next block after damage;
 * table of kinds.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "format/codec.h"
#include "format/limits.h"
#include "format/tape.h"

struct block_kind {
	u16 type;
	const char *name;
	u8 codecs;	/* bit a codec it may have */
	bool is_rows;	/* EVENTS, MIXED */
	bool is_table;	/* a list of records or DICT: read at load */
};

/* NULL: not known to this version. */
const struct block_kind *block_kind(u16 type);
const char *block_name(u16 type);	/* "EVENTS"; "unknown" */
/* -ENOTSUP, with a hint: the kind is not known, and what is in it is needed to read the tape. */
int block_check_known(u16 type, struct err *err);

/* Bytes from a header to the next. */
static inline u64 block_span(const struct tape_block_header *h)
{
	return sizeof(*h) + (((u64)h->stored_len + 7) & ~7ull);
}

/* Complete a file or block header: fixed fields and checksums. */
void block_seal_file(struct tape_file_header *h);
void block_seal(struct tape_block_header *h, u32 session_tag, const void *payload);

/*
 * What is wrong with a header: NULL if nothing; static text.  @session_tag 0: any.  Limits are
 * part of it (the last to be looked at), so the lengths of a header without fault are safe to
 * allocate.
 */
const char *block_fault(const struct tape_block_header *h, u32 session_tag,
			const struct tape_limits *limits, bool ignore_crc);
/* The same for the payload behind it. */
const char *block_payload_fault(const struct tape_block_header *h, const void *payload,
				bool ignore_crc);

/* Offset of the first sync, or @sz if there is none.  Damage may have moved it to any place. */
size_t block_find_sync(const u8 *p, size_t sz);

/*
 * The payload with a whole-block frame undone: @stored itself or @out's bytes, h->raw_len long
 * (codec COLUMNS: stored_len).  -EBADMSG, -ENOMEM.
 */
int block_unpack(const struct tape_block_header *h, const u8 *stored, struct codec *c,
		 struct buf *out, const u8 **ret);

/* Step of the hash in END. */
#define BLOCK_HASH_START 0xcbf29ce484222325ull
u64 block_hash(u64 hash, const struct tape_block_header *h);

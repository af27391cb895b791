/*
 * format/walk.h -- from block to block through a tape, over damage.
 *
 * Says of every byte what it is: a block whose header is good, or damage.
 */
#pragma once

#include "base/err.h"
#include "format/block.h"
#include "format/input.h"
#include "format/seen.h"

enum walk_kind { WALK_BLOCK, WALK_DAMAGE };

struct walk_step {
	enum walk_kind kind;
	u64 off;			/* of the block or of the damage */
	struct tape_block_header h;	/* BLOCK; DAMAGE: of the block whose payload is bad, else
					 * zeros */
	u64 len;			/* DAMAGE: bytes passed over; 0: blocks are missing
					 * between two good ones */
	u64 blocks, rows;	/* DAMAGE: lost, as far as is known */
	const char *reason;
};

struct walk {
	struct input in;
	u32 session_tag;	/* 0: taken from the first good block */
	const struct tape_limits *limits;
	bool ignore_crc;
	u64 next_seq;		/* behind the greatest so far */
	struct seen seen;	/* numbers of the blocks that were there */
	bool has_block;		/* step is a block that was not taken yet */
	bool is_checked;	/* its payload is good */
	bool is_refused;	/* walk_refuse() */
	bool has_jumped;	/* numbers of the blocks in between are not missing */
	struct walk_step step;
	u64 unchecked;		/* payload of the block before, if it was passed over unread;
				 * else 0 */
	/* Damage that has begun and whose end is not found yet. */
	const char *bad;
	u64 bad_off, bad_rows;
	bool bad_is_block;	/* its header was good; its seq is the next one due */
	/* Blocks with bad payloads that lie in each other: up to where, and how many were tried. */
	u64 reach;
	u32 tries;
	u32 limits_hit;		/* bit i: a good header is beyond tape_limit_rows[i] */
	u64 work;		/* bytes searched and checked so far; tests look at it */
};

/* @fd and @limits are borrowed; @fd is at the start of the tape. */
void walk_init(struct walk *w, int fd, const struct tape_limits *limits, bool ignore_crc);
void walk_fini(struct walk *w);

/*
 * Check the file header.  0; -EPROTO not a tape; -ENODATA empty; -ENOTSUP newer; or another
 * error.  If it is damaged but blocks can be found, h->major is 0.
 */
int walk_file_header(struct walk *w, struct tape_file_header *h, struct err *err);
/*
 * In its place: begin with the block at @off in a file, whose number is @seq.  Those before it are
 * known: what has a lower number is one of them again.  -ENOMEM.
 */
int walk_begin_at(struct walk *w, u64 off, u64 seq, u32 session_tag, struct err *err);
/*
 * 1: *ret filled, borrowed; 0: end of the input; <0 the input cannot be read.  Passes over an
 * untaken payload.
 */
int walk_next(struct walk *w, const struct walk_step **ret, struct err *err);
/*
 * The stored payload of the block just returned: 1; 0: it is bad, and the next step reports so;
 * <0 cannot be read. Borrowed until the next call.
 */
int walk_payload(struct walk *w, const u8 **ret, struct err *err);

/* Where the next block should be. */
u64 walk_where(const struct walk *w);
/*
 * Go on at @off, which is ahead, in a file: what is between is nobody's concern, as its blocks are
 * known to be there.  Not in the midst of damage.
 */
int walk_jump(struct walk *w, u64 off, struct err *err);

/*
 * The block just returned is of no use where it is: a copy of it elsewhere is no repetition.
 */
void walk_refuse(struct walk *w);

/* The damage that a block of good header and bad content is. */
struct walk_step walk_bad_block(u64 off, const struct tape_block_header *h, const char *reason);
/* What an INDEX has of a block, and of run @i of a MIXED one. */
struct tape_index_entry walk_entry(const struct walk_step *b);
struct tape_index_entry walk_run_entry(const struct walk_step *b, const struct tape_mixed_run *run,
				       u32 i);

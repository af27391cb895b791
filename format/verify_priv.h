/* format/verify_priv.h -- shared by the files of verify, and by repair, which is built on it. */
#pragma once

#include "format/crc32c.h"
#include "format/decode.h"
#include "format/reader_priv.h"
#include "format/state.h"
#include "format/verify.h"
#include "format/walk.h"

/* Bytes that are no blocks, met on the way; blocks may be missing there. */
struct verify_gap {
	u64 off, end;
};

enum breach_kind {
	BREACH_RULE, /* in a block */
	BREACH_GAP, /* damage: no block, or blocks that are missing */
	BREACH_CUT, /* the last block lacks only its padding: appending heals it */
	BREACH_LATE, /* rows behind their watermark are not counted: a LOSS record heals it */
};

struct breach {
	enum breach_kind kind;
	bool is_note; /* follows from damage before it */
	bool costs; /* rows or values are lost by it */
	u64 off, len; /* what of the tape is concerned */
	u64 blocks, rows; /* lost, as far as known */
	u64 ts_min, ts_max; /* of what is lost, as far as known; UINT64_MAX: the end */
	u32 loss; /* GAP: its place in the table of losses */
	u16 type; /* of the block; 0: not known */
	bool is_orphan; /* rows of a table without a schema up to there: lost if none comes */
	u32 table; /* of the orphan */
	const char *reason; /* GAP: static text */
	char *text;
};

struct verify {
	struct tape_verify_opts o;
	struct tape_verify_result *ret;
	int rc; /* a failure that ends the checking */

	struct walk walk;
	struct state st;
	struct decoder dec;
	struct buf plain;
	struct tape_batch *batch;

	/* The block in hand, and what came of it. */
	u64 off, len, ts_min, ts_max;
	u16 type;
	bool is_unusable; /* a reader takes it as damage */

	struct vec breaches; /* struct breach, in order of meeting */
	struct arena texts;
	u64 more_breaches; /* beyond the room for them */
	struct vec gaps; /* struct verify_gap */
	bool has_gap; /* something is missing before this: definitions may be */

	struct vec entries; /* struct tape_index_entry: what INDEX blocks list, from the start */
	size_t chain_n; /* of them in the current chain of INDEX blocks */
	size_t chain_top; /* as many must be in it before other blocks come */
	u64 part_off; /* the last INDEX, if the chain has to go on behind it; else 0 */
	struct vec parts[4]; /* u64 payload_crc of each part: META SCHEMA PLAN TYPES */
	u64 hash, index_off, checkpoint_off, end_off;
	u64 late_rows, late_counted;
	u64 row_gap, lost_gap; /* rows and losses that sums on the tape have and we have not */
	bool is_gap_open; /* damage since the last CHECKPOINT: the sums may jump */
	bool is_end_exact, is_end_last; /* of the last END; and it is the last block */
	bool is_closed; /* the last block is a TAIL that holds */
	bool was_closed; /* one of both, before the last gap */
	size_t tail_gap; /* number + 1 of the breach that no block has followed yet; else 0 */
	u64 lost; /* sum of the LOSS records */
	u64 seq_min; /* blocks that follow have this seq or more */
	u64 last_ts; /* greatest time so far, of rows and of writing */
	size_t untimed; /* breaches from here on do not know yet until when */
};

/* 0, -ENOMEM; verify_fini() in any case. */
int verify_init(struct verify *v, int fd, const struct tape_verify_opts *o,
		struct tape_verify_result *ret);
void verify_fini(struct verify *v);
/* All of the tape.  0 also with breaches; they are in v->breaches. */
int verify_walk(struct verify *v, struct err *err);
/* Decide what is a note, and sum up; after verify_walk(). */
void verify_settle(struct verify *v);
/* Does a LOSS record that says where cover it?  After verify_settle(). */
bool verify_is_known(const struct verify *v, const struct breach *b);
/* The block @b, whose payload has a good checksum.  v->is_unusable; 0, or what ends all. */
int verify_block(struct verify *v, const struct walk_step *b, const u8 *stored);

/* Was this part said?  1, 0; -1: it is no part, or was said with other bytes. */
int verify_has_part(const struct verify *v, const struct tape_block_header *h, const u8 *stored);

/* A rule is broken in the block in hand (@off). */
void verify_report(struct verify *v, u64 off, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The same, if nothing is missing before it; else it follows from that. */
void verify_sequel(struct verify *v, u64 off, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The same, and values or rows are lost by it. */
void verify_costs(struct verify *v, u64 off, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Rows of a table that has no schema yet. */
void verify_orphan(struct verify *v, u64 off, const struct tape_mixed_run *run);
/* Something else; NULL if there is no room for it. */
struct breach *verify_add(struct verify *v, enum breach_kind kind, u64 off, u64 len,
			  const char *fmt, ...) PRINTF_LIKE(5, 6);
bool verify_in_gap(const struct verify *v, u64 off);

/* An EVENTS or MIXED block. */
void verify_rows(struct verify *v, const struct walk_step *b, const u8 *payload, size_t len);
/* Records of a FILE, MMAP, FRAME, STACK or SYM block; nothing of another. */
void verify_stacks(struct verify *v, const struct walk_step *b, const void *items, u32 n);
/* What the header of a block may say. */
void verify_header(struct verify *v, u64 off, const struct tape_block_header *h);
/* Records of any kind, before they are added to the state. */
void verify_records(struct verify *v, const struct walk_step *b, const void *items, u32 n);
void verify_dicts(struct verify *v, const struct walk_step *b, struct cursor c);
/* Blocks that say where others are and how much there was. */
void verify_checkpoint(struct verify *v, const struct walk_step *b,
		       const struct tape_checkpoint *c);
void verify_index(struct verify *v, const struct walk_step *b, struct cursor c);
void verify_end(struct verify *v, const struct walk_step *b);
void verify_tail(struct verify *v, const struct walk_step *b);
/* Told if a block that is no INDEX follows where the chain has to go on. */
void verify_part_index(struct verify *v);
/* A block or a run of a MIXED block that an INDEX has to list. */
void verify_note_entry(struct verify *v, const struct tape_index_entry *e);

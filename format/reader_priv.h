/* format/reader_priv.h -- the inside of the reader, shared by its files. */
#pragma once

#include "format/decode.h"
#include "format/state.h"
#include "format/walk.h"

struct table_select {
	bool is_skipped;
	u8 *want;	/* limits.cols bytes; NULL: all */
};

struct select {
	u64 ts_from, ts_to;
	struct table_select *tables;	/* by id; those beyond want everything */
	u32 table_cnt;
	struct vec zones;		/* struct decode_zone */
};

/* Runs of a MIXED block that are still to be handed out. */
struct mixed_iter {
	const u8 *payload;
	size_t len;
	u32 n_runs, next;
	u64 off;
	u64 spent;	/* what decoding those handed out took */
	struct tape_block_header h;
};

struct reader_notes {
	u32 limits_hit, lost_columns; /* written by all threads */
};

#define READER_WALK_MAX ((u64)256 << 20)

struct tape_reader {
	int fd;
	bool is_open;			/* owns fd */
	struct tape_reader_opts o;
	struct walk walk;
	struct state st;
	struct select sel;
	struct decoder dec;
	struct buf unpacked;		/* payload of the current block */
	struct arena item_arena;	/* of what the current item points to */
	struct mixed_iter mixed;
	struct reader_notes *notes;
	struct decode_job job;		/* of the ROWS item handed out; schema NULL: none */
	u64 job_key, job_before;	/* decoder.before of it */
	struct vec entries;		/* struct tape_index_entry */
	bool is_loaded;
	u64 walk_max;			/* a cut tape of so many bytes is walked from the start */
	u64 load_work;			/* bytes looked at by tape_reader_load(); tests look */
	/*
	 * What else the INDEX lists, and how far the walk has come in both lists.  end_off: where
	 * END is behind them, or the INDEX behind which blocks were looked for; 0: the tape was
	 * loaded without an INDEX, others is empty.
	 */
	struct vec others;
	size_t entry_at, other_at;
	u32 quiet;			/* checkpoints since the last rows */
	bool has_passed;		/* rows that nobody wants were passed over since them */
	u64 end_off;
	bool has_jumped;	/* blocks were passed over by it */
	u64 moved_off;		/* where one is not what it says, still to be said; 0: nothing */
};

/* Over the blocks ahead of the walk that the INDEX lists and nobody wants. */
int reader_jump(struct tape_reader *r, struct err *err);
/* A block of rows that the walk has come to: if it is not the listed one, no jumps follow. */
void reader_check_listed(struct tape_reader *r, const struct walk_step *b);
/* After decode_rows(). */
void reader_note(struct reader_notes *n, const struct decoder *d);
/* -ENOMEM: beyond mem_max, with how to raise it. */
int reader_no_mem(struct err *err);

bool select_wants_table(const struct select *s, u32 table);
bool select_wants_range(const struct select *s, u64 ts_min, u64 ts_max);
u8 *select_columns(const struct select *s, u32 table);
void select_init(struct select *s);
void select_fini(struct select *s);

/* What is wrong with the directory of a MIXED payload; NULL: nothing, *m is at its first run. */
const char *mixed_begin(struct mixed_iter *m, u64 off, const struct tape_block_header *h,
			const u8 *payload, const struct tape_limits *limits);
/* Run @i of the payload: 0, -EBADMSG. */
int mixed_run(const u8 *payload, size_t len, u32 i, struct tape_mixed_run *ret);
/* Bytes of a payload as the header says them once its frame is undone. */
static inline size_t payload_len(const struct tape_block_header *h)
{
	return h->codec == TAPE_CODEC_ZSTD ? h->raw_len : h->stored_len;
}

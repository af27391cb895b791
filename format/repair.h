/*
 * format/repair.h -- make a damaged or unfinished tape one that passes verify.
 *
 * In place nothing that is there is touched: what is missing at the end is appended, with a
 * LOSS record for each damaged stretch that none accounts for yet.  Or what is good is copied to
 * a new tape.  Either way a reader gets the rows that it got before.
 */
#pragma once

#include "format/reader.h"

/* A stretch of the tape that is damaged and was not accounted for. */
struct tape_repair_stretch {
	u64 off, len; /* len 0: blocks are missing before off */
	u64 blocks, rows; /* that are lost, as far as known */
	bool is_loss; /* false: nothing is lost by it */
	bool is_block; /* a block that is there but breaks rules; its rows may be readable */
	u64 ts_min, ts_max; /* rows that are lost have times between; UINT64_MAX: to the end */
	u16 type; /* of the one block that it is; 0: not known, or not one */
	const char *reason;
};

struct tape_repair_result {
	u64 blocks, rows; /* good ones */
	u64 lost_rows, lost_blocks; /* found now, as far as known */
	u64 stretches;
	u64 written; /* bytes */
	bool is_whole; /* there was nothing to do */
	bool is_lossy; /* something is lost that was not known before */
};

/*
 * Called in order of the tape, once everything was read and before anything is appended.  @s is
 * what the tables say.
 */
typedef void (*tape_repair_fn)(void *ctx, const struct tape_state *s,
			       const struct tape_repair_stretch *d);

struct tape_repair_opts {
	struct tape_reader_opts reader;
	tape_repair_fn report; /* may be NULL */
	void *ctx;
};

/*
 * Append to the file at @fd (open for reading and writing; the tape begins at its start).
 * -EWOULDBLOCK: it is being recorded.  -EPROTO, -ENODATA: there is nothing to read.  An append that
 * fails (-ENOSPC, -EFBIG ...) cuts the file back to what it was.
 */
int tape_repair_append(int fd, const struct tape_repair_opts *o, struct tape_repair_result *ret,
		       struct err *err);
/*
 * Write what is good of the file at @fd (from its current place on) to @out as a new tape.  If that
 * fails @out has part of one: its owner throws it away.
 */
int tape_repair_copy(int fd, int out, const struct tape_repair_opts *o,
		     struct tape_repair_result *ret, struct err *err);

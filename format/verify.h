/*
 * format/verify.h -- check a tape against every structural rule of docs/format.md and report
 * each breach.
 */
#pragma once

#include "format/reader.h"

struct tape_verify_result {
	u64 blocks, rows;
	u64 breaches;
	u64 notes;	/* damage that a LOSS record accounts for, and what follows from damage */
	u64 lost_rows;	/* to damage, as far as known */
	bool has_end;	/* finished properly */
	bool is_closed;	/* no breach, and INDEX, END and TAIL at the end hold */
};

/* @off: of the breach in the file.  @text is only valid during the call. */
typedef void (*tape_verify_fn)(void *ctx, u64 off, const char *text);

struct tape_verify_opts {
	struct tape_reader_opts reader;	/* limits and memory; what is beyond is a breach */
	tape_verify_fn report, note;	/* may be NULL; called once all is read */
	void *ctx;
	bool refuses_unknown;		/* a block that has to be known ends it: -ENOTSUP */
};

/*
 * Borrows @fd (read from its current place, no seeking).  0 also with breaches; <0: nothing
 * could be checked.
 */
int tape_verify(int fd, const struct tape_verify_opts *o, struct tape_verify_result *ret,
		struct err *err);

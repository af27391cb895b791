/* format/verify_priv.h -- shared by the files of verify. */
#pragma once

#include "format/decode.h"
#include "format/reader_priv.h"
#include "format/state.h"
#include "format/verify.h"
#include "format/walk.h"

struct verify {
	struct tape_verify_opts o;
	struct tape_verify_result *ret;
	int rc;	/* a failure that ends the checking */

	struct walk walk;
	struct state st;
	struct decoder dec;
	struct buf plain;
	struct tape_batch *batch;

	struct vec entries;	/* since the last INDEX */
	struct vec parts[4];	/* u32 payload_crc of each part: META SCHEMA PLAN TYPES */
	u64 hash, index_off, checkpoint_off, end_off;
	u64 late_rows, late_counted;
};

void verify_report(struct verify *v, u64 off, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* An EVENTS or MIXED block. */
void verify_rows(struct verify *v, const struct walk_step *b, const u8 *payload, size_t len);
/* Records of a FILE, MMAP, FRAME, STACK or SYM block; nothing of another. */
void verify_stacks(struct verify *v, const struct walk_step *b, const void *items, u32 n);

/* analyze/tape_stats.h -- rows and times of a tape's tables without decoding any. */
#pragma once

#include "analyze/recording.h"

struct table_stats {
	/* bytes on the tape; of MIXED blocks the share is not known: 0 */
	u64 rows, blocks, stored;
	u64 first_ts, last_ts;
};

struct tape_stats {
	struct table_stats *tables;	/* by table id */
	u32 table_max;
	u64 rows, row_bytes;		/* bytes of all blocks with rows */
	u64 first_ts, last_ts;
};

/*
 * Read what has not been read yet (a pipe to its end).  @each, if given, sees every block of the
 * tape in order.
 */
typedef void (*tape_stats_fn)(void *ctx, const struct tape_item *item);
int tape_stats_read(struct recording *r, tape_stats_fn each, void *ctx, struct tape_stats *ret,
		    struct err *err);
void tape_stats_fini(struct tape_stats *s);

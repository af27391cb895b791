/*
 * record/spool.h -- the encoder: from the drain's queue to blocks on the tape.
 *
 * A thread of its own takes pieces from the queue, decodes rows into batches and writes blocks and
 * what was handed over. The writer is the spool's from start to stop.
 */
#pragma once

#include "format/writer.h"
#include "record/handover.h"
#include "record/queue.h"
#include "record/row_layout.h"
#include "record/schema_out.h"
#include "record/stacks.h"

struct spool;

struct spool_opts {
	const struct plan *plan;
	const struct schema_out *out;
	const struct row_layout *layouts; /* by plan_table.idx */
	struct tape_writer *writer;
	struct handover *handover;
	struct stacks *stacks; /* NULL: a script without any */
	struct queue *queue; /* NULL: a script without kernel programs */
	u32 cpu_cnt;
	u64 quantum; /* times of rows are rounded down to multiples of it; 0: 1 */
	u64 flush_ns; /* rows reach the tape after this long at the latest */
	u64 max_bytes; /* the tape's limit; 0: none */
	int fail_fd; /* eventfd: gets 1 when writing has failed or the limit is near */
};

/* Everything in @o is borrowed until spool_free(). */
int spool_new(const struct spool_opts *o, struct spool **ret, struct err *err);
void spool_free(struct spool *s);

int spool_start(struct spool *s, struct err *err);
/* After queue_close(): wait until the thread has taken everything. */
void spool_join(struct spool *s);
/*
 * Rows that are not written yet will not be: they are counted.  From any thread, also in a signal's
 * handler.
 */
void spool_give_up(struct spool *s);
/*
 * After spool_join(): everything is written and a last checkpoint promises @end_ts.
 * The error is the first one of writing; rows that could not be written are counted, see
 * spool_write_rest().
 */
int spool_stop(struct spool *s, u64 end_ts, struct err *err);
/*
 * After a spool_stop() that failed, once there is room: definitions that rows on the tape need,
 * what was handed over, and how much is not on it.
 */
int spool_write_rest(struct spool *s, struct err *err);

/*
 * Before start or after join: a row that the recorder made itself, with its exact time, which is
 * rounded like all others.
 */
int spool_put_row(struct spool *s, u32 table, struct row_cell *cells, struct err *err);

struct spool_stats {
	u64 rows; /* taken over (written or in a batch) */
	u64 written; /* of these */
	bool is_almost_full; /* what is taken over just fits below max_bytes */
	u64 bytes; /* on the tape */
};
struct spool_stats spool_stats(struct spool *s); /* from any thread */

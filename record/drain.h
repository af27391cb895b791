/*
 * record/drain.h -- the thread that empties the rings into the queue.
 */
#pragma once

#include "record/handover.h"
#include "record/queue.h"
#include "record/ring.h"

struct drain;

struct drain_opts {
	struct ring *rings; /* by CPU */
	u32 ring_cnt;
	struct queue *queue;
	/*
	 * While nothing lies in it, control records hold no promise back; may be NULL.  Its
	 * consumer hands over what a record asked for before it releases the record.
	 */
	const struct ring *control;
	struct handover *handover;
	u64 guard_ns; /* a row's record is in the ring this long after its ts at the latest */
	u64 slow_ns; /* longest pause between two rounds, when nothing happens */
};

/* Everything in @o is borrowed until drain_stop(). */
int drain_start(const struct drain_opts *o, struct drain **ret, struct err *err);

/*
 * When no program runs any more: empties the rings for the last time, closes the queue, ends the
 * thread and frees @d. Waits for the encoder where the queue is full: nothing that was committed is
 * lost here.
 */
void drain_stop(struct drain *d);

/* Rings whose bytes made no sense (a bug or a kernel that writes differently). */
u32 drain_broken_cnt(const struct drain *d);

/* What of the priority could be had: "fifo", "nice", "none".  For the log. */
const char *drain_priority(const struct drain *d);

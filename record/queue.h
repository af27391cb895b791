/*
 * record/queue.h -- bounded queue of pieces of ring memory between the drain and the encoder.
 *
 * All memory is taken at the beginning.  The drain never waits: without a free piece it leaves the
 * records in the ring, where the kernel counts what finds no room.
 */
#pragma once

#include "base/compiler.h"

#define QUEUE_PIECE_SZ (256u << 10)

enum piece_kind {
	PIECE_RUN, /* records of one CPU's ring */
	PIECE_MARK, /* every record of the rings up to ts is in an earlier piece */
};

struct piece {
	enum piece_kind kind;
	u32 cpu;
	u64 ts; /* MARK */
	u32 sz; /* RUN: bytes in data */
	u8 *data; /* QUEUE_PIECE_SZ */
	struct piece *next; /* the queue's */
};

struct queue;

/* @piece_cnt pieces; NULL without memory. */
struct queue *queue_new(u32 piece_cnt);
void queue_free(struct queue *q);

/* Producer.  A free piece, or NULL if all are in use. */
struct piece *queue_take_free(struct queue *q);
bool queue_is_half_full(struct queue *q); /* any thread */
void queue_put_full(struct queue *q, struct piece *p);
void queue_close(struct queue *q); /* nothing more comes */

/*
 * Consumer.  The oldest full piece; waits for it until @deadline_ns (CLOCK_MONOTONIC).  NULL: none
 * came, or (*ret_is_over) the queue was closed and is empty.
 */
struct piece *queue_take_full(struct queue *q, u64 deadline_ns, bool *ret_is_over);
void queue_put_free(struct queue *q, struct piece *p);

/*
 * record/ring.h -- the consumer's side of one BPF ring buffer, without libbpf's callbacks.
 *
 * ring_peek() says how many bytes of finished records lie at the front, ring_release() gives them
 * back to the kernel. What was peeked may be copied as a whole and walked later with
 * ring_run_next().  One thread a ring.
 */
#pragma once

#include "base/err.h"

struct ring {
	u64 *consumer; /* ours to write: everything before it is the kernel's again */
	const u64 *producer;
	const u8 *data; /* sz bytes, mapped twice one behind the other: a record never wraps */
	u64 sz; /* power of two */
	u64 pos; /* of the first byte not yet released */
	size_t map_sz[2]; /* 0: not mapped by ring_open() */
	bool is_broken; /* the kernel's bytes made no sense; nothing more is read from it */
};

/* Map the ring buffer map @map_fd of @sz bytes; the descriptor stays the caller's. */
int ring_open(struct ring *r, int map_fd, u64 sz, struct err *err);
/* Over memory that the caller laid out as the kernel does; for tests. */
void ring_over(struct ring *r, u64 *consumer, const u64 *producer, const u8 *data, u64 sz);
void ring_close(struct ring *r);

/*
 * The longest run of finished (committed or discarded) records at the front, at most @max_sz bytes
 * but always a whole record where there is one; 0: nothing yet.  *ret is valid until
 * ring_release().
 */
size_t ring_peek(struct ring *r, size_t max_sz, const u8 **ret);
void ring_release(struct ring *r, size_t sz);
/* Bytes that producers have reserved and we have not released: how full the ring is. */
u64 ring_used(const struct ring *r);
/* Is nothing in it?  May be asked by any thread. */
bool ring_is_empty(const struct ring *r);

/*
 * Step through a run that ring_peek() returned: 1 and the record's bytes (borrowed), 0 at the end,
 * -EBADMSG if lengths do not fit.  Discarded records are passed over.  *off starts at 0.
 */
int ring_run_next(const u8 *run, size_t run_sz, size_t *off, const u8 **ret, u32 *ret_sz);

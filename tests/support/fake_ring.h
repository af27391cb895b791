/*
 * tests/support/fake_ring.h -- a BPF ring buffer in memory, laid out and filled as by the kernel.
 */
#pragma once

#include "record/ring.h"

struct fake_ring {
	u64 consumer, producer;
	u64 sz;
	u8 *data; /* sz bytes mapped twice */
	struct ring ring; /* the consumer's side */
};

/* @sz: a power of two, at least a page.  NULL: no memory. */
struct fake_ring *fake_ring_new(u64 sz);
void fake_ring_free(struct fake_ring *f);

/* As bpf_ringbuf_reserve(): the header, the record's bytes behind it (head + 2); NULL: full. */
u32 *fake_ring_reserve(struct fake_ring *f, u32 len);
/* Commit, or discard with BPF_RINGBUF_DISCARD_BIT. */
void fake_ring_finish(u32 *head, u32 flags);

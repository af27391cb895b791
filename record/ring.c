/*
 * record/ring.c -- drain one BPF ring buffer through its mapped pages.
 *
 * Layout of the mapping (the kernel's ABI):
 *
 *     page 0      consumer position (u64, writable by us)
 *     page 1      producer position (u64)
 *     then        the data, mapped twice in a row
 *
 * A record is { u32 len | flags; u32 pgoff } and len bytes, together rounded up to 8.
 *
 * Invariants
 * (1) Positions only grow; the byte at position p lies at data[p & (sz - 1)].
 * (2) A record's header is valid once the producer position is beyond it (load-acquire); its bytes
 *     are valid once the busy flag is gone (load-acquire of the length word).
 * (3) Records finish out of order, so a busy one ends the run even if later ones are done.
 * (4) We never believe a length that reaches beyond the producer position: the ring is then marked
 *     broken.
 */
#include "record/ring.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LEN_MASK (~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT))

static u64 record_span(u32 len_word)
{
	return ((u64)(len_word & LEN_MASK) + BPF_RINGBUF_HDR_SZ + 7) & ~7ull;
}

void ring_over(struct ring *r, u64 *consumer, const u64 *producer, const u8 *data, u64 sz)
{
	memset(r, 0, sizeof(*r));
	r->consumer = consumer;
	r->producer = producer;
	r->data = data;
	r->sz = sz;
	r->pos = __atomic_load_n(consumer, __ATOMIC_RELAXED);
}

int ring_open(struct ring *r, int map_fd, u64 sz, struct err *err)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *cons, *prod;

	memset(r, 0, sizeof(*r));
	cons = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
	if (cons == MAP_FAILED)
		return err_set_errno(err, -errno, "mapping a ring buffer's consumer page");
	prod = mmap(NULL, page + 2 * sz, PROT_READ, MAP_SHARED, map_fd, (off_t)page);
	if (prod == MAP_FAILED) {
		int rc = -errno;

		munmap(cons, page);
		return err_set_errno(err, rc, "mapping a ring buffer of %llu bytes",
				     (unsigned long long)sz);
	}
	ring_over(r, cons, prod, (const u8 *)prod + page, sz);
	r->map_sz[0] = page;
	r->map_sz[1] = page + 2 * sz;
	return 0;
}

void ring_close(struct ring *r)
{
	if (r->map_sz[0])
		munmap(r->consumer, r->map_sz[0]);
	if (r->map_sz[1])
		munmap((void *)(uintptr_t)r->producer, r->map_sz[1]);
	memset(r, 0, sizeof(*r));
}

size_t ring_peek(struct ring *r, size_t max_sz, const u8 **ret)
{
	u64 end, pos = r->pos;

	if (r->is_broken)
		return 0;
	end = __atomic_load_n(r->producer, __ATOMIC_ACQUIRE);
	while (pos < end) {
		const u32 *head = (const u32 *)(r->data + (pos & (r->sz - 1)));
		u32 len_word = __atomic_load_n(head, __ATOMIC_ACQUIRE); /* (2) */
		u64 span = record_span(len_word);

		if (len_word & BPF_RINGBUF_BUSY_BIT)
			break; /* (3) */
		if (span > end - pos || span > r->sz) {
			r->is_broken = true; /* (4) */
			break;
		}
		if (pos > r->pos && pos + span - r->pos > max_sz)
			break;
		pos += span;
	}
	*ret = r->data + (r->pos & (r->sz - 1));
	return (size_t)(pos - r->pos);
}

void ring_release(struct ring *r, size_t sz)
{
	r->pos += sz;
	__atomic_store_n(r->consumer, r->pos, __ATOMIC_RELEASE);
}

u64 ring_used(const struct ring *r)
{
	return __atomic_load_n(r->producer, __ATOMIC_ACQUIRE) - r->pos;
}

bool ring_is_empty(const struct ring *r)
{
	u64 end = __atomic_load_n(r->producer, __ATOMIC_ACQUIRE);

	return __atomic_load_n(r->consumer, __ATOMIC_ACQUIRE) >= end;
}

int ring_run_next(const u8 *run, size_t run_sz, size_t *off, const u8 **ret, u32 *ret_sz)
{
	while (*off < run_sz) {
		u32 len_word;
		u64 span;
		size_t at = *off;

		if (run_sz - at < BPF_RINGBUF_HDR_SZ)
			return -EBADMSG;
		memcpy(&len_word, run + at, sizeof(len_word));
		span = record_span(len_word);
		if (span > run_sz - at)
			return -EBADMSG;
		*off = at + (size_t)span;
		if (len_word & BPF_RINGBUF_DISCARD_BIT)
			continue;
		*ret = run + at + BPF_RINGBUF_HDR_SZ;
		*ret_sz = len_word & LEN_MASK;
		return 1;
	}
	return 0;
}

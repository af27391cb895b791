/* tests/support/fake_ring.c -- the producer's side, for one producer. */
#include "tests/support/fake_ring.h"

#include <linux/bpf.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static bool map_twice(struct fake_ring *f, int fd)
{
	const int prot = PROT_READ | PROT_WRITE;

	f->data = mmap(NULL, 2 * f->sz, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (f->data == MAP_FAILED)
		return false;
	for (u64 i = 0; i < 2; i++)
		if (mmap(f->data + i * f->sz, f->sz, prot, MAP_SHARED | MAP_FIXED, fd, 0) ==
		    MAP_FAILED)
			return false;
	return true;
}

struct fake_ring *fake_ring_new(u64 sz)
{
	struct fake_ring *f = calloc(1, sizeof(*f));
	int fd = memfd_create("ring", MFD_CLOEXEC);

	if (f) {
		f->sz = sz;
		if (fd < 0 || ftruncate(fd, (off_t)sz) || !map_twice(f, fd)) {
			free(f);
			f = NULL;
		}
	}
	if (fd >= 0)
		close(fd);
	if (f)
		ring_over(&f->ring, &f->consumer, &f->producer, f->data, sz);
	return f;
}

void fake_ring_free(struct fake_ring *f)
{
	if (!f)
		return;
	munmap(f->data, 2 * f->sz);
	free(f);
}

u32 *fake_ring_reserve(struct fake_ring *f, u32 len)
{
	u64 span = (len + 8ull + 7) & ~7ull, pos = f->producer;
	u32 *head = (u32 *)(f->data + (pos & (f->sz - 1)));

	if (pos + span - __atomic_load_n(&f->consumer, __ATOMIC_ACQUIRE) > f->sz)
		return NULL;
	__atomic_store_n(head, len | BPF_RINGBUF_BUSY_BIT, __ATOMIC_RELAXED);
	__atomic_store_n(&f->producer, pos + span, __ATOMIC_RELEASE);
	return head;
}

void fake_ring_finish(u32 *head, u32 flags)
{
	u32 len = *head & ~BPF_RINGBUF_BUSY_BIT;

	__atomic_store_n(head, len | flags, __ATOMIC_RELEASE);
}

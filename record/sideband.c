/*
 * record/sideband.c -- the rings of the side-band.
 *
 * A dummy event a CPU counts nothing; it only has the kernel write its records.  Each drain copies
 * what lies between tail and head out of every ring, gives the room back, and sorts all of it by
 * time.  Invariants
 * (1) The kernel's bytes are copied before they are looked at: it goes on writing.
 * (2) Two records of one ring with the same time keep their order.
 */
#include "record/sideband.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/vec.h"

#define SIDEBAND_RING_SZ (512u << 10)
#define SIDEBAND_BATCH	 (1u << 20) /* records in one drain */

struct side_ring {
	int fd;
	struct perf_event_mmap_page *head; /* NULL: the CPU is not there */
	const u8 *data;
	u8 *copy; /* SIDEBAND_RING_SZ bytes */
};

struct sideband {
	struct side_ring *rings;
	u32 ring_cnt;
	struct vec recs; /* struct sideband_rec; texts lie in the rings' copies */
	u64 lost_cnt;
};

static int open_event(u32 cpu)
{
	struct perf_event_attr a = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(a),
		.config = PERF_COUNT_SW_DUMMY,
		.sample_type = PERF_SAMPLE_TIME,
		.sample_id_all = 1,
		.use_clockid = 1,
		.clockid = CLOCK_BOOTTIME,
		.mmap = 1,
		.mmap2 = 1,
		.comm = 1,
		.comm_exec = 1,
		.task = 1,
		.watermark = 1,
		.wakeup_watermark = SIDEBAND_RING_SZ, /* nobody waits for it */
	};

	return (int)syscall(SYS_perf_event_open, &a, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

static int open_ring(struct side_ring *r, u32 cpu)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *p;
	int rc;

	r->fd = open_event(cpu);
	if (r->fd < 0)
		return -errno;
	r->copy = malloc(SIDEBAND_RING_SZ);
	p = mmap(NULL, page + SIDEBAND_RING_SZ, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	rc = p == MAP_FAILED ? -errno : r->copy ? 0 : -ENOMEM;
	if (p == MAP_FAILED)
		return rc;
	r->head = p;
	r->data = (const u8 *)p + page;
	return rc;
}

static void close_ring(struct side_ring *r)
{
	if (r->head)
		munmap(r->head, (size_t)sysconf(_SC_PAGESIZE) + SIDEBAND_RING_SZ);
	free(r->copy);
	io_close(&r->fd);
}

int sideband_open(u32 cpu_cnt, struct sideband **ret, struct err *err)
{
	struct sideband *s = calloc(1, sizeof(*s));
	int rc = 0, last = -ENODEV;
	u32 good = 0;

	if (s)
		s->rings = calloc(cpu_cnt, sizeof(*s->rings));
	if (!s || !s->rings) {
		free(s);
		return err_oom(err);
	}
	vec_init(&s->recs, sizeof(struct sideband_rec), SIDEBAND_BATCH);
	for (u32 i = 0; i < cpu_cnt; i++)
		s->rings[i].fd = -1;
	s->ring_cnt = cpu_cnt;
	for (u32 i = 0; i < cpu_cnt; i++) {
		rc = open_ring(&s->rings[i], i);
		good += rc == 0;
		last = rc ? rc : last;
		if (rc && rc != -ENODEV) /* a CPU that is not there */
			break;
	}
	if ((rc && rc != -ENODEV) || !good) {
		sideband_close(s);
		return err_set_errno(err, last, "opening the kernel's events of mappings");
	}
	*ret = s;
	return 0;
}

void sideband_close(struct sideband *s)
{
	if (!s)
		return;
	for (u32 i = 0; i < s->ring_cnt; i++)
		close_ring(&s->rings[i]);
	vec_fini(&s->recs);
	free(s->rings);
	free(s);
}

/* Copy what the kernel has written and give the room back: count of bytes. */
static size_t copy_out(struct side_ring *r)
{
	u64 head = __atomic_load_n(&r->head->data_head, __ATOMIC_ACQUIRE);
	u64 tail = r->head->data_tail, sz = head - tail, at = tail % SIDEBAND_RING_SZ;
	u64 first = SIDEBAND_RING_SZ - at;

	if (sz > SIDEBAND_RING_SZ)
		return 0;
	first = first < sz ? first : sz;
	memcpy(r->copy, r->data + at, first);
	memcpy(r->copy + first, r->data, sz - first);
	__atomic_store_n(&r->head->data_tail, head, __ATOMIC_RELEASE);
	return (size_t)sz;
}

static void take_rec(struct sideband *s, const u8 *p, size_t sz)
{
	struct sideband_rec r, *to;
	int rc = sideband_parse(p, sz, &r);

	if (rc < 0)
		s->lost_cnt++;
	if (rc <= 0)
		return;
	if (r.kind == SIDEBAND_LOST) {
		s->lost_cnt += r.lost_cnt;
		return;
	}
	r.seq = (u32)s->recs.n;
	to = vec_push(&s->recs);
	if (to)
		*to = r;
	else
		s->lost_cnt++;
}

static void take_ring(struct sideband *s, struct side_ring *r)
{
	size_t sz = copy_out(r), off = 0;

	while (sz - off >= sizeof(struct perf_event_header)) {
		struct perf_event_header h;

		memcpy(&h, r->copy + off, sizeof(h));
		if (h.size < sizeof(h) || h.size > sz - off) {
			s->lost_cnt++;
			return;
		}
		take_rec(s, r->copy + off, h.size);
		off += h.size;
	}
}

static int cmp_recs(const void *pa, const void *pb)
{
	const struct sideband_rec *a = pa, *b = pb;

	if (a->ts != b->ts)
		return a->ts < b->ts ? -1 : 1;
	return a->seq < b->seq ? -1 : a->seq > b->seq; /* (2) */
}

int sideband_drain(struct sideband *s, void (*fn)(void *ctx, const struct sideband_rec *rec),
		   void *ctx)
{
	const struct sideband_rec *all;

	vec_reset(&s->recs);
	for (u32 i = 0; i < s->ring_cnt; i++)
		if (s->rings[i].head && s->rings[i].copy)
			take_ring(s, &s->rings[i]);
	if (!s->recs.n)
		return 0;
	qsort(s->recs.items, s->recs.n, sizeof(struct sideband_rec), cmp_recs);
	all = s->recs.items;
	for (size_t i = 0; i < s->recs.n; i++)
		fn(ctx, &all[i]);
	return (int)s->recs.n;
}

u64 sideband_lost(const struct sideband *s)
{
	return s->lost_cnt;
}

/*
 * record/drain.c -- rings to queue, on a timer.
 *
 * A round copies what is finished in each ring into pieces.  It never looks into records: that is
 * the encoder's work, which runs at a lower priority.  Waking up by the kernel's side would cost
 * every event more than this costs in all (measured: +100 to +200 ns an event), so programs commit
 * without a wake-up and we come by: every millisecond under load, less often when little happens.
 *
 * Invariants
 * (1) MARK W is put after a round that took every record which was reserved before the round began;
 *     W is the clock before that, minus the guard.
 * (2) Without a free piece records stay where they are: the ring fills and the kernel counts what
 *     it has to drop.
 */
#include "record/drain.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#include "record/clock.h"

#define FAST_NS	   1000000ull
#define BUSY_BYTES 4096 /* a round that took more is followed by a fast one */
#define DRAIN_NICE (-20)

struct drain {
	struct drain_opts o;
	pthread_t thread;
	bool should_stop; /* atomic */
	const char *priority;
	u64 marked_ts;
	u64 *goals; /* by ring: producer position when the round began */
};

static void sleep_ns(u64 ns)
{
	struct timespec ts = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) };

	clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL);
}

/*
 * Copy what is finished, at most up to one ring's size: more would keep a fast producer's ring
 * from letting others have a turn.
 */
static u64 take_ring(struct drain *d, u32 cpu)
{
	struct ring *r = &d->o.rings[cpu];
	u64 taken = 0;

	while (taken < r->sz) {
		const u8 *run;
		size_t n = ring_peek(r, QUEUE_PIECE_SZ, &run);
		struct piece *p;

		if (!n)
			break;
		if (n > QUEUE_PIECE_SZ) {
			r->is_broken = true;
			break;
		}
		p = queue_take_free(d->o.queue);
		if (!p)
			break; /* (2) */
		memcpy(p->data, run, n);
		ring_release(r, n);
		p->kind = PIECE_RUN;
		p->cpu = cpu;
		p->sz = (u32)n;
		queue_put_full(d->o.queue, p);
		taken += n;
	}
	return taken;
}

static void put_mark(struct drain *d, u64 ts)
{
	struct piece *p;

	if (ts <= d->marked_ts)
		return;
	p = queue_take_free(d->o.queue);
	if (!p)
		return;
	p->kind = PIECE_MARK;
	p->ts = ts;
	p->sz = 0;
	d->marked_ts = ts;
	queue_put_full(d->o.queue, p);
}

static u64 round_once(struct drain *d)
{
	u64 now = clock_now_ns(), taken = 0;
	bool is_complete = true;

	if (d->o.control && ring_is_empty(d->o.control))
		handover_set_control_ts(d->o.handover, now - d->o.guard_ns);
	for (u32 i = 0; i < d->o.ring_cnt; i++)
		d->goals[i] = d->o.rings[i].pos + ring_used(&d->o.rings[i]);
	for (u32 i = 0; i < d->o.ring_cnt; i++) {
		taken += take_ring(d, i);
		is_complete &= d->o.rings[i].pos >= d->goals[i] || d->o.rings[i].is_broken;
	}
	if (is_complete)
		put_mark(d, now - d->o.guard_ns); /* (1) */
	return taken;
}

/* The last rounds: nothing is reserved any more, only the encoder may be behind. */
static void take_rest(struct drain *d)
{
	for (u32 i = 0; i < d->o.ring_cnt; i++) {
		while (ring_used(&d->o.rings[i]) && !d->o.rings[i].is_broken) {
			const u8 *run;
			bool is_stuck = !take_ring(d, i);

			if (is_stuck && !ring_peek(&d->o.rings[i], QUEUE_PIECE_SZ, &run))
				break; /* reserved and never finished */
			if (is_stuck)
				sleep_ns(FAST_NS);
		}
	}
}

static const char *raise_priority(void)
{
	struct sched_param p = { .sched_priority = 1 };

	if (!pthread_setschedparam(pthread_self(), SCHED_FIFO, &p))
		return "fifo";
	return setpriority(PRIO_PROCESS, 0, DRAIN_NICE) ? "none" : "nice";
}

static void *drain_main(void *arg)
{
	struct drain *d = arg;
	u64 pause = FAST_NS;

	d->priority = raise_priority();
	prctl(PR_SET_TIMERSLACK, 50000);
	while (!__atomic_load_n(&d->should_stop, __ATOMIC_ACQUIRE)) {
		u64 taken = round_once(d);

		if (taken > BUSY_BYTES)
			pause = FAST_NS;
		else if (pause < d->o.slow_ns)
			pause = 2 * pause < d->o.slow_ns ? 2 * pause : d->o.slow_ns;
		sleep_ns(pause);
	}
	take_rest(d);
	queue_close(d->o.queue);
	return NULL;
}

int drain_start(const struct drain_opts *o, struct drain **ret, struct err *err)
{
	struct drain *d = calloc(1, sizeof(*d));
	int rc;

	if (!d)
		return err_oom(err);
	d->o = *o;
	d->priority = "none";
	d->goals = calloc(o->ring_cnt + 1, sizeof(*d->goals));
	rc = d->goals ? pthread_create(&d->thread, NULL, drain_main, d) : ENOMEM;
	if (rc) {
		free(d->goals);
		free(d);
		return err_set_errno(err, -rc, "starting the drain");
	}
	*ret = d;
	return 0;
}

void drain_stop(struct drain *d)
{
	if (!d)
		return;
	__atomic_store_n(&d->should_stop, true, __ATOMIC_RELEASE);
	pthread_join(d->thread, NULL);
	free(d->goals);
	free(d);
}

u32 drain_broken_cnt(const struct drain *d)
{
	u32 n = 0;

	for (u32 i = 0; i < d->o.ring_cnt; i++)
		n += d->o.rings[i].is_broken;
	return n;
}

const char *drain_priority(const struct drain *d)
{
	return d->priority;
}

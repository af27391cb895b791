/*
 * record/clock.c -- bracketed readings: the clocks are read between two readings of the session's
 * clock.
 */
#include "record/clock.h"

#include <time.h>

#define ATTEMPTS 5
#define STEP_NS	 1000000

static u64 read_ns(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts))
		return 0;
	return (u64)ts.tv_sec * 1000000000ull + (u64)ts.tv_nsec;
}

u64 clock_now_ns(void)
{
	return read_ns(CLOCK_BOOTTIME);
}

void clock_pass(u64 quantum)
{
	u64 now = clock_now_ns(), goal = now - now % quantum + quantum;

	for (; quantum > 1 && now < goal; now = clock_now_ns()) {
		struct timespec ts = { 0, (long)(goal - now) };

		nanosleep(&ts, NULL);
	}
}

void clock_read(struct clock_sample *ret)
{
	ret->width = UINT64_MAX;
	for (int i = 0; i < ATTEMPTS; i++) {
		struct clock_sample s;
		u64 before = read_ns(CLOCK_BOOTTIME);

		s.mono = read_ns(CLOCK_MONOTONIC);
		s.mono_raw = read_ns(CLOCK_MONOTONIC_RAW);
		s.real = read_ns(CLOCK_REALTIME);
		s.tai = read_ns(CLOCK_TAI);
		s.width = read_ns(CLOCK_BOOTTIME) - before;
		s.boot = before + s.width / 2;
		if (s.width < ret->width)
			*ret = s;
	}
}

static bool is_far(u64 base_a, u64 a, u64 base_b, u64 b)
{
	s64 moved = (s64)((b - base_b) - (a - base_a));

	return moved > STEP_NS || moved < -STEP_NS;
}

bool clock_has_stepped(const struct clock_sample *before, const struct clock_sample *now)
{
	return is_far(before->boot, before->real, now->boot, now->real) ||
	       is_far(before->boot, before->mono, now->boot, now->mono);
}

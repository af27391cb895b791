/*
 * The budget of steps: no script keeps the analyzer busy for ever, or prints without end.
 *
 * A round of a loop is a step.  What takes longer than that costs more: a new key, long strings,
 * entries and bytes that are printed (the COST_* below).
 *
 * (1) One firing takes at most steps_max.
 * (2) All firings together take no more than STEPS_FREE each and RT_STEPS_POOL times steps_max
 *     beyond that, so a run ends in a time that the rows of the tape explain.
 */
#include <errno.h>

#include "analyze/rt_priv.h"

#define STEPS_FREE 1024

/* What a firing, or a stretch of @firings, may take now. */
static void grant(struct rt *rt, u32 firings)
{
	u64 each = rt->steps_max < STEPS_FREE ? rt->steps_max : STEPS_FREE;
	u64 most = (u64)rt->steps_max * firings;

	rt->steps_free = each * firings;
	rt->steps_begun = rt->steps_free + rt->steps_pool;
	rt->is_pool_least = rt->steps_begun < most;
	if (!rt->is_pool_least)
		rt->steps_begun = most;
	rt->steps_left = rt->steps_begun;
}

void rt_steps_init(struct rt *rt, u32 steps_max)
{
	rt->steps_max = steps_max ? steps_max : RT_STEPS_MAX;
	rt->steps_pool = (u64)rt->steps_max * RT_STEPS_POOL;
	grant(rt, 1);
}

void rt_steps_begin(struct rt *rt)
{
	grant(rt, 1);
}

void rt_allow(struct rt *rt, u32 firings)
{
	grant(rt, firings);
}

void rt_steps_end(struct rt *rt)
{
	u64 used = rt->steps_begun - rt->steps_left;

	if (used > rt->steps_free)
		rt->steps_pool -= used - rt->steps_free;
	rt->steps_begun = rt->steps_left;
}

void rt_charge(struct rt *rt, u64 steps)
{
	if (steps <= rt->steps_left) {
		rt->steps_left -= steps;
		return;
	}
	if (rt->stop == RT_DONE)
		return;
	rt->steps_left = 0;
	rt_fail(rt, -ETIME, NULL);
}

bool rt_step(struct rt *rt)
{
	if (rt->stop == RT_FAILED || rt->stop == RT_DONE)
		return false;
	rt_charge(rt, 1);
	return rt->stop != RT_FAILED;
}

void rt_work(struct rt *rt, u32 bytes)
{
	rt_charge(rt, bytes / RT_BYTES_A_STEP);
}

void rt_steps_error(const struct rt *rt, struct err *err)
{
	if (rt->is_pool_least)
		err_set(err, -ETIME, "the script took more than %llu steps, and %u for each firing",
			(unsigned long long)rt->steps_max * RT_STEPS_POOL, STEPS_FREE);
	else
		err_set(err, -ETIME, "one firing took more than %u steps", rt->steps_max);
	err_hint(err, "a round of a loop is a step, a new key %u; --max-steps allows more",
		 RT_STEPS_A_KEY);
}

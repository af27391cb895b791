/*
 * The budget of steps: no script keeps the analyzer busy for ever, or prints without end.
 *
 * A round of a loop is a step.  What takes longer than that costs more: a new key, long strings,
 * entries and bytes that are printed (RT_STEPS_* and RT_BYTES_A_STEP in rt_priv.h).
 *
 * (1) One firing takes at most steps_max.
 * (2) All firings together take what is in a pool: RT_STEPS_POOL times steps_max at first, and
 *     STEPS_A_FIRING more with each firing, taken or not.  So a run ends in a time that the rows
 *     of the tape explain, and short firings pay for the long ones: a map that is printed whole.
 * (3) Who reads a pipe earns for the time it has to wait for the next byte (rt_earn()).  A live
 *     session goes on for as long as the analyzer keeps up; who does not wait earns nothing.
 * (4) Threads that share a pool take no more than it has and a stretch of firings each.
 */
#include <errno.h>

#include "analyze/rt_priv.h"

#define STEPS_A_FIRING 1024

/* What a firing, or a stretch of @firings, may take now. */
static void grant(struct rt *rt, u32 firings)
{
	u64 most = (u64)rt->steps_max * firings;
	s64 pool = atomic_load(&rt->pool->left);

	rt->is_pool_least = pool < 0 || (u64)pool < most;
	rt->steps_begun = !rt->is_pool_least ? most : pool > 0 ? (u64)pool : 0;
	rt->steps_left = rt->steps_begun;
}

/* Short of the pool's end: what is earned is never lost to an overflow. */
void rt_earn(struct rt *rt, u64 steps)
{
	if (atomic_load(&rt->pool->left) < INT64_MAX / 4)
		atomic_fetch_add(&rt->pool->left, steps < INT64_MAX / 4 ? (s64)steps : 0);
}

static void earn_firings(struct rt *rt, u32 n)
{
	rt_earn(rt, (u64)n * (rt->steps_max < STEPS_A_FIRING ? rt->steps_max : STEPS_A_FIRING));
}

void rt_steps_init(struct rt *rt, const struct rt_opts *o)
{
	rt->steps_max = o->steps_max ? o->steps_max : RT_STEPS_MAX;
	rt->pool = o->pool ? o->pool : &rt->own_pool;
	if (!o->pool)
		atomic_init(&rt->own_pool.left, (s64)rt->steps_max * RT_STEPS_POOL);
	grant(rt, 1);
}

struct rt_pool *rt_pool(struct rt *rt)
{
	return rt->pool;
}

void rt_steps_begin(struct rt *rt)
{
	earn_firings(rt, 1);
	grant(rt, 1);
}

void rt_allow(struct rt *rt, u32 firings)
{
	earn_firings(rt, firings ? firings - 1 : 0);
	grant(rt, firings);
}

void rt_steps_end(struct rt *rt)
{
	atomic_fetch_sub(&rt->pool->left, (s64)(rt->steps_begun - rt->steps_left));
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
			(unsigned long long)rt->steps_max * RT_STEPS_POOL, STEPS_A_FIRING);
	else
		err_set(err, -ETIME, "one firing took more than %u steps", rt->steps_max);
	err_hint(err, "a round of a loop is a step, a new key %u; --max-steps allows more",
		 RT_STEPS_A_KEY);
}

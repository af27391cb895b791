/* analyze/rt_priv.h -- inside of the runtime: rt.c keeps the maps, rt_action.c does the actions. */
#pragma once

#include "analyze/runtime.h"
#include "base/arena.h"

struct rt {
	const struct program *prog;
	struct render *render;
	struct tmap *maps;		/* prog->map_cnt */
	struct tmap_budget budget;
	u64 now;			/* session time of the firing */
	u64 session_start;
	struct str arch;
	rt_hook_fn hook;
	void *hook_ctx;
	rt_take_fn take;
	void *take_ctx;
	/* rt_steps.c */
	u64 steps_left, steps_begun;	/* of this firing or stretch */
	struct rt_pool own_pool, *pool;
	u32 steps_max;
	bool is_pool_least;		/* the pool, not steps_max, is the limit now */
	bool drains;
	enum rt_stop stop;
	s64 exit_code;
	s64 dummy;			/* what a refused key is written to */
	struct arena scratch;
	void *spill;
	struct buf text;
	/* actions that wait for the end of the firing: u32 action, u32 size, arguments */
	struct buf queue;
	/* rt_for.c */
	struct rt_walk *walks;		/* RT_WALKS_MAX, or NULL */
	u32 walk_cnt;
	u32 walks_missed;		/* begun and not on the stack */
	struct err err;
	struct trouble *troubles;	/* rt_trouble.c; NULL before the first */
	u32 trouble_cnt;
};

/* What takes longer than a round of a loop, in steps. */
#define RT_BYTES_A_STEP 16		/* of strings, and of text that is printed */
#define RT_STEPS_A_KEY 32		/* a new key */
#define RT_STEPS_AN_ENTRY 4		/* an entry of a map that is printed */

#define RT_WALKS_MAX 512		/* loops nest at most AST_NEST_MAX deep */

void rt_for_end_all(struct rt *rt);

void rt_steps_init(struct rt *rt, const struct rt_opts *o);
void rt_steps_begin(struct rt *rt);
void rt_steps_end(struct rt *rt);
void rt_str_init(struct rt *rt, const struct rt_opts *o);
void rt_charge(struct rt *rt, u64 steps);
void rt_steps_error(const struct rt *rt, struct err *err);

void rt_drain(struct rt *rt);
void rt_fail(struct rt *rt, int code, const struct tmap *m);	/* @m may be NULL */

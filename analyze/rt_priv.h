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
	rt_hook_fn hook;
	void *hook_ctx;
	rt_take_fn take;
	void *take_ctx;
	u64 steps_left;
	u32 steps_max;
	bool drains;
	enum rt_stop stop;
	s64 exit_code;
	s64 dummy;			/* what a refused key is written to */
	struct arena scratch;
	void *spill;
	struct buf text;
	/* actions that wait for the end of the firing: u32 action, u32 size, arguments */
	struct buf queue;
	struct err err;
};

void rt_drain(struct rt *rt);
void rt_fail(struct rt *rt, int code, const struct tmap *m);	/* @m may be NULL */

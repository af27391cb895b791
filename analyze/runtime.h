/*
 * analyze/runtime.h -- the analyzer's side of the runtime (analyze/rt.h is what compiled code
 * sees).
 *
 * One rt runs one program over one tape, in order; workers of an order-free program have one each,
 * without a renderer, and are merged at the end.  Not thread-safe.
 */
#pragma once

#include <stdatomic.h>

#include "analyze/render.h"
#include "analyze/rt.h"
#include "base/err.h"
#include "lang/trouble.h"

#define RT_MAP_KEYS_MAX (16u << 20)		/* of a map that states no maximum of its own */
#define RT_STEPS_MAX (1u << 26)			/* of one firing: rt_steps.c */
#define RT_STEPS_POOL 64			/* times that: of all firings */
#define RT_MEM_MAX ((u64)2 << 30)		/* bytes of all maps */
#define RT_SCRATCH_MAX (16u << 20)		/* bytes of strings that one firing builds */

/*
 * Called before an action on a map: the engine brings the map into the state it had in the kernel;
 * and in place of system() and cat(): it shows what they came to.
 */
typedef void (*rt_hook_fn)(void *ctx, struct rt *rt, const struct action *a);

/*
 * Takes the packed argument of print(value) instead of the renderer.  Not 0: the run ends with
 * what is in @err.
 */
typedef int (*rt_take_fn)(void *ctx, const void *args, u32 args_sz, struct err *err);

/* Steps that the firings to come may take together; below 0: none.  Threads may share one. */
struct rt_pool {
	_Atomic s64 left;
};

struct rt_opts {
	const struct program *prog;
	struct render *render;			/* NULL: prints are dropped */
	u64 mem_max;				/* of all maps; 0: RT_MEM_MAX */
	u32 steps_max;				/* 0: RT_STEPS_MAX */
	struct rt_pool *pool;			/* another runtime's; NULL: one of its own */
	u64 session_start;			/* ns */
	struct str arch;			/* of the recorded machine; may be empty */
	rt_hook_fn hook;			/* may be NULL */
	void *hook_ctx;
	rt_take_fn take;			/* may be NULL */
	void *take_ctx;
};

enum rt_stop {
	RT_RUNNING,
	RT_EXITED,				/* exit() was called: rt_exit_code() */
	RT_FAILED,				/* rt_error() */
	RT_DONE,				/* nobody reads the output any more */
};

int rt_new(const struct rt_opts *o, struct rt **ret, struct err *err);
void rt_free(struct rt *rt);

/*
 * Before and after a firing (or a stretch of firings of an order-free program).  @drains: print,
 * clear and zero of maps act after the last statement, as bpftrace's do; the prints among them
 * keep their order.
 */
void rt_begin(struct rt *rt, u64 ts, bool drains);
void rt_end(struct rt *rt);
/* After rt_begin() of a stretch: each of its firings may make as many steps as one alone. */
void rt_allow(struct rt *rt, u32 firings);
struct rt_pool *rt_pool(struct rt *rt);
void rt_earn(struct rt *rt, u64 steps);		/* so many more in the pool */

enum rt_stop rt_stop_reason(const struct rt *rt);
s64 rt_exit_code(const struct rt *rt);		/* 0 unless exit(n) */
const struct err *rt_error(const struct rt *rt);
void rt_resume(struct rt *rt);			/* after exit(): END may still run */

struct tmap *rt_map(struct rt *rt, u32 idx);
/*
 * An entry of a snapshot into a map that was cleared.  Two may have one key, where stacks of two
 * processes are the same: aggregations are merged, other values overwritten.  -EBADMSG: the entry
 * is malformed and left out.
 */
int rt_map_load(struct rt *rt, u32 idx, struct cursor key, struct cursor val) MUST_CHECK;

int rt_merge(struct rt *rt, struct rt *from, struct err *err);
/* All maps, by name, as at the end of a script. */
void rt_print_maps(struct rt *rt);
/* So often more; @t without a count adds nothing.  Places beyond RT_TROUBLES_MAX are left out. */
#define RT_TROUBLES_MAX 256
void rt_add_trouble(struct rt *rt, const struct trouble *t);
/* All, in order of their places. */
const struct trouble *rt_troubles(struct rt *rt, u32 *ret_cnt);

/* Keys that maps with a maximum of their own refused: total and the first such map (NULL: none). */
u64 rt_refused_keys(const struct rt *rt, const struct map_info **ret_map);

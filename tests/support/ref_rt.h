/*
 * tests/support/ref_rt.h -- a second, plain implementation of what compiled code calls
 * (analyze/rt.h), for tests: maps are lists, actions become lines of text.
 *
 * Log lines: `printf(5, "abc")`, `print(7)`, `print(@m) {` with the map's lines and `}`,
 * `clear(@m)`, `exit(1)`. Map lines: `@m[1, "a"]: 5`; aggregations `count 3`, `sum 12`, and for the
 * ones with buckets a digest of all values.
 */
#pragma once

#include "base/buf.h"
#include "lang/program.h"

struct ref_rt;

/*
 * @is_fixed: keys and values come in the kernel's fixed form (packed.h).  Aborts on lack of memory
 * and on malformed bytes.
 */
struct ref_rt *ref_rt_new(const struct program *prog, bool is_fixed);
void ref_rt_free(struct ref_rt *rt);

const char *ref_rt_log(struct ref_rt *rt); /* good until the next call */
void ref_rt_log_reset(struct ref_rt *rt);
/* Lines of one map, sorted by key. */
void ref_rt_dump_map(const struct ref_rt *rt, u32 map, struct buf *out);
/* All maps in order of their index; @want NULL: all. */
void ref_rt_dump(const struct ref_rt *rt, bool (*want)(void *ctx, u32 map), void *ctx,
		 struct buf *out);
/* Replace a map of @to by that of @from, out of the fixed form if need be. */
void ref_rt_copy_map(struct ref_rt *to, const struct ref_rt *from, u32 map);
bool ref_rt_exited(const struct ref_rt *rt,
		   s64 *ret_code); /* exit() was called; @ret_code may be NULL */
void ref_rt_set_exit(struct ref_rt *rt, s64 code);
void ref_rt_resume(struct ref_rt *rt); /* END runs after exit() */
void ref_rt_set_session_start(struct ref_rt *rt, s64 ns);
/*
 * print() of a kernel's map shows in the analyzer what it was at that point of the firing: a fixed
 * rt keeps what it printed until ref_rt_start_firing(), an rt with a kernel prints that.
 */
void ref_rt_start_firing(struct ref_rt *kernel);
void ref_rt_set_kernel(struct ref_rt *rt, struct ref_rt *kernel);
/* Loop iterations allowed from now on; it starts with 100,000. */
void ref_rt_set_steps(struct ref_rt *rt, u32 steps);

/* What compiled code calls: as rt_* of analyze/rt.h. */
s64 *ref_rt_map_int(struct ref_rt *rt, u32 map, const void *key, u32 key_sz, bool create);
const u8 *ref_rt_map_get(struct ref_rt *rt, u32 map, const void *key, u32 key_sz, u32 *ret_sz);
void ref_rt_map_set(struct ref_rt *rt, u32 map, const void *key, u32 key_sz, const void *val,
		    u32 val_sz);
bool ref_rt_map_delete(struct ref_rt *rt, u32 map, const void *key, u32 key_sz);
bool ref_rt_map_has(struct ref_rt *rt, u32 map, const void *key, u32 key_sz);
s64 ref_rt_map_len(struct ref_rt *rt, u32 map);
void ref_rt_map_agg(struct ref_rt *rt, u32 map, const void *key, u32 key_sz, s64 val);
s64 ref_rt_map_agg_read(struct ref_rt *rt, u32 map, const void *key, u32 key_sz);
void ref_rt_map_agg_at(struct ref_rt *rt, u32 map, const void *key, u32 key_sz, s64 val, s64 ts);
u64 ref_rt_hash(const void *bytes, u32 sz);
void ref_rt_for_begin(struct ref_rt *rt, u32 map, u32 action);
const u8 *ref_rt_for_next(struct ref_rt *rt, u32 *ret_sz);
void ref_rt_for_end(struct ref_rt *rt);
void ref_rt_action(struct ref_rt *rt, u32 action, const void *args, u32 args_sz);
bool ref_rt_step(struct ref_rt *rt);
bool ref_rt_stopped(const struct ref_rt *rt);
s64 ref_rt_session_start(const struct ref_rt *rt);

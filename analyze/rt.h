/*
 * analyze/rt.h -- the runtime that compiled analysis code calls: T maps, actions, columns of the
 * current row.
 *
 * Everything passes by packed bytes (lang/packed.h), so the interface is small and the same for all
 * types. Functions are declared by name in the compiled module (lang/codegen host runtime table)
 * and must keep these signatures. They never fail towards compiled code: trouble (no memory, key
 * limit, step budget) is noted in the rt, which stops the run.
 */
#pragma once

#include "lang/program.h"

struct rt;

/*
 * Scalar fast path: pointer to the 64-bit value of a key; created as 0 if @create, else NULL when
 * absent.
 */
s64 *rt_map_int(struct rt *rt, u32 map, const void *key, u32 key_sz, bool create);
/* Packed value of a key; NULL when absent.  Valid until the next call that changes the map. */
const u8 *rt_map_get(struct rt *rt, u32 map, const void *key, u32 key_sz, u32 *ret_sz);
void rt_map_set(struct rt *rt, u32 map, const void *key, u32 key_sz, const void *val, u32 val_sz);
bool rt_map_delete(struct rt *rt, u32 map, const void *key, u32 key_sz); /* was it there */
bool rt_map_has(struct rt *rt, u32 map, const void *key, u32 key_sz);
s64 rt_map_len(struct rt *rt, u32 map);
/* One step of the map's aggregation (count ignores @val). */
void rt_map_agg(struct rt *rt, u32 map, const void *key, u32 key_sz, s64 val);
/* The same of a tseries, at a session time. */
void rt_map_agg_at(struct rt *rt, u32 map, const void *key, u32 key_sz, s64 val, s64 ts);
u64 rt_hash(const void *bytes, u32 sz); /* for distinct() */
/* An aggregation read as a number: count, sum, min, max, avg (sum/count); 0 when absent. */
s64 rt_map_agg_read(struct rt *rt, u32 map, const void *key, u32 key_sz);

/*
 * A loop over a map: begin, next until it is NULL, end; they nest.  The entry is a packed tuple
 * (key, value), of an aggregation its number, good until the next call.  @action: that of the
 * loop, for maps that the kernel kept.
 */
void rt_for_begin(struct rt *rt, u32 map, u32 action);
const u8 *rt_for_next(struct rt *rt, u32 *ret_sz);
void rt_for_end(struct rt *rt);

/*
 * Do action @idx of the program with its packed argument values (action.arg_types), one behind the
 * other. exit(): one INT or nothing.  join(): any number of STR, the strings to join.  An
 * aggregation as a value: its number.
 */
void rt_action(struct rt *rt, u32 action, const void *args, u32 args_sz);

/*
 * The difference of the first of @n bytes that differ; zeros follow both.  (Functions of strings:
 * rt_str.c.)
 */
s64 rt_bytes_diff(const u8 *a, u32 a_sz, const u8 *b, u32 b_sz, s64 n);
/*
 * What function @id (of enum builtin_id) calls the number: to @dst, which has NAMES_MAX bytes; how
 * many.
 */
u32 rt_name_of(struct rt *rt, u32 id, s64 n, char *dst);

/* Scratch bytes that live until the end of the row (string building). */
void *rt_scratch(struct rt *rt, u32 sz);
/* Called at every loop back edge; false: the step budget is used up, leave. */
bool rt_step(struct rt *rt);
/* Before something that takes as long as so many bytes are: it costs steps, too. */
void rt_work(struct rt *rt, u32 bytes);
/* After exit() or trouble: a clause looks between rows (and returns at its own exit()). */
bool rt_stopped(const struct rt *rt);
/* Something went wrong at that place of the script (enum trouble_kind), without ending it. */
void rt_trouble(struct rt *rt, u32 kind, u32 off, u32 len);
/* nsecs at which the session began, for elapsed. */
s64 rt_session_start(const struct rt *rt);

/*
 * Columns of the batch being evaluated.  Compiled code gets `const struct rt_col *cols` and a row
 * number. Words: v[row].  Bytes (STR BUF TUPLE): bytes + off[row] .. off[row + 1].  Lists: elements
 * list_off[row] .. list_off[row + 1] index into v or off.  is_null may be NULL (no NULLs).
 */
struct rt_col {
	const s64 *v;
	const u8 *bytes;
	const u32 *off;
	const u32 *list_off;
	const u8 *is_null; /* a byte a row (a list: an element) */
};

/*
 * A compiled clause: rows [begin, end) of one table, in order.  Stops early when the rt stopped
 * (exit, budget). @cols: plan_table.col_cnt columns by plan_col.idx, then one more: the bits of the
 * path, a word a row (all of it NULL if the table has no bits).  A column without v and bytes (not
 * on the tape) reads as 0 or "". A `probe` column holds struct probe.id of the program being run.
 */
typedef void (*rt_clause_fn)(struct rt *rt, const struct rt_col *cols, u64 begin, u64 end);

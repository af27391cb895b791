/*
 * record/mappings.h -- the executable mappings of processes, over time.
 *
 * A process's memory is a chain of spaces: one from its fork, one from each exec.  Every mapping
 * holds from its time on until another one lies over it, so that events that come late, and
 * questions about the past, find what held then.  Knows nothing of files: a mapping has the number
 * of an object of the caller's.
 */
#pragma once

#include "base/compiler.h"

struct mapping {
	u64 start, end, off; /* off: of start, in the object */
	u64 from_ts;
	u32 object;
	u8 prot;
};

struct mappings;

struct mappings *mappings_new(u32 max_spaces, u32 max_ranges); /* NULL: no memory */
void mappings_free(struct mappings *m);

/* ---- what happened; in about the order of time ---- */

void mappings_map(struct mappings *m, u32 pid, const struct mapping *map);
void mappings_exec(struct mappings *m, u32 pid, u64 ts);
/* A new process (not a thread): whatever was known of its number is over. */
void mappings_fork(struct mappings *m, u32 pid, u32 parent, u64 ts);
/* The first thread of @pid has ended: once is_gone() says so, the process is over. */
void mappings_exit(struct mappings *m, u32 pid, u64 ts);

/* ---- processes that were there before ---- */

/*
 * Whose mappings are to be read so that @pid, as it was at @ts, is known completely: its own or
 * those of a process it was forked by; 0: nobody's (known, or tried, or too late).  The caller
 * reads them and says so with mappings_scan(), also where there are none (@n 0).  What events have
 * told stays.
 */
u32 mappings_to_scan(const struct mappings *m, u32 pid, u64 ts);
void mappings_scan(struct mappings *m, u32 pid, const struct mapping *maps, u32 n);

/* ---- questions ---- */

/* The mapping that @addr was in; its process counts as used from now on. */
bool mappings_find(struct mappings *m, u32 pid, u64 ts, u64 addr, struct mapping *ret);

/* The process that @pid was forked by, as far as that was seen; else 0. */
u32 mappings_parent(const struct mappings *m, u32 pid);

enum mapping_row_kind { MAPPING_MAP, MAPPING_EXEC, MAPPING_EXIT };

/* @map: of MAPPING_MAP only.  @ts: from when it holds for this process. */
typedef void (*mapping_row_fn)(void *ctx, enum mapping_row_kind kind, u32 pid, u64 ts,
			       const struct mapping *map);
/* All mappings, and ends, of used processes that were not handed out yet. */
void mappings_take_rows(struct mappings *m, mapping_row_fn fn, void *ctx);

/* Forget what was over before @ts.  is_gone: asked for processes whose first thread has ended. */
void mappings_forget(struct mappings *m, u64 before_ts, bool (*is_gone)(u32 pid));

u64 mappings_lost(const struct mappings *m); /* found no room */
u32 mappings_cnt(const struct mappings *m); /* spaces held */

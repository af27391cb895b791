/*
 * record/snapshot.h -- K maps of the kernel onto the tape.
 */
#pragma once

#include "lang/plan.h"
#include "record/bpf_load.h"
#include "record/handover.h"
#include "record/stacks.h"

/* Why and for which firing; the fields of struct tape_mapsnap that the map itself does not give. */
struct snap_cause {
	enum tape_snap_reason reason;
	struct stacks *stacks; /* numbers for the hashes in keys and values; NULL: there are none */
	u64 ts, seq;
	u32 table, cpu, clause, action;
};

/*
 * Read map @idx of the program (per-CPU ones summed) and hand it over; then, for CLEAR, delete what
 * was read, for ZERO set it to 0.  0 also if the map is no K map.
 */
int snapshot_map(const struct plan *plan, const struct bpf_loaded *l, u32 idx,
		 const struct snap_cause *cause, struct handover *h, struct err *err);

/* All K maps, as they are at the end. */
int snapshot_all(const struct plan *plan, const struct bpf_loaded *l, struct stacks *stacks, u64 ts,
		 struct handover *h, struct err *err);

/*
 * The values of one key of a per-CPU aggregation, @cpu_cnt of them, as a tape has it: packed
 * {cnt, sum, min, max}, what the aggregation does not keep 0.  Split off for tests.
 */
struct cap_agg;
struct snap_agg {
	u64 cnt;
	s64 sum, min, max;
};
struct snap_agg snapshot_merge(const struct type *agg, const struct cap_agg *by_cpu, u32 cpu_cnt);

/*
 * record/counters.h -- differences of the kernel's counters become LOSS rows.
 */
#pragma once

#include "record/bpf_load.h"
#include "record/handover.h"

struct counters;

/* @table_cnt tables of the plan; @l is borrowed. */
int counters_new(const struct bpf_loaded *l, u32 table_cnt, u64 now, struct counters **ret,
		 struct err *err);
void counters_free(struct counters *c);

/* Read; what was lost since the last time goes to @h, between that time and @now. */
int counters_poll(struct counters *c, u64 now, struct handover *h, struct err *err);

/*
 * The difference of two readings (by table and CPU) as LOSS rows.  Split off for tests.
 */
struct cap_counters;
void counters_diff(const struct cap_counters *before, const struct cap_counters *after,
		   u32 table_cnt, u32 cpu_cnt, u64 from_ts, u64 to_ts, struct handover *h);

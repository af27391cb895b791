/*
 * record/row_times.h -- the times that rows get on a tape whose times are rounded, and the order
 * that is lost with the rest.
 *
 * The kernel's records have exact times; on the tape they are multiples of a quantum.  Firings of
 * one CPU that fall onto the same time get places 0, 1, 2 ... in it, in the order in which they
 * come; clauses of one firing, whose exact time is the same, get the same place.
 */
#pragma once

#include "base/err.h"

struct row_times {
	u64 quantum;
	struct cpu_times *cpus;
	u32 cpu_cnt;
};

/* @quantum 1: times stay and every place is 0. */
int row_times_init(struct row_times *t, u64 quantum, u32 cpu_cnt, struct err *err);
void row_times_fini(struct row_times *t);

/* The time of a row that fired at @exact on @cpu, which is counted as seen, and its place. */
u64 row_times_take(struct row_times *t, u32 cpu, u64 exact, u32 *ret_place);

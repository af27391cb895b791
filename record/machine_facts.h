/*
 * record/machine_facts.h -- what compilation must know of the running kernel, read once by the
 * recorder.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/strmap.h"

struct catalog_machine;

struct machine_facts {
	bool has_btf;
	/*
	 * The mark of a 32-bit system call: @compat_mask of the @compat_sz bytes at @compat_off
	 * of task_struct; mask 0: there are none.
	 */
	u32 compat_off, compat_sz;
	u64 compat_mask;
	u32 regs_arg_off[6];	/* offsets in struct pt_regs of a system call's arguments */
	u32 regs_nr_off;	/* of its number at exit */
	struct strmap
		raw_events;	/* tracepoint names that exist as btf_trace_NAME; value not NULL */
	struct strmap syscall_nrs;	/* "read" -> number + 1 */
};

int machine_facts_read(struct machine_facts *f, struct err *err);
void machine_facts_fini(struct machine_facts *f);

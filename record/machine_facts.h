/*
 * record/machine_facts.h -- what compilation and loading must know of the running kernel, read
 * once by the recorder.
 */
#pragma once

#include "base/err.h"
#include "base/strmap.h"
#include "record/path_facts.h"

struct machine_facts {
	u32 cpu_cnt;		/* possible CPUs */
	bool has_btf;		/* of the kernel; else nothing is attached raw */
	/*
	 * The mark of a 32-bit system call: @compat_mask of the @compat_sz bytes at @compat_off
	 * of task_struct; mask 0: there are none.
	 */
	u32 compat_off, compat_sz;
	u64 compat_mask;
	bool has_syscalls;	/* the next two are known */
	u32 regs_arg_off[6];	/* offsets in struct pt_regs of a system call's arguments */
	u32 regs_nr_off;	/* of its number at exit */
	/*
	 * What tells one process and program from another with the same pid, in task_struct:
	 * group_leader, its start_boottime, self_exec_id; all 0: unknown.
	 */
	u32 leader_off, start_off, exec_off;
	/* of task_struct: real_parent, tgid, comm; 0: not known */
	u32 parent_off, tgid_off, comm_off;
	struct path_facts path;	/* path_facts_read(), if they are wanted */
	struct strmap raw_events;	/* tracepoint -> BTF id of btf_trace_NAME, as a pointer */
};

/* A kernel without BTF is no error. */
int machine_facts_read(struct machine_facts *f, struct err *err);
void machine_facts_fini(struct machine_facts *f);

/* BTF id for a raw tracepoint; 0: there is none of that name. */
u32 machine_facts_raw_event(const struct machine_facts *f, const char *event);

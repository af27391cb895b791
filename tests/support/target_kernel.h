/*
 * tests/support/target_kernel.h -- the slices of a plan in the running kernel, fired by hand.
 *
 * Events are those of the fake machine (tests/support/target_fake.h); a row comes back in the fake
 * machine's form, so that the two can be compared byte by byte.  Root only.
 */
#pragma once

#include "record/bpf_load.h"
#include "record/machine_facts.h"
#include "record/ring.h"
#include "tests/support/target_fake.h"

struct kernel_slice {
	const struct plan *plan;
	struct arena arena;
	struct buf bytes;		/* of the image */
	struct machine_facts facts;
	struct bpf_loaded loaded;
	struct ring *rings;
	struct ring control;
};

/* What a row was sent with besides its columns. */
struct kernel_row {
	u64 seq;
	u32 flags;			/* CAP_ROW_* */
};

/* Compile and load.  The error is the compiler's or the verifier's. */
int kernel_slice_open(struct kernel_slice *k, const struct plan *plan, struct err *err);
void kernel_slice_close(struct kernel_slice *k);

/*
 * Fire one table's slice.  pid, tid, ts and args are the event's, comm and cpid are made so; cpu,
 * uid and gid are this process's.  true: a row was sent, its bytes are appended to @row.
 */
bool kernel_slice_fire(struct kernel_slice *k, u32 table, const struct fake_event *ev,
		       struct buf *row, struct kernel_row *ret);

/* Put a region of the event's memory where the event wants it, to be readable by the kernel. */
bool kernel_slice_map(const struct fake_region *r);
void kernel_slice_unmap(const struct fake_region *r);

u64 kernel_slice_lost(const struct kernel_slice *k, u32 table, u32 cause);

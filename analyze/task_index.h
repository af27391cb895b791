/*
 * analyze/task_index.h -- who had a thread id at a time: comm, uid and gid for scripts that did
 * not capture them.
 */
#pragma once

#include "format/reader.h"

struct task_index {
	struct tape_task *tasks;	/* by (tid, from_ts); texts borrowed from the reader */
	u32 cnt;
	u32 seen;			/* rows of the state that are in it */
	u64 slack;			/* times of rows may be so much too early */
};

void task_index_init(struct task_index *x);
void task_index_fini(struct task_index *x);
/* Take what the state has got; cheap when nothing is new.  -ENOMEM. */
int task_index_update(struct task_index *x, const struct tape_state *s, struct err *err);
/*
 * The row of @tid at @ts (of a rounded time: at the end of what it stands for, so that a process
 * that began in it is found); the nearest earlier one, else the first later one; NULL: never seen.
 */
const struct tape_task *task_index_find(const struct task_index *x, u32 tid, u64 ts);

/* record/handover_priv.h -- what was put and is not written yet; handover*.c only. */
#pragma once

#include <pthread.h>

#include "base/vec.h"
#include "record/handover.h"

#define COMM_MAX 16

struct task_copy {
	struct tape_task row;
	char comm[COMM_MAX];
};

struct loss_copy {
	struct tape_loss row;
	char note[64];
};

struct log_copy {
	struct tape_log row;
	char text[512];
	char *output;		/* instead of text, if not NULL */
};

struct side {
	struct vec tasks, clocks, losses, logs;
	struct map_copy *maps; /* newest first */
};

struct handover {
	pthread_mutex_t lock;
	struct side side;
	u64 dropped_cnt;
	u64 control_ts, held_ts, lost, late; /* atomic */
};

void handover_side_init(struct side *d);
void handover_side_fini(struct side *d);

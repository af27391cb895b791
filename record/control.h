/*
 * record/control.h -- what programs ask of the recorder: snapshots of maps, and exit().
 */
#pragma once

#include "lang/plan.h"
#include "record/bpf_load.h"
#include "record/deeds.h"
#include "record/handover.h"
#include "record/ring.h"

struct control {
	const struct plan *plan;
	const struct bpf_loaded *l;
	struct handover *handover;
	struct deeds *deeds;	/* NULL: the script has none */
	struct stacks *stacks;	/* the same */
	struct ring ring;
	bool has_ring;
	u64 guard_ns;
	u64 bad_cnt; /* records that made no sense */
};

int control_open(struct control *c, const struct plan *plan, const struct bpf_loaded *l,
		 struct handover *h, u64 guard_ns, struct err *err);
void control_close(struct control *c);

/* Do everything that was asked for; then checkpoints may promise what lies before. */
int control_drain(struct control *c, struct err *err);

/* Has an exit() run?  Its code is state->exit_code then. */
bool control_has_exited(const struct control *c);

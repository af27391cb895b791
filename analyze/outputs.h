/*
 * analyze/outputs.h -- what system() and cat() came to when they were recorded.  Nothing is ever
 * done again: the texts are on the tape.
 */
#pragma once

#include "analyze/snapshots.h"
#include "format/reader.h"

struct outputs {
	u32 seen; /* of the tape's logs */
	struct vec waiting; /* u32: indexes of logs that belong to an action */
	size_t first; /* those before it are taken */
};

void outputs_init(struct outputs *o);
void outputs_fini(struct outputs *o);
/*
 * The next text of that action of that firing, and no other time again.  NULL: there is none, or
 * no more.
 */
const struct tape_log *outputs_take(struct outputs *o, const struct tape_state *s,
				    const struct firing_id *id, u32 action);

/*
 * analyze/outputs.h -- what system() and cat() came to when they were recorded.  Nothing is ever
 * done again: the texts are on the tape.
 */
#pragma once

#include "analyze/snapshots.h"
#include "format/reader.h"

#define OUTPUTS_WAITING_MAX (1u << 20)

struct output_chain;

struct outputs {
	u32 seen; /* of the tape's logs */
	struct vec slots; /* texts that wait, and free ones */
	u32 free; /* first of the free ones */
	struct output_chain *chains; /* cap, a power of two */
	u32 cap, live;
	u64 dropped; /* more than OUTPUTS_WAITING_MAX waited */
};

void outputs_init(struct outputs *o);
void outputs_fini(struct outputs *o);
/*
 * The next text of that action of that firing, and no other time again.  NULL: there is none, or
 * no more.
 */
const struct tape_log *outputs_take(struct outputs *o, const struct tape_state *s,
				    const struct firing_id *id, u32 action);

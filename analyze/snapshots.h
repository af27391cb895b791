/*
 * analyze/snapshots.h -- K maps as the recorder saw them: kept from where they are read until
 * their firing is replayed.
 */
#pragma once

#include "analyze/runtime.h"
#include "format/reader.h"

struct snapshots;

/* Both borrowed; @state says what numbers of stacks mean.  NULL without memory. */
struct snapshots *snapshots_new(const struct program *prog, const struct tape_state *state);
void snapshots_free(struct snapshots *s);

/* Copy what a MAPSNAP block says.  -ENOMEM; -E2BIG: more than may wait. */
int snapshots_add(struct snapshots *s, const struct tape_mapsnap *snaps, u32 n, struct err *err);

/* The firing that is about to run, to which its actions' snapshots belong. */
struct firing_id {
	u32 table, cpu;
	u64 seq;
};

/*
 * Load the snapshot of @map that action @action of that firing asked for, and forget it.
 * false: there is none.  Trouble is the rt's.
 */
bool snapshots_load(struct snapshots *s, struct rt *rt, const struct firing_id *id, u32 action,
		    u32 map);
/* Load the last state of every K map; false: the tape has none. */
bool snapshots_load_end(struct snapshots *s, struct rt *rt);
bool snapshots_is_partial(const struct snapshots *s);	/* any of them missed entries */
/*
 * A map where entries of several processes had one stack as their key and only the last could be
 * kept; NULL: none.
 */
const struct map_info *snapshots_clash(const struct snapshots *s);

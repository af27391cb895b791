/*
 * record/deeds.h -- what a script has the recorder do: system() and cat().
 *
 * One thread does them in order, so that a slow command holds up nobody else but the promises of
 * checkpoints; what comes of each goes to the tape as LOG records that name the firing.  Done
 * once, when recorded, and never by whoever reads the tape.
 */
#pragma once

#include <signal.h>

#include "lang/plan.h"
#include "record/handover.h"

#define DEED_OUTPUT_MAX	  65536 /* bytes kept of what a command prints */
#define DEEDS_WAITING_MAX 4096

struct deeds;

struct deed {
	u64 ts, seq;
	u32 table, cpu;
	u32 action; /* struct action.idx */
	struct str args; /* packed values of the action's arguments */
};

/* *ret is NULL if the program has nothing of the kind. */
int deeds_new(const struct program *prog, struct handover *h, struct deeds **ret, struct err *err);
/* Of what waits nothing is done any more; a command that runs is ended.  NULL is allowed. */
void deeds_free(struct deeds *d);

/* To be done; what finds no room is counted as a lost action. */
void deeds_put(struct deeds *d, const struct deed *what);
/*
 * Wait until all is done, at most @max_ns (0: as long as it takes) or until *@is_hurried, which a
 * signal handler may set: then the command under way is ended, and it and what waits are lost.
 */
void deeds_finish(struct deeds *d, u64 max_ns, const volatile sig_atomic_t *is_hurried);

/* Arguments in the kernel's fixed form become packed ones.  -EBADMSG, -ENOMEM. */
int deed_pack_args(const struct action *a, const u8 *p, size_t sz, struct buf *out);
/* The type that an argument travels as: of an aggregation its number. */
const struct type *deed_arg_type(const struct action *a, u32 i);

/*
 * record/attach.h -- programs meet their probes, and part again quickly.
 *
 * Perf tracepoints take ~70 ms each to close: attach_stop() only disables their events,
 * attach_free() gives the descriptors to a detached thread that closes them; the process may end
 * before it is done.
 */
#pragma once

#include "record/bpf_load.h"

struct attach_set;

/* Run the image's BEGIN programs, in order, until one has called exit(). */
int attach_run_begin(const struct bpf_loaded *l, struct err *err);
/* Attach everything else.  On failure nothing stays attached; the story names the probe. */
int attach_start(const struct bpf_loaded *l, struct attach_set **ret, struct err *err);
/*
 * No program fires any more after it returns (one that is running may finish within a grace
 * period, which is waited for).
 */
void attach_stop(struct attach_set *s);
void attach_free(struct attach_set *s);

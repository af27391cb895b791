/*
 * record/attach.h -- programs meet their probes, and part again quickly.
 *
 * A perf tracepoint takes ~70 ms to close.  So attach_stop() only disables the events and makes the
 * programs do nothing; attach_free() leaves closing to a process of its own.
 */
#pragma once

#include "record/bpf_load.h"

struct attach_set;

/* Run the image's BEGIN programs, in order, until one has called exit(). */
int attach_run_begin(const struct bpf_loaded *l, struct err *err);
/*
 * Attach everything else.  Programs fire but do nothing before attach_arm().  On failure nothing
 * stays attached; the story names the probe.
 */
int attach_start(const struct bpf_loaded *l, struct attach_set **ret, struct err *err);
/* From here on firings count; intervals begin. */
int attach_arm(struct attach_set *s, struct err *err);
/* When it returns no program of the set is under way and none will send anything more. */
void attach_stop(struct attach_set *s);
void attach_free(struct attach_set *s);	/* NULL is fine */

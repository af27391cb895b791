/*
 * lang/soft_event.h -- the software events of the kernel: one row each.
 */
#pragma once

#include "base/str.h"

struct soft_event {
	const char *name;
	const char *alias;	/* or NULL */
	u64 count;		/* events a firing where the script names no number */
	u32 config;		/* as perf_event_open() numbers them */
};

#define SOFT_EVENT_CNT 11
extern const struct soft_event soft_events[SOFT_EVENT_CNT]; /* sorted by name */
const struct soft_event *soft_event_find(const char *name); /* by name or alias; NULL */
void soft_event_offer_names(struct str_nearest *n);

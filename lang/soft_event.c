/*
 * lang/soft_event.c -- the table of software events.  The numbers are the kernel's interface
 * (PERF_COUNT_SW_*); a kernel that lacks one refuses it when it is attached.
 */
#include "lang/soft_event.h"

#include <string.h>

const struct soft_event soft_events[SOFT_EVENT_CNT] = {
	{ "alignment-faults", NULL, 1, 7 },
	{ "bpf-output", NULL, 1, 10 },
	{ "context-switches", "cs", 1000, 3 },
	{ "cpu-clock", "cpu", 1000000, 0 },
	{ "cpu-migrations", NULL, 1, 4 },
	{ "dummy", NULL, 1, 9 },
	{ "emulation-faults", NULL, 1, 8 },
	{ "major-faults", NULL, 1, 6 },
	{ "minor-faults", NULL, 100, 5 },
	{ "page-faults", "faults", 100, 2 },
	{ "task-clock", NULL, 1, 1 },
};

const struct soft_event *soft_event_find(const char *name)
{
	for (size_t i = 0; i < SOFT_EVENT_CNT; i++) {
		const struct soft_event *e = &soft_events[i];

		if (!strcmp(e->name, name) || (e->alias && !strcmp(e->alias, name)))
			return e;
	}
	return NULL;
}

void soft_event_offer_names(struct str_nearest *n)
{
	for (size_t i = 0; i < SOFT_EVENT_CNT; i++) {
		str_nearest_offer(n, soft_events[i].name);
		if (soft_events[i].alias)
			str_nearest_offer(n, soft_events[i].alias);
	}
}

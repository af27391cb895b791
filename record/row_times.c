/*
 * record/row_times.c -- exact times to rounded ones and places.
 *
 * Records of a CPU come in order of time but for programs that were interrupted by another one:
 * the later one's record is there first.  So the last times are remembered, and a row that is older
 * than another gets the next place that is free in its own time.
 */
#include "record/row_times.h"

#include <stdlib.h>

#include "record/bpf/capture_abi.h"

#define KEPT (2 * CAP_SCRATCH_CNT) /* as deep as programs interrupt each other, and some more */

struct seen_time {
	u64 exact, rounded;
	u32 place;
};

struct cpu_times {
	u64 latest, rounded; /* the greatest time so far */
	u32 next; /* place that is free in it */
	u32 at; /* the last one that was put there */
	struct seen_time seen[KEPT];
};

int row_times_init(struct row_times *t, u64 quantum, u32 cpu_cnt, struct err *err)
{
	*t = (struct row_times){ .quantum = quantum ? quantum : 1, .cpu_cnt = cpu_cnt };
	if (t->quantum == 1)
		return 0;
	t->cpus = calloc((size_t)cpu_cnt + 1, sizeof(*t->cpus));
	return t->cpus ? 0 : err_oom(err);
}

void row_times_fini(struct row_times *t)
{
	free(t->cpus);
	t->cpus = NULL;
}

static void remember(struct cpu_times *c, u64 exact, u64 rounded, u32 place)
{
	c->at = (c->at + 1) % KEPT;
	c->seen[c->at] = (struct seen_time){ exact, rounded, place };
}

/* A time that is not later than all others: another clause's firing, or one that came late. */
static u32 place_of_old(struct cpu_times *c, u64 exact, u64 rounded)
{
	u32 free_place = rounded == c->rounded ? c->next : 0;

	for (u32 i = 0; i < KEPT; i++) {
		const struct seen_time *s = &c->seen[(c->at - i) % KEPT];

		if (s->exact == exact)
			return s->place;
		if (s->rounded == rounded && s->place >= free_place)
			free_place = s->place + 1;
	}
	if (rounded == c->rounded)
		c->next = free_place + 1;
	remember(c, exact, rounded, free_place);
	return free_place;
}

u64 row_times_take(struct row_times *t, u32 cpu, u64 exact, u32 *ret_place)
{
	struct cpu_times *c;
	u64 rounded;

	*ret_place = 0;
	if (t->quantum == 1)
		return exact;
	c = &t->cpus[cpu < t->cpu_cnt ? cpu : t->cpu_cnt];
	if (exact <= c->latest) {
		rounded = exact - exact % t->quantum;
		*ret_place = place_of_old(c, exact, rounded);
		return rounded;
	}
	c->latest = exact;
	if (exact - c->rounded >= t->quantum) {
		c->rounded = exact - exact % t->quantum;
		c->next = 0;
	}
	*ret_place = c->next++;
	remember(c, exact, c->rounded, *ret_place);
	return c->rounded;
}

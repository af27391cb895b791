/* record/clock.h -- the session's clock and how it relates to the others. */
#pragma once

#include "base/compiler.h"

/* CLOCK_BOOTTIME, the clock of every row. */
u64 clock_now_ns(void);

/* Wait until the session's clock has passed a multiple of @quantum; not at all for 1 ns. */
void clock_pass(u64 quantum);

struct clock_sample {
	u64 boot, mono, mono_raw, real, tai; /* ns */
	u64 width; /* all were read within this many ns of boot time; boot is the middle */
};

/* The narrowest of a few attempts. */
void clock_read(struct clock_sample *ret);

/*
 * Has the wall clock been stepped (or the machine slept) since @before: the relation moved by more
 * than 1 ms?
 */
bool clock_has_stepped(const struct clock_sample *before, const struct clock_sample *now);

/*
 * record/report.h -- what the recorder says on stderr.
 */
#pragma once

#include "record/options.h"

struct report {
	bool is_quiet, is_live, is_tty, has_line; /* line: a progress line is on the terminal */
	u64 armed_ns;
};

struct report_sums {
	u64 rows, bytes, lost, late, ns;
};

void report_init(struct report *r, const struct record_opts *o);
void report_armed(struct report *r, u32 probe_cnt, const char *hint);
void report_progress(struct report *r, const struct report_sums *s);
/* @path NULL: stdout.  @why: what ended it, NULL if that is plain. */
void report_end(struct report *r, const char *path, const char *why, const struct report_sums *s);
/* Any other message: takes the progress line away first. */
void report_note(struct report *r, const char *fmt, ...) PRINTF_LIKE(2, 3);

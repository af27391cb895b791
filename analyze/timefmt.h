/*
 * analyze/timefmt.h -- wall-clock times of a recording: its clock and its time zone, not the
 * analyzer's.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "lang/program.h"

/* A moment at which two clocks were read together, ns. */
struct clock_pair {
	u64 boot, real;
};

#define TZ_ABBR_MAX 16

/* From @from_s (UTC seconds) on, local time is UTC + @off_s and is called @abbr. */
struct tz_span {
	s64 from_s;
	s32 off_s;
	bool is_dst;
	char abbr[TZ_ABBR_MAX];
};

struct timefmt {
	struct clock_pair *pairs;	/* ascending by boot */
	u32 pair_cnt;
	struct tz_span *spans;		/* ascending; empty: UTC */
	u32 span_cnt;
	u32 clock_cnt;			/* readings of the tape taken so far; recording_times() */
};

void timefmt_init(struct timefmt *f);
void timefmt_fini(struct timefmt *f);
/* Pairs may come in any order.  -ENOMEM. */
int timefmt_add_pair(struct timefmt *f, struct clock_pair p) MUST_CHECK;
/* -ENOMEM, -E2BIG. */
int timefmt_add_span(struct timefmt *f, const struct tz_span *s) MUST_CHECK;
/* The time zone in the form of /usr/share/zoneinfo files.  -EBADMSG, -ENOMEM. */
int timefmt_add_tzif(struct timefmt *f, const u8 *p, size_t sz, struct err *err) MUST_CHECK;

/*
 * Nanoseconds since 1970 of a session time: by the last pair at or before it (the first one if
 * none is).
 */
s64 timefmt_real(const struct timefmt *f, u64 boot_ns);
/* Session time of a wall-clock time; the inverse of timefmt_real(). */
u64 timefmt_boot(const struct timefmt *f, s64 real_ns);
s32 timefmt_offset(const struct timefmt *f, s64 real_s);	/* seconds east of UTC */

/*
 * time(fmt) and strftime(fmt, ns): the latter also knows %f (microseconds) and, in 0.27, %k (ns)
 * and %l (ms).
 */
void timefmt_time(const struct timefmt *f, const char *fmt, u64 boot_ns, struct buf *out);
void timefmt_strftime(const struct timefmt *f, const char *fmt, u64 boot_ns, enum compat compat,
		      struct buf *out);

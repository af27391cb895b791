/*
 * analyze/histogram.h -- buckets of hist() and lhist(): index of a value, bounds and label of a
 * bucket.
 */
#pragma once

#include "lang/program.h"

/* A bucket as printed: values lo <= v < hi. */
struct hist_range {
	s64 lo;
	u64 hi;			/* exclusive; up to 2^63 */
	bool is_under;		/* everything below hi */
	bool is_over;		/* everything from lo on */
};

#define HIST_LABEL_MAX 64
#define HIST_BUCKETS_MAX (65 << 5)	/* hist(n, 5) */
#define LHIST_BUCKETS_MAX 1002		/* 1000 and one on either side */

/* Bucket of a value in a map of type AGG_HIST or AGG_LHIST @t. */
u32 hist_bucket(const struct type *t, s64 n);
/* Buckets that maps of type @t can have. */
u32 hist_bucket_cnt(const struct type *t);
void hist_range(const struct type *t, u32 idx, struct hist_range *ret);
/* "[4, 8)" "(..., 0)" "[1K, 2K)" into @out (HIST_LABEL_MAX bytes). */
void hist_label(const struct type *t, u32 idx, enum compat compat, char *out);

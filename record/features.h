/* record/features.h -- what this process may do and this machine can do, asked once. */
#pragma once

#include "base/err.h"

/*
 * 0 if kernel programs can be loaded and attached and tracefs can be read; else -EPERM naming the
 * missing capabilities, with the setcap line as the hint.
 */
int features_check_privileges(struct err *err);

/*
 * The same for an effective set @caps (bit = capability number); @exe is named in the hint.  Split
 * off for tests.
 */
int features_check_caps(u64 caps, const char *exe, struct err *err);

/* Effective capabilities of this thread; 0 if they cannot be read. */
u64 features_caps(void);

/* Keep only @keep (a set of bits) in this thread for good. */
int features_keep_caps(u64 keep, struct err *err);

/* CPUs that can ever come up (the size of per-CPU maps), and bytes of memory. */
u32 features_cpu_cnt(void);
u64 features_memory(void);

/* "0-3,8" -> highest number + 1; 0 if it makes no sense.  Split off for tests. */
u32 features_parse_cpu_list(const char *text);

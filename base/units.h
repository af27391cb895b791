/* base/units.h -- parse and print durations, sizes and counts as people write them. */
#pragma once

#include "base/str.h"

/* "10" (seconds), "10s" "500ms" "1m30s" "2h" "1d" "20us" "5ns" "1.5s".  -EINVAL. */
int units_parse_ns(const char *text, u64 *ret_ns);
/* "65536" "64K" "64KB" "64KiB" "1M" "2G" (powers of 1024).  -EINVAL, -ERANGE. */
int units_parse_bytes(const char *text, u64 *ret);
/*
 * Print into @out (at least 24 bytes) and return it: "1.25 s", "350 us", "2 min 5 s";
 * "12.5 MB" (powers of 1000); "12 345 678".
 */
const char *units_ns(u64 ns, char *out);
const char *units_bytes(u64 n, char *out);
const char *units_cnt(u64 n, char *out);

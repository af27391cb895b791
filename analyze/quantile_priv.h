/*
 * analyze/quantile_priv.h -- inside of quantiles: quantile.c finds them, quantile_groups.c keeps
 * the values.
 */
#pragma once

#include <stdatomic.h>

#include "analyze/quantile.h"

struct range {
	u64 lo, hi; /* inclusive, ordered */
	u64 rank; /* of the quantile, among the values of the range */
	u64 *counts;
};

struct group {
	u32 hash;
	u32 key_sz;
	char *key;
	u64 cnt, min, max; /* min, max: ordered */
	__int128 sum;
	u64 *vals; /* ordered */
	size_t val_cnt, val_cap;
	struct range *ranges; /* q_cnt; NULL before the first narrowing pass */
	s64 *at;
};

struct group_table {
	struct group **slots; /* open addressing, cap a power of two */
	struct group **list; /* by first sight */
	u32 cap, cnt;
};

struct quantiles {
	struct quantiles_opts o;
	struct group_table groups;
	atomic_ullong kept; /* values in memory, of all threads */
	atomic_bool is_over; /* too many: they are not kept */
	bool narrows; /* passes count, they do not keep */
	u32 shift_bits; /* log2 of the buckets of a range */
	u64 *counts;
};

struct quantile_thread {
	struct quantiles *q;
	struct group_table groups;
	struct group *last; /* rows of one group often follow each other */
};

u64 quantile_ordered(const struct quantiles *q, s64 v); /* as a number that compares so */
s64 quantile_plain(const struct quantiles *q, u64 v);
void quantile_count(const struct quantiles *q, struct group *g, u64 v); /* in its ranges */
void group_table_free(struct group_table *t);

/*
 * analyze/quantile.h -- exact quantiles of values by group.
 *
 * The q-quantile of n values is the smallest of them that at least ceil(q * n) values do not
 * exceed (nearest rank; the smallest value for q = 0).  q is a decimal number and taken as
 * written, so that 0.07 of 100 is 7.
 *
 * All values are kept while they are few.  Where they are too many, they are thrown away, and
 * further passes over the same values narrow the range in which each quantile lies:
 *
 *	open, add ..., close	for each thread, the closes one after the other
 *	quantiles_end_pass()	1: the same again
 *	quantiles_get()		results
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

#define QUANTILES_MAX 32

struct quantile {
	u64 num, den; /* den is a power of ten */
	char text[24]; /* as written */
};

/* "0.5".  -EINVAL: not a decimal number from 0 to 1 with at most 15 decimals. */
int quantile_parse(struct str text, struct quantile *ret, struct err *err);
/* "0.5,0.99"; at most QUANTILES_MAX, each once. */
int quantile_parse_list(const char *text, struct quantile *ret, u32 *ret_cnt, struct err *err);
/* 1 to @n, for @n > 0. */
u64 quantile_rank(const struct quantile *q, u64 n);

struct quantiles_opts {
	const struct quantile *q; /* borrowed */
	u32 q_cnt;
	bool is_signed; /* how values compare */
	u64 values_max; /* kept in memory; 0: QUANTILE_VALUES_MAX */
};

#define QUANTILE_VALUES_MAX (32u << 20)
#define QUANTILE_GROUPS_MAX (1u << 20)

struct quantile_group {
	struct str key;
	u64 cnt;
	s64 min, max, avg; /* avg: rounded towards zero */
	const s64 *at; /* q_cnt results */
};

struct quantiles;
struct quantile_thread;

int quantiles_new(const struct quantiles_opts *o, struct quantiles **ret, struct err *err);
void quantiles_free(struct quantiles *q);

/* NULL: -ENOMEM. */
struct quantile_thread *quantiles_open(struct quantiles *q, struct err *err);
/* -E2BIG: too many groups.  -ENOMEM. */
int quantiles_add(struct quantile_thread *t, struct str key, s64 val, struct err *err);
/* Frees @t in any case. */
int quantiles_close(struct quantile_thread *t, struct err *err);

/* 0: done.  1: another pass is needed.  Negative errno. */
int quantiles_end_pass(struct quantiles *q, struct err *err);

u32 quantiles_group_cnt(const struct quantiles *q);
/* In order of first sight; after the last pass.  Lives as long as @q. */
void quantiles_get(const struct quantiles *q, u32 idx, struct quantile_group *ret);

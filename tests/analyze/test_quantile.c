/*
 * tests/analyze/test_quantile.c -- nearest rank, in memory and in passes, against sorting.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "analyze/quantile.h"
#include "base/buf.h"

static struct quantile parse(const char *text)
{
	struct quantile q;

	assert_int_equal(quantile_parse(str_of(text), &q, NULL), 0);
	return q;
}

static void rank_is_of_the_decimal_number_not_of_a_double(void **state UNUSED)
{
	static const struct {
		const char *q;
		u64 n, rank;
	} rows[] = {
		{ "0.5", 1, 1 },
		{ "0.5", 2, 1 },
		{ "0.5", 3, 2 },
		{ "0.99", 100, 99 },
		{ "0.07", 100, 7 },
		{ "0.29", 100, 29 },
		{ "0.57", 100, 57 },
		{ "0.58", 100, 58 },
		{ "0", 10, 1 },
		{ "1", 10, 10 },
		{ "1.000", 10, 10 },
		{ ".5", 10, 5 },
		{ "0.999", 10, 10 },
		{ "0.000001", 10, 1 },
		{ "0.123456789012345", UINT64_MAX, 2277375791072685617ull },
		{ "1", UINT64_MAX, UINT64_MAX },
	};

	for (size_t i = 0; i < countof(rows); i++) {
		struct quantile q = parse(rows[i].q);

		assert_true(quantile_rank(&q, rows[i].n) == rows[i].rank);
	}
}

static void what_is_no_quantile_is_refused(void **state UNUSED)
{
	static const char *const bad[] = { "",
					   ".",
					   "1.1",
					   "2",
					   "-0.5",
					   "0.5x",
					   "0..5",
					   "1e-1",
					   "0x1",
					   " 0.5",
					   "0.12345678901234567",
					   "99999999999999999999999" };
	struct quantile q[QUANTILES_MAX];
	struct err err = { 0 };
	struct buf many;
	u32 n = 0;

	for (size_t i = 0; i < countof(bad); i++)
		assert_int_equal(quantile_parse(str_of(bad[i]), q, NULL), -EINVAL);
	assert_int_equal(quantile_parse_list("0.5,,1", q, &n, NULL), -EINVAL);
	assert_int_equal(quantile_parse_list("0.5,", q, &n, NULL), -EINVAL);
	assert_int_equal(quantile_parse_list("0.5,0.9,1", q, &n, NULL), 0);
	assert_int_equal(n, 3);
	assert_string_equal(q[1].text, "0.9");
	buf_init(&many, 1 << 10);
	for (u32 i = 0; i < QUANTILES_MAX; i++)
		buf_printf(&many, "0.%02u,", i);
	buf_puts(&many, "1");
	assert_int_equal(quantile_parse_list(buf_cstr(&many), q, &n, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "more than"));
	assert_int_equal(quantile_parse_list(".5,0.9,.50", q, &n, &err), -EINVAL);
	assert_string_equal(err.msg, ".50 is there twice");
	assert_int_equal(quantile_parse_list("0,1,0.0", q, &n, &err), -EINVAL);
	buf_fini(&many);
}

/* ---- against sorting ---- */

static u64 seed = 88172645463325252ull;

static u64 rng(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static bool by_sign;

static int cmp_s64(const void *a, const void *b)
{
	s64 x = *(const s64 *)a, y = *(const s64 *)b;

	if (by_sign)
		return (x > y) - (x < y);
	return ((u64)x > (u64)y) - ((u64)x < (u64)y);
}

struct data {
	s64 *vals;
	u8 *groups;
	size_t n;
	bool is_signed;
};

static void add_all(struct quantiles *qs, const struct data *d)
{
	struct quantile_thread *t[3];
	struct err err;

	for (u32 i = 0; i < countof(t); i++) {
		t[i] = quantiles_open(qs, &err);
		assert_non_null(t[i]);
	}
	for (size_t i = 0; i < d->n; i++) {
		struct str key = { (const char *)&d->groups[i], d->groups[i] ? 1 : 0 };

		assert_int_equal(quantiles_add(t[i % 3], key, d->vals[i], &err), 0);
	}
	for (u32 i = 0; i < countof(t); i++)
		assert_int_equal(quantiles_close(t[i], &err), 0);
}

static void check_group(const struct data *d, const struct quantile *q, u32 q_cnt,
			const struct quantile_group *g)
{
	u8 key = g->key.len ? (u8)g->key.s[0] : 0;
	s64 *own = malloc((d->n + 1) * sizeof(*own));
	size_t n = 0;

	for (size_t i = 0; i < d->n; i++)
		if (d->groups[i] == key)
			own[n++] = d->vals[i];
	by_sign = d->is_signed;
	qsort(own, n, sizeof(*own), cmp_s64);
	assert_int_equal(g->cnt, n);
	assert_true(g->min == own[0] && g->max == own[n - 1]);
	for (u32 k = 0; k < q_cnt; k++)
		assert_true(g->at[k] == own[quantile_rank(&q[k], n) - 1]);
	free(own);
}

/* The passes that were made. */
static int check(const struct data *d, u64 values_max)
{
	static const char *const texts[] = { "0", "0.01", "0.25", "0.5", "0.9", "0.999", "1" };
	struct quantile q[countof(texts)];
	struct quantiles_opts o = {
		.q = q, .q_cnt = countof(q), .is_signed = d->is_signed, .values_max = values_max
	};
	struct quantiles *qs;
	struct err err;
	int passes = 0, more;

	for (u32 i = 0; i < countof(q); i++)
		q[i] = parse(texts[i]);
	assert_int_equal(quantiles_new(&o, &qs, &err), 0);
	do {
		add_all(qs, d);
		passes++;
		more = quantiles_end_pass(qs, &err);
		assert_true(more >= 0);
	} while (more);
	for (u32 i = 0; i < quantiles_group_cnt(qs); i++) {
		struct quantile_group g;

		quantiles_get(qs, i, &g);
		check_group(d, q, countof(q), &g);
	}
	quantiles_free(qs);
	return passes;
}

static s64 value_of(int kind, size_t i)
{
	switch (kind) {
	case 0:
		return (s64)rng(); /* all 64 bits */
	case 1:
		return 7; /* all the same */
	case 2:
		return (s64)(rng() % 3) - 1;
	case 3:
		return (s64)(rng() >> (rng() % 64)); /* skewed */
	case 4:
		return (s64)i * 1000003;
	default:
		return rng() % 2 ? INT64_MIN : INT64_MAX;
	}
}

static void quantiles_equal_those_of_sorting(void **state UNUSED)
{
	enum { N = 20000 };
	struct data d = { .n = N };

	d.vals = malloc(N * sizeof(*d.vals));
	d.groups = malloc(N);
	for (int kind = 0; kind < 12; kind++) {
		for (size_t i = 0; i < N; i++) {
			d.vals[i] = value_of(kind / 2, i);
			d.groups[i] = i < 3 ? 9 : (u8)(rng() % 4);
		}
		d.is_signed = kind % 2;
		assert_int_equal(check(&d, 0), 1);
		/* too many to keep: the rest of the passes narrow */
		assert_in_range(check(&d, 1000), kind / 2 == 1 ? 1 : 2, 8);
	}
	free(d.vals);
	free(d.groups);
}

static void one_value_is_every_quantile(void **state UNUSED)
{
	s64 v = -5;
	u8 group = 0;
	struct data d = { &v, &group, 1, true };

	assert_int_equal(check(&d, 0), 1);
	assert_int_equal(check(&d, 1), 1);
}

static void average_does_not_overflow_and_rounds_towards_zero(void **state UNUSED)
{
	struct quantiles_opts o = { .is_signed = true };
	struct quantile_group g;
	struct quantiles *qs;
	struct quantile_thread *t;
	struct err err;

	assert_int_equal(quantiles_new(&o, &qs, &err), 0);
	t = quantiles_open(qs, &err);
	for (int i = 0; i < 4; i++)
		assert_int_equal(quantiles_add(t, STR("a"), INT64_MAX, &err), 0);
	assert_int_equal(quantiles_add(t, STR("b"), -3, &err), 0);
	assert_int_equal(quantiles_add(t, STR("b"), 0, &err), 0);
	assert_int_equal(quantiles_close(t, &err), 0);
	assert_int_equal(quantiles_end_pass(qs, &err), 0);
	quantiles_get(qs, 0, &g);
	assert_true(g.avg == INT64_MAX);
	quantiles_get(qs, 1, &g);
	assert_int_equal(g.avg, -1);
	quantiles_free(qs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rank_is_of_the_decimal_number_not_of_a_double),
		cmocka_unit_test(what_is_no_quantile_is_refused),
		cmocka_unit_test(quantiles_equal_those_of_sorting),
		cmocka_unit_test(one_value_is_every_quantile),
		cmocka_unit_test(average_does_not_overflow_and_rounds_towards_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

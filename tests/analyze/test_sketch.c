/*
 * tests/analyze/test_sketch.c -- tseries(), quantile(), distinct(): what they say of known values,
 * and that values spread over states in any way give the state of all of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/agg.h"
#include "analyze/sketch.h"

#define STATES 5
#define VALUES 20000

static const struct type quantile = { .kind = TYPE_AGG,
				      .size = 8,
				      .agg = AGG_QUANTILE,
				      .is_signed = true,
				      .q_cnt = 1,
				      .q = { 500000 } };
static const struct type distinct = { .kind = TYPE_AGG, .size = 8, .agg = AGG_DISTINCT };

static u64 seed;

static u64 draw(void)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return seed >> 33;
}

static struct type series(enum tseries_func f, u32 num)
{
	return (struct type){ .kind = TYPE_AGG,
			      .size = 8,
			      .agg = AGG_TSERIES,
			      .is_signed = true,
			      .ts_interval = 1000,
			      .ts_num = num,
			      .ts_func = f };
}

static int cmp_s64(const void *a, const void *b)
{
	s64 x = *(const s64 *)a, y = *(const s64 *)b;

	return x < y ? -1 : x > y;
}

/* Nearest rank, by sorting. */
static s64 true_quantile(const s64 *v, u32 n, u32 q)
{
	static s64 sorted[VALUES];
	u64 rank = ((u64)n * q + 999999) / 1000000;

	memcpy(sorted, v, n * sizeof(*v));
	qsort(sorted, n, sizeof(*sorted), cmp_s64);
	return sorted[rank ? rank - 1 : 0];
}

static void check_quantiles(const s64 *v, u32 n)
{
	static const u32 qs[] = { 0, 1, 250000, 500000, 900000, 999999, 1000000 };
	struct agg a = { 0 };

	for (u32 i = 0; i < n; i++)
		assert_int_equal(agg_add(&a, &quantile, v[i]), 0);
	for (u32 i = 0; i < countof(qs); i++) {
		s64 want = true_quantile(v, n, qs[i]),
		    got = quantile_at(&quantile, a.sketch, qs[i]);
		u64 off = got > want ? (u64)got - (u64)want : (u64)want - (u64)got;
		u64 size = want < 0 ? 0 - (u64)want : (u64)want;

		assert_true(n > QUANTILE_EXACT_MAX ? off <= size / 256 + 1 : off == 0);
	}
	agg_fini(&a);
}

static void quantiles_are_exact_while_few_and_near_when_many(void **state UNUSED)
{
	static s64 v[VALUES];

	for (u32 round = 0; round < 4; round++) {
		seed = round + 1;
		for (u32 i = 0; i < VALUES; i++) {
			s64 x = (s64)(draw() >> (draw() % 31)) * (round % 2 ? 1 : 1000003);

			v[i] = draw() % 3 ? x : -x;
		}
		v[7] = INT64_MIN;
		v[11] = INT64_MAX;
		check_quantiles(v, 1);
		check_quantiles(v, 100);
		check_quantiles(v, QUANTILE_EXACT_MAX);
		check_quantiles(v, QUANTILE_EXACT_MAX + 1);
		check_quantiles(v, VALUES);
	}
}

static void distinct_is_exact_while_few_and_near_when_many(void **state UNUSED)
{
	for (u64 n = 1; n < 3000000; n *= 3) {
		struct agg a = { 0 };
		s64 got;

		for (u64 i = 0; i < n; i++)
			assert_int_equal(agg_add(&a, &distinct, (s64)(i * 4096)), 0);
		for (u64 i = 0; i < n; i += 2) /* again */
			assert_int_equal(agg_add(&a, &distinct, (s64)(i * 4096)), 0);
		got = agg_read(&a, &distinct);
		if (n <= DISTINCT_EXACT_MAX)
			assert_int_equal(got, n);
		else /* three standard errors */
			assert_in_range(got, n - n * 5 / 100, n + n * 5 / 100);
		assert_true(sketch_size(&distinct, a.sketch) <= 40000);
		agg_fini(&a);
	}
}

static void add(struct agg *a, const struct type *t, s64 v, s64 at)
{
	assert_int_equal(agg_add_at(a, t, v, at), 0);
}

static void assert_same(const struct type *t, struct agg *a, struct agg *b)
{
	u32 na, nb;
	const struct tseries_slot *x, *y;

	assert_int_equal(a->cnt, b->cnt);
	if (t->agg != AGG_TSERIES) {
		for (u32 q = 0; q <= 1000000; q += 25000)
			if (t->agg == AGG_QUANTILE)
				assert_int_equal(quantile_at(t, a->sketch, q),
						 quantile_at(t, b->sketch, q));
		assert_int_equal(agg_read(a, t), agg_read(b, t));
		return;
	}
	x = tseries_slots(a->sketch, &na);
	y = tseries_slots(b->sketch, &nb);
	assert_int_equal(na, nb);
	for (u32 i = 0; i < na; i++) {
		assert_int_equal(x[i].epoch, y[i].epoch);
		assert_int_equal(x[i].cnt, y[i].cnt);
		assert_int_equal(tseries_value(t, &x[i]), tseries_value(t, &y[i]));
	}
}

/* Values in order into one state, and each into one of several, merged in some order. */
static void check_split(const struct type *t, u32 n)
{
	struct agg whole = { 0 }, parts[STATES] = { 0 }, merged = { 0 };
	u32 first = draw() % STATES;

	for (u32 i = 0; i < n; i++) {
		s64 v = (s64)(draw() % (1 + n / 2)) - (s64)(n / 8);
		s64 at = (s64)i * (s64)(1 + n % 300);

		add(&whole, t, v, at);
		add(&parts[draw() % (1 + n % STATES)], t, v, at);
	}
	for (u32 i = 0; i < STATES; i++)
		assert_int_equal(agg_merge(&merged, t, &parts[(first + i) % STATES]), 0);
	assert_same(t, &whole, &merged);
	for (u32 i = 0; i < STATES; i++)
		agg_fini(&parts[i]);
	agg_fini(&whole);
	agg_fini(&merged);
}

static void values_split_in_any_way_give_the_same(void **state UNUSED)
{
	for (u32 round = 0; round < 60; round++) {
		u32 n = 1;

		seed = round * 77 + 5;
		n = 1 + draw() % (round % 3 ? 200 : 9000);
		check_split(&quantile, n);
		check_split(&distinct, n);
		for (u32 f = 0; f < TSERIES_FUNC_CNT; f++) {
			struct type t = series((enum tseries_func)f, 1 + draw() % 50);

			check_split(&t, n);
		}
	}
}

static void a_series_keeps_the_last_intervals(void **state UNUSED)
{
	struct type t = series(TSERIES_LAST, 3);
	const struct tseries_slot *s;
	struct agg a = { 0 };
	u32 n;

	add(&a, &t, 1, 500);
	add(&a, &t, 2, 900);
	add(&a, &t, 3, 1000);
	add(&a, &t, 4, 2999);
	s = tseries_slots(a.sketch, &n);
	assert_int_equal(n, 3);
	assert_int_equal(s[0].epoch, 0);
	assert_int_equal(tseries_value(&t, &s[0]), 2);
	add(&a, &t, 5, 4000); /* 0 and 1 fall off, 3 has no value */
	add(&a, &t, 6, 1500); /* too old */
	s = tseries_slots(a.sketch, &n);
	assert_int_equal(n, 2);
	assert_int_equal(s[0].epoch, 2);
	assert_int_equal(s[1].epoch, 4);
	add(&a, &t, 7, -1);
	assert_int_equal(a.cnt, 7);
	for (s64 i = 5; i < 10000; i++) /* memory stays */
		add(&a, &t, i, i * 1000);
	assert_true(tseries_size(a.sketch) < 2000);
	agg_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles_are_exact_while_few_and_near_when_many),
		cmocka_unit_test(distinct_is_exact_while_few_and_near_when_many),
		cmocka_unit_test(values_split_in_any_way_give_the_same),
		cmocka_unit_test(a_series_keeps_the_last_intervals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

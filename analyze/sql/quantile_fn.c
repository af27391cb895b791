/*
 * quantile(x, q) and median(x): aggregate functions with the exact quantile by nearest rank.
 *
 * Values are kept as integers that compare as the values do; at the first REAL those that are there
 * become REAL too.  NULL is no value, and a text that is no number is an error.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "analyze/quantile.h"
#include "analyze/sql/sql_priv.h"

#define VALUES_MAX ((size_t)64 << 20)

struct state {
	s64 *vals;
	size_t cnt, cap;
	struct quantile q;
	double q_val; /* what all rows have to give */
	bool has_q, is_real, is_failed;
};

/* Doubles compare as these do (there are no NaNs in sqlite). */
static s64 ordered_of(double d)
{
	s64 v;

	memcpy(&v, &d, sizeof(v));
	return v < 0 ? v ^ INT64_MAX : v;
}

static double real_of(s64 v)
{
	double d;

	v = v < 0 ? v ^ INT64_MAX : v;
	memcpy(&d, &v, sizeof(d));
	return d;
}

static void fail(sqlite3_context *ctx, struct state *s, const char *text)
{
	if (!s || !s->is_failed)
		sqlite3_result_error(ctx, text, -1);
	if (s)
		s->is_failed = true;
}

/* As sqlite writes numbers, small ones have an exponent. */
static bool parse_q(struct state *s, sqlite3_value *v)
{
	const char *text;
	char plain[32];

	if (sqlite3_value_type(v) == SQLITE_FLOAT) {
		s->q_val = sqlite3_value_double(v);
		if (!(s->q_val >= 0 && s->q_val <= 1))
			return false;
		snprintf(plain, sizeof(plain), "%.15f", s->q_val);
		return !quantile_parse(str_of(plain), &s->q, NULL);
	}
	text = (const char *)sqlite3_value_text(v);
	if (!text || quantile_parse(str_of(text), &s->q, NULL))
		return false;
	s->q_val = sqlite3_value_double(v);
	return true;
}

static const char *set_q(struct state *s, sqlite3_value *v)
{
	if (s->has_q)
		return sqlite3_value_type(v) == SQLITE_NULL ||
				       sqlite3_value_double(v) != s->q_val ?
			       "quantile(x, q): q must be the same in all rows" :
			       NULL;
	s->has_q = true;
	return parse_q(s, v) ? NULL : "quantile(x, q): q must be a number from 0 to 1";
}

static const char *set_half(struct state *s)
{
	if (s->has_q)
		return NULL;
	s->has_q = true;
	return quantile_parse(STR("0.5"), &s->q, NULL) ? "median(x)" : NULL;
}

static bool make_room(struct state *s)
{
	size_t cap = s->cap ? s->cap * 2 : 64;
	s64 *vals;

	if (s->cnt < s->cap)
		return true;
	vals = cap > VALUES_MAX ? NULL : realloc(s->vals, cap * sizeof(*vals));
	if (!vals)
		return false;
	s->vals = vals;
	s->cap = cap;
	return true;
}

static void become_real(struct state *s)
{
	for (size_t i = 0; !s->is_real && i < s->cnt; i++)
		s->vals[i] = ordered_of((double)s->vals[i]);
	s->is_real = true;
}

static void step(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct state *s = sqlite3_aggregate_context(ctx, sizeof(*s));
	int type = sqlite3_value_numeric_type(argv[0]);
	const char *wrong;

	if (!s || s->is_failed)
		return;
	wrong = argc > 1 ? set_q(s, argv[1]) : set_half(s);
	if (wrong) {
		fail(ctx, s, wrong);
		return;
	}
	if (type == SQLITE_NULL)
		return;
	if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) {
		fail(ctx, s, "quantile(x, q): x must be a number");
		return;
	}
	if (!make_room(s)) {
		fail(ctx, s, "quantile(x, q): more values than memory is to hold");
		return;
	}
	if (type == SQLITE_FLOAT)
		become_real(s);
	s->vals[s->cnt++] = s->is_real ? ordered_of(sqlite3_value_double(argv[0])) :
					 sqlite3_value_int64(argv[0]);
}

static int cmp_vals(const void *a, const void *b)
{
	s64 x = *(const s64 *)a, y = *(const s64 *)b;

	return (x > y) - (x < y);
}

static void finish(sqlite3_context *ctx)
{
	struct state *s = sqlite3_aggregate_context(ctx, 0);
	s64 v;

	if (!s)
		return;
	if (s->cnt && !s->is_failed) {
		qsort(s->vals, s->cnt, sizeof(*s->vals), cmp_vals);
		v = s->vals[quantile_rank(&s->q, s->cnt) - 1];
		if (s->is_real)
			sqlite3_result_double(ctx, real_of(v));
		else
			sqlite3_result_int64(ctx, v);
	}
	free(s->vals);
}

int sql_add_functions(sqlite3 *db)
{
	const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
	int rc = sqlite3_create_function(db, "quantile", 2, flags, NULL, NULL, step, finish);

	return rc ? rc : sqlite3_create_function(db, "median", 1, flags, NULL, NULL, step, finish);
}

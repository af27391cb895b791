/*
 * lang/check_sketch.c -- parameters of tseries() and quantile(): all written out, for one map has
 * one set of them.
 */
#include <string.h>

#include "lang/check_priv.h"

#define MILLION 1000000

static bool literal(struct check *ck, struct node *arg, const char *what, s64 min, s64 max)
{
	check_expr(ck, arg);
	if (arg->kind != NODE_INT) {
		ck_error(ck, arg->span, "%s must be a number written out here", what);
		return false;
	}
	if (arg->integer.val >= min && arg->integer.val <= max)
		return true;
	ck_error(ck, arg->span, "%s must be %lld to %lld", what, (long long)min, (long long)max);
	return false;
}

static bool read_func(struct check *ck, struct node *arg, enum tseries_func *ret)
{
	static const char *const names[] = { [TSERIES_AVG] = "avg",
					     [TSERIES_MAX] = "max",
					     [TSERIES_MIN] = "min",
					     [TSERIES_SUM] = "sum" };

	check_expr(ck, arg);
	for (u32 i = TSERIES_AVG; i < countof(names); i++) {
		if (arg->kind == NODE_STR && str_is(arg->text.s, names[i])) {
			*ret = (enum tseries_func)i;
			return true;
		}
	}
	ck_error(ck, arg->span,
		 "the function of tseries() must be \"avg\", \"max\", \"min\" or "
		 "\"sum\"");
	return false;
}

bool check_tseries(struct check *ck, struct node *call, struct type *t)
{
	struct node *ns = call->call.args->next, *num = ns->next, *rest = num->next;
	bool ok = literal(ck, ns, "the interval of tseries()", 1, INT64_MAX);

	ok = literal(ck, num, "the number of intervals of tseries()", 1, TSERIES_NUM_MAX) && ok;
	if (rest && rest->next)
		ok = read_func(ck, rest, &t->ts_func) && ok;
	for (; rest; rest = rest->next) /* the last one is the time */
		if (!rest->next)
			check_expr(ck, rest);
	if (!ok)
		return false;
	t->ts_interval = ns->integer.val;
	t->ts_num = (u32)num->integer.val;
	return true;
}

/* "99.9" in millionths of one hundred per cent. */
static bool parse_percent(struct str s, u32 *ret)
{
	u32 v = 0, unit = MILLION / 100;
	size_t i = 0;

	for (; i < s.len && s.s[i] >= '0' && s.s[i] <= '9' && v <= MILLION; i++)
		v = v * 10 + (u32)(s.s[i] - '0') * unit;
	if (!i || v > MILLION || (i < s.len && s.s[i++] != '.'))
		return false;
	for (; i < s.len && s.s[i] >= '0' && s.s[i] <= '9' && unit >= 10; i++) {
		unit /= 10;
		v += (u32)(s.s[i] - '0') * unit;
	}
	*ret = v;
	return i == s.len && v <= MILLION;
}

static bool read_percent(struct check *ck, struct node *arg, u32 *ret)
{
	check_expr(ck, arg);
	if (arg->kind == NODE_INT && arg->integer.val >= 0 && arg->integer.val <= 100) {
		*ret = (u32)arg->integer.val * (MILLION / 100);
		return true;
	}
	if (arg->kind == NODE_STR && parse_percent(arg->text.s, ret))
		return true;
	ck_hint(ck,
		ck_error(ck, arg->span,
			 "a quantile is a percentage from 0 to 100 written out here"),
		"99, or \"99.9\" with at most four decimals");
	return false;
}

bool check_quantile(struct check *ck, struct node *call, struct type *t)
{
	static const u32 usual[] = { 500000, 900000, 990000 };
	struct node *arg = call->call.args->next;

	if (!arg) {
		memcpy(t->q, usual, sizeof(usual));
		t->q_cnt = countof(usual);
	}
	for (; arg && t->q_cnt < AGG_QUANTILES_MAX; arg = arg->next)
		if (!read_percent(ck, arg, &t->q[t->q_cnt++]))
			return false;
	return true;
}

/*
 * lang/check_agg.c -- aggregations: the state that @m = f(...) keeps.
 */
#include "lang/check_priv.h"
#include "lang/packed.h"

#define LHIST_BUCKETS_MAX 1000

static bool literal_arg(struct check *ck, struct node *call, struct node *arg, const char *what,
			s64 *ret)
{
	check_expr(ck, arg);
	if (arg->kind != NODE_INT) {
		ck_error(ck, arg->span, "the %s of %s() must be a number written out here", what,
			 call->call.name);
		return false;
	}
	*ret = arg->integer.val;
	return true;
}

static bool read_lhist(struct check *ck, struct node *call, struct type *t)
{
	struct node *min = call->call.args->next, *max = min->next, *step = max->next;
	bool ok = literal_arg(ck, call, min, "minimum", &t->lhist_min);

	ok = literal_arg(ck, call, max, "maximum", &t->lhist_max) && ok;
	ok = literal_arg(ck, call, step, "step", &t->lhist_step) && ok;
	if (!ok)
		return false;
	if (t->lhist_min < 0) {
		ck_error(ck, min->span, "the minimum of lhist() must not be negative");
		return false;
	}
	if (t->lhist_max <= t->lhist_min) {
		ck_error(ck, max->span,
			 "the maximum of lhist() must be greater than the minimum, %lld",
			 (long long)t->lhist_min);
		return false;
	}
	if (t->lhist_step < 1) {
		ck_error(ck, step->span, "the step of lhist() must be at least 1");
		return false;
	}
	if (t->lhist_step > t->lhist_max - t->lhist_min) {
		ck_error(ck, step->span, "the step of lhist() is larger than the range of %lld",
			 (long long)(t->lhist_max - t->lhist_min));
		return false;
	}
	if ((t->lhist_max - t->lhist_min) / t->lhist_step > LHIST_BUCKETS_MAX) {
		ck_error(ck, call->span, "lhist() would need %lld buckets; at most %d are kept",
			 (long long)((t->lhist_max - t->lhist_min) / t->lhist_step),
			 LHIST_BUCKETS_MAX);
		return false;
	}
	return true;
}

static bool read_hist(struct check *ck, struct node *call, struct type *t)
{
	struct node *k = call->call.args->next;
	s64 v = 0;

	if (!k)
		return true;
	if (!literal_arg(ck, call, k, "second argument", &v))
		return false;
	if (v < 0 || v > 5) {
		ck_error(ck, k->span, "the second argument of hist() must be 0 to 5");
		return false;
	}
	t->hist_k = v;
	return true;
}

/* The value that is aggregated.  Of distinct() any; of others a number. */
static const struct type *check_what(struct check *ck, struct node *call)
{
	const struct builtin *b = call->call.b;
	const struct type *t;

	if (b->id != BI_DISTINCT) {
		t = check_value(ck, call->call.args);
		if (is_known(t) && t->kind == TYPE_FLOAT)
			return float_agg(ck, call->call.args, b) ? t : &type_unknown;
		return check_int(ck, call->call.args,
				 arena_printf(ck->a, "the argument of %s()", b->name));
	}
	t = check_value(ck, call->call.args);
	if (!is_known(t) || t->kind == TYPE_STR || t->kind == TYPE_BUF || t->kind == TYPE_INET ||
	    t->kind == TYPE_MAC || t->kind == TYPE_TUPLE || packed_is_word(t))
		return t;
	ck_error(ck, call->call.args->span, "distinct() takes no value of type %s",
		 ck_type_text(ck, t));
	return &type_unknown;
}

static bool read_more(struct check *ck, struct node *call, struct type *t)
{
	switch (call->call.b->id) {
	case BI_LHIST:
		return read_lhist(ck, call, t);
	case BI_HIST:
		return read_hist(ck, call, t);
	case BI_TSERIES:
		return check_tseries(ck, call, t);
	case BI_QUANTILE:
		return check_quantile(ck, call, t);
	default:
		return true;
	}
}

const struct type *check_agg(struct check *ck, struct node *call)
{
	const struct builtin *b = call->call.b;
	struct type *t = arena_new(ck->a, struct type);
	const struct type *arg = NULL;
	bool ok = true;

	if (!t)
		return &type_unknown;
	*t = (struct type){ .kind = TYPE_AGG, .size = 8, .agg = (enum agg_kind)(b->id - BI_COUNT) };
	if (b->max_args > 0) {
		arg = check_what(ck, call);
		ok = is_known(arg);
	}
	ok = read_more(ck, call, t) && ok;
	if (!ok)
		return &type_unknown;
	t->elem = b->id == BI_DISTINCT ? NULL : arg;
	/* A literal counts as signed here: sum(1) may be followed by sum(-1). */
	t->is_signed = t->elem && arg->kind == TYPE_INT && arg->is_signed;
	call->type = t;
	return t;
}

/*
 * lang/check_action.c -- calls that do something: printf, print, clear, time, join, exit, emit.
 *
 * In the last run each call of an instance gets an entry in the table of actions.
 */
#include <errno.h>
#include <string.h>

#include "lang/check_priv.h"
#include "lang/printf_fmt.h"
#include "lang/signals.h"
#include "lang/value_text.h"

/* ---- the table ---- */

struct action *ck_new_action(struct check *ck, const struct builtin *b, struct node *n)
{
	struct action *act = arena_new(ck->a, struct action);
	struct action **slot = act ? vec_push(&ck->actions) : NULL;

	if (!slot) {
		ck_limit(ck, n->span, "too many actions: a script has at most %d", ACTIONS_MAX);
		return NULL;
	}
	*slot = act;
	act->idx = ck->actions.n - 1;
	act->b = b;
	act->call = n;
	act->span = ck->d->map ? span_map_back(ck->d->map, n->span) : n->span;
	return act;
}

static struct action *add_action(struct check *ck, struct node *n)
{
	struct action *act = ck_new_action(ck, n->call.b, n);

	if (act)
		n->call.action = act->idx;
	return act;
}

/* Note @list (all of it) as the values passed at run time. */
static void set_values(struct check *ck, struct action *act, struct node *list)
{
	u32 n = 0;

	for (const struct node *a = list; a; a = a->next)
		n++;
	act->args = arena_new_n(ck->a, struct node *, n + 1);
	act->arg_types = arena_new_n(ck->a, const struct type *, n + 1);
	if (!act->args || !act->arg_types)
		return;
	for (; list; list = list->next) {
		act->args[act->arg_cnt] = list;
		act->arg_types[act->arg_cnt++] = lit_plain(list->type);
	}
}

/* ---- printf ---- */

static bool piece_takes(const struct fmt_piece *pc, const struct type *t)
{
	switch (pc->conv) {
	case FMT_INT:
	case FMT_CHAR:
	case FMT_PTR:
	case FMT_GFP:
		return type_is_num(t);
	case FMT_FLOAT:
		return t->kind == TYPE_FLOAT || t->kind == TYPE_INT;
	case FMT_BUF:
		return t->kind == TYPE_BUF || t->kind == TYPE_STR || t->kind == TYPE_INET;
	default:
		return true;
	}
}

static const char *hint_for(const struct fmt_piece *pc, const struct type *t)
{
	if (pc->conv == FMT_BUF)
		return "%r prints bytes: buf(ptr, n)";
	return t->kind == TYPE_FLOAT ? "%f, %e and %g print it; a cast makes an integer: (int64)x" :
				       "%s prints any value";
}

static const char *conv_text(struct check *ck, const struct fmt_piece *pc)
{
	if (pc->conv == FMT_BUF && pc->letter != 'r')
		return arena_printf(ck->a, "%%r%c", pc->letter);
	return pc->conv == FMT_GFP ? "%gr" : arena_printf(ck->a, "%%%c", pc->letter);
}

/* A width is a number; the argument behind it. */
static struct node *match_star(struct check *ck, struct node *arg, bool is_given, const char *what)
{
	if (!is_given || !arg)
		return arg;
	if (is_known(arg->type) && arg->type->kind != TYPE_INT)
		ck_error(ck, arg->span, "a %s must be an integer, not %s", what,
			 ck_type_text(ck, arg->type));
	return arg->next;
}

static void match_pieces(struct check *ck, struct node *n, const struct fmt_piece *pieces, u32 cnt)
{
	struct node *arg = n->call.args->next;

	for (u32 i = 0; i < cnt && arg; i++) {
		const struct type *t;

		if (pieces[i].conv == FMT_TEXT)
			continue;
		arg = match_star(ck, arg, pieces[i].width_arg, "width");
		arg = match_star(ck, arg, pieces[i].prec_arg, "precision");
		if (!arg)
			break;
		t = arg->type;
		if (is_known(t) && !piece_takes(&pieces[i], t))
			ck_hint(ck,
				ck_error(ck, arg->span, "%s does not print %s",
					 conv_text(ck, &pieces[i]), ck_type_text(ck, t)),
				"%s", hint_for(&pieces[i], t));
		arg = arg->next;
	}
}

/* The first '%' that is no conversion and looks as if one was meant; 0: there is none. */
static char odd_conversion(struct str fmt)
{
	for (size_t i = 0; i + 1 < fmt.len; i++) {
		char c = fmt.s[i + 1];

		if (fmt.s[i] != '%')
			continue;
		if (strchr("bBCDHIJkKmMnNOPqQRSTUvVwWyYZ", c))
			return c;
		i += c == '%';
	}
	return '\0';
}

static void count_differs(struct check *ck, struct node *n, u32 want)
{
	char odd = odd_conversion(n->call.args->text.s);
	struct diag *g;

	g = ck_error(ck, n->span, "the format takes %u value%s, %d %s given", want,
		     want == 1 ? "" : "s", n->call.arg_cnt - 1,
		     n->call.arg_cnt == 2 ? "is" : "are");
	if (odd)
		ck_hint(ck, g, "%%%c is no conversion and prints as it is; write %%%% for a "
			"percent sign", odd);
}

void check_printf(struct check *ck, struct node *n)
{
	struct fmt_piece *pieces = NULL;
	u32 cnt = 0, want = 0;
	struct fmt_error fe;
	struct action *act;
	bool ok = check_call_args(ck, n);
	struct node *fmt = n->call.args;
	int rc;

	if (fmt->kind != NODE_STR)
		return;
	rc = printf_fmt_parse(fmt->text.s, ck->a, &pieces, &cnt, &want, &fe);
	if (rc == -EINVAL)
		ck_hint(ck, ck_error(ck, fmt->span, "%s", fe.msg),
			"%%d %%u %%x %%o %%c %%p %%s %%r %%f %%e %%g are");
	if (rc)
		return;
	if (want != (u32)n->call.arg_cnt - 1 &&
	    printf_fmt_take_stars(pieces, cnt) != (u32)n->call.arg_cnt - 1) {
		count_differs(ck, n, want);
		return;
	}
	match_pieces(ck, n, pieces, cnt);
	act = ck->is_final && ok ? add_action(ck, n) : NULL;
	if (!act)
		return;
	act->fmt = fmt->text.s;
	act->pieces = pieces;
	act->piece_cnt = cnt;
	set_values(ck, act, fmt->next);
}

/* ---- print, clear, zero ---- */

static bool literal(struct check *ck, struct node *arg, const char *what, s64 *ret)
{
	if (!arg)
		return true;
	check_expr(ck, arg);
	if (arg->kind != NODE_INT) {
		ck_error(ck, arg->span, "%s of print() must be a number written out here", what);
		return false;
	}
	*ret = arg->integer.val < 0 ? 0 : arg->integer.val;
	return true;
}

/* A map that is acted on as a whole. */
static bool whole_map(struct check *ck, struct node *n, struct node *m)
{
	const struct map_info *info = m->map.info;

	if (!info)
		return false;
	m->type = info->val;
	if (info->is_written || ck->is_partial)
		return true;
	ck_hint_maps(ck,
		     ck_error(ck, m->span, "%s is never assigned: there is nothing to %s",
			      info->name, n->call.name),
		     info->name);
	return false;
}

static bool read_order(struct check *ck, struct node *arg, enum print_order *ret)
{
	static const char *const names[ORDER_CNT] = {
		[ORDER_VALUE] = "value", [ORDER_VALUE_DESC] = "value desc",
		[ORDER_KEY] = "key", [ORDER_KEY_DESC] = "key desc",
	};

	if (!arg)
		return true;
	check_expr(ck, arg);
	for (u32 i = 0; i < ORDER_CNT; i++) {
		if (arg->kind == NODE_STR && str_is(arg->text.s, names[i])) {
			*ret = (enum print_order)i;
			return true;
		}
	}
	ck_error(ck, arg->span,
		 "the order of print() is \"value\", \"value desc\", \"key\" or \"key desc\"");
	return false;
}

/* print(@m[k]) of a stats(): the runtime looks it up. */
static void print_entry(struct check *ck, struct node *n)
{
	struct node *m = n->call.args;
	struct action *act;

	check_map_key(ck, m);
	m->type = m->map.info->val;
	act = ck->is_final ? add_action(ck, n) : NULL;
	if (!act)
		return;
	act->entry_of = m->map.info;
	set_values(ck, act, m->map.key);
}

static bool is_entry(const struct node *n)
{
	const struct map_info *m = n->kind == NODE_MAP && n->map.key ? n->map.info : NULL;

	return m && m->val && m->val->kind == TYPE_AGG &&
	       (m->val->agg == AGG_STATS || m->val->agg == AGG_QUANTILE);
}

static void print_map(struct check *ck, struct node *n)
{
	struct node *m = n->call.args, *top = m->next, *div = top ? top->next : NULL;
	enum print_order order = ORDER_VALUE;
	s64 top_n = 0, div_n = 0;
	struct action *act;
	bool ok = whole_map(ck, n, m);

	ok = literal(ck, top, "the number of entries", &top_n) && ok;
	ok = literal(ck, div, "the divisor", &div_n) && ok;
	ok = read_order(ck, div ? div->next : NULL, &order) && ok;
	act = ck->is_final && ok ? add_action(ck, n) : NULL;
	if (!act)
		return;
	act->map = m->map.info;
	act->top = top_n;
	act->div = div_n;
	act->order = order;
}

static void check_print(struct check *ck, struct node *n)
{
	struct node *first = n->call.args;
	struct action *act;
	const struct type *t;

	if (first->kind == NODE_MAP && !first->map.key) {
		print_map(ck, n);
		return;
	}
	if (first->next) {
		ck_hint(ck,
			ck_error(ck, first->next->span,
				 "only a whole map is printed with more arguments"),
			"%s", n->call.b->signature);
		return;
	}
	if (is_entry(first)) {
		print_entry(ck, n);
		return;
	}
	t = check_value(ck, first);
	act = ck->is_final && is_known(t) ? add_action(ck, n) : NULL;
	if (act)
		set_values(ck, act, first);
}

static void check_clear(struct check *ck, struct node *n)
{
	struct node *m = n->call.args;
	struct action *act;

	if (!check_call_args(ck, n) || !whole_map(ck, n, m))
		return;
	act = ck->is_final ? add_action(ck, n) : NULL;
	if (act)
		act->map = m->map.info;
}

/* ---- the others ---- */

static void check_time(struct check *ck, struct node *n)
{
	struct action *act;

	if (!check_call_args(ck, n))
		return;
	act = ck->is_final ? add_action(ck, n) : NULL;
	if (act)
		act->fmt = n->call.args ? n->call.args->text.s : STR("%H:%M:%S\n");
}

/* The value passed is the list of strings; args[0] is the node of the address. */
static void check_join(struct check *ck, struct node *n)
{
	struct node *argv = n->call.args, *sep = argv->next;
	struct action *act;

	if (!check_call_args(ck, n))
		return;
	act = ck->is_final ? add_action(ck, n) : NULL;
	if (!act)
		return;
	act->fmt = sep ? sep->text.s : STR(" ");
	set_values(ck, act, argv);
	act->arg_cnt = 1; /* the separator is no value */
}

static void check_exit(struct check *ck, struct node *n)
{
	struct action *act;

	if (!check_call_args(ck, n))
		return;
	act = ck->is_final ? add_action(ck, n) : NULL;
	if (act)
		set_values(ck, act, n->call.args);
}

static void check_emit(struct check *ck, struct node *n)
{
	struct action *act;
	bool ok = true;

	for (struct node *arg = n->call.args; arg; arg = arg->next)
		ok = is_known(check_value(ck, arg)) && ok;
	act = ck->is_final && ok ? add_action(ck, n) : NULL;
	if (act)
		set_values(ck, act, n->call.args);
}

/* ---- what the recorder does ---- */

static bool is_of_task(const struct check *ck)
{
	for (u32 i = 0; i < ck->in->probe_cnt; i++) {
		enum probe_kind k = ck->in->probes[i]->kind;

		if (k == PROBE_BEGIN || k == PROBE_END || k == PROBE_INTERVAL)
			return false;
	}
	return true;
}

/* "KILL", "SIGKILL" and 9 are the same. */
static bool signal_number(struct check *ck, struct node *arg)
{
	s64 nr = arg->kind == NODE_STR ? signal_find(arg->text.s) :
		 arg->kind == NODE_INT ? arg->integer.val :
					 1;

	if (arg->kind == NODE_STR && nr > 0) {
		node_become(arg, NODE_INT);
		arg->integer.val = nr;
	}
	if (nr >= 1 && nr <= SIGNAL_MAX)
		return is_known(check_int(ck, arg, "the signal"));
	ck_hint(ck, ck_error(ck, arg->span, "%s is no signal", source_quote(ck, arg->span)),
		"signal(\"KILL\"), signal(\"SIGKILL\") or signal(9)");
	return false;
}

static void check_signal(struct check *ck, struct node *n)
{
	struct action *act;

	if (!is_of_task(ck)) {
		ck_error(ck, n->span, "%s is no event of a process that %s() could mean",
			 ck->in->probes[0]->name, n->call.b->name);
		return;
	}
	if (!signal_number(ck, n->call.args))
		return;
	act = ck->is_final ? add_action(ck, n) : NULL;
	if (act)
		set_values(ck, act, n->call.args);
}

/* The recorder formats them: what only the analyzer can name is none of its. */
static bool has_plain_args(struct check *ck, struct node *n)
{
	bool ok = true;

	for (struct node *arg = n->call.args->next; arg; arg = arg->next) {
		const struct type *t = arg->type;

		if (!t || !is_known(t) || value_text_knows(t))
			continue;
		ck_error(ck, arg->span, "%s() cannot take a value of type %s: it is done when "
			 "recorded", n->call.name, ck_type_text(ck, t));
		ok = false;
	}
	return ok;
}

static void check_deed(struct check *ck, struct node *n)
{
	check_printf(ck, n);
	has_plain_args(ck, n);
}

/* false: not allowed, and said. */
static bool is_allowed(struct check *ck, const struct node *n)
{
	enum builtin_id id = n->call.b->id;

	if (ck->o->is_unsafe ||
	    (id != BI_SYSTEM && id != BI_SIGNAL && id != BI_SIGNAL_THREAD))
		return true;
	ck_hint(ck,
		ck_error(ck, n->span, "%s() changes what it observes and is not done unasked",
			 n->call.name),
		"allow it with --unsafe");
	return false;
}

static void check_other(struct check *ck, struct node *n)
{
	if (check_call_args(ck, n) && ck->is_final)
		check_exit(ck, n);
}

void check_action(struct check *ck, struct node *n)
{
	n->type = &type_none;
	if (check_refused(ck, n))
		return;
	if (!ck_allows(ck, n->span, arena_printf(ck->a, "%s()", n->call.b->name),
		       n->call.b->is_evaluated))
		return;
	is_allowed(ck, n);
	switch (n->call.b->id) {
	case BI_PRINTF:
	case BI_ERRORF:
	case BI_WARNF:
		check_printf(ck, n);
		break;
	case BI_DEBUGF:
		check_debugf(ck, n);
		break;
	case BI_SYSTEM:
	case BI_CAT:
		check_deed(ck, n);
		break;
	case BI_SIGNAL:
	case BI_SIGNAL_THREAD:
		check_signal(ck, n);
		break;
	case BI_PRINT:
		check_print(ck, n);
		break;
	case BI_CLEAR:
	case BI_ZERO:
		check_clear(ck, n);
		break;
	case BI_TIME:
		check_time(ck, n);
		break;
	case BI_JOIN:
		check_join(ck, n);
		break;
	case BI_EXIT:
		check_exit(ck, n);
		break;
	case BI_EMIT:
		check_emit(ck, n);
		break;
	default:
		check_other(ck, n);
		break;
	}
}

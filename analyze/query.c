/*
 * A query's way through the engine: its rows and groups go to a sink, its diagnostics to the
 * options they came from.
 *
 * (1) Values come first in what print() packs and in the keys of the groups, a word each, and what
 *     is behind them is the key, packed; so nothing has to be parsed.
 */
#include "analyze/query.h"

#include <errno.h>
#include <string.h>

#include "analyze/query_priv.h"
#include "analyze/runtime.h"

#define WORD 8u

int query_run(const struct query *q, const struct engine_opts *o, struct engine_result *ret,
	      struct err *err)
{
	struct engine_opts own = *o;

	own.script = (struct script_opts){ .name = "query", .query = q };
	return engine_run(&own, ret, err);
}

/* ---- types ---- */

static const struct map_info *groups_of(const struct program *p)
{
	for (u32 i = 0; i < p->map_cnt; i++)
		if (!strcmp(p->maps[i]->name, QUERY_GROUPS_MAP))
			return p->maps[i];
	return NULL;
}

/* Of values and key together, as print() or the groups have them. */
static const struct type *members_type(const struct query *q, const struct program *p)
{
	const struct map_info *groups = groups_of(p);

	if (groups)
		return groups->key;
	if (q->out & QUERY_ROWS && p->action_cnt && p->actions[0]->arg_cnt)
		return p->actions[0]->arg_types[0];
	return NULL;
}

int query_types_of(const struct query *q, struct script_run *s, struct query_types *ret)
{
	const struct type *all = members_type(q, s->prog);
	const struct type *const *m = all && all->kind == TYPE_TUPLE ? all->members : &all;
	u32 n = !all ? 0 : all->kind == TYPE_TUPLE ? all->elem_cnt : 1;

	*ret = (struct query_types){ 0 };
	if (s->plan && s->plan->table_cnt)
		ret->table = s->plan->tables[0].name;
	for (u32 i = 0; i < q->val_cnt && i < n; i++)
		ret->vals[i] = m[i];
	if (n <= q->val_cnt)
		return 0;
	n -= q->val_cnt;
	ret->by = n == 1 ? m[q->val_cnt] : type_tuple(&s->arena, m + q->val_cnt, n);
	return ret->by ? 0 : -ENOMEM;
}

/* ---- for the engine ---- */

int query_start(const struct query *q, struct script_run *s, const struct tape_state *state,
		const struct value_fmt *fmt, struct err *err)
{
	struct query_types t;

	if (query_types_of(q, s, &t))
		return err_oom(err);
	t.state = state;
	t.fmt = fmt;
	return q->sink && q->sink->start ? q->sink->start(q->sink->ctx, &t, err) : 0;
}

int query_open(const struct query *q, struct query_taker *t, struct err *err)
{
	*t = (struct query_taker){ .q = q };
	if (!(q->out & QUERY_ROWS))
		return 0;
	t->thread = q->sink->open(q->sink->ctx, err);
	return t->thread ? 0 : err->code ? err->code : err_oom(err);
}

int query_take(void *taker, const void *args, u32 args_sz, struct err *err)
{
	struct query_taker *t = taker;
	s64 vals[QUERY_VALS_MAX];
	u32 sz = t->q->val_cnt * WORD;
	struct str key = { (const char *)args + sz, args_sz - sz };

	if (args_sz < sz)
		return err_set(err, -EINVAL, "a row is shorter than its values");
	memcpy(vals, args, sz);
	t->rows++;
	return t->q->sink->row(t->thread, vals, key, err);
}

int query_close(struct query_taker *t, struct err *err)
{
	void *thread = t->thread;

	t->thread = NULL;
	t->rows = 0;
	return thread ? t->q->sink->close(t->q->sink->ctx, thread, err) : 0;
}

static int hand_out(const struct query *q, const struct tmap *m, struct err *err)
{
	const struct tmap_entry *e;
	u32 pos = 0, sz = q->val_cnt * WORD;
	s64 vals[QUERY_VALS_MAX], weight;
	int rc = 0;

	while (!rc && (e = tmap_next(m, &pos))) {
		struct str key = { (const char *)e->key + sz, e->key_sz - sz };

		memcpy(vals, e->key, sz);
		weight = (s64)e->val.agg.cnt;
		if (q->weight.text && !agg_exact_sum(&e->val.agg, &weight))
			return err_set(err, -EOVERFLOW,
				       "%s: a sum is beyond 64 bits (with a sign)",
				       q->weight.from);
		rc = q->sink->group(q->sink->ctx, vals, key, weight, err);
	}
	return rc;
}

int query_finish(const struct query *q, const struct program *p, struct rt *rt, u64 *ret_matched,
		 struct err *err)
{
	const struct map_info *groups = groups_of(p);
	int rc;

	if (!(q->out & QUERY_ROWS))
		*ret_matched = p->map_cnt ? rt_map(rt, 0)->used : 0;
	rc = groups ? hand_out(q, rt_map(rt, groups->idx), err) : 0;
	return !rc && q->sink && q->sink->end ? q->sink->end(q->sink->ctx, err) : rc;
}

/* ---- diagnostics ---- */

static const struct query_part *part_at(const struct script_run *s, struct span sp)
{
	for (u32 i = 0; i < s->part_cnt; i++)
		if (sp.off + 1 >= s->parts[i].off && sp.off <= s->parts[i].off + s->parts[i].len)
			return &s->parts[i]; /* the parenthesis before it counts */
	return NULL;
}

static struct diag *add_diag(struct diag_list *to, const struct diag *g, struct span at)
{
	if (g->level == DIAG_ERROR)
		return diag_error(to, at, "%s", g->msg);
	if (g->level == DIAG_WARNING)
		return diag_warn(to, at, "%s", g->msg);
	return diag_note(to, at, "%s", g->msg);
}

/* Was one of that place said before?  Texts stand in the clause several times, with many probes. */
static bool is_said(const struct diag_list *d, const struct diag *g, struct span at)
{
	for (const struct diag *k = d->head; k && g->level != DIAG_NOTE; k = k->next)
		if (k->level == g->level && k->span.off == at.off && k->span.len == at.len)
			return true;
	return false;
}

/* What is wrong in one option's text; @expr NULL: in none of them. */
static void show_part(const struct script_run *s, struct arena *a, const struct query_expr *expr,
		      struct buf *out)
{
	struct diag_list own;
	struct source src;

	if (expr && !expr->text)
		return;
	diag_init(&own, a);
	if (source_init(&src, a, expr ? expr->from : "query", str_of(expr ? expr->text : "")))
		return;
	for (const struct diag *g = s->diags.head; g; g = g->next) {
		const struct query_part *p = part_at(s, g->span);
		struct span at = { 0, 0 };
		struct diag *own_diag;

		if ((p ? p->expr : NULL) != expr)
			continue;
		if (p && g->span.off >= p->off)
			at = (struct span){ g->span.off - p->off, g->span.len };
		else if (p)
			at = (struct span){ 0, g->span.len > 2 ? g->span.len - 2 : 0 };
		if (at.off + at.len > src.len)
			at.len = src.len - at.off;
		if (is_said(&own, g, at))
			continue;
		own_diag = add_diag(&own, g, at);
		if (g->hint)
			diag_hint(&own, own_diag, "%s", g->hint);
	}
	if (own.head)
		diag_render(&own, &src, out);
}

void query_show(const struct query *q, const struct script_run *s, struct buf *out)
{
	struct arena a;

	if (!s->diags.head)
		return;
	arena_init(&a, 64u << 20);
	for (u32 i = 0; i < q->val_cnt; i++)
		show_part(s, &a, &q->vals[i], out);
	show_part(s, &a, &q->by, out);
	show_part(s, &a, &q->where, out);
	show_part(s, &a, &q->weight, out);
	show_part(s, &a, &q->agg_args, out);
	show_part(s, &a, NULL, out);
	arena_fini(&a);
}

/*
 * Actions of a script: what it prints and what it does to its maps.
 *
 * An action acts where it stands.  In a firing that drains, actions wait in a queue with their
 * arguments until the clause has run, and then act in order: a map prints as it is then.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/histogram.h"
#include "analyze/printf.h"
#include "analyze/rt_priv.h"

typedef void (*action_fn)(struct rt *rt, const struct action *a, struct cursor args);

static struct str text_of(const struct rt *rt)
{
	return (struct str){ (const char *)rt->text.data, rt->text.len };
}

static void put_text(struct rt *rt, enum render_text kind)
{
	rt->render->ops->text(rt->render, kind, text_of(rt));
	buf_reset(&rt->text);
}

static void do_printf(struct rt *rt, const struct action *a, struct cursor args)
{
	printf_render(&rt->render->fmt, a, args, &rt->text);
	rt_work(rt, (u32)rt->text.len + 8 * RT_BYTES_A_STEP);
	put_text(rt, RENDER_PRINTF);
}

/* errorf(), warnf() */
static void do_said(struct rt *rt, const struct action *a, struct cursor args)
{
	const struct source *src = rt->prog->written;
	struct render_said s = { .is_error = a->b->id == BI_ERRORF, .file = src->name };

	printf_render(&rt->render->fmt, a, args, &rt->text);
	rt_work(rt, (u32)rt->text.len + 8 * RT_BYTES_A_STEP);
	source_place(src, a->span.off, &s.line, &s.col);
	source_place(src, a->span.off + a->span.len, &s.end_line, &s.end_col);
	s.msg = text_of(rt);
	rt->render->ops->said(rt->render, &s);
	buf_reset(&rt->text);
}

/* Histograms and graphs are long. */
static u64 map_steps(const struct tmap *m)
{
	const struct type *t = m->info->val;
	bool is_long = tmap_holds_agg(m) && (t->agg == AGG_HIST || t->agg == AGG_LHIST);
	u64 buckets = is_long ? hist_bucket_cnt(t) : 0;

	if (tmap_holds_agg(m) && t->agg == AGG_TSERIES)	/* a line each */
		buckets = (u64)t->ts_num * 16;

	return m->used * (RT_STEPS_AN_ENTRY + buckets / 4);
}

static int sort(const struct rt *rt, const struct tmap *m, enum print_order order,
		struct tmap_entry ***ret)
{
	bool by_key = order == ORDER_KEY || order == ORDER_KEY_DESC;
	enum compat compat = rt->render->fmt.compat;
	int rc = by_key ? tmap_sort_keys(m, compat, ret) : tmap_sort(m, compat, ret);

	if (rc || order == ORDER_VALUE || order == ORDER_KEY)
		return rc;
	for (u32 i = 0; i < m->used / 2; i++) {
		struct tmap_entry *e = (*ret)[i];

		(*ret)[i] = (*ret)[m->used - 1 - i];
		(*ret)[m->used - 1 - i] = e;
	}
	return 0;
}

/* Of @v all but the entries. */
static void print_map(struct rt *rt, const struct tmap *m, struct map_view v,
		      enum print_order order)
{
	struct tmap_entry **entries;

	if (sort(rt, m, order, &entries)) {
		rt_fail(rt, -ENOMEM, m);
		return;
	}
	v.info = m->info;
	v.entries = entries;
	v.cnt = m->used;
	if (v.top > 0 && (order == ORDER_VALUE_DESC || order == ORDER_KEY_DESC)) {
		v.cnt = (u64)v.top < v.cnt ? (u32)v.top : v.cnt;
		v.top = 0;	/* the largest come first */
	}
	rt->render->ops->map(rt->render, &v);
	free(entries);
}

/* print(@m[k]) where an entry is more than one value; an absent one has no values. */
static void print_entry(struct rt *rt, const struct map_info *info, struct cursor key)
{
	const struct tmap *m = rt_map(rt, info->idx);
	struct map_view v = { .info = info, .cnt = 1 };
	static const struct tmap_entry none;
	const struct tmap_entry *e;

	e = tmap_holds_agg(m) ? tmap_find(m, key.pos, (u32)cursor_left(&key)) : NULL;
	rt->render->ops->entry(rt->render, &v, e ? e : &none);
}

static void do_print(struct rt *rt, const struct action *a, struct cursor args)
{
	const struct type *t;

	if (a->map) {
		rt_charge(rt, map_steps(rt_map(rt, a->map->idx)));
		if (rt->stop != RT_FAILED)
			print_map(rt, rt_map(rt, a->map->idx),
				  (struct map_view){ .top = a->top, .div = a->div }, a->order);
		return;
	}
	if (a->entry_of) {
		print_entry(rt, a->entry_of, args);
		return;
	}
	if (!a->arg_cnt)
		return;
	t = a->arg_types[0];
	if (type_is_float_agg(t))
		t = &type_double;
	else if (t->kind == TYPE_AGG)
		t = t->is_signed ? &type_s64 : &type_u64;
	rt->render->ops->value(rt->render, t, args);
}

static void do_clear(struct rt *rt, const struct action *a, struct cursor args UNUSED)
{
	if (!a->map)
		return;
	rt_charge(rt, rt_map(rt, a->map->idx)->used);
	tmap_clear(rt_map(rt, a->map->idx));
}

static void do_zero(struct rt *rt, const struct action *a, struct cursor args UNUSED)
{
	int rc;

	if (!a->map)
		return;
	rt_charge(rt, rt_map(rt, a->map->idx)->used);
	rc = tmap_zero(rt_map(rt, a->map->idx));
	if (rc)
		rt_fail(rt, rc, rt_map(rt, a->map->idx));
}

static void do_time(struct rt *rt, const struct action *a, struct cursor args UNUSED)
{
	static const struct timefmt utc;
	const struct timefmt *f = rt->render->fmt.time;
	char fmt[256];

	if (!a->fmt.s)
		snprintf(fmt, sizeof(fmt), "%s", "%H:%M:%S\n");
	else
		snprintf(fmt, sizeof(fmt), "%.*s", (int)a->fmt.len, a->fmt.s);
	timefmt_time(f ? f : &utc, fmt, rt->now, &rt->text);
	put_text(rt, RENDER_TIME);
}

static void do_join(struct rt *rt, const struct action *a, struct cursor args)
{
	struct str sep = a->fmt.s ? a->fmt : STR(" ");

	for (bool is_first = true; cursor_left(&args); is_first = false) {
		u32 sz = cursor_u32(&args);
		const u8 *p = cursor_bytes(&args, sz);

		if (!p)
			break;
		if (!is_first)
			buf_put(&rt->text, sep.s, sep.len);
		buf_put(&rt->text, p, sz);
	}
	if (rt->render->ops == &render_text)
		buf_putc(&rt->text, '\n');
	put_text(rt, RENDER_JOIN);
}

/*
 * system(), cat(): done when recorded, and never again.  What it came to is on the tape; whoever
 * knows the firing shows it.
 */
static void do_recorded(struct rt *rt, const struct action *a, struct cursor args UNUSED)
{
	if (rt->hook)
		rt->hook(rt->hook_ctx, rt, a);
}

static const action_fn actions[BI_CNT] = {
	[BI_ERRORF] = do_said, [BI_WARNF] = do_said,
	[BI_PRINTF] = do_printf, [BI_PRINT] = do_print, [BI_CLEAR] = do_clear,
	[BI_ZERO] = do_zero, [BI_TIME] = do_time, [BI_JOIN] = do_join,
	[BI_SYSTEM] = do_recorded, [BI_CAT] = do_recorded,
};

static void run(struct rt *rt, const struct action *a, struct cursor args)
{
	action_fn fn = actions[a->b->id];
	bool prints = a->b->id != BI_CLEAR && a->b->id != BI_ZERO;

	if (!fn || rt->stop == RT_FAILED || (prints && !rt->render))
		return;
	if (a->map && rt->hook)
		rt->hook(rt->hook_ctx, rt, a);
	fn(rt, a, args);
	if (rt->render && rt->render->out->code && rt->stop != RT_FAILED)
		rt->stop = RT_DONE;
}

static void enqueue(struct rt *rt, u32 action, const void *args, u32 args_sz)
{
	size_t len = rt->queue.len;

	rt_work(rt, args_sz + RT_BYTES_A_STEP);
	buf_put_u32(&rt->queue, action);
	buf_put_u32(&rt->queue, args_sz);
	buf_put(&rt->queue, args, args_sz);
	if (rt->queue.is_full) {
		rt->queue.len = len;
		rt_fail(rt, -ENOMEM, NULL);
	}
}

void rt_action(struct rt *rt, u32 action, const void *args, u32 args_sz)
{
	const struct action *a;

	if (action >= rt->prog->action_cnt || rt_stopped(rt))
		return;
	a = rt->prog->actions[action];
	if (rt->take && a->b->id == BI_PRINT && !a->map) {
		if (rt->take(rt->take_ctx, args, args_sz, &rt->err))
			rt->stop = RT_FAILED;
	} else if (a->b->id == BI_EXIT) {
		struct cursor c = cursor_over(args, args_sz);

		rt->exit_code = args_sz >= 8 ? (s64)cursor_u64(&c) : 0;
		rt->stop = RT_EXITED;
	} else if (rt->drains) {
		enqueue(rt, action, args, args_sz);
	} else {
		run(rt, a, cursor_over(args, args_sz));
	}
}

void rt_drain(struct rt *rt)
{
	struct cursor c = cursor_over(rt->queue.data, rt->queue.len);

	while (cursor_left(&c)) {
		u32 action = cursor_u32(&c), sz = cursor_u32(&c);

		run(rt, rt->prog->actions[action], cursor_sub(&c, sz));
	}
	buf_reset(&rt->queue);
}

static int cmp_map_names(const void *a, const void *b)
{
	const struct tmap *const *x = a, *const *y = b;

	return strcmp((*x)->info->name, (*y)->info->name);
}

void rt_print_maps(struct rt *rt)
{
	const struct tmap **list = calloc(rt->prog->map_cnt + 1, sizeof(*list));
	u32 n = 0;

	if (!list) {
		rt_fail(rt, -ENOMEM, NULL);
		return;
	}
	for (u32 i = 0; rt->prog->print_maps_on_exit && i < rt->prog->map_cnt; i++)
		if (!rt->maps[i].info->is_hidden)
			list[n++] = &rt->maps[i];
	qsort(list, n, sizeof(*list), cmp_map_names);
	rt->render->ops->exit(rt->render);
	for (u32 i = 0; i < n; i++)
		print_map(rt, list[i], (struct map_view){ .is_exit = true }, ORDER_VALUE);
	free(list);
}

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

static void print_map(struct rt *rt, const struct tmap *m, s64 top, s64 div, bool is_exit)
{
	struct tmap_entry **entries;
	struct map_view v;

	if (tmap_sort(m, rt->render->fmt.compat, &entries)) {
		rt_fail(rt, -ENOMEM, m);
		return;
	}
	v = (struct map_view){
		.info = m->info, .entries = entries, .cnt = m->used,
		.top = top, .div = div, .is_exit = is_exit,
	};
	rt->render->ops->map(rt->render, &v);
	free(entries);
}

static void do_print(struct rt *rt, const struct action *a, struct cursor args)
{
	const struct type *t;

	if (a->map) {
		rt_charge(rt, map_steps(rt_map(rt, a->map->idx)));
		if (rt->stop != RT_FAILED)
			print_map(rt, rt_map(rt, a->map->idx), a->top, a->div, false);
		return;
	}
	if (!a->arg_cnt)
		return;
	t = a->arg_types[0];
	if (t->kind == TYPE_AGG)
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
		print_map(rt, list[i], 0, 0, true);
	free(list);
}

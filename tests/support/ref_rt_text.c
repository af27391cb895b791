/*
 * tests/support/ref_rt_text.c -- maps and actions of the reference runtime as text.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lang/float_text.h"
#include "lang/packed.h"
#include "tests/support/ref_rt_priv.h"

static void put_text(struct buf *out, const u8 *p, u32 n)
{
	buf_putc(out, '"');
	for (u32 i = 0; i < n; i++) {
		if (p[i] < 0x20 || p[i] > 0x7e || p[i] == '"' || p[i] == '\\')
			buf_printf(out, "\\x%02x", p[i]);
		else
			buf_putc(out, (char)p[i]);
	}
	buf_putc(out, '"');
}

static void put_value(struct buf *out, const struct type *t, struct cursor *c)
{
	char text[FLOAT_TEXT_MAX];
	u32 n;

	switch (t->kind) {
	case TYPE_STR:
	case TYPE_BUF:
	case TYPE_INET:
	case TYPE_MAC:
		n = cursor_u32(c);
		ref_must(n <= cursor_left(c));
		put_text(out, cursor_bytes(c, n), n);
		return;
	case TYPE_STRUCT:
	case TYPE_ARRAY:
		n = cursor_u32(c);
		ref_must(n == t->size && n <= cursor_left(c));
		while (n--)
			buf_printf(out, "%02x", *cursor_bytes(c, 1));
		return;
	case TYPE_TUPLE:
		buf_putc(out, '(');
		for (u32 i = 0; i < t->elem_cnt; i++) {
			if (i)
				buf_puts(out, ", ");
			put_value(out, t->members[i], c);
		}
		buf_putc(out, ')');
		return;
	case TYPE_FLOAT:
		float_text(float_of_bits((s64)cursor_u64(c)), text);
		buf_puts(out, text);
		return;
	case TYPE_INT:
		if (!t->is_signed) {
			buf_printf(out, "%" PRIu64, cursor_u64(c));
			return;
		}
		/* fall through */
	default:
		buf_printf(out, "%" PRId64, (s64)cursor_u64(c));
	}
}

static void put_values(struct buf *out, const struct type *const *types, u32 n, struct cursor c)
{
	for (u32 i = 0; i < n; i++) {
		if (i)
			buf_puts(out, ", ");
		put_value(out, types[i]->kind == TYPE_AGG ? &type_s64 : types[i], &c);
	}
	ref_must(!c.is_bad && !cursor_left(&c));
}

/* A key or value in packed form, whatever the rt holds. */
static void put_packed(struct buf *out, const struct ref_rt *rt, const struct type *t,
		       const void *p, u32 n)
{
	struct buf b;
	struct cursor c;

	buf_init(&b, REF_TEXT_MAX);
	if (rt->is_fixed)
		ref_must(!packed_from_kernel(t, p, n, &b));
	else
		buf_put(&b, p, n);
	c = cursor_over(b.data, b.len);
	put_value(out, t, &c);
	ref_must(!c.is_bad && !cursor_left(&c));
	buf_fini(&b);
}

static void put_agg(struct buf *out, const struct type *t, const struct entry *e)
{
	static const char *const names[AGG_KIND_CNT] = { "count", "sum",   "min",  "max",
							 "avg",	  "stats", "hist", "lhist",
							 "tseries", "quantile",
							 "distinct" };

	buf_printf(out, "%s ", names[t->agg]);
	switch (t->agg) {
	case AGG_COUNT:
	case AGG_SUM:
	case AGG_MIN:
	case AGG_MAX:
		buf_printf(out, "%" PRId64, ref_agg_number(t, e));
		break;
	case AGG_AVG:
	case AGG_STATS:
		buf_printf(out, "%" PRIu64 " %" PRId64, e->cnt, e->sum);
		break;
	default:
		buf_printf(out, "%" PRIu64 " #%016" PRIx64, e->cnt, e->digest);
	}
}

static void put_entry(struct buf *out, const struct ref_rt *rt, u32 map, const struct entry *e)
{
	const struct map_info *m = rt->prog->maps[map];

	buf_puts(out, m->name);
	if (m->key) {
		buf_putc(out, '[');
		put_packed(out, rt, m->key, e->key, e->key_sz);
		buf_putc(out, ']');
	}
	buf_puts(out, ": ");
	if (m->val->kind == TYPE_AGG)
		put_agg(out, m->val, e);
	else if (e->bytes)
		put_packed(out, rt, m->val, e->bytes, e->bytes_sz);
	else
		put_packed(out, rt, m->val, &e->num, sizeof(e->num));
	buf_putc(out, '\n');
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void ref_rt_dump_map(const struct ref_rt *rt, u32 map, struct buf *out)
{
	size_t n = 0, cnt = (size_t)ref_rt_map_len((struct ref_rt *)rt, map);
	char **lines = calloc(cnt + 1, sizeof(*lines));
	struct buf b;

	ref_must(lines);
	for (const struct entry *e = rt->maps[map]; e; e = e->next) {
		buf_init(&b, REF_TEXT_MAX);
		put_entry(&b, rt, map, e);
		lines[n] = strdup(buf_cstr(&b));
		ref_must(lines[n]);
		n++;
		buf_fini(&b);
	}
	qsort(lines, n, sizeof(*lines), compare_lines);
	for (size_t i = 0; i < n; i++) {
		buf_puts(out, lines[i]);
		free(lines[i]);
	}
	free(lines);
}

void ref_rt_dump(const struct ref_rt *rt, bool (*want)(void *ctx, u32 map), void *ctx,
		 struct buf *out)
{
	for (u32 i = 0; i < rt->prog->map_cnt; i++) {
		if (!want || want(ctx, i))
			ref_rt_dump_map(rt, i, out);
	}
}

/* ---- actions ---- */

static void zero_map(struct ref_rt *rt, u32 map)
{
	for (struct entry *e = rt->maps[map]; e; e = e->next) {
		e->num = e->sum = e->min = e->max = 0;
		e->cnt = e->digest = 0;
	}
}

static void keep_snapshot(struct ref_rt *rt, const struct action *a)
{
	struct snapshot *s = calloc(1, sizeof(*s));
	struct buf b;

	ref_must(s != NULL);
	buf_init(&b, REF_TEXT_MAX);
	ref_rt_dump_map(rt, a->map->idx, &b);
	s->action = a->idx;
	s->text = strdup(buf_cstr(&b));
	ref_must(s->text != NULL);
	buf_fini(&b);
	*rt->snapshots_tail = s;
	rt->snapshots_tail = &s->next;
}

/* A loop over a map of the kernel. */
static void keep_copy(struct ref_rt *rt, const struct action *a)
{
	struct snapshot *s = calloc(1, sizeof(*s));

	ref_must(s != NULL);
	s->action = a->idx;
	s->copy = ref_rt_new(rt->prog, false);
	ref_rt_copy_map(s->copy, rt, a->map->idx);
	*rt->snapshots_tail = s;
	rt->snapshots_tail = &s->next;
}

struct ref_rt *ref_take_copy(struct ref_rt *rt, u32 action)
{
	for (struct snapshot *s = rt->kernel ? rt->kernel->snapshots : NULL; s; s = s->next) {
		if (s->action == action && s->copy)
			return s->copy;
	}
	return NULL;
}

/* The kernel's next snapshot for this print(), NULL: it took none, the map is the analyzer's. */
static char *take_snapshot(struct ref_rt *rt, const struct action *a)
{
	for (struct snapshot *s = rt->kernel ? rt->kernel->snapshots : NULL; s; s = s->next) {
		char *text = s->text;

		if (s->action != a->idx || !text)
			continue;
		s->text = NULL;
		return text;
	}
	return NULL;
}

static void print_map(struct ref_rt *rt, const struct action *a)
{
	char *text = take_snapshot(rt, a);

	buf_puts(&rt->log, " {\n");
	if (text)
		buf_puts(&rt->log, text);
	else
		ref_rt_dump_map(rt, a->map->idx, &rt->log);
	buf_puts(&rt->log, "}");
	free(text);
	if (rt->is_fixed)
		keep_snapshot(rt, a);
}

static void map_action(struct ref_rt *rt, const struct action *a)
{
	buf_printf(&rt->log, "%s(%s)", a->b->name, a->map->name);
	if (a->b->id == BI_CLEAR)
		ref_clear_map(rt, a->map->idx);
	else if (a->b->id == BI_ZERO)
		zero_map(rt, a->map->idx);
	else
		print_map(rt, a);
	buf_puts(&rt->log, "\n");
}

static void put_joined(struct buf *out, struct cursor c)
{
	static const struct type str = { .kind = TYPE_STR };

	for (bool is_first = true; cursor_left(&c); is_first = false) {
		if (!is_first)
			buf_puts(out, ", ");
		put_value(out, &str, &c);
	}
	ref_must(!c.is_bad);
}

void ref_rt_action(struct ref_rt *rt, u32 action, const void *args, u32 args_sz)
{
	const struct action *a = rt->prog->actions[action];
	struct cursor c = cursor_over(args, args_sz);

	if (a->call && a->call->kind == NODE_FOR_MAP) {
		keep_copy(rt, a);
		return;
	}
	if (a->map) {
		map_action(rt, a);
		return;
	}
	if (a->b->id == BI_EXIT) {
		ref_rt_set_exit(rt, args_sz ? (s64)cursor_u64(&c) : 0);
		buf_printf(&rt->log, "exit(%" PRId64 ")\n", rt->exit_code);
		return;
	}
	buf_printf(&rt->log, "%s(", a->b->name);
	if (a->b->id == BI_JOIN)
		put_joined(&rt->log, c);
	else
		put_values(&rt->log, a->arg_types, a->arg_cnt, c);
	buf_puts(&rt->log, ")\n");
}

/*
 * tests/support/ref_rt.c -- plain maps and a log of actions.
 *
 * Simple on purpose, and with no code in common with the analyzer's runtime: linear search, everything allocated
 * apart, aborts when something cannot be.
 */
#include "tests/support/ref_rt.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lang/packed.h"

#define TEXT_MAX (64u << 20)
#define STEPS 100000

static void must(bool ok)
{
	if (!ok)
		abort();
}

struct entry {
	void *key;
	u32 key_sz;
	s64 num;			/* word values */
	void *bytes;			/* others, serialised */
	u32 bytes_sz;
	u64 cnt, digest;		/* aggregations */
	s64 sum, min, max;
	struct entry *next;
};

/* What print() of a map showed, for the analyzer's print() of the same firing. */
struct snapshot {
	u32 action;
	char *text;
	struct snapshot *next;
};

struct ref_rt {
	const struct program *prog;
	struct snapshot *snapshots, **snapshots_tail;
	struct ref_rt *kernel;
	bool is_fixed;
	struct entry **maps;
	struct buf log;
	bool exited;
	s64 exit_code, session_start;
	u32 steps;
};

struct ref_rt *ref_rt_new(const struct program *prog, bool is_fixed)
{
	struct ref_rt *rt = calloc(1, sizeof(*rt));

	must(rt);
	rt->prog = prog;
	rt->is_fixed = is_fixed;
	rt->steps = STEPS;
	rt->maps = calloc(prog->map_cnt + 1, sizeof(*rt->maps));
	must(rt->maps);
	rt->snapshots_tail = &rt->snapshots;
	buf_init(&rt->log, TEXT_MAX);
	return rt;
}

static void free_entry(struct entry *e)
{
	free(e->key);
	free(e->bytes);
	free(e);
}

static void clear_map(struct ref_rt *rt, u32 map)
{
	struct entry *e = rt->maps[map], *next;

	for (; e; e = next) {
		next = e->next;
		free_entry(e);
	}
	rt->maps[map] = NULL;
}

void ref_rt_free(struct ref_rt *rt)
{
	if (!rt)
		return;
	for (u32 i = 0; i < rt->prog->map_cnt; i++)
		clear_map(rt, i);
	ref_rt_start_firing(rt);
	free(rt->maps);
	buf_fini(&rt->log);
	free(rt);
}

void ref_rt_start_firing(struct ref_rt *rt)
{
	struct snapshot *s = rt->snapshots, *next;

	for (; s; s = next) {
		next = s->next;
		free(s->text);
		free(s);
	}
	rt->snapshots = NULL;
	rt->snapshots_tail = &rt->snapshots;
}

void ref_rt_set_kernel(struct ref_rt *rt, struct ref_rt *kernel)
{
	rt->kernel = kernel;
}

const char *ref_rt_log(struct ref_rt *rt)
{
	return buf_cstr(&rt->log);
}

void ref_rt_log_reset(struct ref_rt *rt)
{
	buf_reset(&rt->log);
}

/* ---- entries ---- */

static void *dup_bytes(const void *p, u32 n)
{
	void *copy = malloc(n + 1);

	must(copy);
	if (n)
		memcpy(copy, p, n);
	return copy;
}

static struct entry **slot_of(const struct ref_rt *rt, u32 map, const void *key, u32 key_sz)
{
	struct entry **e;

	must(map < rt->prog->map_cnt);
	for (e = &rt->maps[map]; *e; e = &(*e)->next) {
		if ((*e)->key_sz == key_sz && (!key_sz || !memcmp((*e)->key, key, key_sz)))
			break;
	}
	return e;
}

static struct entry *get(struct ref_rt *rt, u32 map, const void *key, u32 key_sz)
{
	struct entry **e = slot_of(rt, map, key, key_sz);

	if (!*e) {
		*e = calloc(1, sizeof(**e));
		must(*e);
		(*e)->key = dup_bytes(key, key_sz);
		(*e)->key_sz = key_sz;
	}
	return *e;
}

s64 *ref_rt_map_int(struct ref_rt *rt, u32 map, const void *key, u32 key_sz, bool create)
{
	struct entry *e = create ? get(rt, map, key, key_sz) : *slot_of(rt, map, key, key_sz);

	return e ? &e->num : NULL;
}

const u8 *ref_rt_map_get(struct ref_rt *rt, u32 map, const void *key, u32 key_sz, u32 *ret_sz)
{
	struct entry *e = *slot_of(rt, map, key, key_sz);

	*ret_sz = e ? e->bytes_sz : 0;
	return e ? e->bytes : NULL;
}

void ref_rt_map_set(struct ref_rt *rt, u32 map, const void *key, u32 key_sz, const void *val,
		    u32 val_sz)
{
	struct entry *e = get(rt, map, key, key_sz);
	void *copy = dup_bytes(val, val_sz);

	free(e->bytes);
	e->bytes = copy;
	e->bytes_sz = val_sz;
}

bool ref_rt_map_delete(struct ref_rt *rt, u32 map, const void *key, u32 key_sz)
{
	struct entry **e = slot_of(rt, map, key, key_sz), *gone = *e;

	if (!gone)
		return false;
	*e = gone->next;
	free_entry(gone);
	return true;
}

bool ref_rt_map_has(struct ref_rt *rt, u32 map, const void *key, u32 key_sz)
{
	return *slot_of(rt, map, key, key_sz) != NULL;
}

s64 ref_rt_map_len(struct ref_rt *rt, u32 map)
{
	s64 n = 0;

	for (const struct entry *e = rt->maps[map]; e; e = e->next)
		n++;
	return n;
}

/* ---- aggregations ---- */

static u64 mix(u64 x)
{
	x ^= x >> 31;
	x *= 0x9e3779b97f4a7c15ull;
	return x ^ x >> 29;
}

static bool less(const struct type *t, s64 a, s64 b)
{
	return t->is_signed ? a < b : (u64)a < (u64)b;
}

void ref_rt_map_agg(struct ref_rt *rt, u32 map, const void *key, u32 key_sz, s64 val)
{
	const struct type *t = rt->prog->maps[map]->val;
	struct entry *e = get(rt, map, key, key_sz);

	if (!e->cnt || less(t, val, e->min))
		e->min = val;
	if (!e->cnt || less(t, e->max, val))
		e->max = val;
	e->cnt++;
	e->sum = (s64)((u64)e->sum + (u64)val);
	e->digest += mix((u64)val);
}

static s64 average(const struct type *t, const struct entry *e)
{
	if (!e->cnt)
		return 0;
	return t->is_signed ? e->sum / (s64)e->cnt : (s64)((u64)e->sum / e->cnt);
}

static s64 agg_number(const struct type *t, const struct entry *e)
{
	switch (t->agg) {
	case AGG_COUNT:
		return e->cnt;
	case AGG_SUM:
		return e->sum;
	case AGG_MIN:
		return e->min;
	case AGG_MAX:
		return e->max;
	default:
		return average(t, e);
	}
}

s64 ref_rt_map_agg_read(struct ref_rt *rt, u32 map, const void *key, u32 key_sz)
{
	const struct entry *e = *slot_of(rt, map, key, key_sz);

	return e ? agg_number(rt->prog->maps[map]->val, e) : 0;
}

/* ---- text ---- */

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
	u32 n;

	switch (t->kind) {
	case TYPE_STR:
	case TYPE_BUF:
		n = cursor_u32(c);
		must(n <= cursor_left(c));
		put_text(out, cursor_bytes(c, n), n);
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
	must(!c.is_bad && !cursor_left(&c));
}

/* A key or value in packed form, whatever the rt holds. */
static void put_packed(struct buf *out, const struct ref_rt *rt, const struct type *t, const void *p,
		       u32 n)
{
	struct buf b;
	struct cursor c;

	buf_init(&b, TEXT_MAX);
	if (rt->is_fixed)
		must(!packed_from_kernel(t, p, n, &b));
	else
		buf_put(&b, p, n);
	c = cursor_over(b.data, b.len);
	put_value(out, t, &c);
	must(!c.is_bad && !cursor_left(&c));
	buf_fini(&b);
}

static void put_agg(struct buf *out, const struct type *t, const struct entry *e)
{
	static const char *const names[AGG_KIND_CNT] = { "count", "sum",   "min",  "max",
							 "avg",	  "stats", "hist", "lhist" };

	buf_printf(out, "%s ", names[t->agg]);
	switch (t->agg) {
	case AGG_COUNT:
	case AGG_SUM:
	case AGG_MIN:
	case AGG_MAX:
		buf_printf(out, "%" PRId64, agg_number(t, e));
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

	must(lines);
	for (const struct entry *e = rt->maps[map]; e; e = e->next) {
		buf_init(&b, TEXT_MAX);
		put_entry(&b, rt, map, e);
		lines[n] = strdup(buf_cstr(&b));
		must(lines[n]);
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

void ref_rt_dump(const struct ref_rt *rt, bool (*want)(void *ctx, u32 map), void *ctx, struct buf *out)
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

	must(s != NULL);
	buf_init(&b, TEXT_MAX);
	ref_rt_dump_map(rt, a->map->idx, &b);
	s->action = a->idx;
	s->text = strdup(buf_cstr(&b));
	must(s->text != NULL);
	buf_fini(&b);
	*rt->snapshots_tail = s;
	rt->snapshots_tail = &s->next;
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
		clear_map(rt, a->map->idx);
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
	must(!c.is_bad);
}

void ref_rt_action(struct ref_rt *rt, u32 action, const void *args, u32 args_sz)
{
	const struct action *a = rt->prog->actions[action];
	struct cursor c = cursor_over(args, args_sz);

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

/* ---- the rest ---- */

void ref_rt_copy_map(struct ref_rt *to, const struct ref_rt *from, u32 map)
{
	const struct map_info *m = from->prog->maps[map];
	struct entry *copy;
	struct buf key, val;

	clear_map(to, map);
	buf_init(&key, TEXT_MAX);
	buf_init(&val, TEXT_MAX);
	for (const struct entry *e = from->maps[map]; e; e = e->next) {
		buf_reset(&key);
		buf_reset(&val);
		if (from->is_fixed && m->key)
			must(!packed_from_kernel(m->key, e->key, e->key_sz, &key));
		else
			buf_put(&key, e->key, e->key_sz);
		copy = get(to, map, key.data, key.len);
		copy->num = e->num;
		copy->cnt = e->cnt;
		copy->digest = e->digest;
		copy->sum = e->sum;
		copy->min = e->min;
		copy->max = e->max;
		if (!e->bytes)
			continue;
		if (from->is_fixed)
			must(!packed_from_kernel(m->val, e->bytes, e->bytes_sz, &val));
		else
			buf_put(&val, e->bytes, e->bytes_sz);
		copy->bytes = dup_bytes(val.data, val.len);
		copy->bytes_sz = val.len;
	}
	buf_fini(&key);
	buf_fini(&val);
}

bool ref_rt_exited(const struct ref_rt *rt, s64 *ret_code)
{
	if (ret_code)
		*ret_code = rt->exit_code;
	return rt->exited;
}

void ref_rt_set_exit(struct ref_rt *rt, s64 code)
{
	rt->exited = true;
	rt->exit_code = code;
}

void ref_rt_resume(struct ref_rt *rt)
{
	rt->exited = false;
}

void ref_rt_set_session_start(struct ref_rt *rt, s64 ns)
{
	rt->session_start = ns;
}

void ref_rt_set_steps(struct ref_rt *rt, u32 steps)
{
	rt->steps = steps;
}

bool ref_rt_step(struct ref_rt *rt)
{
	if (!rt->steps)
		return false;
	rt->steps--;
	return true;
}

bool ref_rt_stopped(const struct ref_rt *rt)
{
	return rt->exited;
}

s64 ref_rt_session_start(const struct ref_rt *rt)
{
	return rt->session_start;
}

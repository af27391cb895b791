/*
 * Quantiles of a query's value, as a table or a JSON object.
 *
 * The first pass also prints what the query prints and keeps the keys as text, because what they
 * are printed by (types, symbols) lives only as long as the pass.  Groups stand in the order of a
 * map of their counts.
 */
#include "analyze/quantile_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyze/format_value.h"
#include "analyze/maps.h"

#define TEXT_MAX   ((size_t)64 << 20)
#define LABELS_MAX ((size_t)256 << 20)

struct answer {
	const struct quantile_table_opts *o;
	struct quantiles *q;
	struct arena arena; /* labels and order */
	struct value_fmt fmt; /* of the pass that runs */
	const struct type *by;
	bool is_signed, is_json, has_labels;
	enum compat compat;
	const char **labels; /* by group; NULL: the query has no key */
	u32 *order;
};

/* ---- the sink ---- */

static int start(void *ctx, const struct query_types *t, struct err *err)
{
	struct answer *a = ctx;
	struct quantiles_opts o = { .q = a->o->q,
				    .q_cnt = a->o->q_cnt,
				    .values_max = a->o->values_max };

	a->by = t->by;
	a->fmt = *t->fmt;
	a->fmt.is_folded = !a->is_json;	/* a cell is one line */
	if (a->q)
		return 0;
	a->compat = t->fmt->compat;
	a->is_signed = t->vals[0] && t->vals[0]->kind == TYPE_INT && t->vals[0]->is_signed;
	o.is_signed = a->is_signed;
	return quantiles_new(&o, &a->q, err);
}

static void *open_thread(void *ctx, struct err *err)
{
	struct answer *a = ctx;

	return quantiles_open(a->q, err);
}

static int take_row(void *thread, const s64 *vals, struct str key, struct err *err)
{
	return quantiles_add(thread, key, vals[0], err);
}

static int close_thread(void *ctx, void *thread, struct err *err)
{
	(void)ctx;
	return quantiles_close(thread, err);
}

/* A map of the counts, for its order. */
static int count_map(const struct answer *a, struct tmap *m, struct err *err)
{
	struct quantile_group g;
	struct tmap_entry *e;

	for (u32 i = 0; i < quantiles_group_cnt(a->q); i++) {
		quantiles_get(a->q, i, &g);
		if (tmap_get(m, g.key.s, (u32)g.key.len, &e))
			return err_oom(err);
		e->val.agg.cnt = g.cnt;
		e->val.agg.min = i; /* which group it is; counts do not look at it */
	}
	return 0;
}

static int put_label(struct answer *a, u32 idx, struct err *err)
{
	struct quantile_group g;
	struct cursor c;
	struct buf text;

	quantiles_get(a->q, idx, &g);
	c = cursor_over(g.key.s, g.key.len);
	buf_init(&text, 1 << 20);
	format_key(&a->fmt, a->by, &c, a->is_json, &text);
	a->labels[idx] = arena_dup(&a->arena, buf_cstr(&text), text.len);
	buf_fini(&text);
	return a->labels[idx] ? 0 : err_oom(err);
}

static int make_order(struct answer *a, struct err *err)
{
	static const struct type count = { .kind = TYPE_AGG, .size = 8, .agg = AGG_COUNT };
	struct map_info info = { .name = "@", .key = a->by, .val = &count };
	struct tmap_budget budget = { .max = UINT64_MAX };
	struct tmap_entry **sorted = NULL;
	struct tmap m;
	int rc;

	tmap_init(&m, &info, QUANTILE_GROUPS_MAX, &budget);
	rc = count_map(a, &m, err);
	if (!rc && tmap_sort(&m, a->compat, &sorted))
		rc = err_oom(err);
	for (u32 i = 0; !rc && i < m.used; i++)
		a->order[i] = (u32)sorted[i]->val.agg.min;
	free(sorted);
	tmap_fini(&m);
	return rc;
}

/* All rows of the first pass are there. */
static int end(void *ctx, struct err *err)
{
	struct answer *a = ctx;
	u32 n = quantiles_group_cnt(a->q);
	int rc;

	if (a->has_labels)
		return 0;
	a->has_labels = true;
	a->order = arena_new_n(&a->arena, u32, (size_t)n + 1);
	a->labels = arena_new_n(&a->arena, const char *, (size_t)n + 1);
	if (!a->order || !a->labels)
		return err_oom(err);
	rc = make_order(a, err);
	for (u32 i = 0; !rc && a->by && i < n; i++)
		rc = put_label(a, i, err);
	return rc;
}

/* ---- text ---- */

#define FIXED_COLS 5u /* key count min avg max */

struct cells {
	struct buf text; /* one behind the other, each with its NUL */
	u32 cols;
	size_t *width;
};

static void put_cell(struct cells *c, u32 col, struct buf *tmp)
{
	if (tmp->len > c->width[col])
		c->width[col] = tmp->len;
	buf_put(&c->text, buf_cstr(tmp), tmp->len + 1);
	buf_reset(tmp);
}

/* "p50" for 0.5, "p99.9" for 0.999. */
static void put_percent(const struct quantile *q, struct buf *out)
{
	u64 rest = q->num % q->den * 100 % q->den, den = q->den;

	buf_printf(out, "p%llu", (unsigned long long)(q->num * 100 / q->den));
	for (bool is_first = true; rest; is_first = false) {
		rest *= 10;
		buf_printf(out, "%s%llu", is_first ? "." : "", (unsigned long long)(rest / den));
		rest %= den;
	}
}

static void put_heads(const struct answer *a, struct cells *c, struct buf *tmp)
{
	static const char *const heads[FIXED_COLS] = { "", "count", "min", "avg", "max" };

	for (u32 i = 0; i < c->cols; i++) {
		if (i < FIXED_COLS)
			buf_puts(tmp, heads[i]);
		else
			put_percent(&a->o->q[i - FIXED_COLS], tmp);
		put_cell(c, i, tmp);
	}
}

/* A number in the words of the tool, whatever the format. */
static void put_num(const struct answer *a, bool is_signed, s64 v, struct buf *out)
{
	struct value_fmt fmt = { .compat = a->compat };
	struct cursor c = cursor_over(&v, sizeof(v));

	if (a->is_json)
		format_value_json(&fmt, is_signed ? &type_s64 : &type_u64, &c, out);
	else
		format_value(&fmt, is_signed ? &type_s64 : &type_u64, &c, out);
}

static void put_group(const struct answer *a, struct cells *c, u32 idx, struct buf *tmp)
{
	struct quantile_group g;

	quantiles_get(a->q, idx, &g);
	if (a->by)
		buf_printf(tmp, "@[%s]", a->labels[idx]);
	else
		buf_puts(tmp, "@");
	put_cell(c, 0, tmp);
	put_num(a, false, (s64)g.cnt, tmp);
	put_cell(c, 1, tmp);
	put_num(a, a->is_signed, g.min, tmp);
	put_cell(c, 2, tmp);
	put_num(a, a->is_signed, g.avg, tmp);
	put_cell(c, 3, tmp);
	put_num(a, a->is_signed, g.max, tmp);
	put_cell(c, 4, tmp);
	for (u32 i = FIXED_COLS; i < c->cols; i++) {
		put_num(a, a->is_signed, g.at[i - FIXED_COLS], tmp);
		put_cell(c, i, tmp);
	}
}

static void put_lines(const struct cells *c, struct sink *out)
{
	const char *p = (const char *)c->text.data, *last = p + c->text.len;
	struct buf line;

	buf_init(&line, TEXT_MAX);
	for (u32 col = 0; p < last; col = (col + 1) % c->cols) {
		size_t len = strlen(p), pad = c->width[col] - len;

		if (col)
			buf_fill(&line, ' ', pad + 2);
		buf_put(&line, p, len);
		if (!col)
			buf_fill(&line, ' ', pad);
		if (col + 1 == c->cols)
			buf_putc(&line, '\n');
		p += len + 1;
	}
	sink_put(out, line.data, line.len);
	buf_fini(&line);
}

static int print_text(const struct answer *a, struct sink *out, struct err *err)
{
	struct cells c = { .cols = FIXED_COLS + a->o->q_cnt };
	u32 n = quantiles_group_cnt(a->q);
	struct buf tmp;
	int rc = 0;

	c.width = calloc(c.cols, sizeof(*c.width));
	if (!c.width)
		return err_oom(err);
	buf_init(&c.text, TEXT_MAX);
	buf_init(&tmp, 1 << 20);
	put_heads(a, &c, &tmp);
	for (u32 i = 0; i < n; i++)
		put_group(a, &c, a->order[i], &tmp);
	if (c.text.is_full)
		rc = err_set(err, -E2BIG, "a table of %u groups is too large to print", n);
	else
		put_lines(&c, out);
	buf_fini(&tmp);
	buf_fini(&c.text);
	free(c.width);
	return rc;
}

/* ---- JSON ---- */

static void put_json_group(const struct answer *a, u32 idx, struct buf *out)
{
	struct quantile_group g;

	quantiles_get(a->q, idx, &g);
	buf_puts(out, "{\"count\": ");
	put_num(a, false, (s64)g.cnt, out);
	buf_puts(out, ", \"min\": ");
	put_num(a, a->is_signed, g.min, out);
	buf_puts(out, ", \"avg\": ");
	put_num(a, a->is_signed, g.avg, out);
	buf_puts(out, ", \"max\": ");
	put_num(a, a->is_signed, g.max, out);
	buf_puts(out, ", \"quantiles\": {");
	for (u32 i = 0; i < a->o->q_cnt; i++) {
		buf_printf(out, "%s\"%s\": ", i ? ", " : "", a->o->q[i].text);
		put_num(a, a->is_signed, g.at[i], out);
	}
	buf_puts(out, "}}");
}

static void print_json(const struct answer *a, struct sink *out)
{
	u32 n = quantiles_group_cnt(a->q);
	struct buf tmp;

	buf_init(&tmp, TEXT_MAX);
	buf_puts(&tmp, "{\"type\": \"quantiles\", \"data\": {\"@\": ");
	buf_puts(&tmp, a->by ? "{" : "");
	for (u32 i = 0; i < n; i++) {
		if (a->by) {
			buf_puts(&tmp, i ? ", " : "");
			format_str_json(str_of(a->labels[a->order[i]]), &tmp);
			buf_puts(&tmp, ": ");
		}
		put_json_group(a, a->order[i], &tmp);
		sink_put(out, tmp.data, tmp.len);
		buf_reset(&tmp);
	}
	buf_puts(&tmp, a->by ? "}}}\n" : "}}\n");
	sink_put(out, tmp.data, tmp.len);
	buf_fini(&tmp);
}

/* ---- passes ---- */

static void say_nothing(void *ctx, const char *text)
{
	(void)ctx;
	(void)text;
}

static bool can_read_again(const char *tape)
{
	struct stat st;

	return strcmp(tape, "-") && !stat(tape, &st) && S_ISREG(st.st_mode);
}

static int run_again(const struct answer *a, const struct query *query,
		     const struct engine_opts *engine, struct err *err)
{
	struct engine_opts again = *engine;
	struct engine_result unused;
	struct query rows = *query;

	if (!can_read_again(engine->tape)) {
		err_set(err, -EFBIG, "quantiles of more than %llu values need a tape in a file",
			(unsigned long long)(a->o->values_max ? a->o->values_max :
								QUANTILE_VALUES_MAX));
		err_hint(err, "a pipe can be read only once; or take a shorter range");
		return -EFBIG;
	}
	rows.out = QUERY_ROWS;
	again.format = &render_text;
	again.out_fd = -1;
	again.warn = again.show = say_nothing;
	return query_run(&rows, &again, &unused, err);
}

static int run_passes(struct answer *a, const struct engine_opts *engine, struct engine_result *ret,
		      struct err *err)
{
	const struct query_sink sink = { a, start, open_thread, take_row, close_thread, NULL, end };
	struct query query = *a->o->query;
	int rc;

	query.out |= QUERY_ROWS;
	query.sink = &sink;
	rc = query_run(&query, engine, ret, err);
	while (!rc && a->q) {
		rc = quantiles_end_pass(a->q, err);
		if (rc <= 0)
			break;
		rc = run_again(a, &query, engine, err);
	}
	return rc;
}

int quantile_table_run(const struct quantile_table_opts *o, const struct engine_opts *engine,
		       struct engine_result *ret, struct err *err)
{
	struct answer a = { .o = o, .is_json = engine->format == &render_json };
	struct sink out;
	int rc;

	sink_init(&out, engine->out_fd);
	arena_init(&a.arena, LABELS_MAX);
	rc = run_passes(&a, engine, ret, err);
	if (!rc && a.q && quantiles_group_cnt(a.q) && a.order) {
		if (a.is_json)
			print_json(&a, &out);
		else
			rc = print_text(&a, &out, err);
	}
	sink_flush(&out);
	if (!rc && out.code && out.code != -EPIPE)
		rc = err_set_errno(err, out.code, "writing the answer");
	sink_fini(&out);
	quantiles_free(a.q);
	arena_fini(&a.arena);
	return rc;
}

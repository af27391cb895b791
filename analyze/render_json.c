/*
 * Answers as JSON, one object a line: {"type": T, "data": D}.  Always valid UTF-8.
 *
 * The shape is bpftrace's (0.27: no blanks inside lists of buckets and tuples, integers that a
 * double would change as strings; 0.17: numbers as they are).  What it gets wrong is put right:
 * bytes above 0x7f, blanks inside the strings of a key, an empty line at the end.  Empty maps are
 * left out; an answer that has something to say about itself (lost rows, a filter) says it with
 * type "warning".
 */
#include <inttypes.h>

#include "analyze/histogram.h"
#include "analyze/render.h"
#include "lang/packed.h"

static const char *const text_types[] = {
	[RENDER_PRINTF] = "printf", [RENDER_TIME] = "time", [RENDER_JOIN] = "join",
	[RENDER_CAT] = "cat", [RENDER_SYSTEM] = "syscall",
};

static bool is_17(const struct render *r)
{
	return r->fmt.compat == COMPAT_17;
}

static void put_head(struct render *r, const char *type)
{
	buf_printf(&r->tmp, "{\"type\": \"%s\", \"data\": ", type);
}

static void put_tail(struct render *r)
{
	buf_puts(&r->tmp, "}\n");
	sink_put(r->out, r->tmp.data, r->tmp.len);
	buf_reset(&r->tmp);
}

static void json_start(struct render *r, u32 probe_cnt)
{
	buf_puts(&r->tmp, "{\"type\": \"attached_probes\", ");
	if (!is_17(r))
		buf_printf(&r->tmp, "\"count\": %u, ", probe_cnt);
	buf_printf(&r->tmp, "\"data\": {\"probes\": %u}", probe_cnt);
	put_tail(r);
}

static void json_text(struct render *r, enum render_text kind, struct str s)
{
	put_head(r, text_types[kind]);
	format_str_json(s, &r->tmp);
	put_tail(r);
}

static void json_said(struct render *r, const struct render_said *s)
{
	buf_printf(&r->tmp, "{\"type\": \"%s\", \"msg\": ", s->is_error ? "errorf" : "warnf");
	format_str_json(s->msg, &r->tmp);
	buf_puts(&r->tmp, ", \"filename\": ");
	format_str_json(str_of(s->file), &r->tmp);
	buf_printf(&r->tmp, ", \"line\": %u, \"col\": %u", s->line, s->col);
	put_tail(r);
}

static void json_value(struct render *r, const struct type *t, struct cursor c)
{
	put_head(r, "value");
	format_value_json(&r->fmt, t, &c, &r->tmp);
	put_tail(r);
}

static void put_int(struct render *r, s64 v, bool is_signed)
{
	format_int_json(r->fmt.compat, is_signed, v, &r->tmp);
}

static void put_num(struct render *r, const struct type *t, s64 v)
{
	struct cursor c = cursor_over(&v, sizeof(v));

	format_value_json(&r->fmt, t, &c, &r->tmp);
}

static void put_bucket(struct render *r, const struct type *t, u32 idx, u64 cnt)
{
	struct hist_range range;

	hist_range(t, idx, &range);
	buf_putc(&r->tmp, '{');
	if (!range.is_under) {
		buf_puts(&r->tmp, "\"min\": ");
		put_int(r, range.lo, true);
		buf_puts(&r->tmp, ", ");
	}
	if (!range.is_over) {
		buf_puts(&r->tmp, "\"max\": ");
		put_int(r, (s64)(range.hi - 1), true);
		buf_puts(&r->tmp, ", ");
	}
	buf_puts(&r->tmp, "\"count\": ");
	put_int(r, (s64)cnt, false);
	buf_putc(&r->tmp, '}');
}

static void put_hist(struct render *r, const struct map_view *m, const struct agg *a)
{
	const struct type *t = m->info->val;
	u64 div = t->agg == AGG_HIST && m->div > 1 ? (u64)m->div : 1;
	u32 first, last;

	buf_putc(&r->tmp, '[');
	if (hist_span(r, t, a, &first, &last)) {
		for (u32 i = first; i <= last; i++) {
			if (i > first)
				buf_puts(&r->tmp, is_17(r) ? ", " : ",");
			put_bucket(r, t, i, hist_count(r, t, a, i) / div);
		}
	}
	buf_putc(&r->tmp, ']');
}

static void put_stats(struct render *r, const struct map_view *m, const struct tmap_entry *e)
{
	bool is_signed;
	s64 avg = map_view_num(m, e, &is_signed);
	const struct type *t = map_view_type(m);

	buf_printf(&r->tmp, "{\"count\": %" PRIu64 ", \"average\": ", e->val.agg.cnt);
	put_num(r, t, avg);
	buf_puts(&r->tmp, ", \"total\": ");
	put_num(r, t, e->val.agg.sum);
	buf_putc(&r->tmp, '}');
}

static void put_agg(struct render *r, const struct map_view *m, const struct tmap_entry *e)
{
	bool is_signed;
	s64 v;

	switch (m->info->val->agg) {
	case AGG_HIST:
	case AGG_LHIST:
		put_hist(r, m, &e->val.agg);
		break;
	case AGG_TSERIES:
		render_tseries_json(r, m, e);
		break;
	case AGG_QUANTILE:
		render_quantile_json(r, m, e);
		break;
	case AGG_STATS:
		put_stats(r, m, e);
		break;
	default:
		v = map_view_num(m, e, &is_signed);
		put_num(r, map_view_type(m), v);
	}
}

static void json_entry(struct render *r, const struct map_view *m, const struct tmap_entry *e)
{
	put_head(r, "value");
	put_agg(r, m, e);
	put_tail(r);
}

static void put_mapped(struct render *r, const struct map_view *m, const struct tmap_entry *e)
{
	const struct type *t = m->info->val;
	bool is_signed;
	struct cursor c;
	s64 num;

	if (t->kind == TYPE_AGG) {
		put_agg(r, m, e);
		return;
	}
	if (packed_is_word(t)) {
		num = t->kind == TYPE_INT || t->kind == TYPE_FLOAT ?
			      map_view_num(m, e, &is_signed) : e->val.num;
		c = cursor_over(&num, sizeof(num));
	} else {
		c = cursor_over(e->val.bytes, e->val_sz);
	}
	format_value_json(&r->fmt, t, &c, &r->tmp);
}

static void put_key(struct render *r, const struct map_view *m, const struct tmap_entry *e)
{
	struct cursor c = cursor_over(e->key, e->key_sz);
	struct buf text;

	buf_init(&text, 1 << 20);
	format_key(&r->fmt, m->info->key, &c, true, &text);
	format_str_json((struct str){ (const char *)text.data, text.len }, &r->tmp);
	buf_fini(&text);
}

static const char *map_type(const struct type *t)
{
	if (t->kind != TYPE_AGG)
		return "map";
	if (t->agg == AGG_HIST || t->agg == AGG_LHIST)
		return "hist";
	if (t->agg == AGG_TSERIES || t->agg == AGG_QUANTILE)
		return t->agg == AGG_TSERIES ? "tseries" : "quantile";
	return t->agg == AGG_AVG || t->agg == AGG_STATS ? "stats" : "map";
}

static void put_keyed(struct render *r, const struct map_view *m)
{
	u32 first = map_view_first(m);

	buf_putc(&r->tmp, '{');
	for (u32 i = first; i < m->cnt; i++) {
		if (i > first)
			buf_puts(&r->tmp, ", ");
		put_key(r, m, m->entries[i]);
		buf_puts(&r->tmp, ": ");
		put_mapped(r, m, m->entries[i]);
	}
	buf_putc(&r->tmp, '}');
}

static void json_map(struct render *r, const struct map_view *m)
{
	static const struct tmap_entry zero;
	const struct type *t = m->info->val;
	struct map_view v = *m;

	if (!t ||
	    (!m->cnt && (m->is_exit || m->info->key || (t->kind != TYPE_AGG && !type_is_num(t)))))
		return;
	if (is_17(r) && t->kind == TYPE_AGG && t->agg == AGG_STATS)
		v.top = v.div = 0;
	put_head(r, map_type(t));
	buf_printf(&r->tmp, "{\"%s\": ", m->info->name);
	if (m->info->key)
		put_keyed(r, &v);
	else
		put_mapped(r, &v, m->cnt ? m->entries[0] : &zero);
	buf_putc(&r->tmp, '}');
	put_tail(r);
}

static void json_exit(struct render *r UNUSED)
{
}

static void json_warning(struct render *r, const char *text)
{
	put_head(r, "warning");
	format_str_json(str_of(text), &r->tmp);
	put_tail(r);
}

/* As bpftrace 0.27 says it, and how often, which it says by repeating it. */
static void json_trouble(struct render *r, const struct render_trouble *t)
{
	buf_puts(&r->tmp, "{\"type\": \"runtime_error\", \"msg\": ");
	format_str_json(str_of(t->text), &r->tmp);
	buf_puts(&r->tmp, ", \"filename\": ");
	format_str_json(str_of(t->file), &r->tmp);
	buf_printf(&r->tmp, ", \"line\": %u, \"col\": %u, \"count\": %llu", t->line, t->col,
		   (unsigned long long)t->cnt);
	put_tail(r);
}

const struct render_ops render_json = {
	.name = "json",
	.start = json_start,
	.text = json_text,
	.value = json_value,
	.map = json_map,
	.entry = json_entry,
	.exit = json_exit,
	.said = json_said,
	.warning = json_warning,
	.trouble = json_trouble,
};

/*
 * Answers as text, byte for byte as bpftrace prints them.
 *
 * 0.27 puts an empty line after each histogram and nowhere else, prints an empty scalar as its
 * zero when it is asked for, and nothing for other empty maps.  0.17 ends every map with its own
 * line end: what is empty leaves an empty line (two for averages and stats, which always have one
 * of their own), `@h: ` keeps its blank, bars of a divided histogram are those of the undivided
 * one, and count() without a key is always there.
 */
#include <inttypes.h>
#include <stdio.h>

#include "analyze/histogram.h"
#include "analyze/render.h"
#include "lang/packed.h"

#define BAR_WIDTH 52

static bool is_17(const struct render *r)
{
	return r->fmt.compat == COMPAT_17;
}

static void flush_tmp(struct render *r)
{
	sink_put(r->out, r->tmp.data, r->tmp.len);
	buf_reset(&r->tmp);
}

static void text_start(struct render *r UNUSED, u32 probe_cnt UNUSED)
{
}

static void text_text(struct render *r, enum render_text kind, struct str s)
{
	sink_put(r->out, s.s, s.len);
	if (kind == RENDER_SYSTEM && !is_17(r))
		sink_put(r->out, "\n", 1);
}

/* Behind what was printed before it. */
static void text_said(struct render *r, const struct render_said *s)
{
	if (!r->said)
		return;
	buf_printf(&r->tmp, "%s:%u", s->file, s->line);
	if (s->end_line > s->line)
		buf_printf(&r->tmp, "-%u", s->end_line);
	else
		buf_printf(&r->tmp, ":%u-%u", s->col, s->end_col);
	buf_printf(&r->tmp, ": %s: ", s->is_error ? "ERROR" : "WARNING");
	buf_put(&r->tmp, s->msg.s, s->msg.len);
	if (!s->msg.len || s->msg.s[s->msg.len - 1] != '\n')
		buf_putc(&r->tmp, '\n');
	sink_flush(r->out);
	sink_put(r->said, r->tmp.data, r->tmp.len);
	sink_flush(r->said);
	buf_reset(&r->tmp);
}

static void put_stats(struct render *r, u64 cnt, s64 avg, s64 total, const struct type *t)
{
	if (is_17(r))
		buf_printf(&r->tmp, "count %" PRIu64 ", average ", cnt);
	else
		buf_printf(&r->tmp, "{ .count = %" PRIu64 ", .average = ", cnt);
	value_text_int(t, avg, &r->tmp);
	buf_puts(&r->tmp, is_17(r) ? ", total " : ", .total = ");
	value_text_int(t, total, &r->tmp);
	buf_puts(&r->tmp, is_17(r) ? "" : " }");
}

static void text_value(struct render *r, const struct type *t, struct cursor c)
{
	format_value(&r->fmt, t, &c, &r->tmp);
	buf_putc(&r->tmp, '\n');
	flush_tmp(r);
}

static void put_name(struct render *r, const struct map_view *m, const struct tmap_entry *e)
{
	struct cursor key;

	buf_puts(&r->tmp, m->info->name);
	if (!m->info->key)
		return;
	key = cursor_over(e->key, e->key_sz);
	buf_putc(&r->tmp, '[');
	format_key(&r->fmt, m->info->key, &key, false, &r->tmp);
	buf_putc(&r->tmp, ']');
}

static void put_bar(struct render *r, u64 cnt, u64 max)
{
	u64 n = max ? (u64)((double)cnt / (double)max * BAR_WIDTH) : 0;

	if (max && cnt <= UINT64_MAX / BAR_WIDTH)
		n = cnt * BAR_WIDTH / max;
	buf_puts(&r->tmp, "|");
	buf_fill(&r->tmp, '@', n < BAR_WIDTH ? n : BAR_WIDTH);
	buf_fill(&r->tmp, ' ', n < BAR_WIDTH ? BAR_WIDTH - n : 0);
	buf_puts(&r->tmp, "|\n");
}

/* lhist() counts are never divided. */
static u64 hist_div(const struct map_view *m)
{
	return m->info->val->agg == AGG_HIST && m->div > 1 ? (u64)m->div : 1;
}

static void put_hist(struct render *r, const struct map_view *m, const struct tmap_entry *e)
{
	const struct type *t = m->info->val;
	const struct agg *a = &e->val.agg;
	u64 div = hist_div(m), bar_div = is_17(r) ? 1 : div, max = 0;
	char label[HIST_LABEL_MAX];
	u32 first, last;

	buf_puts(&r->tmp, is_17(r) ? ": \n" : ":\n");
	if (!hist_span(r, t, a, &first, &last))
		return;
	for (u32 i = first; i <= last; i++) {
		u64 n = hist_count(r, t, a, i) / bar_div;

		max = n > max ? n : max;
	}
	for (u32 i = first; i <= last; i++) {
		u64 n = hist_count(r, t, a, i);

		hist_label(t, i, r->fmt.compat, label);
		buf_printf(&r->tmp, "%-16s%8" PRIu64 " ", label, n / div);
		put_bar(r, n / bar_div, max);
	}
}

static void put_number(struct render *r, const struct map_view *m, const struct tmap_entry *e)
{
	bool is_signed;
	s64 v = map_view_num(m, e, &is_signed);
	const struct type *t = m->info->val;

	if (t->kind != TYPE_AGG)
		value_text_int(t, v, &r->tmp);
	else if (t->agg == AGG_QUANTILE)
		render_quantile_text(r, m, e);
	else if (t->agg == AGG_STATS)
		put_stats(r, e->val.agg.cnt, v, e->val.agg.sum, map_view_type(m));
	else
		value_text_int(map_view_type(m), v, &r->tmp);
}

static void text_entry(struct render *r, const struct map_view *m, const struct tmap_entry *e)
{
	put_number(r, m, e);
	buf_putc(&r->tmp, '\n');
	flush_tmp(r);
}

static bool is_hist(const struct type *t)
{
	return t->kind == TYPE_AGG && (t->agg == AGG_HIST || t->agg == AGG_LHIST);
}

static bool is_tseries(const struct type *t)
{
	return t->kind == TYPE_AGG && t->agg == AGG_TSERIES;
}

static void put_plain(struct render *r, const struct map_view *m, const struct tmap_entry *e)
{
	const struct type *t = m->info->val;
	struct cursor c;

	buf_puts(&r->tmp, ": ");
	if (t->kind == TYPE_AGG || t->kind == TYPE_FLOAT || type_is_num(t)) {
		put_number(r, m, e);
		return;
	}
	if (packed_is_word(t))
		c = cursor_over(&e->val.num, sizeof(e->val.num));
	else
		c = cursor_over(e->val.bytes, e->val_sz);
	format_value(&r->fmt, t, &c, &r->tmp);
}

static void put_entry(struct render *r, const struct map_view *m, const struct tmap_entry *e)
{
	put_name(r, m, e);
	if (is_tseries(m->info->val)) {
		render_tseries_text(r, m, e);
		return;
	}
	if (is_hist(m->info->val)) {
		put_hist(r, m, e);
	} else {
		put_plain(r, m, e);
	}
	buf_putc(&r->tmp, '\n');
}

/* 0.17 takes neither top nor div for stats. */
static struct map_view as_17(const struct map_view *m)
{
	struct map_view v = *m;

	if (m->info->val->kind == TYPE_AGG && m->info->val->agg == AGG_STATS)
		v.top = v.div = 0;
	return v;
}

static bool has_own_line(const struct type *t)
{
	return t->kind == TYPE_AGG && (t->agg == AGG_AVG || t->agg == AGG_STATS);
}

/* A map without entries; what 0.27 prints of an empty scalar is a value of zero. */
static void put_empty(struct render *r, const struct map_view *m)
{
	const struct type *t = m->info->val;
	struct tmap_entry zero = { 0 };
	struct map_view v = *m;
	u8 bytes[512] = { 0 };

	v.div = 0;
	if (is_17(r)) {
		if (t->kind == TYPE_AGG && t->agg == AGG_COUNT && !m->info->key)
			put_entry(r, &v, &zero);
		else
			buf_puts(&r->tmp, has_own_line(t) ? "\n\n" : "\n");
		return;
	}
	if (m->is_exit || m->info->key || is_hist(t) || is_tseries(t))
		return;
	if (t->kind != TYPE_AGG && !packed_is_word(t)) {
		zero.val.bytes = bytes;		/* packed zeros of any type */
		zero.val_sz = sizeof(bytes);
	}
	put_entry(r, &v, &zero);
}

static void text_map(struct render *r, const struct map_view *m)
{
	struct map_view v = is_17(r) ? as_17(m) : *m;

	if (!m->info->val)
		return;
	if (!m->cnt) {
		put_empty(r, m);
		flush_tmp(r);
		return;
	}
	for (u32 i = map_view_first(&v); i < v.cnt; i++)
		put_entry(r, &v, v.entries[i]);
	if (is_17(r) && has_own_line(m->info->val))
		buf_putc(&r->tmp, '\n');
	flush_tmp(r);
}

static void text_exit(struct render *r)
{
	sink_put(r->out, "\n\n", 2);
}

static void text_trouble(struct render *r UNUSED, const struct render_trouble *t UNUSED)
{
}

static void text_warning(struct render *r UNUSED, const char *text UNUSED)
{
	/* said on stderr by the command; stdout has answers only */
}

const struct render_ops render_text = {
	.name = "text",
	.start = text_start,
	.text = text_text,
	.value = text_value,
	.map = text_map,
	.entry = text_entry,
	.exit = text_exit,
	.said = text_said,
	.warning = text_warning,
	.trouble = text_trouble,
};

/*
 * The graph of tseries() and the list of quantile(), as text and as JSON.
 *
 *	             13                                                118
 *	hh:mm:ss.ms  |___________________________________________________|
 *	08:40:51.200 *                                                   | 13
 *	08:40:51.250 |                                                   | -
 *	08:40:51.300 |                                                   * 118
 *	             v___________________________________________________v
 *	             13                                                118
 *
 * All as bpftrace 0.27 prints it: a mark in one of 53 places between the smallest and the largest
 * value, and the middle one if these are the same; nanoseconds if there is one interval.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "analyze/render.h"
#include "analyze/sketch.h"
#include "lang/value_text.h"

#define PLACES 53
#define SECOND ((s64)1000000000)

/* How times are printed: by what the interval divides into. */
struct scale {
	const char *head;
	s64 unit; /* ns */
	int digits, width; /* behind the second; of the column */
};

static const struct scale scales[] = {
	{ "hh:mm:ss", SECOND, 0, 9 },
	{ "hh:mm:ss.ms", 1000000, 3, 13 },
	{ "hh:mm:ss.\xce\xbcs", 1000, 6, 16 },
	{ "hh:mm:ss.ns", 1, 9, 19 },
};

static const struct scale *scale_of(const struct type *t, u32 slots)
{
	size_t i = slots > 1 ? 0 : countof(scales) - 1;

	while (t->ts_interval % scales[i].unit)
		i++;
	return &scales[i];
}

static s64 floor_div(s64 a, s64 b)
{
	return a / b - (a % b < 0);
}

static void put_time(const struct render *r, const struct scale *sc, s64 ns, struct buf *out)
{
	static const struct timefmt utc;
	s64 sec = floor_div(ns, SECOND);
	time_t local = (time_t)(sec + timefmt_offset(r->fmt.time ? r->fmt.time : &utc, sec));
	struct tm tm;

	if (!gmtime_r(&local, &tm))
		memset(&tm, 0, sizeof(tm));
	buf_printf(out, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
	if (sc->digits)
		buf_printf(out, ".%0*" PRId64, sc->digits, (ns - sec * SECOND) / sc->unit);
	buf_putc(out, ' ');
}

struct graph {
	const struct type *t;
	const struct type *num; /* of the values */
	const struct scale *sc;
	s64 min, max, div;
};

static bool is_less(const struct type *t, s64 a, s64 b)
{
	return t->is_signed ? a < b : (u64)a < (u64)b;
}

static s64 value_of(const struct graph *g, const struct tseries_slot *s)
{
	s64 v = tseries_value(g->t, s);

	if (g->div <= 1)
		return v;
	return g->t->is_signed ? v / g->div : (s64)((u64)v / (u64)g->div);
}

static u32 place_of(const struct graph *g, s64 v)
{
	u64 range = (u64)g->max - (u64)g->min, at = (u64)v - (u64)g->min;

	return range ? (u32)((unsigned __int128)at * (PLACES - 1) / range) : 0;
}

static void put_labels(struct render *r, const struct graph *g)
{
	char text[2][32];
	struct buf b;

	for (u32 i = 0; i < 2; i++) {
		buf_init(&b, sizeof(text[0]));
		value_text_int(g->num, i ? g->max : g->min, &b);
		snprintf(text[i], sizeof(text[i]), "%s", buf_cstr(&b));
		buf_fini(&b);
	}
	buf_fill(&r->tmp, ' ', g->sc->width);
	buf_printf(&r->tmp, "%s%*s\n", text[0], PLACES - (int)strlen(text[0]), text[1]);
}

static void put_rule(struct render *r, const struct graph *g, const char *head, char end)
{
	buf_printf(&r->tmp, "%-*s%c", g->sc->width, head, end);
	buf_fill(&r->tmp, '_', PLACES - 2);
	buf_printf(&r->tmp, "%c\n", end);
}

static void put_row(struct render *r, const struct graph *g, s64 epoch,
		    const struct tseries_slot *s)
{
	char row[PLACES + 1];

	memset(row, ' ', PLACES);
	row[0] = row[PLACES - 1] = '|';
	row[PLACES] = '\0';
	if (s)
		row[place_of(g, value_of(g, s))] = '*';
	put_time(r, g->sc, epoch * g->t->ts_interval, &r->tmp);
	buf_printf(&r->tmp, "%s ", row);
	if (s)
		value_text_int(g->num, value_of(g, s), &r->tmp);
	else
		buf_putc(&r->tmp, '-');
	buf_putc(&r->tmp, '\n');
}

static void span_of(struct graph *g, const struct tseries_slot *slots, u32 n)
{
	g->min = g->max = value_of(g, &slots[0]);
	for (u32 i = 1; i < n; i++) {
		s64 v = value_of(g, &slots[i]);

		g->min = is_less(g->t, v, g->min) ? v : g->min;
		g->max = is_less(g->t, g->max, v) ? v : g->max;
	}
	if (g->min == g->max) {
		g->min = (s64)((u64)g->min - 1);
		g->max = (s64)((u64)g->max + 1);
	}
}

void render_tseries_text(struct render *r, const struct map_view *m, const struct tmap_entry *e)
{
	const struct type *t = m->info->val;
	u32 n, i = 0;
	const struct tseries_slot *slots = tseries_slots(e->val.agg.sketch, &n);
	struct graph g = { .t = t, .num = t->is_signed ? &type_s64 : &type_u64, .div = m->div };

	buf_puts(&r->tmp, ":\n");
	if (!n) {
		buf_puts(&r->tmp, "<no data>\n");
		return;
	}
	g.sc = scale_of(t, n);
	span_of(&g, slots, n);
	put_labels(r, &g);
	put_rule(r, &g, g.sc->head, '|');
	for (s64 epoch = slots[0].epoch; i < n; epoch++)
		put_row(r, &g, epoch, slots[i].epoch == epoch ? &slots[i++] : NULL);
	put_rule(r, &g, "", 'v');
	put_labels(r, &g);
	buf_putc(&r->tmp, '\n');
}

static void put_json_time(s64 ns, struct buf *out)
{
	s64 sec = floor_div(ns, SECOND);
	time_t at = (time_t)sec;
	struct tm tm;

	if (!gmtime_r(&at, &tm))
		memset(&tm, 0, sizeof(tm));
	buf_printf(out, "\"%04d-%02d-%02d %02d:%02d:%02d.%09" PRId64 "\"", tm.tm_year + 1900,
		   tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, ns - sec * SECOND);
}

void render_tseries_json(struct render *r, const struct map_view *m, const struct tmap_entry *e)
{
	const struct type *t = m->info->val;
	u32 n;
	const struct tseries_slot *slots = tseries_slots(e->val.agg.sketch, &n);
	struct graph g = { .t = t, .div = m->div };

	buf_putc(&r->tmp, '[');
	for (u32 i = 0; i < n; i++) {
		buf_printf(&r->tmp, "%s{\"interval_start\":", i ? "," : "");
		put_json_time(slots[i].epoch * t->ts_interval, &r->tmp);
		buf_puts(&r->tmp, ",\"value\":");
		format_int_json(r->fmt.compat, t->is_signed, value_of(&g, &slots[i]), &r->tmp);
		buf_putc(&r->tmp, '}');
	}
	buf_putc(&r->tmp, ']');
}

/* ---- quantile ---- */

/* "p99" "p99.9" */
static void put_q_name(u32 q, struct buf *out)
{
	u32 frac = q % 10000, digits = 4;

	buf_printf(out, "p%u", q / 10000);
	while (frac && frac % 10 == 0) {
		frac /= 10;
		digits--;
	}
	if (frac)
		buf_printf(out, ".%0*u", (int)digits, frac);
}

static s64 quantile_of(const struct map_view *m, const struct tmap_entry *e, u32 q)
{
	const struct type *t = m->info->val;
	s64 v = quantile_at(t, e->val.agg.sketch, q);

	if (m->div <= 1)
		return v;
	return t->is_signed ? v / m->div : (s64)((u64)v / (u64)m->div);
}

void render_quantile_text(struct render *r, const struct map_view *m, const struct tmap_entry *e)
{
	const struct type *t = m->info->val;

	buf_printf(&r->tmp, "{ .count = %" PRIu64, e->val.agg.cnt);
	for (u32 i = 0; i < t->q_cnt; i++) {
		buf_puts(&r->tmp, ", .");
		put_q_name(t->q[i], &r->tmp);
		buf_puts(&r->tmp, " = ");
		value_text_int(t->is_signed ? &type_s64 : &type_u64, quantile_of(m, e, t->q[i]),
			       &r->tmp);
	}
	buf_puts(&r->tmp, " }");
}

void render_quantile_json(struct render *r, const struct map_view *m, const struct tmap_entry *e)
{
	const struct type *t = m->info->val;

	buf_printf(&r->tmp, "{\"count\": %" PRIu64, e->val.agg.cnt);
	for (u32 i = 0; i < t->q_cnt; i++) {
		buf_puts(&r->tmp, ", \"");
		put_q_name(t->q[i], &r->tmp);
		buf_puts(&r->tmp, "\": ");
		format_int_json(r->fmt.compat, t->is_signed, quantile_of(m, e, t->q[i]), &r->tmp);
	}
	buf_putc(&r->tmp, '}');
}

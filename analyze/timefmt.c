/*
 * Times of the recorded machine.
 *
 * Session time (boot clock) becomes wall-clock time by the pairs that the recorder took; local
 * time by the recorder's time zone.  libc's strftime only formats: struct tm is filled here with
 * offset and zone name, and what libc would compute with the analyzer's own zone (%s) is put in
 * before.
 */
#include "analyze/timefmt.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NS_PER_S 1000000000LL
#define FMT_MAX 1024
#define PAIRS_MAX (1u << 20)
#define SPANS_MAX 4096

void timefmt_init(struct timefmt *f)
{
	memset(f, 0, sizeof(*f));
}

void timefmt_fini(struct timefmt *f)
{
	free(f->pairs);
	free(f->spans);
	memset(f, 0, sizeof(*f));
}

/* Room for one more, doubling at powers of two. */
static void *grow(void *p, u32 n, size_t item_sz)
{
	if (n & (n - 1))
		return p;
	return realloc(p, (n ? 2 * (size_t)n : 1) * item_sz);
}

int timefmt_add_pair(struct timefmt *f, struct clock_pair p)
{
	struct clock_pair *pairs;
	u32 i;

	if (f->pair_cnt >= PAIRS_MAX)
		return 0;	/* the nearest earlier one serves */
	pairs = grow(f->pairs, f->pair_cnt, sizeof(*pairs));
	if (!pairs)
		return -ENOMEM;
	f->pairs = pairs;
	for (i = f->pair_cnt; i && pairs[i - 1].boot > p.boot; i--)
		pairs[i] = pairs[i - 1];
	pairs[i] = p;
	f->pair_cnt++;
	return 0;
}

int timefmt_add_span(struct timefmt *f, const struct tz_span *s)
{
	struct tz_span *spans;
	u32 i;

	if (f->span_cnt >= SPANS_MAX)
		return -E2BIG;
	spans = grow(f->spans, f->span_cnt, sizeof(*spans));
	if (!spans)
		return -ENOMEM;
	f->spans = spans;
	for (i = f->span_cnt; i && spans[i - 1].from_s > s->from_s; i--)
		spans[i] = spans[i - 1];
	spans[i] = *s;
	spans[i].abbr[TZ_ABBR_MAX - 1] = '\0';
	f->span_cnt++;
	return 0;
}

s64 timefmt_real(const struct timefmt *f, u64 boot_ns)
{
	u32 lo = 0, hi = f->pair_cnt;
	const struct clock_pair *p;

	if (!f->pair_cnt)
		return (s64)boot_ns;
	while (hi - lo > 1) {
		u32 mid = lo + (hi - lo) / 2;

		if (f->pairs[mid].boot <= boot_ns)
			lo = mid;
		else
			hi = mid;
	}
	p = &f->pairs[lo];
	return (s64)(p->real + (boot_ns - p->boot));
}

u64 timefmt_boot(const struct timefmt *f, s64 real_ns)
{
	const struct clock_pair *best = f->pairs;

	if (!f->pair_cnt)
		return real_ns > 0 ? (u64)real_ns : 0;
	for (u32 i = 1; i < f->pair_cnt && (s64)f->pairs[i].real <= real_ns; i++)
		best = &f->pairs[i];
	return best->boot + ((u64)real_ns - best->real);
}

static const struct tz_span *find_span(const struct timefmt *f, s64 real_s)
{
	const struct tz_span *s = NULL;

	for (u32 i = 0; i < f->span_cnt && (!s || f->spans[i].from_s <= real_s); i++)
		s = &f->spans[i];
	return s;
}

s32 timefmt_offset(const struct timefmt *f, s64 real_s)
{
	const struct tz_span *s = find_span(f, real_s);

	return s ? s->off_s : 0;
}

static s64 floor_div(s64 a, s64 b)
{
	return a / b - (a % b < 0);
}

/* The conversions that libc has no way to know; false: leave it to libc. */
static bool put_own(char conv, s64 real_ns, enum compat compat, bool is_strftime, struct buf *out)
{
	s64 s = floor_div(real_ns, NS_PER_S), ns = real_ns - s * NS_PER_S;

	if (conv == 's')
		buf_printf(out, "%" PRId64, s);
	else if (is_strftime && conv == 'f')
		buf_printf(out, "%06" PRId64, ns / 1000);
	else if (is_strftime && conv == 'k' && compat != COMPAT_17)
		buf_printf(out, "%09" PRId64, ns);
	else if (is_strftime && conv == 'l' && compat != COMPAT_17)
		buf_printf(out, "%03" PRId64, ns / 1000000);
	else
		return false;
	return true;
}

static void put_tm(const char *fmt, const struct tm *tm, struct buf *out)
{
	char text[4 * FMT_MAX];

	buf_put(out, text, strftime(text, sizeof(text), fmt, tm));
}

static void format(const struct timefmt *f, const char *fmt, s64 real_ns, enum compat compat,
		   bool is_strftime, struct buf *out)
{
	s64 real_s = floor_div(real_ns, NS_PER_S);
	const struct tz_span *span = find_span(f, real_s);
	time_t local_s = (time_t)(real_s + (span ? span->off_s : 0));
	struct buf own;
	struct tm tm;

	buf_init(&own, FMT_MAX);
	if (!gmtime_r(&local_s, &tm))
		memset(&tm, 0, sizeof(tm));
	tm.tm_gmtoff = span ? span->off_s : 0;
	tm.tm_zone = span ? span->abbr : "UTC";
	tm.tm_isdst = span && span->is_dst;
	for (const char *p = fmt; *p; p++) {
		if (*p != '%' || !p[1]) {
			buf_putc(&own, *p);
			continue;
		}
		if (!put_own(*++p, real_ns, compat, is_strftime, &own)) {
			buf_putc(&own, '%');
			buf_putc(&own, *p);
		}
	}
	if (own.len)
		put_tm(buf_cstr(&own), &tm, out);
	buf_fini(&own);
}

void timefmt_time(const struct timefmt *f, const char *fmt, u64 boot_ns, struct buf *out)
{
	format(f, fmt, timefmt_real(f, boot_ns), COMPAT_27, false, out);
}

void timefmt_strftime(const struct timefmt *f, const char *fmt, u64 boot_ns, enum compat compat,
		      struct buf *out)
{
	format(f, fmt, timefmt_real(f, boot_ns), compat, true, out);
}

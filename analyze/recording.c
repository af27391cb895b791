/*
 * An opened tape.
 */
#include "analyze/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "analyze/catalog_tape.h"
#include "base/io.h"
#include "base/units.h"

static const char *name_of(const char *path)
{
	return strcmp(path, "-") ? path : "standard input";
}

int recording_open_fd(const char *path, struct err *err)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);

	return fd < 0 ? err_set_errno(err, -errno, "%s", name_of(path)) : fd;
}

int recording_open_file(const char *path, struct recording *ret, struct err *err)
{
	struct recording r = { .name = name_of(path), .is_open = true };

	r.fd = recording_open_fd(path, err);
	if (r.fd < 0)
		return r.fd;
	*ret = r;
	return 0;
}

int recording_load(struct recording *r, const struct tape_reader_opts *o, struct err *err)
{
	struct tape_reader_opts own = o ? *o : (struct tape_reader_opts){ 0 };
	int rc;

	own.keeps_fd = true;
	rc = tape_reader_open(r->fd, &own, &r->reader, err);
	if (!rc && tape_reader_is_seekable(r->reader)) {
		rc = tape_reader_load(r->reader, err);
		r->is_loaded = !rc;
	}
	return rc ? err_wrap(err, rc, "%s", r->name) : 0;
}

int recording_open(const char *path, const struct tape_reader_opts *o, struct recording *ret,
		   struct err *err)
{
	struct recording r;
	int rc = recording_open_file(path, &r, err);

	if (rc)
		return rc;
	rc = recording_load(&r, o, err);
	if (rc)
		recording_close(&r);
	else
		*ret = r;
	return rc;
}

void recording_close(struct recording *r)
{
	tape_reader_close(r->reader);
	r->reader = NULL;
	if (r->is_open)
		io_close(&r->fd);
	r->is_open = false;
}

const struct tape_state *recording_state(const struct recording *r)
{
	return tape_reader_state(r->reader);
}

u64 recording_quantum(const struct tape_state *s)
{
	u64 q = tape_state_num(s, TAPE_KEY_TS_QUANTUM, 1);

	return q ? q : 1;
}

bool recording_notes(const struct recording *r, void (*say)(void *ctx, const char *text),
		     void *ctx)
{
	struct tape_reader_notes n = tape_reader_notes(r->reader);

	n.limits_hit |= r->notes.limits_hit;
	n.has_lost_columns |= r->notes.has_lost_columns;
	for (u32 i = 0; tape_limit_rows[i].name; i++) {
		if (n.limits_hit >> i & 1)
			say(ctx, tape_limit_rows[i].beyond);
	}
	if (n.has_lost_columns)
		say(ctx, "columns of some blocks are damaged: their values read as 0 or empty");
	return n.limits_hit || n.has_lost_columns;
}

u64 recording_start(const struct tape_state *s)
{
	return tape_state_num(s, TAPE_KEY_START, s->clock_cnt ? s->clocks[0].boot : 0);
}

u64 recording_end(const struct tape_state *s)
{
	u64 end = tape_state_num(s, TAPE_KEY_END, UINT64_MAX);

	if (end == UINT64_MAX && s->checkpoint.watermark)
		end = s->checkpoint.watermark;
	return end;
}

int compat_parse(const char *text, enum compat *ret, struct err *err)
{
	if (!strcmp(text, "0.27"))
		*ret = COMPAT_27;
	else if (!strcmp(text, "0.17"))
		*ret = COMPAT_17;
	else
		return err_set(err, -EINVAL, "--compat %s: known versions are 0.17 and 0.27", text);
	return 0;
}

enum compat recording_compat(const struct tape_state *s)
{
	return str_is(tape_state_text(s, TAPE_KEY_COMPAT), "0.17") ? COMPAT_17 : COMPAT_27;
}

/* ---- times ---- */

static s64 parse_s64(struct str s)
{
	char text[32];

	snprintf(text, sizeof(text), "%.*s", (int)(s.len < 31 ? s.len : 31), s.s);
	return strtoll(text, NULL, 10);
}

/* "3600 0 CET" */
static void parse_span(const struct tape_fact *fact, struct tz_span *ret)
{
	struct str off, dst, rest;

	*ret = (struct tz_span){ .from_s = parse_s64(fact->key) };
	if (!str_split(fact->val, ' ', &off, &rest) || !str_split(rest, ' ', &dst, &rest))
		return;
	ret->off_s = (s32)parse_s64(off);
	ret->is_dst = str_is(dst, "1");
	snprintf(ret->abbr, sizeof(ret->abbr), "%.*s", (int)(rest.len < 15 ? rest.len : 15),
		 rest.s);
	if (ret->off_s < -93600 || ret->off_s > 93600)
		ret->off_s = 0;
}

static int add_zone(const struct tape_state *s, struct timefmt *f, struct err *err)
{
	struct str tzif = catalog_tape_fact(s->types, "tz", "tzif");

	for (u32 i = 0; i < s->types->fact_cnt; i++) {
		const struct tape_fact *fact = &s->types->facts[i];
		struct tz_span span;
		int rc;

		if (!str_is(fact->space, "tz_span"))
			continue;
		parse_span(fact, &span);
		rc = timefmt_add_span(f, &span);
		if (rc)
			return rc == -ENOMEM ? err_oom(err) : 0;
	}
	if (f->span_cnt || !tzif.s)
		return 0;
	return timefmt_add_tzif(f, (const u8 *)tzif.s, tzif.len, err);
}

int recording_times(const struct tape_state *s, struct timefmt *f, struct err *err)
{
	if (!f->pair_cnt && !s->clock_cnt && s->header.real_ns) {
		struct clock_pair p = { recording_start(s), tape_state_num(s, TAPE_KEY_START_REAL,
									   s->header.real_ns) };

		if (timefmt_add_pair(f, p))
			return err_oom(err);
	}
	for (u32 i = f->clock_cnt; i < s->clock_cnt; i++) {
		struct clock_pair p = { s->clocks[i].boot, s->clocks[i].real };

		if (timefmt_add_pair(f, p))
			return err_oom(err);
	}
	f->clock_cnt = s->clock_cnt;
	return f->span_cnt ? 0 : add_zone(s, f, err);
}

/* "2026-11-26 12:30:00.25" or "12:30:00" of the session's first day. */
static bool parse_wall(const struct timefmt *f, s64 start_real, const char *text, s64 *ret)
{
	time_t start_s = (time_t)(start_real / 1000000000);
	struct tm tm, day = { 0 };
	const char *rest;
	double frac = 0;
	char *end;
	s64 s;

	start_s += timefmt_offset(f, start_s);
	if (!gmtime_r(&start_s, &tm))
		return false;
	rest = strptime(text, "%Y-%m-%d", &day);	/* fills some of it even when it fails */
	if (rest) {
		tm = day;
		rest += *rest == ' ' || *rest == 'T';
	} else {
		rest = text;
	}
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	if (*rest)
		rest = strptime(rest, "%H:%M:%S", &tm);
	if (!rest)
		return false;
	if (*rest == '.') {
		frac = strtod(rest, &end);
		rest = end;
	}
	s = (s64)timegm(&tm);
	s -= timefmt_offset(f, s - timefmt_offset(f, s));
	*ret = s * 1000000000 + (s64)(frac * 1e9);
	return !*rest;
}

int recording_parse_time(const struct tape_state *s, const struct timefmt *f, const char *text,
			 u64 *ret, struct err *err)
{
	u64 start = recording_start(s), end = recording_end(s), ns;
	s64 real;

	if (*text == '+' && !units_parse_ns(text + 1, &ns)) {
		*ret = start + ns;
		return 0;
	}
	if (*text == '-' && !units_parse_ns(text + 1, &ns)) {
		if (end == UINT64_MAX)
			return err_set(err, -EINVAL, "%s: the end of this tape is not known yet",
				       text);
		*ret = end > ns ? end - ns : 0;
		return 0;
	}
	if (!parse_wall(f, timefmt_real(f, start), text, &real)) {
		err_set(err, -EINVAL, "%s: not a time", text);
		err_hint(
			err,
			"+2s (from the start), -500ms (from the end), 12:30:00, \"2026-11-26 "
			"12:30:00\"");
		return -EINVAL;
	}
	*ret = timefmt_boot(f, real);
	return 0;
}

/* ---- losses ---- */

void loss_sum_init(struct loss_sum *l)
{
	memset(l, 0, sizeof(*l));
	l->first_ts = UINT64_MAX;
	buf_init(&l->text, 4096);
}

void loss_sum_fini(struct loss_sum *l)
{
	buf_fini(&l->text);
}

/* What a cause takes from an answer. */
enum loss_effect { LOSES_ROWS, LOSES_READING, LOSES_ORDER, LOSES_STACKS, LOSES_NOTHING };

static enum loss_effect effect_of(u32 cause)
{
	switch (cause) {
	case TAPE_LOSS_CORRUPT:
		return LOSES_READING;
	case TAPE_LOSS_LATE:
		return LOSES_ORDER;
	case TAPE_LOSS_STACK:
		return LOSES_STACKS;
	case TAPE_LOSS_NONE:
	case TAPE_LOSS_STRING:
	case TAPE_LOSS_LIST:
		return LOSES_NOTHING;	/* cut, as the script's own limits say */
	default:
		return LOSES_ROWS;
	}
}

/* Of a table whose SCHEMA is lost. */
static bool is_orphan(const struct tape_state *s, const struct tape_loss *l)
{
	return l->cause == TAPE_LOSS_CORRUPT && l->table != TAPE_NONE &&
	       !tape_state_schema(s, l->table);
}

/* last_ts 0: nobody knows when. */
static bool concerns(const struct tape_state *s, const struct tape_loss *l, u64 from, u64 to,
		     const u8 *want, u32 want_n)
{
	if (l->last_ts && (l->first_ts > to || l->last_ts < from))
		return false;
	if (l->table == TAPE_NONE || !want || is_orphan(s, l))
		return true;
	return l->table < want_n && want[l->table];
}

void recording_losses(const struct tape_state *s, u64 from, u64 to, const u8 *want, u32 want_n,
		      struct loss_sum *ret)
{
	u64 by_cause[TAPE_LOSS_CAUSE_CNT] = { 0 };

	for (u32 i = 0; i < s->loss_cnt; i++) {
		const struct tape_loss *l = &s->losses[i];
		enum loss_effect effect = effect_of(l->cause);

		if (effect == LOSES_NOTHING || !concerns(s, l, from, to, want, want_n))
			continue;
		if (is_orphan(s, l)) {
			ret->orphans += l->count;
			continue;
		}
		ret->places += effect == LOSES_READING && !l->count;
		if (!l->count)
			continue;
		if (effect == LOSES_ORDER) {
			ret->late += l->count;
			continue;
		}
		if (effect == LOSES_STACKS) {
			ret->stacks += l->count;
			continue;
		}
		if (effect == LOSES_READING)
			ret->damaged += l->count;
		else
			ret->lost += l->count;
		by_cause[l->cause < TAPE_LOSS_CAUSE_CNT ? l->cause : 0] += l->count;
		ret->first_ts = l->first_ts < ret->first_ts ? l->first_ts : ret->first_ts;
		ret->last_ts = l->last_ts > ret->last_ts ? l->last_ts : ret->last_ts;
	}
	for (u32 c = 0; c < TAPE_LOSS_CAUSE_CNT; c++)
		if (by_cause[c])
			buf_printf(&ret->text, "%s%llu %s", ret->text.len ? ", " : "",
				   (unsigned long long)by_cause[c], tape_loss_cause_name(c));
}

void recording_put_lost(const struct tape_state *s, const struct loss_sum *l, struct buf *out)
{
	u64 start = recording_start(s), lost = l->lost + l->damaged;
	char first[24], last[24];

	if (!lost)
		return;
	units_ns(l->first_ts > start ? l->first_ts - start : 0, first);
	units_ns(l->last_ts > start ? l->last_ts - start : 0, last);
	buf_printf(out, "%llu rows were lost", (unsigned long long)lost);
	if (l->last_ts == UINT64_MAX)
		buf_printf(out, " after +%s", first);
	else if (l->last_ts)
		buf_printf(out, " between +%s and +%s", first, last);
	buf_printf(out, ": %s", buf_cstr((struct buf *)&l->text));
}

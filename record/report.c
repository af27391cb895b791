/*
 * record/report.c -- armed, progress, the last line.
 */
#include "record/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/units.h"

void report_init(struct report *r, const struct record_opts *o)
{
	*r = (struct report){
		.is_quiet = o->quiet,
		.is_live = o->live,
		.is_tty = isatty(STDERR_FILENO) && !o->quiet && !o->live,
	};
}

static void take_line_away(struct report *r)
{
	if (r->has_line)
		fputs("\r\033[K", stderr);
	r->has_line = false;
}

void report_armed(struct report *r, u32 probe_cnt, const char *hint)
{
	if (!r->is_quiet)
		log_note("armed: %u probe%s%s", probe_cnt, probe_cnt == 1 ? "" : "s", hint);
}

static const char *losses_text(const struct report_sums *s, char *out, size_t sz)
{
	char n[32];

	if (s->lost)
		snprintf(out, sz, "%s LOST", units_cnt(s->lost, n));
	else
		snprintf(out, sz, "nothing lost");
	return out;
}

void report_progress(struct report *r, const struct report_sums *s)
{
	char rows[32], bytes[32], ns[32], lost[64];

	if (!r->is_tty)
		return;
	take_line_away(r);
	fprintf(stderr, "%s  %s events  %s  %s", units_ns(s->ns, ns), units_cnt(s->rows, rows),
		units_bytes(s->bytes, bytes), losses_text(s, lost, sizeof(lost)));
	fflush(stderr);
	r->has_line = true;
}

void report_end(struct report *r, const char *path, const char *why, const struct report_sums *s)
{
	char rows[32], bytes[32], ns[32], lost[64];

	take_line_away(r);
	/* `run` is about the answers: only trouble is worth a line. */
	if (r->is_quiet || (r->is_live && !why && !s->lost))
		return;
	log_note("%s%s%s: %s event%s, %s, %s, %s%s%s", why ? why : "", why ? "; " : "",
		 path ? path : "tape", units_cnt(s->rows, rows), s->rows == 1 ? "" : "s",
		 units_bytes(s->bytes, bytes), units_ns(s->ns, ns),
		 losses_text(s, lost, sizeof(lost)),
		 path ? "; next: bpftape replay " : "", path ? path : "");
}

void report_note(struct report *r, const char *fmt, ...)
{
	struct buf text;
	va_list ap;

	take_line_away(r);
	if (r->is_quiet)
		return;
	buf_init(&text, 4096);
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	log_note("%s", buf_cstr(&text));
	buf_fini(&text);
}

/*
 * base/log.c -- what the mains say on stderr.
 *
 * A line is built first and written in one piece, so that lines of the recorder and the analyzer,
 * which share a terminal, do not mix.  Control bytes are escaped: the text may quote a tape or a
 * file name.
 */
#include "base/log.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

#define LINE_MAX_SZ 8192

static const char *prog_name = "bpftape";

void log_set_prog(const char *name)
{
	prog_name = name;
}

/* Newlines inside become continuation lines, indented. */
static void put_escaped(struct buf *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '\n')
			buf_puts(out, "\n  ");
		else if ((c < 0x20 && c != '\t') || c == 0x7f)
			buf_printf(out, "\\x%02x", c);
		else
			buf_putc(out, (char)c);
	}
}

static void put_line(struct buf *out, const char *start, const char *text)
{
	buf_puts(out, start);
	put_escaped(out, text);
	buf_putc(out, '\n');
}

static void flush_line(struct buf *out)
{
	/* nothing can be said about a stderr that does not take it */
	(void)!io_write_full(STDERR_FILENO, out->data, out->len);
	buf_fini(out);
}

void log_err(const struct err *err)
{
	struct buf out;

	buf_init(&out, LINE_MAX_SZ);
	buf_printf(&out, "%s: ", prog_name);
	put_line(&out, "", err->msg);
	if (err->hint[0])
		put_line(&out, "  hint: ", err->hint);
	flush_line(&out);
}

static void say(const char *kind, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

static void say(const char *kind, const char *fmt, va_list ap)
{
	struct buf text, out;

	buf_init(&text, LINE_MAX_SZ / 4);
	buf_init(&out, LINE_MAX_SZ);
	buf_vprintf(&text, fmt, ap);
	buf_printf(&out, "%s: ", prog_name);
	put_line(&out, kind, buf_cstr(&text));
	buf_fini(&text);
	flush_line(&out);
}

void log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("warning: ", fmt, ap);
	va_end(ap);
}

void log_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("", fmt, ap);
	va_end(ap);
}

/*
 * base/err.c -- the story of a failure in one fixed buffer.
 *
 * Wrapping rebuilds the text as "PART: OLD" in a second buffer, so a part may be formatted from the
 * old story itself.  What does not fit is cut at the end and marked with "...": the outer parts,
 * which say what the user asked for, survive.
 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CUT "..."

/* Copy @src into @dst of @sz bytes; what does not fit becomes "...". */
static void copy_cut(char *dst, size_t sz, const char *src)
{
	size_t len = strlen(src);

	if (len < sz) {
		memcpy(dst, src, len + 1);
		return;
	}
	memcpy(dst, src, sz - sizeof(CUT));
	memcpy(dst + sz - sizeof(CUT), CUT, sizeof(CUT));
}

static void append_cut(char *dst, size_t sz, const char *src)
{
	size_t len = strlen(dst);

	/* room for the mark is needed even when the part before it just fits */
	if (len + sizeof(CUT) > sz) {
		if (*src)
			memcpy(dst + sz - sizeof(CUT), CUT, sizeof(CUT));
		return;
	}
	copy_cut(dst + len, sz - len, src);
}

static void format_cut(char *dst, size_t sz, const char *fmt, va_list ap) PRINTF_LIKE(3, 0);

static void format_cut(char *dst, size_t sz, const char *fmt, va_list ap)
{
	int n = vsnprintf(dst, sz, fmt, ap);

	if (n < 0)
		dst[0] = '\0';
	else if ((size_t)n >= sz)
		memcpy(dst + sz - sizeof(CUT), CUT, sizeof(CUT));
}

static int start(struct err *err, int code, const char *msg)
{
	copy_cut(err->msg, sizeof(err->msg), msg);
	err->hint[0] = '\0';
	err->code = code;
	return code;
}

int err_set(struct err *err, int code, const char *fmt, ...)
{
	char msg[ERR_MSG_MAX];
	va_list ap;

	if (!err)
		return code;
	va_start(ap, fmt);
	format_cut(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	return start(err, code, msg);
}

int err_set_errno(struct err *err, int code, const char *fmt, ...)
{
	char msg[ERR_MSG_MAX];
	va_list ap;

	if (!err)
		return code;
	va_start(ap, fmt);
	format_cut(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	append_cut(msg, sizeof(msg), ": ");
	append_cut(msg, sizeof(msg), strerror(-code));
	return start(err, code, msg);
}

int err_wrap(struct err *err, int code, const char *fmt, ...)
{
	char msg[ERR_MSG_MAX];
	va_list ap;

	if (!err)
		return code;
	va_start(ap, fmt);
	format_cut(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	if (err->msg[0]) {
		append_cut(msg, sizeof(msg), ": ");
		append_cut(msg, sizeof(msg), err->msg);
	}
	copy_cut(err->msg, sizeof(err->msg), msg);
	err->code = code;
	return code;
}

void err_hint(struct err *err, const char *fmt, ...)
{
	char hint[ERR_HINT_MAX];
	va_list ap;

	if (!err)
		return;
	va_start(ap, fmt);
	format_cut(hint, sizeof(hint), fmt, ap);
	va_end(ap);
	copy_cut(err->hint, sizeof(err->hint), hint);
}

int err_oom(struct err *err)
{
	return err_set(err, -ENOMEM, "out of memory");
}

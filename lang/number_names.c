/*
 * lang/number_names.c -- errnos and signals as text.
 *
 * The C library has most of the words, untranslated.  Where bpftrace has others, scripts that look
 * for them want those.
 */
#include "lang/number_names.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define SIGNAL_FIRST_RT 34
#define SIGNAL_LAST	64

static u32 put(const char *s, char ret[NAMES_MAX])
{
	size_t n = strlen(s);

	n = n < NAMES_MAX ? n : NAMES_MAX;
	memcpy(ret, s, n);
	return (u32)n;
}

static const struct {
	int nr;
	const char *text;
} words[] = {
	{ 5, "I/O error" },
	{ 9, "Bad file number" },
	{ 11, "Try again (operation would block)" },
	{ 12, "Out of memory" },
	{ 18, "Cross-device link" },
	{ 23, "File table overflow" },
	{ 25, "Not a typewriter" },
	{ 33, "Math argument out of domain of func" },
	{ 34, "Math result not representable" },
	{ 35, "Resource deadlock would occur" },
	{ 37, "No record locks available" },
	{ 38, "Invalid system call number" },
	{ 40, "Too many symbolic links encountered" },
	{ 74, "Not a data message" },
	{ 84, "Illegal byte sequence" },
	{ 95, "Operation not supported on transport endpoint" },
	{ 102, "Network dropped connection because of reset" },
	{ 122, "Quota exceeded" },
	{ 125, "Operation Canceled" },
};

static const char *errno_text(int nr)
{
	for (size_t i = 0; i < countof(words); i++) {
		if (words[i].nr == nr)
			return words[i].text;
	}
	return strerrordesc_np(nr);
}

u32 names_errno(s64 n, char ret[NAMES_MAX])
{
	s64 v = (s32)n < 0 ? -(s64)(s32)n : (s32)n;
	const char *s = v < 4096 ? errno_text((int)v) : NULL;

	return put(s ? s : "Unknown error", ret);
}

u32 names_signal(s64 n, char ret[NAMES_MAX])
{
	const char *s = NULL;
	char text[NAMES_MAX];

	if (n < 0 || n > SIGNAL_LAST)
		return put("N/A", ret);
	if (n > 0 && n < SIGNAL_FIRST_RT)
		s = sigdescr_np((int)n);
	if (s)
		return put(s, ret);
	if (n >= SIGNAL_FIRST_RT)
		snprintf(text, sizeof(text), "Real-time signal %d", (int)n - SIGNAL_FIRST_RT);
	else
		snprintf(text, sizeof(text), "Unknown signal %d", (int)n);
	return put(text, ret);
}

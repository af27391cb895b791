/*
 * lang/signals.c -- signals by name, from the C library's table.
 */
#include "lang/signals.h"

#include <signal.h>
#include <string.h>

int signal_find(struct str name)
{
	if (str_has_prefix(name, "SIG")) {
		name.s += 3;
		name.len -= 3;
	}
	for (int i = 1; i < SIGNAL_MAX; i++) {
		const char *abbrev = sigabbrev_np(i);

		if (abbrev && str_is(name, abbrev))
			return i;
	}
	return -1;
}

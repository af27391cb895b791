/* base/log.h -- stderr output for the mains only; library code never prints. */
#pragma once

#include "base/err.h"

void log_set_prog(const char *name);			/* "bpftape"; borrowed */
void log_err(const struct err *err);	/* "bpftape: MSG\n" and, if any, "  hint: HINT\n" */
void log_warn(const char *fmt, ...) PRINTF_LIKE(1, 2);	/* "bpftape: warning: ...\n" */
void log_note(const char *fmt, ...) PRINTF_LIKE(1, 2);	/* "bpftape: ...\n" */

/*
 * base/err.h -- the story of a failure, told from the inside out.
 *
 * Whatever can fail takes a `struct err *err` last (NULL is allowed: the story is dropped) and
 * returns a negative errno.  The innermost function starts the story with err_set(), callers put
 * their part in front with err_wrap(); both return the code, so `return err_wrap(err, rc, "...")`
 * is one line.
 * Only the mains print it:  bpftape: opening x.tape: reading the header: not a tape
 */
#pragma once

#include "base/compiler.h"

#define ERR_MSG_MAX 1024
#define ERR_HINT_MAX 512

struct err {
	int code;		    /* negative errno, 0 while nothing failed */
	char msg[ERR_MSG_MAX];	    /* outermost part first, parts joined by ": "; cut with "..." */
	char hint[ERR_HINT_MAX];    /* what to do about it; empty if there is nothing to say */
};

/* Start (or replace) the story.  Returns @code, which must be negative.  Clears the hint. */
int err_set(struct err *err, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* As err_set(), with ": strerror(-code)" behind the text. */
int err_set_errno(struct err *err, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Put the caller's part in front; keeps the hint.  Returns @code. */
int err_wrap(struct err *err, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Say what the user can do.  Replaces an earlier hint. */
void err_hint(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* -ENOMEM with the standard text. */
int err_oom(struct err *err);

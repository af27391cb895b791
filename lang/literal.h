/* lang/literal.h -- what number and string tokens mean. */
#pragma once

#include "base/arena.h"
#include "base/str.h"

struct int_literal {
	u64 val;
	bool is_unsigned;	/* a 'u' suffix, or more than an int64 holds */
	bool is_duration;	/* val is in nanoseconds */
	struct str suffix;	/* "ull", "ms"; borrowed from the text */
};

/* NULL, or what is wrong in plain words. */
const char *literal_int(struct str text, struct int_literal *ret) MUST_CHECK;

struct str_error {
	const char *msg;
	u32 off, len;		/* in the text */
};

/*
 * @text with its quotes; *ret is in @a, escapes resolved (it may hold NULs), a NUL behind it.
 * -EINVAL and *e filled, -ENOMEM.
 */
int literal_str(struct str text, struct arena *a, struct str *ret, struct str_error *e) MUST_CHECK;

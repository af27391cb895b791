/*
 * record/rawtp.h -- raw tracepoints: the calls behind the kernel's tracepoints, as its BTF
 * describes them.
 */
#pragma once

#include "base/err.h"
#include "base/vec.h"
#include "lang/type.h"

struct ktypes;
struct rawtp;

/* @k is borrowed.  No raw tracepoints at all are no error. */
int rawtp_open(struct ktypes *k, struct rawtp **ret, struct err *err);
void rawtp_close(struct rawtp *r);

/* Append the events (const char *, borrowed from @r) that match @pattern, sorted. */
int rawtp_list(const struct rawtp *r, const char *pattern, struct vec *out, struct err *err);
const struct ktypes *rawtp_types(const struct rawtp *r);
/* Number and BTF type of the argument that the source calls @name; false: there is none. */
bool rawtp_find_arg(const struct rawtp *r, const char *event, const char *name, u32 *ret_no,
		    u32 *ret_type);
/*
 * The arguments of @event as a STRUCT called @name: a field an argument at 8 times its number,
 * under the names that the kernel's source gives them, else arg0, arg1...  An argument that is no
 * word is there with its type.  NULL: no such event, or no memory.
 */
const struct type *rawtp_args(const struct rawtp *r, struct arena *a, const char *event,
			      const char *name);

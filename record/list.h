/*
 * record/list.h -- `bpftape list`: the probes of this machine, those of a script, or a type.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

struct catalog;
struct ktypes;

struct list_opts {
	bool verbose;		/* with arguments: "    TYPE NAME" a line */
};

/*
 * Append the probes whose names match @pattern: "tracepoint:sched:*", "t:*read*", "interval", a
 * word that is part of the name; NULL or "": all.  -ENOENT: none, with the nearest as hint.
 */
int list_probes(const struct catalog *cat, const char *pattern, const struct list_opts *o,
		struct buf *out, struct err *err);
/* "struct NAME", "union NAME" or "enum NAME" as a declaration. */
int list_type(const struct catalog *cat, struct ktypes *k, const char *name, struct buf *out,
	      struct err *err);
bool list_is_type(const char *pattern);

/* The verb: prints, returns the exit code. */
int list_main(int argc, char **argv);

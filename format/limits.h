/*
 * format/limits.h -- how much a reader takes from a tape before it calls it damaged.
 *
 * The limits of the format (TAPE_MAX_*) are what no writer exceeds and the defaults of a reader; a
 * user may set a reader's own, as far as the widths of the fields go.  One set is used wherever a
 * tape is read: by walk, decode, state, verify and repair.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/* The most cols, tables, depth a reader can be told, so that others can have room for them. */
#define TAPE_COLS_EVER	 4096
#define TAPE_TABLES_EVER (1u << 24)
#define TAPE_DEPTH_EVER	 8192

/* In a struct that a caller fills, 0 means the default. */
struct tape_limits {
	u64 stored_len, raw_len, ratio, rows;
	u64 elems, cols, tables, runs, str, col_bytes, batch;
	u64 dicts, dict_entries, dict_bytes;
	u64 keys, parts;
	u64 files, frames, nodes, stacks, syms, depth;
	u64 window_log;
};

struct tape_limit {
	const char *name; /* of the field, and on the command line */
	size_t off; /* of it in struct tape_limits */
	u64 dflt, max; /* max: the greatest that a reader can be told */
	bool is_bytes;
	const char *text; /* what it limits */
	const char *beyond; /* what is said of a tape that is beyond it */
};

/* All of them in the order of the structure; ended by a row without a name. */
extern const struct tape_limit tape_limit_rows[];

extern const struct tape_limits tape_limits_default;

/* Put the default in each field that is 0. */
void tape_limits_fill(struct tape_limits *l);
/* "NAME=N[,NAME=N...]", N as units_parse_bytes() has it: -EINVAL, the hint lists the names. */
int tape_limits_parse(struct tape_limits *l, const char *text, struct err *err);
/* "stored_len (16M), raw_len (64M), ...": names and defaults. */
void tape_limits_put(struct buf *out);

/* What is said of a tape that is beyond the limit of a field: static text, the row's `beyond`. */
#define TAPE_BEYOND(field) \
	(tape_limit_rows[offsetof(struct tape_limits, field) / sizeof(u64)].beyond)
/* A set of limits that were met: bit i for row i.  Of other texts than `beyond` 0. */
u32 tape_limit_bit(const char *reason);

/* A quarter of this machine's memory: what the tables of a tape may take unless told otherwise. */
u64 tape_limits_mem(void);

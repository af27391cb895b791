/* lang/source.h -- the text of a script and places in it. */
#pragma once

#include "base/arena.h"
#include "base/str.h"

struct span {
	u32 off, len;		/* bytes into source.text */
};

struct source {
	const char *name;	/* file name, or "-e" */
	const char *text;	/* NUL behind it */
	u32 len;
	u32 *line_off;		/* offset of the first byte of each line */
	u32 line_cnt;
};

/* Copies @text into @a.  -E2BIG beyond 16 MiB, -ENOMEM. */
int source_init(struct source *s, struct arena *a, const char *name, struct str text);
/* 1-based line and column (in bytes) of an offset; offsets beyond the end count as the end. */
void source_place(const struct source *s, u32 off, u32 *ret_line, u32 *ret_col);
struct str source_line(const struct source *s, u32 line);	/* without the newline */
struct str source_text(const struct source *s, struct span sp);	/* clamped to the text */
/* From the first byte of either to the last of either. */
struct span span_join(struct span a, struct span b);

/* lang/source.h -- the text of a script and places in it. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define SOURCE_MAX (1u << 20)	/* bytes of a script: each costs memory and time before it is known
				 * whether it is one */

/*
 * Bytes into source.text.  Offsets behind the text are places in copies of it (source_copy()).
 */
struct span {
	u32 off, len;
};

/*
 * From a text that was made of another one (macros replaced) back to it.  A piece goes up to the
 * next; in_len 0: it was copied as it is, else it stands for these bytes.
 */
struct span_seg {
	u32 out_off, in_off, in_len;
};

struct span_map {
	const struct span_seg *segs;	/* ascending, the first at 0 */
	u32 cnt;
};

struct source_copies;

struct source {
	const char *name;	/* file name, or "-e" */
	const char *text;	/* NUL behind it */
	u32 len;
	u32 *line_off;		/* offset of the first byte of each line */
	u32 line_cnt;
	struct source_copies *copies;	/* of parts of the text: what macros were expanded to */
	bool is_made;			/* from another one, with which it shares them */
};

/* The text of a file into @text, which is empty.  -E2BIG beyond SOURCE_MAX. */
int source_read(const char *path, struct buf *text, struct err *err);
/* Copies @text into @a.  -E2BIG beyond SOURCE_MAX, -ENOMEM. */
int source_init(struct source *s, struct arena *a, const char *name, struct str text);
/* The story of what source_init() returned; @rc. */
int source_refuse(int rc, const char *name, struct err *err);
/* 1-based line and column (in bytes) of an offset; offsets beyond the end count as the end. */
void source_place(const struct source *s, u32 off, u32 *ret_line, u32 *ret_col);
struct str source_line(const struct source *s, u32 line);	/* without the newline */
struct str source_text(const struct source *s, struct span sp);	/* clamped to the text */
struct span span_map_back(const struct span_map *m, struct span sp);
/*
 * A copy of what @text spans, made because of what @user spans (NULL: the user of the original);
 * all may be copies themselves.  The offset that stands for its first byte, which no other copy
 * has; 0: there are too many.
 */
u32 source_copy(const struct source *s, struct span text, const struct span *user);
void source_forget_copies(const struct source *s);
/*
 * @made was made from @src: copies are from now on copies of @made, and count as such of @src, too,
 * whose places are found by @map.
 */
void source_share_copies(const struct source *src, struct source *made,
			 const struct span_map *map);
bool source_is_copy(const struct source *s, u32 off);
/* Where the text of @sp was written. */
struct span source_written(const struct source *s, struct span sp);
/* What the copy that holds @off was made for; false: it was written for itself. */
bool source_user(const struct source *s, u32 off, struct span *ret);
/* From the first byte of either to the last of either. */
struct span span_join(struct span a, struct span b);

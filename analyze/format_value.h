/*
 * analyze/format_value.h -- packed values as text and as JSON.
 *
 * The bytes may come from a tape: a malformed value prints what there is of it and never reads
 * beyond its end.
 */
#pragma once

#include "analyze/symbol/symbols.h"
#include "analyze/timefmt.h"
#include "lang/value_text.h"

struct tape_state;

struct value_fmt {
	enum compat compat;
	const struct timefmt *time;	/* for strftime() values; may be NULL */
	/* for stacks and symbols, whose words are nodes; may be NULL */
	const struct tape_state *state;	/* for names of users; may be NULL */
	struct symbols *symbols;
	bool is_folded;			/* stacks on one line: "main;work;read" */
};

/* One value, taken off @c. */
void format_value(const struct value_fmt *f, const struct type *t, struct cursor *c,
		  struct buf *out);
void format_value_json(const struct value_fmt *f, const struct type *t, struct cursor *c,
		       struct buf *out);
/* A map's key without brackets: "1, a"; in JSON "1,a" as a string's content, not escaped yet. */
void format_key(const struct value_fmt *f, const struct type *t, struct cursor *c, bool is_json,
		struct buf *out);

/* As a number; as a string where a reader with doubles would change it. */
void format_int_json(enum compat compat, bool is_signed, s64 v, struct buf *out);
/* With quotes; bytes that are no UTF-8 become U+FFFD. */
void format_str_json(struct str s, struct buf *out);

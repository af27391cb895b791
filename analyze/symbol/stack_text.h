/* analyze/symbol/stack_text.h -- stacks and symbols as text. */
#pragma once

#include "analyze/symbol/symbols.h"

struct stack_form {
	const char *mode; /* "bpftrace" (or NULL), "perf", "raw" */
	u32 indent; /* blanks before a frame, of bpftrace's mode */
};

/* "\n" and a line a frame, innermost first.  @s may be NULL: all but the empty one is unknown. */
void stack_put_lines(struct symbols *s, u64 node, const struct stack_form *f, struct buf *out);
/* "main;work;read": outermost first, on one line, as in folded output. */
void stack_put_folded(struct symbols *s, u64 node, struct buf *out);
/* A symbol: its name, or the address. */
void stack_put_symbol(struct symbols *s, u64 node, struct buf *out);

/*
 * A frame's name where ';' and line ends mean something: ':' and '_' instead; so are blanks at the
 * end and other control characters.  Never nothing.
 */
void stack_put_plain(struct str name, struct buf *out);

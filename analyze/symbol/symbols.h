/*
 * analyze/symbol/symbols.h -- what the numbers of stacks and symbols in rows mean.
 *
 * A row has a number; the tape says which node of the tree of all stacks it is.  The analyzer works
 * with nodes: equal stacks of several processes have numbers of their own and one node, so that
 * they group together.  A symbol (ksym, usym) is a stack of one frame.
 */
#pragma once

#include "analyze/symbol/demangle.h"
#include "format/reader.h"
#include "lang/type.h"

#define SYMBOLS_UNKNOWN	  ((u64)1 << 32) /* node of a number that the tape does not explain */
#define SYMBOLS_DEPTH_MAX TAPE_DEPTH_EVER /* frames of a stack that are looked at, at most */

/* ---- numbers to nodes; any number of threads at a time ---- */

/* 0: empty; an id of tape_state_node(); or SYMBOLS_UNKNOWN. */
u64 symbols_node(const struct tape_state *s, u64 number);
/* Is there a stack or symbol in values of the type? */
bool symbols_concern(const struct type *t);
/*
 * Take one packed value off @in and append it with nodes for numbers.  A malformed value is
 * appended up to where it breaks off.
 */
void symbols_translate(const struct tape_state *s, const struct type *t, struct cursor *in,
		       struct buf *out);

/* ---- nodes to frames, frames to names; one thread ---- */

struct symbols;

/* @s: borrowed, and looked at anew in each call, so it may grow.  NULL without memory. */
struct symbols *symbols_new(const struct tape_state *s);
void symbols_free(struct symbols *s);

struct frame_info {
	struct str name; /* of its symbol, demangled; s NULL: the tape has none */
	u64 name_off; /* from the symbol's start */
	const struct tape_file *file; /* what it lies in; NULL: nothing known */
	u64 off; /* in the file; without a file the raw address */
	u64 addr; /* 0: not on the tape */
};

/* Frames of a node, innermost first: how many, at most the state's depth_max. */
u32 symbols_frames(const struct symbols *s, u64 node, u32 *ret);
/* false: the tape does not say what the frame is; then all of *ret is 0. */
bool symbols_frame(struct symbols *s, u32 frame, struct frame_info *ret);
/* Frames have ids up to this. */
u32 symbols_frame_cnt(const struct symbols *s);
/* "name", "file+0xoff", "0xaddr" or "[unknown]". */
void symbols_put_name(struct symbols *s, u32 frame, struct buf *out);

/*
 * record/stacks.h -- from the kernel's hashes of stacks to the tape's numbers, frames and names.
 *
 * A hash gets a number, dense from 1, when it is first seen, in a row, in a map or in its
 * definition.  Definitions become frames and a tree of nodes at the next flush, which writes what
 * is new of FILE, FRAME, STACK and SYM.  Symbols (ksym(), usym()) are stacks of one frame.
 */
#pragma once

#include "format/writer.h"
#include "lang/type.h"
#include "record/files.h"
#include "record/ksyms.h"
#include "record/names.h"

struct stacks;

struct stacks_opts {
	struct files *files;
	struct ksyms *ksyms;
	struct names *names; /* NULL: no names of user space */
	u32 kernel_depth; /* kernel.perf_event_max_stack: no stack is deeper */
};

/* Everything in @o is borrowed until stacks_free(). */
int stacks_new(const struct stacks_opts *o, struct stacks **ret, struct err *err);
void stacks_free(struct stacks *s);

/* From any thread: the number of a hash; 0 of 0, and where there is no room for more. */
u32 stacks_number(struct stacks *s, u64 hash);

/*
 * Put numbers for hashes in a packed value (lang/packed.h) of type @t, in place.  -EBADMSG: the
 * bytes are no such value.
 */
int stacks_translate(struct stacks *s, const struct type *t, u8 *p, size_t sz);
/* Is there a stack or symbol in values of @t? */
bool stacks_are_in(const struct type *t);

/* A record of a ring whose table is CAP_TABLE_STACK.  -EBADMSG. */
int stacks_define(struct stacks *s, const u8 *rec, u32 sz);

/*
 * Write all that came since the last time.  With NAMES_END numbers that never got a
 * definition are written as lost.  The encoder's thread only.
 */
int stacks_write(struct stacks *s, struct tape_writer *w, u64 ts, enum names_patience patience,
		 struct err *err);

/*
 * Stacks that rows name and that nobody can tell, counted since the last call: what the last
 * stacks_write() of all found, and uses of hashes that found no room for a number (they read as
 * empty).
 */
u64 stacks_take_lost(struct stacks *s);
/* After a stacks_write() that failed: stacks that it did not get to the tape. */
u64 stacks_unwritten(struct stacks *s);

/*
 * analyze/stackfold.h -- weights of stacks, merged into one tree by what the frames are called.
 *
 * add() takes rows (or sums of rows) in any order; finish() makes the tree, which is then read as
 * it is or written as folded lines.
 */
#pragma once

#include "analyze/sink.h"
#include "analyze/symbol/symbols.h"
#include "base/err.h"

struct stackfold;

enum fold_kind { FOLD_ROOT, FOLD_LABEL, FOLD_USER, FOLD_KERNEL };

/* Children of a node differ in (kind, name) and stand in order of kind, then of name. */
struct fold_node {
	struct str name; /* plain (stack_put_plain()), without "_[k]"; a NUL behind it */
	u8 kind; /* enum fold_kind */
	u32 depth; /* root 0 */
	u32 parent; /* index; of the root itself 0 */
	u32 first_child, next; /* index; 0: none */
	s64 self, total; /* total = self + those of the children */
};

struct stackfold *stackfold_new(struct symbols *s); /* borrowed; NULL without memory */
void stackfold_free(struct stackfold *f);

/*
 * Frames that come before a stack's own, outermost first (at most 16): the label for add().
 * -E2BIG, -ENOMEM.
 */
int stackfold_label(struct stackfold *f, const struct str *frames, u32 n, u32 *ret,
		    struct err *err);
#define FOLD_NO_LABEL 0

/*
 * @user, @kernel: nodes of the tape's tree of stacks; 0: empty, or not asked for.  A row with
 * neither and no label counts under "[no stack]".  -EOVERFLOW, -E2BIG: too many different ones.
 */
int stackfold_add(struct stackfold *f, u32 label, u64 user, u64 kernel, s64 weight,
		  struct err *err);

/* After the last add().  -EOVERFLOW: a sum leaves 64 bits; -E2BIG; -ENOMEM. */
int stackfold_finish(struct stackfold *f, struct err *err);

/* The tree, depth first: a parent comes before its children.  [0] is the root, its name empty. */
const struct fold_node *stackfold_nodes(const struct stackfold *f, u32 *ret_cnt);

/*
 * "comm;main;work;do_syscall_64_[k] 12\n" for each node with a weight of its own, sorted by the
 * path.
 */
void stackfold_put_lines(const struct stackfold *f, struct sink *out);

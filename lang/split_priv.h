/*
 * lang/split_priv.h -- the working state of the split; seen by lang/split*.c, lang/leaf.c and their
 * tests.
 */
#pragma once

#include "lang/plan.h"

enum leaf_kind {
	LEAF_NONE,
	LEAF_FIRING, /* the same all through the firing: builtins, args.* */
	LEAF_RAND, /* each evaluation is its own value */
	LEAF_READ, /* memory, strings, stacks: has operands that the kernel needs */
	LEAF_KMAP, /* value of a K map, or what ++ and delete() on one give back */
};

/* A branch that decides whether a node is reached. */
struct guard {
	struct node *branch; /* IF TERNARY LOGIC WHILE UNROLL FOR_*; NULL: the predicate */
	s8 side; /* 1 then/right/body, 0 else, -1 it may have left the clause before */
	struct guard *next; /* the enclosing one */
};

enum {
	NF_SLICE = 1, /* the kernel evaluates it */
	NF_ANALYSIS = 2, /* the analyzer evaluates, runs or reads it */
	NF_COL = 4, /* captured */
	NF_EMITS = 8,
	NF_DECIDED = 16, /* branch: the kernel decides it */
	NF_DEFERRED = 32, /* branch or predicate: the analyzer decides it */
	NF_IN_KERNEL_LOOP = 64,
	NF_VALUE = 128, /* with SLICE: its value, not only which way a branch goes */
};

struct split_inst {
	struct inst *inst;
	struct node **parent; /* by node id; NULL for statements at the top and the predicate */
	struct guard **guards; /* by node id, innermost first */
	/* by node id; NF_DECIDED and NF_DEFERRED survive passes, the others are made anew */
	u8 *flags;
	u8 *memo; /* by node id: can_eval answers of this pass */
	struct vec *defs; /* by variable: struct node * of what assigns it */
	bool pred_decided, pred_deferred;
	struct node *deferred_pred; /* with defer_all: the IF that the predicate has become */
	bool is_begin, is_end, has_loops;
	bool touches_kernel; /* this pass: a K map, a read or a kernel action under a condition */
};

struct split_map {
	enum plan_map_class cls;
	const char *why;
	const struct node *forced_by; /* cannot be K: this node's reason */
	const char *forced_why;
	struct span need; /* what made it K */
};

struct split {
	struct program *prog;
	const struct split_opts *opts;
	struct diag_list *diags;
	struct arena *arena;
	struct split_inst *insts;
	struct split_map *maps;
	bool changed; /* this pass learned something: go round again */
	bool is_offline; /* only BEGIN and END, nothing read from memory: no kernel at all */
	bool is_tried; /* would be offline, but a BEGIN has a code of exit() to compute */
	bool is_last_pass; /* say what is wrong, once */
	bool failed; /* no memory */
};

/* lang/leaf.c */
enum leaf_kind leaf_kind_of(const struct split *sp, const struct node *n);
/* Operands of a leaf that the kernel must evaluate, i-th or NULL. */
struct node *leaf_operand(const struct node *n, int i);
/* The column of the row header that has the leaf: COL_TS..COL_TID, or -1. */
int leaf_fixed_col(const struct node *n);
/* A value that only a program in the kernel has, so that BEGIN must run there. */
bool leaf_needs_kernel(const struct node *n);
/*
 * Built of literals, builtins (but rand) and arguments only: the same at each evaluation in a
 * firing.
 */
bool leaf_is_constant(const struct node *n);
/* The map that a node writes (assignment, ++ --, delete, clear, zero), NULL: none. */
struct node *node_written_map(const struct node *n);
/* The variable that a node assigns (assignment, let, ++ --, for), NULL: none. */
struct var_info *node_written_var(const struct node *n);
bool node_has_effect(struct node *n); /* it or a node below writes a map or variable; NULL: false */
/* A call whose first argument is a map as such, not its value: print, clear, delete, len ... */
bool node_names_map(const struct program *prog, const struct node *n);
bool node_is_branch(const struct node *n); /* IF TERNARY LOGIC and loops */
bool node_is_loop(const struct node *n);
bool node_is_stmt(const struct node *n);
bool node_is_exit(const struct node *n); /* a call of exit() */
struct node *branch_cond(const struct node *n);

/* lang/split_scan.c: parents, guards, definitions of every instance */
int split_scan(struct split *sp);

/* lang/split_mark.c: one pass of marking */
void split_pass(struct split *sp);

/* A value that the recorder can give for BEGIN and END: constants and what it knows of itself. */
bool split_is_own_value(const struct node *n);
/* May the recorder do this action of BEGIN or END itself, without the kernel? */
bool split_is_own_action(const struct split_inst *si, const struct node *n);

/* lang/split_eval.c */
struct node *split_guard_cond(const struct split_inst *si, const struct guard *g);
/* Can the kernel evaluate it?  If not, *ret_blame (if given) is the first node it cannot. */
bool split_can_eval(struct split *sp, struct split_inst *si, struct node *n,
		    const struct node **ret_blame);
/* Does it read, through variables too, a map that the kernel does not have? */
bool split_reads_t_map(struct split *sp, struct split_inst *si, struct node *n);

/* lang/split_cols.c: flags -> notes, columns, bits */
int split_tables(struct split *sp, struct plan *plan);

/* lang/plan_names.c: names of a table's columns, and of all tables */
int plan_name_columns(struct split *sp, struct plan_table *t);
int plan_name_tables(struct split *sp, struct plan *plan);

/*
 * lang/split.c: record --defer makes the predicate an IF around the body, with a span of no
 * length.  -ENOMEM.
 */
int split_wrap_predicate(struct arena *a, struct inst *inst);

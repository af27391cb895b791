/*
 * lang/bind_priv.h -- what lang/bind*.c share: notes for the analysis, made from the columns that a
 * tape has.
 */
#pragma once

#include "lang/split_priv.h"

struct bind {
	struct split
		/* for leaf_kind_of(): its map classes are the tape's (bind_recorded) or all T */
		sp;
	struct program *prog;
	struct diag_list *diags;
	struct inst *inst;
	struct plan_table *t;
	const struct tape_table *src; /* NULL: the engine makes the rows */
	u8 *missing; /* by node id, or NULL: leaves that have no column */
	const char **texts; /* canonical text of leaves by node id; made when asked */
	bool by_span; /* the recorded script: spans count */
	bool is_end;
	bool failed;
};

/* Canonical text of a node, in the program's arena; "" (and failed) without memory. */
const char *bind_text(struct bind *b, const struct node *n);
/* Make empty notes. */
int bind_notes(struct bind *b);
/*
 * Note the column or bit of each node below (statement lists included) and whether the analysis
 * runs it. Returns false if a leaf under @n has no column (its note is then not in_analysis).
 */
bool bind_node(struct bind *b, struct node *n);
void bind_stmts(struct bind *b, struct node *list);
/* The column for a leaf: index, or -1. */
int bind_find_col(struct bind *b, const struct node *n);

bool bind_has_probe(const struct tape_table *t, const char *name);

/* lang/bind_carry.c: let strings travel with captured pointers.  -ENOMEM. */
int bind_carry(struct program *prog, const struct tape_table *tables, u32 table_cnt);

/* What bind_carry() decided, for bind_twin(). */
struct carry {
	struct program *prog;
	struct inst *inst;
	const struct tape_table *tables;
	u32 table_cnt;
	bool *maps; /* by map: takes part */
	bool **vars; /* by instance and variable */
	struct map_info **shadow_map;
	struct var_info **shadow_var; /* of the current instance */
	u32 node_cap, action_cap;
	bool changed, failed;
};

/* lang/bind_twin.c: rewrite the program.  -ENOMEM. */
int bind_twin(struct carry *c);

struct plan *bind_plan_new(struct program *prog, struct diag_list *d, u32 max_tables);

/*
 * lang/plan.h -- the decided split of a program: what the kernel captures and what the analyzer
 * computes.
 *
 * Nothing is rewritten.  Each instance has a table of notes by node id; the lowering walks the same
 * tree in one of three modes and reads them:
 *
 *   CG_FULL      the whole clause, leaves from the event; notes are not looked at           (tests)
 *   CG_CAPTURE   what the kernel does:
 *                - an expression, assignment or call with in_slice is evaluated; whatever it
 *                evaluates on the way
 *                  that has a column or a bit is stored there, once;
 *                - IF and loops with in_slice are decided by the kernel; their statements are
 *                visited one by one; - any other node that is not in_slice is walked for the
 *                captures inside it, children in evaluation
 *                  order: a child with in_slice or a column is evaluated (and stored), others are
 *                  walked further; of an IF, TERNARY or LOGIC without a bit condition and all sides
 *                  are walked, loops once.
 *   CG_ANALYSIS  what the analyzer does: a statement runs iff in_analysis; a node with a column is
 *   read from it and its
 *                operands are not looked at; a branch with a bit follows the bit, after evaluating
 *                its condition for effect iff the condition has in_analysis; the rest is computed.
 *
 * Invariants
 * (1) A leaf the analysis uses has a column.  Its operands are in the slice (they are addresses or
 *     K map keys).
 * (2) A branch with a bit has its condition in the slice; below it, only the side taken captures.
 * (3) A branch without a bit is outside the analysis, or decided by the analyzer (is_deferred).
 * (4) A statement may be in both: the slice and the analysis then each have their own copy of its
 *     $variables.
 * (5) A row is sent iff a node with `emits` was reached (an effect of the analysis, or a branch
 *     that it decides); what was captured before does not count.
 * (6) TERNARY: the condition is branch.cond.  LOGIC: the condition is binary.l, the guarded side
 *     binary.r; the bit is the truth of the left operand.  Predicate: no bit; a row exists only
 *     where it held, unless it is_deferred.
 * (7) Every table starts with the columns ts cpu pid tid (COL_TS..COL_TID), which the row header
 *     carries; `nsecs` and `elapsed` read column COL_TS (elapsed subtracts the session's start in
 *     CG_ANALYSIS).  A clause with several probes that sends rows has behind these a column of the
 *     probe's id (leaf "probe", uint32, though the node is a string; node is PLAN_NO_NODE), in
 *     every row; of a table with one probe it has no column and is a constant.
 * (8) A LIST column is read at the running number of its captures in this firing: the n-th
 *     evaluation of the node by the analysis reads element n.  Beyond PLAN_LIST_MAX: 0/"" and the
 *     row is marked.
 * (9) A kernel loop that the analysis follows has a column of trips; the analysis makes exactly
 *     that many.
 * (10) Several nodes may share a column (the same value at each of them); the first one captured
 * counts, and a target may
 *     skip the others.
 */
#pragma once

#include "lang/program.h"

enum plan_map_class { MAP_T, MAP_K };

struct plan_map {
	const struct map_info *info;
	enum plan_map_class cls;
	/* one line: "read by the predicate at 3:14"; "no address, guard or action reads it" */
	const char *why;
	bool is_percpu;			/* K aggregation read by the slice */
};

enum col_role {
	COL_LEAF,			/* the value of a leaf */
	/* bits of one branch inside a loop, an element an evaluation */
	COL_PATH_LIST,
	COL_TRIPS,			/* iterations that one kernel loop made */
	/* plan_bind_other only: comm, uid, gid from the task table; not on the tape as a column */
	COL_TASK,
};

/* the first columns of every table */
enum { COL_TS, COL_CPU, COL_PID, COL_TID, COL_FIXED_CNT };

#define PLAN_NO_NODE UINT32_MAX	/* of a column: it belongs to the row, not to a node */

struct plan_col {
	u16 idx;			/* dense within the table, order of capture */
	enum col_role role;
	/* what a person types: "ret" "args_pid" "filename_str" "start" */
	const char *name;
	/* canonical text: "args.ret" "str(args.filename)" "@start[tid]" */
	const char *leaf;
	struct span span;		/* of the node */
	u32 node;			/* id; the first one if merged; or PLAN_NO_NODE */
	/* INT BOOL PTR: one 64-bit word; STR/BUF: bytes; TUPLE: packed (see packed.h) */
	const struct type *type;
	/* inside a loop: an element an iteration, at most PLAN_LIST_MAX */
	bool is_list;
	/* memory read: NULL with an errno in SQL, 0/"" in scripts */
	bool can_fault;
	/* path condition as text, NULL: always captured when the row is emitted */
	const char *cond;
};

#define PLAN_LIST_MAX 64
/* of the path column; a clause with more branches is refused with a diagnostic */
#define PLAN_BITS_MAX 64

struct node_note {
	bool in_slice, in_analysis;
	/* reaching this node makes the firing a row: invariant (5) */
	bool emits;
	/*
	 * a branch or predicate that the analyzer decides though the kernel would have, if it
	 * could
	 */
	bool is_deferred;
	s16 col;			/* -1: none */
	/*
	 * branch: bit of path; with bit_is_col (inside a loop) the index of a PATH_LIST column;
	 * -1: none
	 */
	s16 bit;
	bool bit_is_col;
	s16 trips_col;			/* WHILE run by the kernel: column of its trip count; -1 */
};

struct plan_bit {
	u16 idx;
	struct span span;		/* of the branch node */
	u32 node;
	const char *text;		/* canonical text of the condition */
};

struct plan_table {
	const struct inst *inst;
	u32 idx;			/* = inst->idx */
	/* "sys_exit_read", "sys_exit_read_2": unique over the program */
	const char *name;
	struct node_note *notes;	/* inst->node_cnt */
	struct plan_col *cols;
	u32 col_cnt;
	struct plan_bit *bits;
	u32 bit_cnt;
	bool emits;			/* false: no firing of this clause makes a row */
	/*
	 * the slice needs BPF: K maps, memory reads, conditions; BEGIN/END/only-leaf clauses may
	 * not
	 */
	bool runs_in_kernel;
	/*
	 * BEGIN that does not run in the kernel, or END, that calls exit() on every path; the code
	 * is known where that is a number in the text
	 */
	bool exits;
	s64 exit_code;
	/* canonical text of the predicate that the kernel applied; NULL: none (or deferred) */
	const char *filter;

	/*
	 * plan_bind_*: which table of the tape answers; its rows' columns are cols[] (COL_TASK
	 * ones are made by the engine)
	 */
	/*
	 * index into the tape_table array; UINT32_MAX: none, the engine makes the rows (BEGIN,
	 * END, interval)
	 */
	u32 source;
	/* the probes of inst that this table answers: rows of other probes do not count */
	struct probe *const *probes;
	u32 probe_cnt;
	bool all_probes;		/* the table has no others */
};

struct plan {
	struct program *prog;
	struct plan_map *maps;		/* prog->map_cnt */
	/* plan_split, plan_bind_recorded: one an instance, in order */
	struct plan_table *tables;
	/* plan_bind_other: an instance may be answered by several tables, or (BEGIN) none */
	u32 table_cnt;
	struct diag_list *diags;	/* warnings about deferral */
};

struct split_opts {
	bool defer_all;			/* record --defer */
	bool no_kernel;			/* not to be had: used only where there is no other way */
	/* what the kernel target cannot evaluate at all; NULL: everything it knows */
	bool (*can_eval)(const struct node *n);
};

/*
 * Decide.  -EINVAL with diagnostics (an address or action that needs what the kernel cannot
 * evaluate), -ENOMEM.
 */
int plan_split(struct program *prog, const struct split_opts *o, struct diag_list *d,
	       struct plan **ret);

/*
 * Slice, columns and the reason of each map, as `record --dry-run -v` prints it and
 * tests/lang/cases/NAME.plan has it.
 */
void plan_print(const struct plan *p, struct buf *out);

/* ---- the analyzer's side: notes for a script over the columns that a tape has ---- */

/* What a tape offers for one table: filled from its PLAN and SCHEMA blocks by analyze/. */
struct tape_table {
	const char *name;
	/* canonical names, by order of the probe column's ids on the tape */
	const char *const *probes;
	u32 probe_cnt;
	u32 id;
	/* the four fixed ones first; name, role, leaf, span, type, flags, cond */
	const struct plan_col *cols;
	u32 col_cnt;
	/* span is what counts; used when the recorded script itself is bound */
	const struct plan_bit *bits;
	u32 bit_cnt;
	u32 clause_idx;
	const char *filter;		/* NULL: every firing is there */
	bool emits;
};

/*
 * Notes for the recorded script: by span, following the path bits.  -EINVAL if the tape's plan does
 * not fit the text. @maps: class per map of @prog, as recorded.
 */
int plan_bind_recorded(struct program *prog, const struct tape_table *tables, u32 table_cnt,
		       const struct plan_map *maps, struct diag_list *d, struct plan **ret);

/*
 * Notes for another script: for each probe the one table with all its leaves under the weakest
 * filter; all maps are T. A missing leaf is a diagnostic that names it, lists what was captured and
 * gives the emit(...) that would have captured it. str() of a variable or map that only ever holds
 * captured string arguments reads the strings captured with them: the program gets a hidden map or
 * variable beside it (map_info.is_hidden).
 */
int plan_bind_other(struct program *prog, const struct tape_table *tables, u32 table_cnt,
		    struct diag_list *d, struct plan **ret);

/*
 * lang/check_priv.h -- what the files of the checker share.
 *
 * program_compile() runs these passes, in this order:
 *
 *   settings_apply     config block                                        settings.c
 *   macro_expand_all   calls of macros -> blocks that are values           macro.c
 *   lift_blocks        those -> statements in front of their user          lift.c
 *   instance_make_all  probes expanded, a clause copied per signature      instance.c expand.c
 *   resolve_inst       names -> builtins, constants, variables; spelling   resolve.c scope.c
 *   constfold.c
 *                      variants made one (delete, has_key, emit(args))
 *   check_inst         types; run until no map or variable changes, then   check.c check_op.c
 *   check_call.c
 *                      once more with diagnostics                          check_stmt.c
 *   finish_inst        node ids, actions                                   finish.c
 *
 * Invariants
 * (1) Types of maps and variables only grow (unify()), so the runs of check_inst end.
 * (2) type_unknown stands for "not known yet" before, and for "already reported" in the last run;
 * nothing is
 *     reported about it.
 * (3) One error a place: a second error with the same span is dropped, so that a clause with many
 * instances
 *     complains once.
 */
#pragma once

#include <stdarg.h>

#include "base/strmap.h"
#include "lang/decls.h"
#include "lang/program.h"

#define NODES_MAX 2000000	/* over all instances */
#define INST_NODES_MAX 100000
#define INSTS_MAX 16384
#define PROBES_MAX 65536
#define MAPS_MAX 4096
#define VARS_MAX 4096
#define ACTIONS_MAX 262144
#define ROUNDS_MAX 100

/* A variable that the clause has had so far. */
struct scope_var {
	struct var_info *info;
	u32 depth;		/* of its block */
	bool is_open;		/* its block has not ended */
	bool is_leaked;		/* read outside its block */
};

/* How the keys of a map are written. */
struct map_keys {
	bool has_key, is_scalar;
};

struct check {
	struct program *prog;
	const struct catalog *cat;
	const struct check_opts *o;
	struct arena *a;
	struct diag_list *d;
	struct strmap map_by_name, probe_by_name;
	struct decls decls;	/* types of the script */
	struct strmap wholes;	/* structs and unions by name, complete (whole.c) */
	struct strmap enums;	/* "enum color" -> its INT with all constants (enum_names.c) */
	struct vec probes;	/* struct probe * */
	struct vec seen;	/* u32 by probe id: number of the last clause that named it */
	u32 clause_no;		/* of the clause being expanded, from 1 */
	struct vec insts;	/* struct inst * */
	struct vec maps;	/* struct map_info * */
	struct vec keys;	/* struct map_keys, by map idx */
	struct vec actions;	/* struct action * */
	struct const_use **consts_tail;
	const char *missing_probes;	/* "error" "warn" "ignore" */
	u32 max_probes;		/* as config says; 0: it does not */
	u32 max_keys;		/* of a map, as config says; 0: it does not */
	/* the instance being worked on */
	struct inst *in;
	struct vec vars;	/* struct scope_var */
	u32 depth;		/* of blocks */
	u32 loops;
	u32 node_total;
	bool is_final;		/* report */
	bool is_changed;	/* a map or variable got a new type */
	bool is_wrong;		/* this run met an error, reported or not */
	bool is_full;		/* a limit was hit and reported */
	bool is_partial;	/* a clause is left out: its probes do not exist */
};

extern const struct type type_unknown;

static inline bool is_known(const struct type *t)
{
	return t != &type_unknown;
}

/* ---- reporting (check_report.c) ---- */
struct diag *ck_error(struct check *ck, struct span sp, const char *fmt, ...) PRINTF_LIKE(3, 4);
struct diag *ck_warn(struct check *ck, struct span sp, const char *fmt, ...) PRINTF_LIKE(3, 4);
void ck_hint(struct check *ck, struct diag *g, const char *fmt, ...) PRINTF_LIKE(3, 4);
void ck_hint_near(struct check *ck, struct diag *g, const struct str_nearest *near);
/* maps that are written */
void ck_hint_maps(struct check *ck, struct diag *g, const char *name);
/* "fields: a b c" */
void ck_hint_fields(struct check *ck, struct diag *g, const struct type *rec);
const char *source_quote(struct check *ck, struct span sp);	/* the text there, in the arena */
const char *ck_type_text(struct check *ck, const struct type *t);	/* in the arena */
/* A maximum was reached: said once, unless it is only memory that ran out; the passes stop. */
void ck_limit(struct check *ck, struct span sp, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* "NAME is not supported yet", unless allowed; true: go on and type it. */
bool ck_allows(struct check *ck, struct span sp, const char *what, bool is_evaluated);

/* ---- types (unify.c) ---- */
/*
 * The type of a literal.  elem_cnt holds the bytes it needs as unsigned number (0: negative), so
 * unify() can adapt it.
 */
const struct type *lit_type(s64 val, bool is_unsigned);
bool is_lit(const struct type *t);
const struct type *lit_plain(const struct type *t);	/* a literal's type as an ordinary one */
/*
 * The type that holds values of both; @a itself if it does already; NULL: they do not go together.
 */
const struct type *unify(struct check *ck, const struct type *a, const struct type *b);
/* The tuple of these; type_unknown, reported, if it is too large for a tape or for us. */
const struct type *tuple_type(struct check *ck, struct span sp, const struct type *const *m, u32 n);
/* *slot = unify(*slot, t); notes a change.  false: mismatch. */
bool grow(struct check *ck, const struct type **slot, const struct type *t);
/* BOOL and PTR count as unsigned; a literal does if it can */
bool is_unsigned(const struct type *t);
const struct type *arith_type(struct check *ck, enum op op, const struct type *l,
			      const struct type *r, bool *ret_signed);
bool compares_signed(struct check *ck, const struct type *l, const struct type *r);
/* of a comparison: bool, or int64 in 0.17 */
const struct type *bool_type(const struct check *ck);
/* The same of an operator; in 0.17 it has the sign that arithmetic of its operands would have. */
const struct type *truth_type(const struct check *ck, bool is_uns);
/* A type as a script writes it; reports and returns type_unknown if there is none. */
const struct type *type_from_name(struct check *ck, struct type_name *tn);
/* The script's own, or the catalog's.  NULL: there is none. */
const struct type *ck_find_type(struct check *ck, const char *name);
/* "unsigned int" "u8" "bool" "void"; NULL: it is none of these. */
const struct type *type_int_word(const char *name);
void type_offer_words(struct str_nearest *near);
/* The enum's type with the names of its constants, if anybody knows them; else @t itself. */
const struct type *enum_full(struct check *ck, const struct type *t);
/*
 * The same for a value that is printed: the names are put on the tape.  Goes into tuples.
 */
const struct type *enum_named(struct check *ck, const struct type *t);
/* An enum by name; NULL: unknown. */
const struct type *enum_find(struct check *ck, const char *name);
/*
 * A struct, union or array as the type of a value: with all that lies in it; type_unknown,
 * reported, if it is not known or too large.
 */
const struct type *type_whole(struct check *ck, struct span sp, const struct type *t);
/* A cast to or from an array (whole.c). */
const struct type *check_array_cast(struct check *ck, struct node *n, const struct type *from,
				    const struct type *to);
/* Struct type with its fields; NULL if nobody knows them. */
const struct type *struct_full(struct check *ck, const struct type *t);
/* NULL: it is none */
void ck_warn_zero(struct check *ck, struct span sp, enum op op);
const char *agg_name(const struct type *agg);	/* "count" */
void ck_not_assignable(struct check *ck, struct span sp, const struct map_info *m);
const struct type *agg_number(const struct check *ck, const struct type *agg);

/* ---- trees (tree.c) ---- */
typedef bool (*node_fn)(struct node *n, void *ctx);	/* false: do not go below */
void node_walk(struct node *n, node_fn fn, void *ctx);	/* @n and all below, source order */
void list_walk(struct node *list, node_fn fn, void *ctx);
struct node *list_copy(struct arena *a, const struct node *list);
/* Make @n another node in place: kind and arm are reset; place, span and list link stay. */
void node_become(struct node *n, enum node_kind k);

/* ---- passes ---- */
void settings_apply(struct check *ck);
void settings_check_probes(struct check *ck);	/* when they are expanded */
void macro_expand_all(struct check *ck);
void lift_blocks(struct check *ck);
int expand_clause(struct check *ck, const struct clause *c, struct vec *out, struct err *err);
int instance_make_all(struct check *ck, struct err *err);
void resolve_inst(struct check *ck, struct inst *in);
void check_inst(struct check *ck, struct inst *in);
void finish_inst(struct check *ck, struct inst *in);
void finish_types(struct check *ck);

/* resolve */
void resolve_expr(struct check *ck, struct node *n);
void resolve_target(struct check *ck, struct node *n);	/* a map that is assigned to */
void resolve_list(struct check *ck, struct node *list);
void resolve_call(struct check *ck, struct node *n);
/* a parameter where text is wanted */
void resolve_text_param(struct check *ck, struct node *n);
/* Note a constant that the script takes from the catalog. */
void resolve_use_const(struct check *ck, const char *name, s64 val, const struct type *t);
/* A builtin variable that is no leaf becomes what it is: ncpus, has_cpid, probetype. */
void resolve_fixed(struct check *ck, struct node *n);
/* kaddr("x"), cgroupid("/p") become numbers.  false: it is another function. */
bool resolve_machine_const(struct check *ck, struct node *n);
struct map_info *map_intern(struct check *ck, const char *name, struct span sp);
void scope_enter(struct check *ck);
void scope_leave(struct check *ck);
struct var_info *scope_declare(struct check *ck, const char *name, struct span sp,
			       bool is_declared);
struct var_info *scope_assign(struct check *ck, const char *name, struct span sp);
struct var_info *scope_read(struct check *ck, const char *name, struct span sp);
/* Join what was read outside its blocks; fills in->vars. */
void scope_finish(struct check *ck, struct inst *in);
/* Fold the node if its operands are literals. */
void fold(struct check *ck, struct node *n);

/* check */
const struct type *check_expr(struct check *ck, struct node *n);
/* must have a value that can be kept */
const struct type *check_value(struct check *ck, struct node *n);
const struct type *check_int(struct check *ck, struct node *n, const char *what);
void check_cond(struct check *ck, struct node **np);
void check_map_key(struct check *ck, struct node *n);
const struct type *check_unary(struct check *ck, struct node *n);
const struct type *check_incdec(struct check *ck, struct node *n);
const struct type *check_binary(struct check *ck, struct node *n);
const struct type *check_field(struct check *ck, struct node *n);
const struct type *check_index(struct check *ck, struct node *n);
const struct type *check_member(struct check *ck, struct node *n);
const struct type *check_sizeof(struct check *ck, struct node *n);
const struct type *check_offsetof(struct check *ck, struct node *n);
const struct type *check_cast(struct check *ck, struct node *n);
const struct type *check_whole_args(struct check *ck, struct node *n); /* args_record.c */
const struct type *check_builtin(struct check *ck, struct node *n);
const struct type *check_call(struct check *ck, struct node *n);
const struct type *check_agg(struct check *ck, struct node *call);
void check_list(struct check *ck, struct node *list);
u32 str_room(const struct check *ck);	/* bytes that str() keeps at most */
void check_printf(struct check *ck, struct node *call);
void check_action(struct check *ck, struct node *call);	/* an action as a statement */
/* Parameters of tseries() and quantile() (check_sketch.c).  false: reported. */
bool check_tseries(struct check *ck, struct node *call, struct type *t);
bool check_quantile(struct check *ck, struct node *call, struct type *t);
void check_for_map(struct check *ck, struct node *n);
/* An entry in the table of actions for the last run of an instance; NULL: too many, reported. */
struct action *ck_new_action(struct check *ck, const struct builtin *b, struct node *n);
bool check_call_args(struct check *ck, struct node *call);	/* by the letters of its row */
/* A type that is only a kind, whose memory, and maybe a limit. */
const struct type *special_type(struct check *ck, enum type_kind k, u32 size, enum addr_space as);
const struct type *check_usermode(struct check *ck, struct node *n);
/* check_float.c */
bool takes_float(const struct type *l, const struct type *r); /* numbers, and one is a double */
const struct type *float_arith(struct check *ck, struct span at, enum op op);
const struct type *float_binary(struct check *ck, struct node *n);
const struct type *float_unary(struct check *ck, struct node *n);
/* false: not one of doubles. */
bool float_cast(struct check *ck, const struct node *n, const struct type *to,
		const struct type *from);
bool float_agg(struct check *ck, const struct node *arg, const struct builtin *b);
/* Questions to the compiler (check_meta.c); n becomes the answer once it is known. */
const struct type *check_question(struct check *ck, struct node *n);
const struct type *check_comptime(struct check *ck, struct node *n);
const struct type *check_comptime_ternary(struct check *ck, struct node *n);
bool check_comptime_if(struct check *ck, struct node *n);	/* false: it is an ordinary one */
const struct type *check_fail(struct check *ck, struct node *n);
void check_static_assert(struct check *ck, struct node *stmt);
void resolve_is_err(struct check *ck, struct node *call);
/* Functions with a type of their own (check_func.c); NULL: it has none. */
const struct type *check_func(struct check *ck, struct node *call);
/*
 * nsecs(tai), pid(init), percpu_kaddr() become what they stand for (resolve_kernel.c).  false: it
 * is another call.
 */
bool resolve_kernel_call(struct check *ck, struct node *n);
/* A number that the catalog calls @name (may be NULL), noted as used.  false: it has none. */
bool resolve_number(struct check *ck, const char *name, u64 *ret);
/* args.@name, not resolved yet; NULL: no memory. */
struct node *ck_args_field(struct check *ck, struct span sp, const char *name);
/* What only other probes have: said, and true. */
bool check_lacks(struct check *ck, const struct node *n);
bool check_refused(struct check *ck, const struct node *n);
void check_debugf(struct check *ck, struct node *call);
/* Those of check_kernel.c; NULL: it is another one. */
const struct type *check_kernel_func(struct check *ck, struct node *call);
/* The same for functions over strings (check_str.c), and what check_kernel_func() has. */
const struct type *check_str_func(struct check *ck, struct node *call);
/* str(s, n) of a string, whose type is @t. */
const struct type *check_str_of_str(struct check *ck, struct node *call, const struct type *t);
const struct type *ret_type(struct check *ck, const char *text);

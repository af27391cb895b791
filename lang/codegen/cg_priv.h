/*
 * lang/codegen/cg_priv.h -- the state of one function's lowering and what its files call of each
 * other.
 */
#pragma once

#include <llvm-c/TargetMachine.h>

#include "lang/codegen/codegen.h"
#include "lang/codegen/ir.h"

struct cg_module {
	LLVMContextRef ctx;
	LLVMModuleRef mod;
	LLVMBuilderRef b;
	LLVMTargetMachineRef tm;
	const char *passes;
	const struct source *src;
	LLVMDIBuilderRef di; /* NULL: no line information */
	LLVMMetadataRef di_file, di_unit, di_fn_type;
	struct err diag; /* first error that LLVM reported; code 0: none */
	bool is_finished;
};

struct cg_loop {
	LLVMBasicBlockRef brk, cont; /* NULL: walked, not run */
	LLVMValueRef trips; /* i32 alloca: rounds begun */
	const struct node *node;
	struct cg_loop *outer;
};

struct cg_var {
	LLVMValueRef p; /* i64 alloca, or bytes */
	LLVMValueRef len; /* i32 alloca; NULL for one-word types */
	u32 cap;
};

struct cg_state {
	struct cg_module *m;
	struct arena *arena; /* of this function's lowering */
	struct cg_var *vars; /* by var_info.idx */
	LLVMValueRef *list_pos; /* by node id: i32 alloca, elements read so far; NULL: none */
	LLVMValueRef reached; /* i1 alloca; NULL: no rows */
	LLVMBasicBlockRef leave;
	struct cg_loop *loop;
	u32 scratch_used;
	u32 depth; /* of nested expressions and statements */
	LLVMMetadataRef di_fn;
};

#define CG_DEPTH_MAX   (2 * AST_NEST_MAX)
#define CG_SCRATCH_MAX (1u << 20)

/* ---- codegen.c ---- */
extern const struct node_note cg_no_note;
const struct node_note *cg_note(const struct cg *cg, const struct node *n);
void cg_at(struct cg *cg, const struct node *n); /* line information of what follows */
/* Values end with the statement: give back the scratch used since. */
u32 cg_scratch_mark(const struct cg *cg);
void cg_scratch_release(struct cg *cg, u32 mark);
struct cg_val cg_poison(struct cg *cg, const struct type *t);
bool cg_map_is_live(const struct cg *cg, const struct map_info *m);

/* ---- cg_value.c: shapes of values, serialised forms ---- */
bool type_is_word(const struct type *t); /* one i64 */
bool type_is_bytes(const struct type *t); /* STR and the kinds that are held like it */
u32 cg_max_size(const struct cg *cg, const struct type *t); /* most bytes of the serialised form */
struct cg_val cg_zero(struct cg *cg, const struct type *t);
/* To the width, cut and layout of @to. */
struct cg_val cg_coerce(struct cg *cg, struct cg_val v, const struct type *from,
			const struct type *to);
struct cg_val cg_cut(struct cg *cg, struct cg_val v, u32 cap);
/* Serialised form of a value of @t in scratch (a tuple is one already). */
struct cg_val cg_serialise(struct cg *cg, struct cg_val v, const struct type *t);
struct cg_val cg_deserialise(struct cg *cg, LLVMValueRef p, LLVMValueRef len, const struct type *t);
struct cg_val cg_member(struct cg *cg, struct cg_val tuple, const struct type *t, u32 n);
/* Copy to scratch that has all of the type's bytes (CG_FIXED needs it where two values meet). */
struct cg_val cg_settle(struct cg *cg, struct cg_val v, const struct type *t);
LLVMValueRef cg_truth(struct cg *cg, struct cg_val v);

/* A run of serialised values. */
struct cg_pack {
	enum cg_form form;
	LLVMValueRef p;
	LLVMValueRef off; /* i32 */
	u32 cap;
};
void cg_pack_put(struct cg *cg, struct cg_pack *k, struct cg_val v, const struct type *t);
u32 cg_packed_max(const struct type *t);

/* ---- cg_part.c: structs, unions and arrays as values ---- */
bool type_is_block(const struct type *t);
/* All bytes of the type, zeros. */
struct cg_val cg_zero_block(struct cg *cg, const struct type *t);
/* The value, or zeros if it has not the bytes of its type. */
struct cg_val cg_block(struct cg *cg, struct cg_val v, const struct type *t);
struct cg_val cg_part(struct cg *cg, const struct node *n); /* FIELD, INDEX of such a value */
struct cg_val cg_array_cast(struct cg *cg, const struct node *n, struct cg_val v);

/* ---- cg_expr.c ---- */
struct cg_val cg_eval(struct cg *cg, const struct node *n);
struct cg_val cg_eval_as(struct cg *cg, const struct node *n, const struct type *t);
LLVMValueRef cg_word(struct cg *cg, const struct node *n); /* an i64 */
LLVMValueRef cg_arith(struct cg *cg, enum op op, LLVMValueRef l, LLVMValueRef r, bool is_signed);
struct cg_operands {
	LLVMValueRef l, r;
	bool is_signed;
};
/* The same for node @n: a division by zero is counted (cg_trouble.c). */
LLVMValueRef cg_arith_of(struct cg *cg, const struct node *n, enum op op, struct cg_operands x);
struct cg_floats {
	LLVMValueRef l, r;
	const struct type *lt, *rt;
};
/* ---- cg_float.c ---- */
struct cg_val cg_float_literal(struct cg *cg, const struct node *n);
/* Between words, one of which may be a double. */
LLVMValueRef cg_float_coerce(struct cg *cg, LLVMValueRef v, const struct type *from,
			     const struct type *to);
LLVMValueRef cg_float_stored(struct cg *cg, LLVMValueRef v);
LLVMValueRef cg_float_op(struct cg *cg, const struct node *n, enum op op, struct cg_floats x);
LLVMValueRef cg_float_neg(struct cg *cg, const struct node *n, LLVMValueRef v);
/* Where @cond (i1) holds, something went wrong at @n. */
void cg_trouble(struct cg *cg, const struct node *n, enum trouble_kind kind, LLVMValueRef cond);
/* Evaluate the condition of a branch, or follow what the row says.  i1. */
LLVMValueRef cg_decide(struct cg *cg, const struct node *branch, const struct node *cond);
void cg_store_bit(struct cg *cg, const struct node *branch, LLVMValueRef taken);
LLVMValueRef cg_follow_bit(struct cg *cg, const struct node *branch);
struct cg_val cg_binary(struct cg *cg, const struct node *n);
struct cg_val cg_logic(struct cg *cg, const struct node *n);
struct cg_val cg_ternary(struct cg *cg, const struct node *n);

/* ---- cg_leaf.c ---- */
bool cg_has_leaves(struct cg *cg, const struct node *n); /* else a failure is noted */
struct cg_val cg_builtin(struct cg *cg, const struct node *n);
struct cg_val cg_chain(struct cg *cg, const struct node *n); /* FIELD, INDEX */
struct cg_val cg_deref(struct cg *cg, const struct node *n);
LLVMValueRef cg_address(struct cg *cg, const struct node *n);
/* The bits of the bit field that @n names, of the word that holds it; other words as they are. */
LLVMValueRef cg_take_bits(struct cg *cg, const struct node *n, LLVMValueRef v);
struct cg_val cg_str_call(struct cg *cg, const struct node *n);
struct cg_val cg_path(struct cg *cg, const struct node *n); /* path() fdpath() */
struct cg_val cg_stack(struct cg *cg, const struct node *n); /* kstack ustack ksym() usym() */
struct cg_val cg_column(struct cg *cg, const struct node *n, const struct plan_col *col);
struct cg_val cg_read_col(struct cg *cg, const struct node *n, const struct plan_col *col);
bool cg_is_join(const struct node *n);
void cg_capture(struct cg *cg, const struct node *n, struct cg_val v);

struct cg_val cg_probe_name(struct cg *cg, LLVMValueRef id, const struct type *t);

/* ---- cg_map.c ---- */
struct cg_val cg_map_key(struct cg *cg, const struct node *map);
struct cg_val cg_map_load(struct cg *cg, const struct map_info *m, struct cg_val key);
struct cg_val cg_map_read(struct cg *cg, const struct node *n);
void cg_map_assign(struct cg *cg, const struct node *n);
struct cg_val cg_map_incdec(struct cg *cg, const struct node *n);
struct cg_val cg_map_call(struct cg *cg, const struct node *n);

/* ---- cg_call.c ---- */
struct cg_val cg_call(struct cg *cg, const struct node *n);

/* ---- cg_func.c: functions over bytes and numbers ---- */
struct cg_val cg_reg(struct cg *cg, const struct node *n);
struct cg_val cg_buf(struct cg *cg, const struct node *n);
struct cg_val cg_bswap(struct cg *cg, const struct node *n);
struct cg_val cg_ntop(struct cg *cg, const struct node *n);
struct cg_val cg_macaddr(struct cg *cg, const struct node *n);
struct cg_val cg_same(struct cg *cg, const struct node *n); /* its argument: kptr(), uptr() */

/* ---- cg_str.c: functions over strings ---- */
struct cg_val cg_capped(struct cg_val v, u32 cap); /* its cap, where it has none of its own */
struct cg_val cg_zeros(struct cg *cg, u32 size); /* zeros in scratch, length 0 */
struct cg_val cg_strncmp(struct cg *cg, const struct node *n);
struct cg_val cg_strlen(struct cg *cg, const struct node *n);
struct cg_val cg_strcontains(struct cg *cg, const struct node *n);
struct cg_val cg_strstr(struct cg *cg, const struct node *n);
struct cg_val cg_str_concat(struct cg *cg, const struct node *n);
struct cg_val cg_memcmp(struct cg *cg, const struct node *n);
struct cg_val cg_buf_to_str(struct cg *cg, const struct node *n);
struct cg_val cg_name_of(struct cg *cg, const struct node *n);
struct cg_val cg_pton(struct cg *cg, const struct node *n);

/* ---- cg_join.c ---- */
struct cg_val cg_join(struct cg *cg, const struct node *n);

/* ---- cg_var.c ---- */
void cg_vars_init(struct cg *cg); /* zero all, at the start of a firing */
struct cg_val cg_var_load(struct cg *cg, const struct var_info *v);
void cg_var_store(struct cg *cg, const struct var_info *v, struct cg_val x, const struct type *t);

/* ---- cg_stmt.c, cg_loop.c, cg_capture.c ---- */
void cg_list(struct cg *cg, const struct node *list); /* statements, by mode */
void cg_exec(struct cg *cg, const struct node *n); /* one statement for its effect */
void cg_leave(struct cg *cg); /* out of the clause; goes on in a dead block */
void cg_loop(struct cg *cg, const struct node *n);
void cg_for_map(struct cg *cg, const struct node *n);
void cg_end_for_maps(struct cg *cg); /* all around: the clause is left */
/* CG_CAPTURE: a loop over a map that the kernel has; the recorder keeps what it holds now */
void cg_visit_for_map(struct cg *cg, const struct node *n);
void cg_store_trips(struct cg *cg); /* of all loops around: the clause is left */
void cg_break(struct cg *cg, const struct node *n);
void cg_visit(struct cg *cg, const struct node *n); /* CG_CAPTURE: one statement */
void cg_walk(struct cg *cg, const struct node *n); /* CG_CAPTURE: an expression, for its captures */
void cg_mark_reached(struct cg *cg, const struct node *n);
void cg_predicate(struct cg *cg);

/*
 * record/target_bpf.h -- the BPF back end of the lowering: where values of a firing live in the
 * kernel.
 *
 * One struct bpf_fn a function; it says what the program is attached to and keeps what the hooks
 * need of each other.  Used with CG_CAPTURE only.
 */
#pragma once

#include "lang/codegen/codegen.h"
#include "record/machine_facts.h"
#include "record/row_layout.h"
#include "record/tp_equiv.h"

/* What a program's context is. */
enum bpf_source {
	BPF_SRC_RUN,		/* nothing: BEGIN */
	BPF_SRC_PERF,		/* an interval's timer */
	BPF_SRC_SAMPLE,		/* a profile's timer or a software event: in whatever ran */
	BPF_SRC_TP,		/* the record of a perf tracepoint */
	BPF_SRC_RAW,		/* a raw tracepoint: args is its record of words, if it has one */
	BPF_SRC_RAW_ENTER,	/* raw_syscalls:sys_enter */
	BPF_SRC_RAW_EXIT,
	BPF_SRC_SYS_ENTER,	/* syscalls:sys_enter_*: a raw tracepoint, told apart by number */
	BPF_SRC_SYS_EXIT,
	BPF_SRC_TEST,		/* u64 words: address of the record, ts, pid << 32 | tid, probe */
	BPF_SRC_CNT
};

/* Which system calls a function is for; offsets are into the map of numbers. */
struct bpf_numbers {
	u32 cnt;
	u16 nr[4];		/* if cnt <= 4 */
	u32 set_off;		/* else: a bit a number */
	u32 ids_off;		/* u32 a number: struct probe.id; used if there are several */
	bool is_chained;	/* reached by tail calls: selection is done already */
	u32 row;		/* of the PROG_ARRAY: who comes next */
};

/* Set before cg_lower(), which uses the rest. */
struct bpf_fn {
	enum bpf_source src;
	const struct machine_facts *facts;
	const u32 *kmap_idx;		/* map_info.idx -> index of the image's map */
	u32 stack_maps;			/* index of IMG_KNOWN, if uses_stacks */
	struct bpf_numbers numbers;
	u32 path_offs;			/* offsets for paths, among the numbers; 0: unknown */
	bool keep_self;
	u64 quantum;			/* of nsecs; 0 or 1: none */
	const struct tp_event *equiv;	/* a tracepoint attached raw: its fields; else NULL */
	struct row_layout layout;

	/* of the lowering */
	LLVMValueRef ctx, fire;
	LLVMValueRef ph_need, ph_row, ph_base;	/* replaced at the end, when sizes are known */
	LLVMValueRef scratch;		/* struct cap_scratch, null if none is needed */
	LLVMValueRef path, *set, *slots;	/* of rows that do not lie in scratch */
	LLVMValueRef padded;		/* bytes of the last comm: 16, zeros behind the name */
	bool is_row_in_scratch;
	bool uses_stacks;
	bool uses_paths;		/* room for a walk lies before the temporaries */
	bool uses_probe_mark;		/* the program has to be copied for each probe */
	LLVMBasicBlockRef out;
};

extern const struct cg_target target_bpf;

/* Rows up to this many words are kept in registers and on the stack. */
#define BPF_ROW_WORDS 24

/* ---- shared by the files of the target ---- */

/* Call a function of the runtime; integers are brought to its parameters' widths.  NULL: void. */
LLVMValueRef bpf_rt(struct cg *cg, const char *name, LLVMValueRef *args, unsigned n);
struct bpf_fn *bpf_fn_of(const struct cg *cg);
LLVMValueRef bpf_table(struct cg *cg);		/* i32: plan_table.idx */

/* target_bpf_row.c */
void bpf_row_begin(struct cg *cg);
void bpf_row_end(struct cg *cg);		/* send it */
void bpf_capture(struct cg *cg, const struct plan_col *col, struct cg_val v);
void bpf_path_bit(struct cg *cg, u32 bit, LLVMValueRef taken);

/* target_bpf_leaf.c */
LLVMValueRef bpf_reg(struct cg *cg, u32 off);
struct cg_val bpf_builtin(struct cg *cg, const struct node *n);
LLVMValueRef bpf_probe_id(struct cg *cg);
struct cg_val bpf_args_field(struct cg *cg, const struct cg_args_ref *r);
LLVMValueRef bpf_syscall_nr(struct cg *cg);	/* i64 */
void bpf_take_test_event(struct cg *cg);
/* Argument @i of a raw tracepoint; the second one for what the verifier lets nobody load. */
LLVMValueRef bpf_call_word(struct cg *cg, u32 i);
LLVMValueRef bpf_call_word_read(struct cg *cg, u32 i);
LLVMValueRef bpf_read_mem(struct cg *cg, LLVMValueRef dst, LLVMValueRef addr, u32 size,
			  enum addr_space as);
LLVMValueRef bpf_read_str(struct cg *cg, LLVMValueRef dst, u32 cap, LLVMValueRef addr,
			  LLVMValueRef max, enum addr_space as);
LLVMValueRef bpf_read_bytes(struct cg *cg, LLVMValueRef dst, u32 cap, LLVMValueRef addr,
			    LLVMValueRef n, enum addr_space as);

/* target_bpf_path.c */
LLVMValueRef bpf_path(struct cg *cg, LLVMValueRef dst, u32 cap, LLVMValueRef what, bool is_fd);

/* target_bpf_stack.c */
LLVMValueRef bpf_stack(struct cg *cg, const struct cg_stack_ref *r);

/* target_bpf_equiv.c */
struct cg_val bpf_equiv_field(struct cg *cg, const struct cg_args_ref *r);

/* target_bpf_bytes.c */
LLVMValueRef bpf_literal(struct cg *cg, struct str s);
void bpf_copy(struct cg *cg, LLVMValueRef dst, u32 cap, struct cg_val src);
struct cg_val bpf_text(struct cg *cg, LLVMValueRef p, u32 cap);
LLVMValueRef bpf_bytes_eq(struct cg *cg, struct cg_val a, struct cg_val b);

/* target_bpf_str.c */
LLVMValueRef bpf_bytes_find(struct cg *cg, struct cg_val a, struct cg_val b);
LLVMValueRef bpf_bytes_diff(struct cg *cg, struct cg_val a, struct cg_val b, LLVMValueRef n);
void bpf_bytes_append(struct cg *cg, LLVMValueRef dst, LLVMValueRef off, u32 off_max,
		      struct cg_val src);

/* target_bpf_map.c */
LLVMValueRef bpf_map_get_int(struct cg *cg, const struct map_info *m, struct cg_val key);
LLVMValueRef bpf_map_get(struct cg *cg, const struct map_info *m, struct cg_val key,
			 struct cg_val dst);
void bpf_map_set_int(struct cg *cg, const struct map_info *m, struct cg_val key, LLVMValueRef v);
void bpf_map_set(struct cg *cg, const struct map_info *m, struct cg_val key, struct cg_val v);
LLVMValueRef bpf_map_add(struct cg *cg, const struct map_info *m, struct cg_val key,
			 LLVMValueRef delta);
LLVMValueRef bpf_map_delete(struct cg *cg, const struct map_info *m, struct cg_val key);
LLVMValueRef bpf_map_has(struct cg *cg, const struct map_info *m, struct cg_val key);
LLVMValueRef bpf_map_len(struct cg *cg, const struct map_info *m);
void bpf_map_agg(struct cg *cg, const struct map_info *m, struct cg_val key, LLVMValueRef v);
LLVMValueRef bpf_map_agg_read(struct cg *cg, const struct map_info *m, struct cg_val key);

/*
 * lang/codegen/target.h -- the back-end interface of the one lowering.
 *
 * The lowering knows the language; a target knows where values live.  It offers one row of hooks,
 * each of which appends instructions at the builder's place (cg->b) and may open new blocks, as
 * long as the builder ends in the block that goes on.  Targets: record/target_bpf,
 * analyze/jit/target_jit, tests/support/target_fake.
 *
 * Values
 *   INT BOOL PTR and other one-word kinds: i64, extended by the type; the lowering normalises
 *       what hooks return
 *   STR BUF: pointer to the bytes and an i32 length (no NUL counted or needed)
 *   TUPLE: pointer to its serialised form and an i32 length
 * Bytes that cross a hook (keys, map values) are serialised: `form` of the target says which of the
 * two forms of lang/packed.h that is.  CG_FIXED: sizes are constants, strings zero-filled behind
 * their length.
 *
 * Memory that values live in comes from cg_scratch(); a value is good until the end of the
 * statement that made it.
 */
#pragma once

#include <llvm-c/Core.h>
#include <llvm-c/DebugInfo.h>

#include "base/err.h"
#include "lang/plan.h"
#include "lang/trouble.h"

enum cg_mode { CG_FULL, CG_CAPTURE, CG_ANALYSIS };
enum cg_form { CG_PACKED, CG_FIXED };

struct cg;
struct cg_target;
struct cg_state; /* the lowering's own: variables, loops, counters */

struct cg_val {
	LLVMValueRef v; /* i64, or a pointer */
	LLVMValueRef len; /* i32: bytes; NULL for one-word values */
	u32 cap; /* len is at most this; CG_FIXED: so many bytes may be read at v */
	/* i64: 0 or a negative errno, of a read that can fault; NULL: cannot */
	LLVMValueRef err;
};

/* What is being lowered; hooks only read it. */
struct cg {
	LLVMContextRef ctx;
	LLVMModuleRef mod;
	LLVMBuilderRef b;
	LLVMValueRef fn;
	LLVMBasicBlockRef entry; /* only allocas; fn_begin runs behind it */
	LLVMTypeRef i1, i8, i16, i32, i64, ptr, voidt;
	const struct cg_target *target;
	/* given by whoever compiles: the target's data for this module */
	void *tctx;
	enum cg_mode mode;
	const struct program *prog;
	const struct inst *inst;
	const struct plan *plan; /* NULL in CG_FULL */
	const struct plan_table *table; /* NULL in CG_FULL */
	const struct probe *probe; /* when one function is made for each probe; else NULL */
	/* most bytes of CG scratch the function uses; final when fn_end runs */
	u32 scratch_sz;
	struct err *err; /* first failure; hooks report through cg_fail() */
	int rc;
	struct cg_state *st;
};

/* A field of the args record. */
struct cg_args_ref {
	const struct field *f; /* the outermost field: args.NAME */
	u32 off; /* of the value itself: f->off plus nested members */
	/* one word; STR: char array, or data_loc; ARRAY: as bytes */
	const struct type *type;
	u32 read_sz; /* bytes at off; of a bit field those that hold it (1, 2, 4, 8) */
};

/* A stack to walk, or the one frame of ksym(), usym(). */
struct cg_stack_ref {
	bool is_user;
	bool has_addr; /* the addresses themselves are wanted too */
	u32 depth; /* most frames */
	LLVMValueRef addr; /* i64, of the one frame; NULL: walk */
};

struct cg_target {
	const char *name;
	enum cg_form form;

	/* ---- the function ---- */
	LLVMTypeRef (*fn_type)(struct cg *cg);
	/*
	 * Prologue: leaves the builder where one firing (a row of the analysis) begins;
	 * resets row state.
	 */
	void (*fn_begin)(struct cg *cg);
	/*
	 * One firing is over; every way out comes here, exit too.  Send the row if @reached (i1;
	 * NULL: never), return or go to the next one.  Terminates the block.
	 */
	void (*fn_end)(struct cg *cg, LLVMValueRef reached);
	/*
	 * @size bytes (constant, aligned to 8, content undefined); the same @off always
	 * means the same bytes.
	 */
	LLVMValueRef (*scratch)(struct cg *cg, u32 off, u32 size);

	/* ---- leaves: CG_FULL and CG_CAPTURE ---- */
	/* pid tid uid gid comm cpu nsecs elapsed rand cpid. */
	struct cg_val (*builtin)(struct cg *cg, const struct node *n);
	/* i64: a number that stands for the frames; 0: there are none. */
	LLVMValueRef (*stack)(struct cg *cg, const struct cg_stack_ref *r);
	/* i64: the register at that offset of struct pt_regs; NULL: there are none. */
	LLVMValueRef (*reg)(struct cg *cg, u32 off);
	/* i64: struct probe.id of the probe that fired. */
	LLVMValueRef (*probe_id)(struct cg *cg);
	/* Raw bytes of the record, zero-extended words; strings cut at type->size. */
	struct cg_val (*args_field)(struct cg *cg, const struct cg_args_ref *r);
	/*
	 * Read @size bytes at @addr (i64) into @dst, zero-filled if it faults.  i64: 0 or
	 * -errno.
	 */
	LLVMValueRef (*read_mem)(struct cg *cg, LLVMValueRef dst, LLVMValueRef addr, u32 size,
				 enum addr_space as);
	/*
	 * Bytes before the first NUL, at most @max (i32, itself at most @cap), into @dst, which has
	 * cap + 8 bytes.  i64: length or -errno.  CG_FIXED: dst is zero-filled behind them.
	 */
	LLVMValueRef (*read_str)(struct cg *cg, LLVMValueRef dst, u32 cap, LLVMValueRef addr,
				 LLVMValueRef max, enum addr_space as);
	/*
	 * @n bytes (i32, itself at most @cap) at @addr into @dst, which has cap + 8.  i64: how
	 * many, or -errno.  CG_FIXED: dst is zero-filled behind them.
	 */
	LLVMValueRef (*read_bytes)(struct cg *cg, LLVMValueRef dst, u32 cap, LLVMValueRef addr,
				   LLVMValueRef n, enum addr_space as);
	/*
	 * The path of the file behind a descriptor of the task (@is_fd), or of the struct path at
	 * address @what, into @dst, which has cap + 8 bytes.  i64: length or -errno.  NULL: not
	 * supported.
	 */
	LLVMValueRef (*path)(struct cg *cg, LLVMValueRef dst, u32 cap, LLVMValueRef what,
			     bool is_fd);
	/*
	 * exit(code): only notes it, the lowering leaves the clause.  CG_ANALYSIS: the
	 * action was done already.
	 */
	void (*exit)(struct cg *cg, LLVMValueRef code);

	/* ---- what the slice stores: CG_CAPTURE ---- */
	/*
	 * v.err < 0: a NULL with that errno.  Lists: append, at most PLAN_LIST_MAX.  Never
	 * a fixed column.
	 */
	void (*capture)(struct cg *cg, const struct plan_col *col, struct cg_val v);
	void (*path_bit)(struct cg *cg, u32 bit, LLVMValueRef taken);

	/* ---- what the analysis reads: CG_ANALYSIS ---- */
	/*
	 * @elem: i32, NULL if the column is no list.  A NULL value, or an element beyond
	 * the end, is 0 or "".
	 */
	struct cg_val (*column)(struct cg *cg, const struct plan_col *col, LLVMValueRef elem);
	/* i32: elements of a list in this row. */
	LLVMValueRef (*column_cnt)(struct cg *cg, const struct plan_col *col);
	LLVMValueRef (*path_bit_get)(struct cg *cg, u32 bit);
	/* i64: nsecs of the session's start, for elapsed. */
	LLVMValueRef (*session_start)(struct cg *cg);

	/* ---- maps: the K ones in CG_CAPTURE, all in the other modes ---- */
	/* The key is serialised; of a scalar map a null pointer and length 0 (cap 0). */
	LLVMValueRef (*map_get_int)(struct cg *cg, const struct map_info *m, struct cg_val key);
	/*
	 * Copy the serialised value to dst.v, which has dst.cap bytes; when absent they stay as
	 * they are.  i32: length, dst.len when absent.
	 */
	LLVMValueRef (*map_get)(struct cg *cg, const struct map_info *m, struct cg_val key,
				struct cg_val dst);
	void (*map_set_int)(struct cg *cg, const struct map_info *m, struct cg_val key,
			    LLVMValueRef v);
	void (*map_set)(struct cg *cg, const struct map_info *m, struct cg_val key,
			struct cg_val v);
	/* Atomic; the value before (0 when absent). */
	LLVMValueRef (*map_add)(struct cg *cg, const struct map_info *m, struct cg_val key,
				LLVMValueRef delta);
	/* i1 */
	LLVMValueRef (*map_delete)(struct cg *cg, const struct map_info *m, struct cg_val key);
	/* i1 */
	LLVMValueRef (*map_has)(struct cg *cg, const struct map_info *m, struct cg_val key);
	/* i64 */
	LLVMValueRef (*map_len)(struct cg *cg, const struct map_info *m);
	/* One step of the aggregation; @v is 0 for count(). */
	void (*map_agg)(struct cg *cg, const struct map_info *m, struct cg_val key, LLVMValueRef v);
	/* The same of tseries(), at a time of nsecs; i64: a hash of bytes.  NULL: not supported. */
	void (*map_agg_at)(struct cg *cg, const struct map_info *m, struct cg_val key,
			   LLVMValueRef v, LLVMValueRef ts);
	LLVMValueRef (*bytes_hash)(struct cg *cg, struct cg_val a);
	/* An aggregation as a number, 0 when absent. */
	LLVMValueRef (*map_agg_read)(struct cg *cg, const struct map_info *m, struct cg_val key);

	/*
	 * A loop over a map: begin, next until it gives NULL, end; they nest.  NULL: not supported.
	 * @a: the loop's action (may be NULL).  An entry is a pointer to the serialised tuple
	 * (key, value), and its length; of an aggregation the value is its number.
	 */
	void (*for_begin)(struct cg *cg, const struct map_info *m, const struct action *a);
	LLVMValueRef (*for_next)(struct cg *cg, LLVMValueRef *ret_len);
	void (*for_end)(struct cg *cg);

	/* ---- actions, also print clear zero of maps.  @args is CG_PACKED ---- */
	/*
	 * CG_CAPTURE: called in the slice only; print, clear and zero come without args, those of
	 * system, cat and signal in the target's form.
	 */
	void (*action)(struct cg *cg, const struct action *a, struct cg_val args);

	/* ---- bytes and loops ---- */
	/* Pointer to constant bytes; CG_FIXED: zero-filled to a multiple of 8. */
	LLVMValueRef (*literal)(struct cg *cg, struct str s);
	/*
	 * src.len bytes (the lowering has made sure that they fit @cap) to @dst; CG_FIXED:
	 * the rest up to @cap is zeroed.
	 */
	void (*copy)(struct cg *cg, LLVMValueRef dst, u32 cap, struct cg_val src);
	/* The bytes at @p before the first NUL, at most @cap (constant). */
	struct cg_val (*text)(struct cg *cg, LLVMValueRef p, u32 cap);
	/* i1: same length and same bytes. */
	LLVMValueRef (*bytes_eq)(struct cg *cg, struct cg_val a, struct cg_val b);
	/* i64: < 0, 0, > 0 as bytes compare, the shorter first; NULL: not supported. */
	LLVMValueRef (*bytes_cmp)(struct cg *cg, struct cg_val a, struct cg_val b);
	/* i64: where the bytes of @b begin in @a, or -ENOENT. */
	LLVMValueRef (*bytes_find)(struct cg *cg, struct cg_val a, struct cg_val b);
	/*
	 * i64: the difference of the first two of @n bytes (i64, not negative) that differ, or 0.
	 * Zeros follow each of them.
	 */
	LLVMValueRef (*bytes_diff)(struct cg *cg, struct cg_val a, struct cg_val b,
				   LLVMValueRef n);
	/*
	 * The bytes of @src (src.cap is not 0) to @dst + @off (i32, itself at most @off_max).
	 * There is room for @off_max and src.cap bytes.
	 */
	void (*bytes_append)(struct cg *cg, LLVMValueRef dst, LLVMValueRef off, u32 off_max,
			     struct cg_val src);
	/*
	 * i32: length of what function @id (strerror() signal_name() syscall_name()) says of @n,
	 * written to @dst, which has NAMES_MAX bytes.  NULL: not supported.
	 */
	LLVMValueRef (*name_of)(struct cg *cg, enum builtin_id id, LLVMValueRef n,
				LLVMValueRef dst);
	/*
	 * If @cond (i1), something went wrong at @n: count it.  The builder goes on either way.
	 * NULL: nobody asks.
	 */
	void (*trouble)(struct cg *cg, const struct node *n, enum trouble_kind kind,
			LLVMValueRef cond);
	/* i1: may go round again; @trip (i32) rounds are done. */
	LLVMValueRef (*loop_step)(struct cg *cg, LLVMValueRef trip);
};

/*
 * Note a failure (first one stays) and return; lowering goes on with poison and cg_lower()
 * returns it.
 */
void cg_fail(struct cg *cg, int code, const struct node *at, const char *fmt, ...)
	PRINTF_LIKE(4, 5);

/*
 * Bytes that live to the end of the statement (of the function for variables); @size
 * constant, rounded up to 8.
 */
LLVMValueRef cg_scratch(struct cg *cg, u32 size);

/*
 * tests/support/target_fake.h -- scripts on a fake machine, without kernel and tape.
 *
 * Each instance of a program becomes up to three functions of this process: the whole clause
 * (CG_FULL), the slice (CG_CAPTURE, K maps and keys in the kernel's fixed form) and the analysis
 * (CG_ANALYSIS, the real target_jit).  An event is builtin values, a record of args and regions of
 * memory.  A row travels as bytes.
 *
 * 	fake_jit_new(&j, err);
 * 	fake_jit_add(j, prog, plan, &p, err);		any number of programs
 * 	fake_jit_compile(j, err);
 * 	fake_fire_full(p, inst, &ev, rt);		effects land in rt (tests/support/ref_rt.h)
 * 	fake_fire_capture(p, table, &ev, krt, &row);	krt = ref_rt_new(prog, true)
 * 	fake_analyse(p, table, row.data, row.len, rt2);
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "lang/plan.h"
#include "tests/support/ref_rt.h"

struct fake_region {
	u64 addr;
	const void *bytes;
	u32 size;
	enum addr_space as; /* ANY: both */
};

struct fake_event {
	const struct probe *probe;
	u64 ts;
	u32 cpu, pid, tid, uid, gid, cpid;
	char comm[16];
	u64 rand; /* seed of the firing; a value depends on seed, node and turn */
	u64 session_start;
	const u8 *args; /* the record; field offsets are from here */
	u32 args_sz;
	const struct fake_region *mem;
	u32 mem_cnt;
};

struct fake_jit;
struct fake_prog;

int fake_jit_new(struct fake_jit **ret, struct err *err);
void fake_jit_free(struct fake_jit *j); /* and all its programs; NULL is fine */

/*
 * Lower a program into the module of @j.  @plan NULL: CG_FULL only.  @prog and @plan are borrowed
 * until fake_jit_free(). -ENOTSUP: something is not evaluated; the place is in @err.  @j can still
 * be used.
 */
int fake_jit_add(struct fake_jit *j, const struct program *prog, const struct plan *plan,
		 struct fake_prog **ret, struct err *err);
/* After the last fake_jit_add(); once. */
int fake_jit_compile(struct fake_jit *j, struct err *err);
/* Run LLVM's O2 on everything instead of next to nothing; before fake_jit_compile(). */
void fake_jit_optimise(struct fake_jit *j);

void fake_fire_full(const struct fake_prog *p, u32 inst, const struct fake_event *ev,
		    struct ref_rt *rt);
/* true: a row was sent; its bytes are appended to @row. */
bool fake_fire_capture(const struct fake_prog *p, u32 table, const struct fake_event *ev,
		       struct ref_rt *krt, struct buf *row);
/* Evaluate one row of the table. */
void fake_analyse(const struct fake_prog *p, u32 table, const void *row, size_t sz,
		  struct ref_rt *rt);

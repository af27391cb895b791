/*
 * tests/support/target_fake_priv.h -- what the fake's files share: the state of a firing, and its
 * rows.
 */
#pragma once

#include "analyze/jit/jit.h"
#include "lang/codegen/host.h"
#include "tests/support/target_fake.h"

#define FAKE_NODES_MAX 4096

struct fake_elem {
	s64 v;
	u32 off, len; /* bytes in pool */
	bool is_null;
};

struct fake_cell {
	struct fake_elem *elems; /* one, or PLAN_LIST_MAX */
	u32 cnt;
};

/* What compiled code gets; rt must be first. */
struct fake_ctx {
	struct ref_rt *rt;
	const struct fake_event *ev;
	const struct plan_table *table; /* CG_CAPTURE */
	bool is_fixed;
	struct fake_cell *cells; /* by column */
	struct buf pool;
	u64 path;
	bool sent;
	u16 turns[FAKE_NODES_MAX]; /* of rand, by node */
};

void fake_row_write(const struct fake_ctx *ctx, struct buf *out);

struct fake_row;
/* Columns of one row; aborts if the bytes are malformed. */
struct fake_row *fake_row_read(const struct plan_table *t, const void *p, size_t sz);
const struct rt_col *fake_row_cols(const struct fake_row *r);
void fake_row_free(struct fake_row *r);

struct target_fake {
	struct cg_host host; /* must be first */
	LLVMValueRef ctx;
};
extern const struct cg_target target_fake_full, target_fake_capture;
/* What code of the two targets and of target_jit calls. */
extern const struct jit_sym fake_syms[];

/*
 * record/row_layout.h -- where each column of a table lies in a row record
 * (record/bpf/capture_abi.h).
 */
#pragma once

#include "base/err.h"
#include "lang/plan.h"
#include "record/bpf/capture_abi.h"

struct row_slot {
	enum cap_slot kind;
	u16 word;		/* its first, counted in 8 bytes from the start of the record */
	u16 word_cnt;		/* 1, CAP_INLINE: 1 to 3 */
	u32 max_len;		/* bytes of one value; 0 of a word */
};

#define ROW_NO_WORD 0xffff

struct row_layout {
	u16 path_word;		/* ROW_NO_WORD: the table has no bits */
	u16 set_word, set_cnt;	/* cnt 0: the table has no columns of its own */
	u16 word_cnt;		/* of the fixed part, struct cap_row included */
	u32 col_cnt;
	bool has_items;		/* CAP_BYTES or CAP_LIST: the record's size varies */
	bool has_lists;
	struct row_slot *slots;	/* by plan_col.idx; the first four are not used */
};

/* Slots live in @a.  -E2BIG: the fixed part alone is larger than a record may be. */
int row_layout_init(const struct plan_table *t, struct arena *a, struct row_layout *ret,
		    struct err *err);

/*
 * tests/support/live_llvm.h -- a script compiled for this machine, loaded and attached; rows by
 * hand.  Root only.
 */
#pragma once

#include "lang/plan.h"
#include "record/attach.h"
#include "record/bpf/capture_abi.h"
#include "record/machine_facts.h"
#include "record/ring.h"
#include "record/row_layout.h"

#define LIVE_ROWS_MAX 4096

struct live_row {
	u32 table, cpu;
	const u8 *rec;			/* struct cap_row and what follows */
};

struct live {
	struct arena arena;
	struct source src;
	struct diag_list diags;
	struct catalog_machine *catalog;
	struct program *prog;
	struct plan *plan;
	struct machine_facts facts;
	struct buf bytes;
	struct bpf_image img;
	struct bpf_loaded loaded;
	struct attach_set *attached;
	struct ring *rings, control;
	struct live_row rows[LIVE_ROWS_MAX];	/* the first ones */
	u64 row_cnt;
	struct cap_ctl ctl[64];
	u32 ctl_cnt;
};

/* Compile, load, run BEGIN, attach; not yet armed.  Fails the running test if anything does. */
void live_open(struct live *l, u64 ring_sz, const char *script);
void live_arm(struct live *l);
void live_drain(struct live *l);
/* Stop, and take what is left. */
void live_stop(struct live *l);
void live_close(struct live *l);

/* The column's first word, and whether it was captured. */
u64 live_word(const struct live *l, u32 row, const char *col, bool *ret_is_set);
/* The bytes of a string column as text; NULL: not captured. */
const char *live_text(struct live *l, u32 row, const char *col);
u64 live_lost(const struct live *l, u32 table, u32 cause);
u64 live_decided(const struct live *l, u32 table);

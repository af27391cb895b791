/*
 * tests/support/target_fake_script.h -- a script as text on the fake machine, run whole and split.
 *
 * Events are comments in the script, one a line, in order of time:
 * 	//@ PROBE [NAME=VALUE ...]      ts cpu pid tid uid gid cpid comm, or a field of args; "text"
 * 	    where a string
 *                                         or the address of one is wanted (it is put into user
 * memory); hex:BYTES for
 * 					an array
 * 	//@mem ADDRESS user|kernel HEX	bytes in memory, for all events
 * 	//@steps N			loop iterations allowed in a firing
 * BEGIN fires first and END last without being named.
 */
#pragma once

#include "lang/plan.h"
#include "tests/support/fake_catalog.h"
#include "tests/support/target_fake.h"

#define FAKE_EVENTS_MAX	 256
#define FAKE_REGIONS_MAX 256

struct fake_script {
	struct arena arena;
	struct source src;
	struct diag_list diags;
	struct fake_catalog *catalog;
	struct program *prog;
	struct plan *plan; /* NULL: it was not split */
	struct fake_prog *code;
	struct fake_event events[FAKE_EVENTS_MAX];
	u32 event_cnt;
	struct fake_region mem[FAKE_REGIONS_MAX];
	u32 mem_cnt;
	u32 steps;
	/*
	 * The analysis of another compilation (say, bound to the plan as a tape has it) instead of
	 * the plan's own; its program and maps must be the same.  NULL: none.
	 */
	struct fake_prog *analysis;
};

/* @catalog as of fake_catalog_new().  On failure the diagnostics are in @err. */
int fake_script_compile(struct fake_script *s, const char *name, struct str text,
			const char *catalog, enum compat compat, bool split, struct err *err);
/* Read the events out of the comments; aborts on a malformed one. */
void fake_script_events(struct fake_script *s);
void fake_script_fini(struct fake_script *s);

/* After fake_jit_add(..., &s->code) and fake_jit_compile(): all events; the log, then all maps. */
void fake_script_run_whole(struct fake_script *s, struct buf *out);
/* The same by way of slice, rows and analysis. */
void fake_script_run_split(struct fake_script *s, struct buf *out);
/*
 * The same, but rows reach the analyzer only when all events are over, CPU by CPU, and are put in
 * order by time.  For plans in which no K map is printed before END.
 */
void fake_script_run_late(struct fake_script *s, struct buf *out);

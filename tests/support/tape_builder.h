/*
 * tests/support/tape_builder.h -- a tape made by hand: a script over the fake catalog gives plan
 * and schema, the test the rows.  Asserts instead of failing.
 */
#pragma once

#include "format/writer.h"
#include "lang/plan.h"

struct tape_builder;

/* A column of a row by its name on the tape; the others are 0, or "". */
struct tape_cell {
	const char *col;
	s64 num;
	const char *str;
	bool is_null;
};

#define TAPE_BUILDER_START 1000000000ull /* session time of the start; 2026-11-26 12:00:00 UTC */

struct tape_builder *tape_builder_new(const char *script, enum compat compat);
/* Extra META and facts, before the first row. */
void tape_builder_meta(struct tape_builder *b, const char *key, const char *text, u64 num);
void tape_builder_fact(struct tape_builder *b, const char *space, const char *key, const char *val);
/* @ts counts from the start. */
void tape_builder_row(struct tape_builder *b, const char *table, u64 ts, u32 cpu, u32 tid,
		      const struct tape_cell *cells, u32 n);
void tape_builder_task(struct tape_builder *b, u32 tid, const char *comm, u32 uid);
void tape_builder_loss(struct tape_builder *b, enum tape_loss_cause cause, const char *table,
		       u64 cnt, u64 first_ts, u64 last_ts);
void tape_builder_snap(struct tape_builder *b, const struct tape_mapsnap *m);
/* The tape's writer, for what has no function here: stacks (stack_builder.h). */
struct tape_writer *tape_builder_writer(struct tape_builder *b);
/* All rows so far are on the tape, and rows up to @ts are complete. */
void tape_builder_checkpoint(struct tape_builder *b, u64 ts);
/* A block boundary. */
void tape_builder_flush(struct tape_builder *b);
u32 tape_builder_table(const struct tape_builder *b, const char *table);	/* its id */
/* Close; with END, or as a recorder that was killed.  The path of the file is good until free. */
const char *tape_builder_finish(struct tape_builder *b, u64 end_ts);
/* Close with END and copy to @path.  0; else it could not be written. */
int tape_builder_save(struct tape_builder *b, u64 end_ts, const char *path);
const char *tape_builder_abandon(struct tape_builder *b);
void tape_builder_free(struct tape_builder *b);		/* removes the file */

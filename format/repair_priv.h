/* format/repair_priv.h -- shared by the files of repair. */
#pragma once

#include "format/repair.h"
#include "format/verify_priv.h"
#include "format/writer_priv.h"

/* What a breach is to those who ask for a repair. */
struct tape_repair_stretch repair_stretch_of(const struct breach *b);
/* The record that accounts for it. */
struct tape_loss repair_loss_of(const struct tape_repair_stretch *d);
#define REPAIR_INDEX_ENTRIES 16384 /* with the runs of a MIXED block more the writer has room */
/* The breaches that need a record, by place, one a place; @end of the tape. */
int repair_gather(const struct verify *v, u64 end, struct vec *ret);
/* Their records, and one of rows that came late and are not counted; free().  NULL: no memory. */
struct tape_loss *repair_losses(const struct verify *v, const struct vec *all, u32 *ret_n);
/* Copy what is good of the tape that @old has read. */
int repair_copy(struct verify *old, int in, int out, u64 *ret_written, struct err *err);

/* format/repair_priv.h -- shared by the files of repair. */
#pragma once

#include "format/repair.h"
#include "format/verify_priv.h"
#include "format/writer_priv.h"

/* What a breach is to those who ask for a repair. */
struct tape_repair_stretch repair_stretch_of(const struct breach *b);
/* The record that accounts for it. */
struct tape_loss repair_loss_of(const struct tape_repair_stretch *d);
void repair_sum(struct tape_repair_result *ret, const struct tape_repair_stretch *d);

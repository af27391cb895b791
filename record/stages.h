/*
 * record/stages.h -- record --dry-run -d STAGE: what becomes of a script on its way to the kernel.
 */
#pragma once

#include "base/err.h"

struct session;

/* To stdout.  Of the session the script is open; the verifier is the only one that needs rights. */
int stage_print(struct session *s, struct err *err);

/*
 * lang/program_dump.h -- a checked program as text, for tests: maps, instances, typed trees,
 * actions.
 */
#pragma once

#include "lang/program.h"

/*
 * Expressions are written inside out with the type behind each: (+ $x:int64 1:int8):int64.  Where
 * the sign matters to the operator, s or u follows it: (/u a b).
 */
void program_dump(const struct program *p, struct buf *out);

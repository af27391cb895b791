/*
 * lang/unused.h -- warnings about variables and maps that a script fills and never looks at.
 */
#pragma once

#include "lang/program.h"

/* For a script that compiled.  Whoever runs a script for the first time says it, once. */
void program_warn_unused(const struct program *p, struct diag_list *d);

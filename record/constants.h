/*
 * record/constants.h -- macros that scripts name and that BTF does not have.
 */
#pragma once

#include "base/compiler.h"

/* By name; false: not among them. */
bool constant_find(const char *name, s64 *ret);

/*
 * record/constants.h -- macros that scripts name and that BTF does not have (docs/constants.md).
 */
#pragma once

#include "base/compiler.h"

struct constant {
	const char *name;
	s64 val;
	bool is_unsigned;	/* val is a number above INT64_MAX */
};

struct constant_family {
	const char *title;
	const struct constant *rows;
	size_t cnt;
};

#define CONSTANT_FAMILIES 15
extern const struct constant_family *const constant_families[CONSTANT_FAMILIES];

/* By name; false: not among them. */
bool constant_find(const char *name, s64 *ret, bool *ret_unsigned);

struct ktypes;
/*
 * GFP_KERNEL, __GFP_ZERO ...: from the kernel's BTF where it has the bits (6.10 and newer), else as
 * in 6.1.
 */
bool constant_find_gfp(struct ktypes *k, const char *name, s64 *ret);

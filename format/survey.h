/* format/survey.h -- one look at the words of a column, which decides how they are stored. */
#pragma once

#include "base/compiler.h"

struct survey {
	u64 min, max; /* as the column's sign orders */
	u64 step_min, step_max; /* of the differences, while is_rising */
	u64 zigzag; /* all zig-zag differences or-ed */
	bool is_rising; /* no value is below the one before */
};

/* @n >= 2. */
struct survey survey_words(const u64 *v, u32 n, bool is_signed);

/*
 * What DELTA stores of @n >= 2 words, n - 1 numbers: differences less @step, or all of them
 * zig-zag.
 */
void survey_steps(const u64 *v, u32 n, u64 step, u64 *ret);
void survey_zigzags(const u64 *v, u32 n, u64 *ret);

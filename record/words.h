/* record/words.h -- split a command into words as a shell would; nothing is expanded. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

/*
 * Blanks separate; '...' is literal; in "..." a backslash escapes " \ $ and `; elsewhere it escapes
 * any character. *ret ends with NULL; lives in @a.  -EINVAL: empty, or a quote is not closed.
 */
int words_split(const char *text, struct arena *a, char ***ret, int *ret_cnt, struct err *err);

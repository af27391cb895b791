/* lang/const_eval.h -- the value of an expression of C constants: #if, sizes of arrays, enums. */
#pragma once

#include "lang/ast.h"

struct const_names {
	/* false: there is no such constant */
	bool (*find)(void *ctx, const char *name, s64 *ret);
	/* sizeof; NULL: it is none here */
	bool (*size)(void *ctx, const struct node *n, s64 *ret);
	void *ctx;
};

/* false: it is none; *ret_bad is the part that is not, *ret_why says what is wrong with it. */
bool const_eval(const struct node *n, const struct const_names *names, s64 *ret,
		const struct node **ret_bad, const char **ret_why);

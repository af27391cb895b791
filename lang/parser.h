/* lang/parser.h -- text to tree.  Grammar: docs/language.md. */
#pragma once

#include "lang/ast.h"
#include "lang/diag.h"

struct parse_opts {
	const char *const *params;	/* $1.. as given on the command line */
	int param_cnt;
};

/*
 * Parse a whole script.  Errors go to @d (parsing recovers at statement and clause ends, so several
 * are reported); *ret is filled with what could be parsed in any case.  Returns d->error_cnt ?
 * -EINVAL : 0.
 */
int parse_script(const struct source *src, const struct parse_opts *o, struct arena *a,
		 struct diag_list *d, struct ast *ret);
/* Parse one expression (EXPR of hist, fold, sql); the whole text must be used. */
int parse_expression(const struct source *src, struct arena *a, struct diag_list *d,
		     struct node **ret);
/* The same for one or more of them with commas between: a list, linked by node.next. */
int parse_expressions(const struct source *src, struct arena *a, struct diag_list *d,
		      struct node **ret);

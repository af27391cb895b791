/* lang/ast_dump.h -- tree as text (for tests and `record -d ast`), and expressions in canonical spelling. */
#pragma once

#include "lang/ast.h"

void ast_dump(const struct ast *t, struct buf *out);
/*
 * The canonical text of an expression: one spelling for one meaning ("args.ret" for args->ret, "str(args.filename)",
 * "@start[tid]", one blank around binary operators, parentheses only where needed, decimal numbers).
 * Two expressions with the same canonical text in one clause are the same leaf.
 */
void expr_print(const struct node *n, struct buf *out);

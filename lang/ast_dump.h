/*
 * lang/ast_dump.h -- trees as text (for tests and debugging), and expressions in canonical
 * spelling.
 */
#pragma once

#include "lang/ast.h"

/* One line a node, children indented by two blanks in source order. */
void ast_dump(const struct ast *t, struct buf *out);

/*
 * The canonical text of an expression: one spelling for one meaning.  Two expressions with the same
 * text in one clause are the same leaf, and texts are compared between scripts and tapes, so a
 * spelling is never changed:
 *
 *	numbers		decimal, without suffixes; durations in nanoseconds: 0x10 -> 16, 1us -> 1000
 *	strings		in double quotes; \n \t \r \" \\, other bytes outside of 0x20..0x7e as \xNN
 *	names		a builtin and a function by its main name, not an alias
 *	members		always '.':  args->ret -> args.ret
 *	keys		@m[a, b], however it was written; arguments likewise separated by ", "
 *	operators	one blank on both sides of binary ones, none behind unary ones; a ?: b
 *	parentheses	only where the tree needs them, and where "--" "++" "&&" would arise
 *	casts		(uint64)x   (struct task_struct *)x   (uint8[4])x
 *	tuples		(a, b)   (a,)   ()      records  (x = 1, y = 2)
 *	blocks		{...}: not told apart
 *
 * Statements are printed as far as they are one line: assignments, let, return, the condition of an
 * if or loop.
 */
void expr_print(const struct node *n, struct buf *out);

/* "struct foo *" "uint8[4]" "uint8[]" */
void type_name_print(const struct type_name *tn, struct buf *out);

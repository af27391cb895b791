/*
 * lang/parser_priv.h -- what the files of the parser share.
 *
 * Recursive descent with one token of look-ahead; each parse_*() opens with its grammar rule and
 * stands in one of
 *	parser.c		tokens, errors, recovery
 *	parse_script.c	items of a script: clauses, config, let, what is skipped
 *	parse_probe.c	probe specifications
 *	parse_c.c		preprocessor lines and C definitions
 *	parse_block.c	blocks
 *	parse_stmt.c	statements
 *	parse_expr.c	expressions by precedence
 *	parse_primary.c	operands
 *	parse_type.c	type names
 *
 * (1) A parse_*() that fails has reported it and returns NULL (false); the caller passes that on up
 *     to a place that recovers: a statement skips to its end, a clause to its closing brace.
 * (2) While is_panicking nothing is reported: what follows an error is noise until recovery.
 * (3) Each recursion goes through parser_enter(), and each node through parser_finish(): neither
 *     the stack nor a tree gets deeper than AST_NEST_MAX.
 * (4) An arena that is full looks like a failed parse_*(); it is reported once, at the end.
 */
#pragma once

#include "lang/lexer.h"
#include "lang/parser.h"

struct parser {
	const struct source *src;
	const struct parse_opts *opts;
	struct arena *a;
	struct diag_list *d;
	struct lexer lx;	/* behind tok */
	struct token tok;	/* the next one */
	struct token prev;	/* the last one taken */
	u32 depth;
	bool is_panicking;
	bool is_too_deep;	/* and reported */
	bool in_pred;		/* '/' before '{' ends the expression */
	u32 cond_end;		/* the '(' before this offset begins a condition */
};

/* ---- tokens ---- */
void parser_seek(struct parser *p, u32 off);	/* the next token is the first one from @off on */
void parser_advance(struct parser *p);
struct token parser_peek(const struct parser *p);	/* the token behind tok */
bool parser_take(struct parser *p, enum token_kind k);	/* take it if it is the next one */
bool parser_is_word(const struct parser *p, const char *word);	/* is the next token this name? */
struct str parser_text(const struct parser *p, struct token t);
char *parser_dup(struct parser *p, struct token t);	/* its text; NULL: arena full */
/* From @from up to the last token taken; the place behind it. */
struct span parser_since(const struct parser *p, struct span from);
struct span parser_behind(const struct parser *p);

/* ---- errors ---- */
/*
 * Report unless panicking, and panic. The result is for diag_hint(); NULL if it was not reported.
 */
struct diag *parser_error(struct parser *p, struct span sp, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* "expected WHAT, found 'x'" at the next token; what is wrong with it if it is TOK_BAD. */
struct diag *parser_unexpected(struct parser *p, const char *what);
/* Take @k or report that it was expected @where ("after the condition"). */
bool parser_expect(struct parser *p, enum token_kind k, const char *where);
/* Take a name, or report that @what ("the name of a setting") was expected. */
bool parser_expect_name(struct parser *p, const char *what);
/* Recover: behind the end of this statement, or before the '}' of the enclosing block. */
void parser_skip_statement(struct parser *p);
/* Recover before the '{' of this statement.  false: it has none, still panicking. */
bool parser_skip_to_block(struct parser *p);
/* Step over what "{" opened, as the next token, to behind its '}'.  false: it has none. */
bool parser_skip_braces(struct parser *p);

/* ---- nesting and nodes ---- */
bool parser_enter(struct parser *p);		/* false: too deep, reported */
void parser_leave(struct parser *p);
struct node *parser_node(struct parser *p, enum node_kind k, struct span from);
/* Ends the span at the last token taken, sets the height.  NULL: too deep. */
struct node *parser_finish(struct parser *p, struct node *n);

/* A list that grows at its end. */
struct node_list {
	struct node *head, **tail;
	u32 cnt;
};
void node_list_init(struct node_list *l);
void node_list_add(struct node_list *l, struct node *n);

/* ---- grammar ---- */
bool parse_probes(struct parser *p, struct probe_spec **ret);
/* Append the C text from tok on to @out; @out is ended by a newline. */
bool parse_preprocessor(struct parser *p, struct buf *out);
/* ... and where it stands */
bool parse_c_definition(struct parser *p, struct buf *out, struct span *ret);
bool parse_block(struct parser *p, struct node_list *ret);
struct node *parse_block_expr(struct parser *p);
/* At "{": the same, whether or not it has a value. */
struct node *parse_any_block_expr(struct parser *p);
/* macro word "(" [ param { "," param } ] ")" block */
bool parse_macro(struct parser *p, struct macro_def **ret);
struct node *parse_sizeof(struct parser *p);
struct node *parse_offsetof(struct parser *p);
struct node *parse_container_of(struct parser *p);
struct node *parse_if_expr(struct parser *p);
struct node *parse_stmt(struct parser *p);
/*
 * ';', which may be missing before '}'. One that is missing at the end of a line is reported, and
 * true.
 */
bool parse_end(struct parser *p);
struct node *parse_expr(struct parser *p);
struct node *parse_unary(struct parser *p);	/* does not count as a level: its caller does */
struct node *parse_operand(struct parser *p);	/* of a unary operator: one level deeper */
struct node *parse_postfix(struct parser *p);
struct node *parse_primary(struct parser *p);
struct node *parse_param(struct parser *p);
/* Behind "(" and an expression: up to its ")". */
struct node *parse_paren_rest(struct parser *p, struct node *n);
/* A condition: as an expression, but says what to do about '='. */
struct node *parse_cond(struct parser *p);
/* At "(" of a cast?  Looks ahead only. */
bool parser_at_cast(const struct parser *p);
/* Does a type begin here that cannot be an expression? */
bool parser_at_type(const struct parser *p);
bool parse_type(struct parser *p, struct type_name *ret);

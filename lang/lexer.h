/*
 * lang/lexer.h -- text to tokens, one at a time.
 *
 * The lexer allocates nothing and keeps one position, so looking ahead is copying it.  It finds
 * where a literal begins and ends; what a literal means is lang/literal.h.  Probe specifications, C
 * definitions and preprocessor lines are no tokens: the parser scans them itself and then moves the
 * lexer behind them.
 */
#pragma once

#include "lang/source.h"

enum token_kind {
	TOK_END,
	TOK_BAD,		/* no token: token.bad says why */
	TOK_IDENT, TOK_INT, TOK_FLOAT, TOK_STR,
	TOK_VAR,		/* $x */
	TOK_PARAM,		/* $1 $# */
	TOK_MAP,		/* @ @name */
	/* words that cannot be names (but of fields) */
	TOK_BREAK, TOK_CONTINUE, TOK_ELSE, TOK_ENUM, TOK_FOR, TOK_IF, TOK_OFFSETOF, TOK_RETURN,
	TOK_SIZEOF, TOK_STRUCT, TOK_UNION, TOK_UNROLL, TOK_WHILE,
	/* punctuation */
	TOK_LPAREN, TOK_RPAREN, TOK_LBRACE, TOK_RBRACE, TOK_LBRACKET, TOK_RBRACKET,
	TOK_COMMA, TOK_SEMI, TOK_COLON, TOK_QUESTION, TOK_DOT, TOK_DOTDOT, TOK_ARROW, TOK_HASH,
	TOK_ASSIGN, TOK_ADD_ASSIGN, TOK_SUB_ASSIGN, TOK_MUL_ASSIGN, TOK_DIV_ASSIGN, TOK_MOD_ASSIGN,
	TOK_AND_ASSIGN, TOK_OR_ASSIGN, TOK_XOR_ASSIGN, TOK_SHL_ASSIGN, TOK_SHR_ASSIGN,
	TOK_PLUS, TOK_MINUS, TOK_STAR, TOK_SLASH, TOK_PERCENT, TOK_AMP, TOK_PIPE, TOK_CARET,
	TOK_SHL, TOK_SHR,
	TOK_EQ, TOK_NE, TOK_LT, TOK_LE, TOK_GT, TOK_GE, TOK_LAND, TOK_LOR, TOK_NOT, TOK_TILDE,
	TOK_INC, TOK_DEC,
	TOK_KIND_CNT
};

struct token {
	enum token_kind kind;
	struct span span;
	bool is_line_start;	/* first token of its line */
	const char *bad, *hint;	/* TOK_BAD: what is wrong; hint may be NULL */
};

struct lexer {
	const struct source *src;
	u32 pos;
	enum token_kind last;	/* a number behind '.' is a member, not a fraction */
};

struct lexer lexer_at(const struct source *src, u32 off);
struct token lexer_next(struct lexer *lx);
/* Offset behind blanks and comments; an open comment counts as one up to the end. */
u32 lexer_skip_blank(const struct source *src, u32 off);

/* "';'" "a number": for "expected ..." */
const char *token_what(enum token_kind k);
bool token_is_word(enum token_kind k);		/* an identifier or keyword */
bool char_is_word(char c);			/* letters, digits, '_' */
/* Kind of a reserved word, TOK_IDENT for all others. */
enum token_kind token_word_kind(struct str word);
/* The longest punctuation that @text begins with, TOK_BAD if none; its length in *ret_len. */
enum token_kind token_punct(struct str text, u32 *ret_len);

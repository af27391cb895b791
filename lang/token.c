/* lang/token.c -- the table of tokens: one row for each word and each punctuation. */
#include "lang/lexer.h"

static const char *const spellings[TOK_KIND_CNT] = {
	[TOK_BREAK] = "break",
	[TOK_CONTINUE] = "continue",
	[TOK_ELSE] = "else",
	[TOK_ENUM] = "enum",
	[TOK_FOR] = "for",
	[TOK_IF] = "if",
	[TOK_OFFSETOF] = "offsetof",
	[TOK_RETURN] = "return",
	[TOK_SIZEOF] = "sizeof",
	[TOK_STRUCT] = "struct",
	[TOK_UNION] = "union",
	[TOK_UNROLL] = "unroll",
	[TOK_WHILE] = "while",
	[TOK_LPAREN] = "(",
	[TOK_RPAREN] = ")",
	[TOK_LBRACE] = "{",
	[TOK_RBRACE] = "}",
	[TOK_LBRACKET] = "[",
	[TOK_RBRACKET] = "]",
	[TOK_COMMA] = ",",
	[TOK_SEMI] = ";",
	[TOK_COLON] = ":",
	[TOK_QUESTION] = "?",
	[TOK_DOT] = ".",
	[TOK_DOTDOT] = "..",
	[TOK_ARROW] = "->",
	[TOK_HASH] = "#",
	[TOK_ASSIGN] = "=",
	[TOK_ADD_ASSIGN] = "+=",
	[TOK_SUB_ASSIGN] = "-=",
	[TOK_MUL_ASSIGN] = "*=",
	[TOK_DIV_ASSIGN] = "/=",
	[TOK_MOD_ASSIGN] = "%=",
	[TOK_AND_ASSIGN] = "&=",
	[TOK_OR_ASSIGN] = "|=",
	[TOK_XOR_ASSIGN] = "^=",
	[TOK_SHL_ASSIGN] = "<<=",
	[TOK_SHR_ASSIGN] = ">>=",
	[TOK_PLUS] = "+",
	[TOK_MINUS] = "-",
	[TOK_STAR] = "*",
	[TOK_SLASH] = "/",
	[TOK_PERCENT] = "%",
	[TOK_AMP] = "&",
	[TOK_PIPE] = "|",
	[TOK_CARET] = "^",
	[TOK_SHL] = "<<",
	[TOK_SHR] = ">>",
	[TOK_EQ] = "==",
	[TOK_NE] = "!=",
	[TOK_LT] = "<",
	[TOK_LE] = "<=",
	[TOK_GT] = ">",
	[TOK_GE] = ">=",
	[TOK_LAND] = "&&",
	[TOK_LOR] = "||",
	[TOK_NOT] = "!",
	[TOK_TILDE] = "~",
	[TOK_INC] = "++",
	[TOK_DEC] = "--",
};

static const char *const names[TOK_KIND_CNT] = {
	[TOK_END] = "the end of the script", [TOK_BAD] = "a token",
	[TOK_IDENT] = "a name",		     [TOK_INT] = "a number",
	[TOK_FLOAT] = "a number with a fraction",
	[TOK_STR] = "a string",		     [TOK_VAR] = "a $variable",
	[TOK_PARAM] = "a parameter",	     [TOK_MAP] = "a @map",
};

const char *token_what(enum token_kind k)
{
	return spellings[k] ? spellings[k] : names[k];
}

bool token_is_word(enum token_kind k)
{
	return k == TOK_IDENT || (k >= TOK_BREAK && k <= TOK_WHILE);
}

bool char_is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

enum token_kind token_word_kind(struct str word)
{
	for (int k = TOK_BREAK; k <= TOK_WHILE; k++) {
		if (str_is(word, spellings[k]))
			return k;
	}
	return TOK_IDENT;
}

enum token_kind token_punct(struct str text, u32 *ret_len)
{
	enum token_kind best = TOK_BAD;

	*ret_len = 0;
	for (int k = TOK_LPAREN; k < TOK_KIND_CNT; k++) {
		struct str s = str_of(spellings[k]);

		if (s.len > *ret_len && str_has_prefix(text, s.s)) {
			best = k;
			*ret_len = (u32)s.len;
		}
	}
	return best;
}

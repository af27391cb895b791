/* lang/cpp_priv.h -- what the files of the preprocessor share. */
#pragma once

#include "base/strmap.h"
#include "base/vec.h"
#include "lang/cpp.h"

#define CPP_MACROS_MAX 65536
#define CPP_PARAMS_MAX 64
#define CPP_NEST_MAX   64 /* of #if, and of macros in macros */
#define CPP_STEPS_MAX  (1u << 22) /* bytes and words looked at in replacing */
#define CPP_KEEP_STR   "\x01"
#define CPP_KEEP       '\x01' /* before a word that is not to be replaced any more */

struct macro {
	struct str name, body;
	struct str *params;
	int param_cnt; /* -1: used without parentheses */
	bool is_variadic; /* the last parameter is __VA_ARGS__ */
	bool is_busy; /* being replaced: not again within itself */
	bool is_undefined;
};

/* An #if that is open. */
struct cond {
	u32 off;
	bool is_active, was_active; /* this part; any part so far */
	bool is_outer_active, has_else;
};

struct cpp {
	const struct source *src;
	const struct catalog *cat;
	struct arena *a;
	struct diag_list *d;
	struct strmap macros; /* name -> struct macro */
	struct vec segs; /* struct span_seg */
	struct buf out;
	struct cond conds[CPP_NEST_MAX];
	u32 cond_cnt;
	u32 pos; /* in src */
	u32 braces;
	u32 steps;
	bool is_full; /* a limit was hit and reported */
	struct span use; /* of the macro being replaced, for messages */
};

static inline bool cpp_is_active(const struct cpp *c)
{
	return !c->cond_cnt || c->conds[c->cond_cnt - 1].is_active;
}

/* Behind the word, number, string or comment at @i of @s; @i + 1 for anything else. */
size_t cpp_token_end(struct str s, size_t i);
bool cpp_is_word_start(char ch);
/* NULL: there is none. */
struct macro *cpp_find(struct cpp *c, struct str name);
/* "NAME body" or "NAME(a, b) body", @sp is its place. */
void cpp_define(struct cpp *c, struct str text, struct span sp);
/* @s with macros replaced; the whole text is to go through cpp_finish() then. */
void cpp_expand(struct cpp *c, struct str s, struct buf *out, u32 depth);
/*
 * Replace the use of @m whose name ends at @i of @s.  Where the use ends; @i if it is none (there
 * is no '(').
 */
size_t cpp_expand_use(struct cpp *c, struct macro *m, struct str s, size_t i, struct buf *out,
		      u32 depth);
/* Text that is a result, from @from on, without the marks of replacing. */
void cpp_finish(struct buf *out, size_t from);
/* The condition of an #if. */
bool cpp_eval(struct cpp *c, struct str cond, struct span sp);
void cpp_limit(struct cpp *c, const char *what);
/* The directive at c->pos, whose '#' is at @hash; c->pos is then the end of its line. */
void cpp_directive(struct cpp *c, u32 hash);

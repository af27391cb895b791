/* base/str.h -- text as a slice: not NUL-terminated, not owned. */
#pragma once

#include "base/compiler.h"

struct str {
	const char *s;
	size_t len;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_FMT "%.*s"
#define STR_ARG(x) (int)(x).len, (x).s

struct str str_of(const char *cstr);			/* "" for NULL */
bool str_eq(struct str a, struct str b);
bool str_is(struct str a, const char *cstr);
int str_cmp(struct str a, struct str b);		/* bytewise, shorter first */
bool str_has_prefix(struct str a, const char *prefix);
struct str str_trim(struct str a);			/* ASCII blanks off both ends */
/* Around the first @sep.  false: there is none, head = a, tail is empty. */
bool str_split(struct str a, char sep, struct str *head, struct str *tail);
bool str_glob(const char *pattern, const char *text);	/* '*' only, as in probe names */
u32 str_hash(const void *p, size_t len);		/* for tables in memory; seeded a process */

/* Nearest of the offered words by edit distance, for "did you mean". */
struct str_nearest {
	const char *word;	/* what the user wrote */
	/* closest first, at most a third of the word away; text is borrowed, NULL when unused */
	struct { const char *text; int distance; } best[3];
	int n;
};
void str_nearest_init(struct str_nearest *n, const char *word);
void str_nearest_offer(struct str_nearest *n, const char *candidate);
int str_distance(const char *a, const char *b);	/* Damerau-Levenshtein, ASCII case ignored */

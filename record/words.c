/*
 * record/words.c -- shell-like word splitting, without a shell: no variables, no globs, no
 * operators.
 */
#include "record/words.h"

#include <errno.h>
#include <string.h>

#define WORDS_MAX 4096

struct splitter {
	const char *pos;
	char *out; /* where the next byte of the words goes; never longer than the text */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Copy up to the closing @quote; false: there is none. */
static bool take_quoted(struct splitter *s, char quote)
{
	for (s->pos++; *s->pos != quote; s->pos++) {
		if (quote == '"' && *s->pos == '\\' && s->pos[1] && strchr("\"\\$`", s->pos[1]))
			s->pos++;
		if (!*s->pos)
			return false;
		*s->out++ = *s->pos;
	}
	s->pos++;
	return true;
}

static bool take_word(struct splitter *s)
{
	while (*s->pos && !is_blank(*s->pos)) {
		if (*s->pos == '\'' || *s->pos == '"') {
			if (!take_quoted(s, *s->pos))
				return false;
			continue;
		}
		if (*s->pos == '\\' && s->pos[1])
			s->pos++;
		*s->out++ = *s->pos++;
	}
	*s->out++ = '\0';
	return true;
}

int words_split(const char *text, struct arena *a, char ***ret, int *ret_cnt, struct err *err)
{
	/* Every word takes at least one byte of the text and one separator or the end. */
	size_t len = strlen(text), max = len / 2 + 2;
	char **words = arena_alloc_n(a, sizeof(*words), max < WORDS_MAX ? max + 1 : WORDS_MAX + 1);
	struct splitter s = { text, arena_alloc(a, len + 2) };
	int n = 0;

	if (!words || !s.out)
		return err_oom(err);
	for (;;) {
		while (is_blank(*s.pos))
			s.pos++;
		if (!*s.pos)
			break;
		if (n == WORDS_MAX)
			return err_set(err, -E2BIG, "command of more than %d words", WORDS_MAX);
		words[n++] = s.out;
		if (!take_word(&s))
			return err_set(err, -EINVAL, "command has a quote that is not closed: %s",
				       text);
	}
	if (!n)
		return err_set(err, -EINVAL, "command is empty");
	*ret = words;
	*ret_cnt = n;
	return 0;
}

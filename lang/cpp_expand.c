/*
 * lang/cpp_expand.c -- macros of the preprocessor: kept, found and replaced by their text.
 *
 * As in C: arguments are replaced before they are put in, the result is looked through again, and a
 * macro is not replaced within itself.  # makes a string of an argument, ## joins.  Output and
 * steps are bounded, so that macros that double each other end in an error.
 *
 * (1) A word that was left because its macro was being replaced is never looked at again, however
 *     often the text around it is: CPP_KEEP stands before it until the text is the result.
 */
#include <string.h>

#include "lang/cpp_priv.h"
#include "lang/lexer.h"

bool cpp_is_word_start(char ch)
{
	return char_is_word(ch) && (ch < '0' || ch > '9');
}

size_t cpp_token_end(struct str s, size_t i)
{
	char ch = s.s[i], next = i + 1 < s.len ? s.s[i + 1] : '\0';

	if (char_is_word(ch)) {
		while (i < s.len && char_is_word(s.s[i]))
			i++;
		return i;
	}
	if (ch == '"' || ch == '\'') {
		for (i++; i < s.len && s.s[i] != ch && s.s[i] != '\n'; i++)
			i += s.s[i] == '\\' && i + 1 < s.len && s.s[i + 1] != '\n';
		return i < s.len && s.s[i] == ch ? i + 1 : i;
	}
	if (ch == '/' && next == '/') {
		while (i < s.len && s.s[i] != '\n')
			i++;
		return i;
	}
	if (ch == '/' && next == '*') {
		for (i += 2; i + 1 < s.len && (s.s[i] != '*' || s.s[i + 1] != '/');)
			i++;
		return i + 1 < s.len ? i + 2 : s.len;
	}
	return i + 1;
}

void cpp_limit(struct cpp *c, const char *what)
{
	if (!c->is_full)
		diag_error(c->d, c->use, "%s", what);
	c->is_full = true;
}

static bool count_steps(struct cpp *c, size_t n, u32 depth)
{
	if (depth > CPP_NEST_MAX)
		cpp_limit(c, "macros are nested too deeply");
	else if (n > CPP_STEPS_MAX - c->steps)
		cpp_limit(c, "the macros of this script take too long to replace");
	else
		c->steps += (u32)n;
	return !c->is_full;
}

/* ---- definitions ---- */

static size_t skip_spaces(struct str s, size_t i)
{
	while (i < s.len && (s.s[i] == ' ' || s.s[i] == '\t'))
		i++;
	return i;
}

static bool put_param(struct cpp *c, struct macro *m, struct str *params, struct str word)
{
	if (m->param_cnt == CPP_PARAMS_MAX)
		return false;
	if (str_is(word, "...")) {
		m->is_variadic = true;
		word = STR("__VA_ARGS__");
	} else if (!word.len || !cpp_is_word_start(word.s[0]) ||
		   cpp_token_end(word, 0) != word.len || m->is_variadic) {
		return false;
	}
	params[m->param_cnt++] = word;
	return !c->a->is_full;
}

/* Behind '(': up to the ')', which *i is then behind. */
static bool read_params(struct cpp *c, struct macro *m, struct str text, size_t *i)
{
	struct str params[CPP_PARAMS_MAX];
	const char *close = memchr(text.s + *i, ')', text.len - *i);
	struct str rest, head;

	if (!close)
		return false;
	m->param_cnt = 0;
	rest = str_trim((struct str){ text.s + *i, (size_t)(close - text.s) - *i });
	while (rest.len || m->param_cnt) {
		bool more = str_split(rest, ',', &head, &rest);

		if (!put_param(c, m, params, str_trim(head)))
			return false;
		if (!more)
			break;
	}
	m->params = arena_dup(c->a, params, sizeof(params[0]) * ((size_t)m->param_cnt + 1));
	*i = (size_t)(close - text.s) + 1;
	return m->params;
}

void cpp_define(struct cpp *c, struct str text, struct span sp)
{
	struct macro *m = arena_new(c->a, struct macro), *old;
	size_t i = text.len && cpp_is_word_start(text.s[0]) ? cpp_token_end(text, 0) : 0;

	if (!m)
		return;
	if (!i) {
		diag_error(c->d, sp, "#define needs a name");
		return;
	}
	m->name = (struct str){ text.s, i };
	m->param_cnt = -1;
	if (i < text.len && text.s[i] == '(') {
		i++;
		if (!read_params(c, m, text, &i)) {
			diag_error(c->d, sp, "the parameters of " STR_FMT " are not (a, b, ...)",
				   STR_ARG(m->name));
			return;
		}
	}
	m->body = str_trim((struct str){ text.s + i, text.len - i });
	old = strmap_find(&c->macros, m->name);
	if (old && !old->is_undefined && !str_eq(old->body, m->body))
		diag_warn(c->d, sp, "macro " STR_FMT " is defined anew", STR_ARG(m->name));
	if (strmap_put(&c->macros, m->name, m, NULL))
		cpp_limit(c, "too many macros");
}

struct macro *cpp_find(struct cpp *c, struct str name)
{
	struct macro *m = strmap_find(&c->macros, name);

	return m && !m->is_undefined ? m : NULL;
}

/* ---- replacing ---- */

struct args {
	struct str s[CPP_PARAMS_MAX];
	int cnt;
};

/* Behind '(' at @i: the arguments; behind the ')', or 0 if there is none. */
static size_t read_args(struct cpp *c, const struct macro *m, struct str s, size_t i,
			struct args *args)
{
	size_t from = i;
	u32 open = 1;

	args->cnt = 0;
	while (i < s.len && count_steps(c, 1, 0)) {
		size_t end = cpp_token_end(s, i);
		bool is_last = m->is_variadic && args->cnt == m->param_cnt - 1;
		char ch = s.s[i];

		open += ch == '(' || ch == '[' || ch == '{';
		open -= ch == ')' || ch == ']' || ch == '}';
		if (!open || (ch == ',' && open == 1 && !is_last)) {
			if (args->cnt == CPP_PARAMS_MAX)
				return 0;
			args->s[args->cnt++] = str_trim((struct str){ s.s + from, i - from });
			from = end;
		}
		if (!open)
			break;
		i = end;
	}
	if (open)
		return 0;
	if (args->cnt == 1 && !args->s[0].len && !m->param_cnt)
		args->cnt = 0;
	if (m->is_variadic && args->cnt == m->param_cnt - 1)
		args->s[args->cnt++] = STR("");
	return i + 1;
}

static int find_param(const struct macro *m, struct str word)
{
	for (int i = 0; i < m->param_cnt; i++) {
		if (str_eq(m->params[i], word))
			return i;
	}
	return -1;
}

static void put_string(struct str s, struct buf *out)
{
	buf_putc(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.s[i] == CPP_KEEP)
			continue;
		if (s.s[i] == '"' || s.s[i] == '\\')
			buf_putc(out, '\\');
		buf_putc(out, s.s[i] == '\n' ? ' ' : s.s[i]);
	}
	buf_putc(out, '"');
}

static bool is_paste(struct str s, size_t i)
{
	return i + 1 < s.len && s.s[i] == '#' && s.s[i + 1] == '#';
}

static bool pastes_next(struct str s, size_t i)
{
	while (i < s.len && (s.s[i] == ' ' || s.s[i] == '\t'))
		i++;
	return is_paste(s, i);
}

/* What ## joins to is a new word: no blanks behind it, and nothing that keeps it. */
static void open_last(struct buf *out)
{
	size_t from;

	while (out->len && (out->data[out->len - 1] == ' ' || out->data[out->len - 1] == '\t'))
		out->len--;
	for (from = out->len; from && char_is_word((char)out->data[from - 1]);)
		from--;
	if (from == out->len || !from || out->data[from - 1] != CPP_KEEP)
		return;
	memmove(out->data + from - 1, out->data + from, out->len - from);
	out->len--;
}

/* An argument beside ##, as it was written. */
static void put_joined(struct str s, bool is_joined, struct buf *out)
{
	size_t skip = is_joined && s.len && s.s[0] == CPP_KEEP;

	buf_put(out, s.s + skip, s.len - skip);
}

/* The body with its parameters replaced by the arguments. */
static void fill_in(struct cpp *c, const struct macro *m, const struct args *args, struct buf *out,
		    u32 depth)
{
	struct str b = m->body;
	bool is_joined = false;

	for (size_t i = 0, end; i < b.len && !c->is_full; i = end) {
		int p = -1;

		end = cpp_token_end(b, i);
		if (is_paste(b, i)) {
			open_last(out);
			end = skip_spaces(b, i + 2);
			is_joined = true;
			continue;
		}
		if (b.s[i] == '#' && m->param_cnt > 0) {
			size_t word = skip_spaces(b, i + 1);

			end = word < b.len ? cpp_token_end(b, word) : word;
			p = find_param(m, (struct str){ b.s + word, end - word });
			if (p >= 0)
				put_string(args->s[p], out);
			else
				diag_error(c->d, c->use, "# needs a parameter of macro " STR_FMT,
					   STR_ARG(m->name));
			continue;
		}
		if (cpp_is_word_start(b.s[i]))
			p = find_param(m, (struct str){ b.s + i, end - i });
		if (p < 0)
			buf_put(out, b.s + i, end - i);
		else if (is_joined || pastes_next(b, end))
			put_joined(args->s[p], is_joined, out);
		else
			cpp_expand(c, args->s[p], out, depth + 1);
		is_joined = false;
	}
}

/* Where the '(' is that makes the name before @i a use; s.len: there is none. */
static size_t find_open(struct str s, size_t i)
{
	while (i < s.len && s.s[i] && strchr(" \t\r\n", s.s[i]))
		i++;
	return i < s.len && s.s[i] == '(' ? i : s.len;
}

static size_t expand_one(struct cpp *c, struct macro *m, struct str s, size_t i, struct buf *out,
			 u32 depth)
{
	struct args args = { .cnt = 0 };
	struct buf text;
	size_t end = i;

	if (m->param_cnt >= 0) {
		size_t open = find_open(s, i);

		if (open == s.len)
			return i;
		end = read_args(c, m, s, open + 1, &args);
		if (c->is_full)
			return end ? end : open + 1;
		if (!end || args.cnt != m->param_cnt) {
			diag_error(c->d, c->use, "macro " STR_FMT " takes %d argument%s, not %d",
				   STR_ARG(m->name), m->param_cnt, m->param_cnt == 1 ? "" : "s",
				   args.cnt);
			return end ? end : open + 1;
		}
	}
	buf_init(&text, SOURCE_MAX);
	fill_in(c, m, &args, &text, depth);
	m->is_busy = true;
	cpp_expand(c, (struct str){ (const char *)text.data, text.len }, out, depth + 1);
	m->is_busy = false;
	if (text.is_full || out->is_full)
		cpp_limit(c, "this macro makes a text of more than 1 MiB");
	buf_fini(&text);
	return end;
}

/* The macro with parameters whose name ends the text from @from on. */
static struct macro *last_name(struct cpp *c, const struct buf *out, size_t from)
{
	size_t i = out->len;
	struct macro *m;

	while (i > from && char_is_word((char)out->data[i - 1]))
		i--;
	if (i == out->len || (i > from && strchr("$@" CPP_KEEP_STR, out->data[i - 1])))
		return NULL;
	m = cpp_find(c, (struct str){ (const char *)out->data + i, out->len - i });
	return m && m->param_cnt >= 0 && !m->is_busy ? m : NULL;
}

size_t cpp_expand_use(struct cpp *c, struct macro *m, struct str s, size_t i, struct buf *out,
		      u32 depth)
{
	size_t from = out->len, end = expand_one(c, m, s, i, out, depth);
	struct macro *next = end == i && m->param_cnt >= 0 ? NULL : last_name(c, out, from);

	/* what it ends with may be a name whose arguments are what follows */
	while (next && !c->is_full && find_open(s, end) < s.len) {
		out->len -= next->name.len;
		end = expand_one(c, next, s, end, out, depth);
		next = last_name(c, out, from);
	}
	return end;
}

void cpp_expand(struct cpp *c, struct str s, struct buf *out, u32 depth)
{
	if (!count_steps(c, s.len, depth))
		return;
	for (size_t i = 0, end; i < s.len && !c->is_full; i = end) {
		struct macro *m = NULL;
		bool is_name = i && s.s[i - 1] && strchr("$@" CPP_KEEP_STR, s.s[i - 1]);

		end = cpp_token_end(s, i);
		if (cpp_is_word_start(s.s[i]) && !is_name)
			m = cpp_find(c, (struct str){ s.s + i, end - i });
		if (m && m->is_busy) {
			buf_putc(out, CPP_KEEP);
		} else if (m) {
			size_t behind = cpp_expand_use(c, m, s, end, out, depth);

			if (behind != end || m->param_cnt < 0) {
				end = behind;
				continue;
			}
		}
		buf_put(out, s.s + i, end - i);
	}
}

void cpp_finish(struct buf *out, size_t from)
{
	struct str s = { (const char *)out->data, out->len };
	size_t to = from;

	for (size_t i = from, end; i < s.len; i = end) {
		end = cpp_token_end(s, i);
		if (s.s[i] == CPP_KEEP)
			continue;
		memmove(out->data + to, out->data + i, end - i);
		to += end - i;
	}
	out->len = to;
}

/*
 * lang/cpp_line.c -- the preprocessor's lines, one at a time.
 *
 * A line goes on behind a '\' at its end, comments in it are blanks.  What stands in a part that an
 * #if leaves out is not looked at, but for the #if lines in it.
 */
#include <errno.h>
#include <string.h>

#include "lang/const_eval.h"
#include "lang/cpp_priv.h"
#include "lang/lexer.h"
#include "lang/parser.h"

struct line {
	struct cpp *c;
	struct str text; /* behind the word, trimmed */
	struct span span;
};

/* ---- conditions ---- */

static bool find_in_if(void *ctx, const char *name, s64 *ret)
{
	struct cpp *c = ctx;
	const struct type *t = NULL;

	if (!c->cat->ops->find_const || !c->cat->ops->find_const(c->cat, c->a, name, ret, &t))
		*ret = 0; /* as in C: what is no macro is 0 */
	return true;
}

/* Is the word at @i "defined"?  Then *end is behind its name, and 1 or 0 is put. */
static bool take_defined(struct cpp *c, struct str s, size_t i, size_t *end, struct buf *out)
{
	size_t p = *end, from;
	bool has_paren;

	if (!str_is((struct str){ s.s + i, *end - i }, "defined"))
		return false;
	while (p < s.len && (s.s[p] == ' ' || s.s[p] == '\t'))
		p++;
	has_paren = p < s.len && s.s[p] == '(';
	for (p += has_paren; p < s.len && (s.s[p] == ' ' || s.s[p] == '\t');)
		p++;
	if (p >= s.len || !cpp_is_word_start(s.s[p]))
		return false;
	from = p;
	p = cpp_token_end(s, p);
	buf_puts(out, cpp_find(c, (struct str){ s.s + from, p - from }) ? "1" : "0");
	while (has_paren && p < s.len && s.s[p] != ')')
		p++;
	*end = p + has_paren <= s.len ? p + has_paren : s.len;
	return true;
}

static void replace_defined(struct cpp *c, struct str s, struct buf *out)
{
	for (size_t i = 0, end; i < s.len; i = end) {
		end = cpp_token_end(s, i);
		if (!cpp_is_word_start(s.s[i]) || !take_defined(c, s, i, &end, out))
			buf_put(out, s.s + i, end - i);
	}
}

bool cpp_eval(struct cpp *c, struct str cond, struct span sp)
{
	const struct const_names names = { .find = find_in_if, .ctx = c };
	const struct node *bad;
	const char *why = NULL;
	struct diag_list own;
	struct source src;
	struct node *n = NULL;
	struct buf plain, text;
	s64 val = 0;

	buf_init(&plain, SOURCE_MAX);
	buf_init(&text, SOURCE_MAX);
	c->use = sp;
	replace_defined(c, cond, &plain);
	cpp_expand(c, (struct str){ (const char *)plain.data, plain.len }, &text, 0);
	cpp_finish(&text, 0);
	diag_init(&own, c->a);
	if (source_init(&src, c->a, "#if", (struct str){ buf_cstr(&text), text.len }) ||
	    parse_expression(&src, c->a, &own, &n))
		why = own.head ? own.head->msg : "this is no condition";
	else
		const_eval(n, &names, &val, &bad, &why);
	if (why && !c->is_full)
		diag_error(c->d, sp, "the condition of #if: %s", why);
	buf_fini(&plain);
	buf_fini(&text);
	return !why && val;
}

static bool is_defined(struct line *l)
{
	size_t end = l->text.len && cpp_is_word_start(l->text.s[0]) ? cpp_token_end(l->text, 0) : 0;

	if (!end)
		diag_error(l->c->d, l->span, "a name must follow");
	return end && cpp_find(l->c, (struct str){ l->text.s, end });
}

static void open_cond(struct line *l, bool is_true)
{
	struct cpp *c = l->c;
	bool is_outer = cpp_is_active(c);

	if (c->cond_cnt == CPP_NEST_MAX) {
		c->use = l->span;
		cpp_limit(c, "#if is nested too deeply");
		return;
	}
	c->conds[c->cond_cnt++] = (struct cond){ .off = l->span.off,
						 .is_active = is_outer && is_true,
						 .was_active = is_true,
						 .is_outer_active = is_outer };
}

static struct cond *open_one(struct line *l, const char *what)
{
	if (l->c->cond_cnt)
		return &l->c->conds[l->c->cond_cnt - 1];
	diag_error(l->c->d, l->span, "%s without an #if", what);
	return NULL;
}

static void do_if(struct line *l)
{
	open_cond(l, cpp_is_active(l->c) && cpp_eval(l->c, l->text, l->span));
}

static void do_ifdef(struct line *l)
{
	open_cond(l, cpp_is_active(l->c) && is_defined(l));
}

static void do_ifndef(struct line *l)
{
	open_cond(l, cpp_is_active(l->c) && !is_defined(l));
}

static void do_elif(struct line *l)
{
	struct cond *o = open_one(l, "#elif");

	if (!o)
		return;
	if (o->has_else)
		diag_error(l->c->d, l->span, "#elif behind #else");
	o->is_active = o->is_outer_active && !o->was_active && cpp_eval(l->c, l->text, l->span);
	o->was_active |= o->is_active;
}

static void do_else(struct line *l)
{
	struct cond *o = open_one(l, "#else");

	if (!o)
		return;
	if (o->has_else)
		diag_error(l->c->d, l->span, "a second #else");
	o->has_else = true;
	o->is_active = o->is_outer_active && !o->was_active;
	o->was_active = true;
}

static void do_endif(struct line *l)
{
	if (open_one(l, "#endif"))
		l->c->cond_cnt--;
}

/* ---- the others ---- */

static void do_define(struct line *l)
{
	cpp_define(l->c, l->text, l->span);
}

static void do_undef(struct line *l)
{
	struct macro *m;

	if (!is_defined(l))
		return;
	m = cpp_find(l->c, (struct str){ l->text.s, cpp_token_end(l->text, 0) });
	m->is_undefined = true;
}

static void do_error(struct line *l)
{
	diag_error(l->c->d, l->span, "#error " STR_FMT, STR_ARG(l->text));
}

static void do_warning(struct line *l)
{
	diag_warn(l->c->d, l->span, "#warning " STR_FMT, STR_ARG(l->text));
}

static void do_include(struct line *l)
{
	char open = l->text.len ? l->text.s[0] : '\0', close = open == '<' ? '>' : open;

	if (open == '"')
		diag_hint(l->c->d,
			  diag_warn(l->c->d, l->span,
				    "#include opens no file: this one is not read"),
			  "write what it defines into the script");
	if ((open != '<' && open != '"') || l->text.len < 3 || l->text.s[l->text.len - 1] != close)
		diag_hint(l->c->d, diag_error(l->c->d, l->span, "#include needs a file"),
			  "#include <linux/sched.h> or #include \"own.h\"");
}

static void do_pragma(struct line *l)
{
	if (str_has_prefix(l->text, "pack"))
		diag_hint(l->c->d, diag_error(l->c->d, l->span, "#pragma pack is not supported"),
			  "write __attribute__((packed)) behind the struct");
}

static const struct directive {
	const char *word;
	void (*run)(struct line *l);
	bool is_cond; /* also where an #if left the text out */
} directives[] = {
	{ "define", do_define, false },
	{ "undef", do_undef, false },
	{ "include", do_include, false },
	{ "include_next", do_include, false },
	{ "if", do_if, true },
	{ "ifdef", do_ifdef, true },
	{ "ifndef", do_ifndef, true },
	{ "elif", do_elif, true },
	{ "else", do_else, true },
	{ "endif", do_endif, true },
	{ "error", do_error, false },
	{ "warning", do_warning, false },
	{ "pragma", do_pragma, false },
};

static void run_line(struct line *l, struct str word)
{
	struct str_nearest near;
	struct diag *g;

	for (size_t i = 0; i < countof(directives); i++) {
		if (!str_is(word, directives[i].word))
			continue;
		if (directives[i].is_cond || cpp_is_active(l->c))
			directives[i].run(l);
		return;
	}
	if (!word.len || !cpp_is_active(l->c))
		return; /* "#" alone is nothing */
	str_nearest_init(&near, arena_dup(l->c->a, word.s, word.len));
	for (size_t i = 0; i < countof(directives); i++)
		str_nearest_offer(&near, directives[i].word);
	g = diag_error(l->c->d, l->span, "unknown preprocessor line #" STR_FMT, STR_ARG(word));
	if (near.n)
		diag_hint(l->c->d, g, "did you mean #%s?", near.best[0].text);
}

/* From @off to the end of the line, comments as blanks, joined where it goes on. */
static u32 read_line(const struct source *src, u32 off, struct buf *out)
{
	struct str s = { src->text, src->len };
	size_t i = off;

	while (i < s.len && s.s[i] != '\n') {
		size_t end = cpp_token_end(s, i);

		if (s.s[i] == '\\' && end < s.len && (s.s[end] == '\n' || s.s[end] == '\r')) {
			end += s.s[end] == '\r' && end + 1 < s.len && s.s[end + 1] == '\n';
			end++;
		} else if (s.s[i] == '/' && end > i + 1) {
			buf_putc(out, ' ');
		} else if (s.s[i] != '\r') {
			buf_put(out, s.s + i, end - i);
		}
		i = end;
	}
	return (u32)i;
}

void cpp_directive(struct cpp *c, u32 hash)
{
	struct line l = { .c = c };
	struct str text, word;
	struct buf b;
	u32 end;
	char *kept;

	buf_init(&b, SOURCE_MAX);
	end = read_line(c->src, hash + 1, &b);
	kept = arena_dup(c->a, buf_cstr(&b), b.len);
	text = str_trim((struct str){ kept, b.len });
	l.span = (struct span){ hash, end - hash };
	while (l.span.len > 1 && strchr(" \t\r", c->src->text[hash + l.span.len - 1]))
		l.span.len--;
	buf_fini(&b);
	c->pos = end;
	if (!kept)
		return;
	word = (struct str){ text.s,
			     text.len && char_is_word(text.s[0]) ? cpp_token_end(text, 0) : 0 };
	l.text = str_trim((struct str){ text.s + word.len, text.len - word.len });
	run_line(&l, word);
}

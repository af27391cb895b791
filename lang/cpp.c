/*
 * lang/cpp.c -- the script's text without preprocessor lines, macros replaced.
 *
 * (1) Each line of the script is a line of the result: what is taken out leaves its newlines.
 * (2) Names of probes are no C: outside of braces a word next to ':' is not replaced.  Nor is one
 *     behind '$' or '@', which is the script's own, or behind '.' or '->', which is a member.
 */
#include "lang/cpp.h"

#include <errno.h>
#include <string.h>

#include "lang/cpp_priv.h"
#include "lang/lexer.h"

#define SEGS_MAX (1u << 20)

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/* The '#' that begins the line at @off; src->len if it is no such line. */
static u32 find_hash(const struct source *src, u32 off)
{
	while (off < src->len && is_blank(src->text[off]))
		off++;
	return off < src->len && src->text[off] == '#' ? off : src->len;
}

static bool has_lines(const struct source *src)
{
	for (u32 i = 0; i < src->line_cnt; i++) {
		u32 hash = find_hash(src, src->line_off[i]);

		if (hash < src->len && (hash || src->text[1] != '!'))
			return true;
	}
	return false;
}

static void add_seg(struct cpp *c, u32 in_off, u32 in_len)
{
	struct span_seg *s = vec_push(&c->segs);

	if (s)
		*s = (struct span_seg){ (u32)c->out.len, in_off, in_len };
	else
		cpp_limit(c, "too many uses of macros");
}

static void put_newlines(struct cpp *c, u32 from, u32 to)
{
	for (u32 i = from; i < to; i++) {
		if (c->src->text[i] == '\n')
			buf_putc(&c->out, '\n');
	}
}

static bool is_name_of_script(const struct cpp *c, u32 off, u32 end)
{
	const char *s = c->src->text;
	char before = off ? s[off - 1] : ' ', two = off > 1 ? s[off - 2] : ' ';

	if (before == '$' || before == '@' || (before == '.' && two != '.') ||
	    (before == '>' && two == '-'))
		return true;
	return !c->braces && (before == ':' || (end < c->src->len && s[end] == ':'));
}

/* A word that is a macro: its text instead.  false: it is none. */
static bool replace(struct cpp *c, u32 end)
{
	struct str all = { c->src->text, c->src->len };
	struct macro *m;
	u32 from = c->pos, behind;
	size_t out_from = c->out.len;

	c->use = (struct span){ from, end - from };
	if (is_name_of_script(c, from, end))
		return false;
	m = cpp_find(c, (struct str){ all.s + from, end - from });
	if (!m)
		return false;
	add_seg(c, from, 0);
	behind = (u32)cpp_expand_use(c, m, all, end, &c->out, 0);
	cpp_finish(&c->out, out_from);
	if (behind == end && m->param_cnt >= 0) {
		c->segs.n--;
		return false;
	}
	vec_get(&c->segs, struct span_seg, c->segs.n - 1)->in_len = behind - from;
	put_newlines(c, end, behind);
	c->pos = behind;
	add_seg(c, behind, 0);
	return true;
}

static void step(struct cpp *c)
{
	struct str all = { c->src->text, c->src->len };
	u32 end = (u32)cpp_token_end(all, c->pos);
	char ch = all.s[c->pos];

	if (cpp_is_word_start(ch) && replace(c, end))
		return;
	c->braces += ch == '{';
	c->braces -= ch == '}' && c->braces;
	buf_put(&c->out, all.s + c->pos, end - c->pos);
	c->pos = end;
}

/* What an #if leaves out: up to the next line. */
static void skip_line(struct cpp *c)
{
	while (c->pos < c->src->len && c->src->text[c->pos] != '\n')
		c->pos++;
}

static bool is_line_start(const struct cpp *c)
{
	return !c->pos || c->src->text[c->pos - 1] == '\n';
}

static void run(struct cpp *c)
{
	add_seg(c, 0, 0);
	while (c->pos < c->src->len && !c->is_full && !c->a->is_full) {
		u32 from = c->pos, hash = is_line_start(c) ? find_hash(c->src, from) : c->src->len;

		if (hash < c->src->len && (hash || c->src->text[1] != '!'))
			cpp_directive(c, hash);
		else if (!cpp_is_active(c))
			skip_line(c);
		if (c->pos == from && cpp_is_active(c)) {
			step(c);
			continue;
		}
		if (c->pos < c->src->len && c->pos == from)
			c->pos++; /* the newline of a line that is left out */
		put_newlines(c, from, c->pos);
		add_seg(c, c->pos, 0);
	}
	for (u32 i = 0; i < c->cond_cnt; i++)
		diag_error(c->d, (struct span){ c->conds[i].off, 1 }, "this #if has no #endif");
}

static int take_result(struct cpp *c, const struct source **ret, const struct span_map **ret_map)
{
	struct source *src = arena_new(c->a, struct source);
	struct span_map *map = arena_new(c->a, struct span_map);

	if (c->out.is_full && !c->is_full) {
		c->use = (struct span){ 0, 0 };
		cpp_limit(c, "the macros of this script make a text of more than 1 MiB");
	}
	if (!src || !map)
		return -ENOMEM;
	map->segs = arena_dup(c->a, c->segs.items, c->segs.n * sizeof(struct span_seg));
	map->cnt = (u32)c->segs.n;
	if (!map->segs ||
	    source_init(src, c->a, c->src->name, (struct str){ buf_cstr(&c->out), c->out.len }))
		return -ENOMEM;
	source_share_copies(c->src, src, map);
	*ret = src;
	*ret_map = map;
	return c->is_full ? -EINVAL : 0;
}

int cpp_run(const struct source *src, const struct catalog *cat, struct arena *a,
	    struct diag_list *d, const struct source **ret, const struct span_map **ret_map)
{
	struct cpp c = { .src = src, .cat = cat, .a = a, .d = d };
	int rc;

	*ret = src;
	*ret_map = NULL;
	if (!has_lines(src))
		return 0;
	strmap_init(&c.macros, CPP_MACROS_MAX);
	vec_init(&c.segs, sizeof(struct span_seg), SEGS_MAX);
	buf_init(&c.out, SOURCE_MAX);
	cpp_define(&c, STR("BPFTRACE_HAVE_BTF 1"), (struct span){ 0, 0 });
	run(&c);
	rc = take_result(&c, ret, ret_map);
	strmap_fini(&c.macros);
	vec_fini(&c.segs);
	buf_fini(&c.out);
	return rc;
}

/*
 * lang/source.c -- a script's text with an index of its lines.
 *
 * (1) line_off[0] is 0 and line_off is ascending, so a place is found by bisection.
 * (2) The text may hold any bytes, NUL included; len counts, the NUL behind it does not.
 * (3) Copies have ascending offsets from len + 1 on and do not overlap.  What one was made from or
 *     for was there before it, so following either ends.
 */
#include "lang/source.h"

#include <errno.h>
#include <string.h>

#include "base/io.h"

#define COPIES_MAX (1u << 20)

struct copy {
	u32 off;
	struct span text, user;
	bool has_user;
};

struct source_copies {
	struct arena *a;
	struct copy *items;
	u32 n, cap;
	u32 end;		/* behind the last one */
	const struct span_map *map;	/* what was copied is in a text made from ours; or NULL */
};

static u32 count_lines(struct str text)
{
	u32 n = 1;

	for (size_t i = 0; i < text.len; i++)
		n += text.s[i] == '\n';
	return n;
}

static void index_lines(struct source *s)
{
	u32 n = 0;

	s->line_off[n++] = 0;
	for (u32 i = 0; i < s->len; i++) {
		if (s->text[i] == '\n')
			s->line_off[n++] = i + 1;
	}
}

int source_refuse(int rc, const char *name, struct err *err)
{
	if (rc == -E2BIG)
		return err_set(err, rc, "%s: a script has at most %u bytes", name, SOURCE_MAX);
	return err_set_errno(err, rc, "%s", name);
}

int source_read(const char *path, struct buf *text, struct err *err)
{
	int rc;

	buf_init(text, SOURCE_MAX);
	rc = io_read_file(path, text, err);
	return rc == -EFBIG ? source_refuse(-E2BIG, path, err) : rc;
}

int source_init(struct source *s, struct arena *a, const char *name, struct str text)
{
	struct source new = { 0 };

	if (text.len > SOURCE_MAX)
		return -E2BIG;
	new.name = arena_dup(a, name, strlen(name));
	new.text = arena_dup(a, text.s, text.len);
	new.len = text.len;
	new.line_cnt = count_lines(text);
	new.line_off = arena_new_n(a, u32, new.line_cnt);
	new.copies = arena_new(a, struct source_copies);
	if (!new.name || !new.text || !new.line_off || !new.copies)
		return -ENOMEM;
	*new.copies = (struct source_copies){ .a = a, .end = new.len + 1 };
	index_lines(&new);
	*s = new;
	return 0;
}

/* ---- copies ---- */

static bool make_room(struct source_copies *c)
{
	u32 cap = c->cap ? c->cap * 2 : 64;
	struct copy *items;

	if (c->n < c->cap)
		return true;
	items = c->n < COPIES_MAX ? arena_new_n(c->a, struct copy, cap) : NULL;
	if (!items)
		return false;
	if (c->n)
		memcpy(items, c->items, c->n * sizeof(*items));
	c->items = items;
	c->cap = cap;
	return true;
}

u32 source_copy(const struct source *s, struct span text, const struct span *user)
{
	struct source_copies *c = s->copies;
	u32 off = c->end, end;

	if (__builtin_add_overflow(off, text.len, &end) || end == UINT32_MAX || !make_room(c))
		return 0;
	c->items[c->n] = (struct copy){ .off = off, .text = text, .has_user = user };
	if (user)
		c->items[c->n].user = *user;
	c->n++;
	c->end = end + 1;
	return off;
}

/* The copy that holds @off; NULL: it is in the text. */
static const struct copy *find_copy(const struct source *s, u32 off)
{
	const struct source_copies *c = s->copies;
	u32 lo = 0, hi = c ? c->n : 0;

	if (!hi || off < c->items[0].off)
		return NULL;
	while (hi - lo > 1) {
		u32 mid = lo + (hi - lo) / 2;

		if (c->items[mid].off <= off)
			lo = mid;
		else
			hi = mid;
	}
	return &c->items[lo];
}

bool source_is_copy(const struct source *s, u32 off)
{
	return find_copy(s, off);
}

void source_forget_copies(const struct source *s)
{
	struct source_copies *c = s->copies;

	*c = (struct source_copies){ .a = c->a, .items = c->items, .cap = c->cap,
				     .end = s->len + 1 };
}

void source_share_copies(const struct source *src, struct source *made, const struct span_map *map)
{
	made->copies = src->copies;
	made->is_made = true;
	made->copies->map = map;
	if (made->copies->end <= made->len)
		made->copies->end = made->len + 1;
}

/* A place that a copy was made from or for, in the text of @s. */
static struct span in_text(const struct source *s, struct span sp)
{
	const struct span_map *map = s->copies->map;

	return map && !s->is_made && !find_copy(s, sp.off) ? span_map_back(map, sp) : sp;
}

struct span source_written(const struct source *s, struct span sp)
{
	const struct copy *c = find_copy(s, sp.off);

	if (!c)
		return sp;
	for (; c; c = find_copy(s, sp.off))
		sp.off = c->text.off + (sp.off - c->off);
	return in_text(s, sp);
}

bool source_user(const struct source *s, u32 off, struct span *ret)
{
	const struct copy *c;

	while ((c = find_copy(s, off)) && !c->has_user)
		off = c->text.off + (off - c->off);
	if (c)
		*ret = in_text(s, c->user);
	return c;
}

/* ---- places ---- */

void source_place(const struct source *s, u32 off, u32 *ret_line, u32 *ret_col)
{
	u32 lo = 0, hi = s->line_cnt;

	off = source_written(s, (struct span){ off, 0 }).off;
	if (off > s->len)
		off = s->len;
	while (hi - lo > 1) {
		u32 mid = lo + (hi - lo) / 2;

		if (s->line_off[mid] <= off)
			lo = mid;
		else
			hi = mid;
	}
	*ret_line = lo + 1;
	*ret_col = off - s->line_off[lo] + 1;
}

struct str source_line(const struct source *s, u32 line)
{
	u32 from, to;

	if (line < 1 || line > s->line_cnt)
		return (struct str){ "", 0 };
	from = s->line_off[line - 1];
	to = line < s->line_cnt ? s->line_off[line] - 1 : s->len;
	if (to > from && s->text[to - 1] == '\r')
		to--;
	return (struct str){ s->text + from, to - from };
}

struct str source_text(const struct source *s, struct span at)
{
	struct span sp = source_written(s, at);
	u32 off = sp.off < s->len ? sp.off : s->len;
	u32 len = sp.len < s->len - off ? sp.len : s->len - off;

	return (struct str){ s->text + off, len };
}

struct span span_join(struct span a, struct span b)
{
	u32 from = a.off < b.off ? a.off : b.off;
	u32 a_end = a.off + a.len, b_end = b.off + b.len;

	return (struct span){ from, (a_end > b_end ? a_end : b_end) - from };
}

/* The piece that @off lies in: the last one that begins there or before. */
static const struct span_seg *find_seg(const struct span_map *m, u32 off)
{
	u32 lo = 0, hi = m->cnt;

	while (hi - lo > 1) {
		u32 mid = lo + (hi - lo) / 2;

		if (m->segs[mid].out_off <= off)
			lo = mid;
		else
			hi = mid;
	}
	return &m->segs[lo];
}

struct span span_map_back(const struct span_map *m, struct span sp)
{
	const struct span_seg *a = find_seg(m, sp.off);
	const struct span_seg *b = find_seg(m, sp.len ? sp.off + sp.len - 1 : sp.off);
	u32 from = a->in_len ? a->in_off : a->in_off + (sp.off - a->out_off);
	u32 to = b->in_len ? b->in_off + b->in_len : b->in_off + (sp.off + sp.len - b->out_off);

	return (struct span){ from, to > from ? to - from : 0 };
}

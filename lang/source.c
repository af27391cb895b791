/*
 * lang/source.c -- a script's text with an index of its lines.
 *
 * (1) line_off[0] is 0 and line_off is ascending, so a place is found by bisection.
 * (2) The text may hold any bytes, NUL included; len counts, the NUL behind it does not.
 */
#include "lang/source.h"

#include <errno.h>
#include <string.h>

#include "base/io.h"

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
	if (!new.name || !new.text || !new.line_off)
		return -ENOMEM;
	index_lines(&new);
	*s = new;
	return 0;
}

void source_place(const struct source *s, u32 off, u32 *ret_line, u32 *ret_col)
{
	u32 lo = 0, hi = s->line_cnt;

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

struct str source_text(const struct source *s, struct span sp)
{
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

/*
 * tests/oracle/wrong_render.c -- an analyzer whose text renderer is wrong on purpose.
 *
 * Linked in place of render_find(), into a program of its own that nothing installs.  The suite
 * of oracles has to notice each way of being wrong, chosen by WRONG_RENDERER: a test of the test.
 */
#include "analyze/render.h"

#include <stdlib.h>
#include <string.h>

const struct render_ops *__real_render_find(const char *name);
const struct render_ops *__wrap_render_find(const char *name);

static struct render_ops wrong;

/* Largest first. */
static void map_backwards(struct render *r, const struct map_view *m)
{
	struct tmap_entry **entries = calloc(m->cnt + 1, sizeof(*entries));
	struct map_view v = *m;

	if (!entries)
		abort();
	for (u32 i = 0; i < m->cnt; i++)
		entries[i] = m->entries[m->cnt - 1 - i];
	v.entries = entries;
	render_text.map(r, &v);
	free(entries);
}

/* All but the last entry. */
static void map_short(struct render *r, const struct map_view *m)
{
	struct map_view v = *m;

	if (v.cnt > 1)
		v.cnt--;
	render_text.map(r, &v);
}

/* print(@m, top, div) as print(@m). */
static void map_whole(struct render *r, const struct map_view *m)
{
	struct map_view v = *m;

	v.top = v.div = 0;
	render_text.map(r, &v);
}

static void swap_buckets(const struct map_view *m)
{
	const struct type *t = m->info->val;

	if (!t || t->kind != TYPE_AGG || t->agg != AGG_HIST)
		return;
	for (u32 i = 0; i < m->cnt; i++) {
		u64 *b = m->entries[i]->val.agg.buckets, n = b ? b[3] : 0;

		if (!b)
			continue;
		b[3] = b[4];
		b[4] = n;
	}
}

/* [2, 4) and [4, 8) of hist() exchanged. */
static void map_swapped(struct render *r, const struct map_view *m)
{
	swap_buckets(m);
	render_text.map(r, m);
	swap_buckets(m);
}

/* Without the last character of a line. */
static void text_short(struct render *r, enum render_text kind, struct str s)
{
	if (s.len < 2)
		return;
	sink_put(r->out, s.s, s.len - 2);
	render_text.text(r, kind, (struct str){ s.s + s.len - 1, 1 });
}

static void value_twice(struct render *r, const struct type *t, struct cursor c)
{
	render_text.value(r, t, c);
	render_text.value(r, t, c);
}

static void exit_one_line(struct render *r)
{
	sink_put(r->out, "\n", 1);
}

static bool make_wrong(const char *how)
{
	wrong = render_text;
	if (!strcmp(how, "map_backwards"))
		wrong.map = map_backwards;
	else if (!strcmp(how, "map_short"))
		wrong.map = map_short;
	else if (!strcmp(how, "map_whole"))
		wrong.map = map_whole;
	else if (!strcmp(how, "map_swapped"))
		wrong.map = map_swapped;
	else if (!strcmp(how, "text_short"))
		wrong.text = text_short;
	else if (!strcmp(how, "value_twice"))
		wrong.value = value_twice;
	else if (!strcmp(how, "exit_one_line"))
		wrong.exit = exit_one_line;
	else
		return !strcmp(how, "nothing");
	return true;
}

const struct render_ops *__wrap_render_find(const char *name)
{
	const char *how = getenv("WRONG_RENDERER");

	if (strcmp(name, "text") != 0)
		return __real_render_find(name);
	if (!make_wrong(how ? how : ""))
		abort();
	return &wrong;
}

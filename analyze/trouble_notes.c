/*
 * What went wrong while the script ran: each place once, with how often, on stderr and in JSON.
 */
#include "analyze/engine_priv.h"

static void tell_json(struct engine *e, const struct trouble *t, const char *text)
{
	struct render_trouble r = { .file = e->script.src.name, .text = text, .cnt = t->cnt };

	source_place(&e->script.src, t->at.off, &r.line, &r.col);
	if (e->render.ops)
		e->render.ops->trouble(&e->render, &r);
}

/* The places of a query are not of a text that anybody wrote. */
static void add_text(struct engine *e, const struct trouble *t, struct diag_list *d)
{
	unsigned long long n = t->cnt;
	struct buf text;

	buf_init(&text, 4096);
	trouble_text(t, e->script.compat == COMPAT_17, &text);
	if (e->script.query) {
		engine_warn(e, "%s (%llu time%s)", buf_cstr(&text), n, n == 1 ? "" : "s");
	} else {
		tell_json(e, t, buf_cstr(&text));
		diag_warn(d, t->at, "%s (%llu time%s)", buf_cstr(&text), n, n == 1 ? "" : "s");
	}
	buf_fini(&text);
}

static void add_full_map(struct engine *e, const struct tmap *m)
{
	const struct trouble t = { .kind = TROUBLE_MAP_FULL, .at = m->info->first,
				   .cnt = m->refused };

	if (m->info->max_keys && !m->info->is_hidden)
		rt_add_trouble(e->rt, &t);
}

void engine_note_troubles(struct engine *e)
{
	const struct trouble *t;
	struct diag_list d;
	struct buf text;
	u32 n;

	for (u32 i = 0; !e->script.query && i < e->script.prog->map_cnt; i++)
		add_full_map(e, rt_map(e->rt, i));
	t = rt_troubles(e->rt, &n);
	if (!n)
		return;
	diag_init(&d, &e->script.arena);
	for (u32 i = 0; i < n; i++)
		add_text(e, &t[i], &d);
	if (!d.head)
		return;
	buf_init(&text, 1 << 20);
	diag_render(&d, &e->script.src, &text);
	sink_flush(&e->sink); /* the answers come first */
	e->o->show(e->o->ctx, buf_cstr(&text));
	buf_fini(&text);
}

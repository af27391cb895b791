/*
 * `info` for programs: one JSON object.
 */
#include <inttypes.h>

#include "analyze/format_value.h"
#include "analyze/info_parts.h"

static void put_key(struct buf *out, const char *key)
{
	if (out->len && out->data[out->len - 1] != '{' && out->data[out->len - 1] != '[')
		buf_puts(out, ", ");
	buf_printf(out, "\"%s\": ", key);
}

static void put_text(struct buf *out, const char *key, struct str s)
{
	put_key(out, key);
	if (s.s)
		format_str_json(s, out);
	else
		buf_puts(out, "null");
}

static void put_num(struct buf *out, const char *key, u64 n)
{
	put_key(out, key);
	buf_printf(out, "%" PRIu64, n);
}

static void put_item(struct buf *out)
{
	if (out->data[out->len - 1] != '[')
		buf_puts(out, ", ");
}

static void put_meta(const struct tape_state *s, struct buf *out)
{
	put_key(out, "meta");
	buf_putc(out, '{');
	for (u32 i = 0; i < s->meta_cnt; i++) {
		const struct tape_meta_item *m = &s->meta[i];

		if (i)
			buf_puts(out, ", ");
		format_str_json(m->key, out);
		buf_puts(out, ": ");
		if (m->kind == TAPE_META_NUM)
			buf_printf(out, "%" PRIu64, m->num);
		else
			format_str_json(m->text, out);
	}
	buf_putc(out, '}');
}

static void put_column(const struct tape_plan_table *t, const struct tape_column *c,
		       struct buf *out)
{
	const struct tape_plan_col *p = info_plan_col(t, c->id);

	put_item(out);
	buf_putc(out, '{');
	put_text(out, "name", c->name);
	if (p) {
		put_text(out, "type", p->type);
		put_text(out, "leaf", p->leaf);
		put_text(out, "cond", p->cond);
	}
	put_key(out, "list");
	buf_puts(out, c->flags & TAPE_COL_LIST ? "true}" : "false}");
}

static void put_table(const struct info *i, const struct tape_plan_table *t, struct buf *out)
{
	const struct tape_schema *s = tape_state_schema(recording_state(&i->rec), t->table);

	if (!s)
		return;
	put_item(out);
	buf_putc(out, '{');
	put_text(out, "name", t->name);
	put_num(out, "clause", t->clause);
	put_num(out, "rows", info_table(i, s->id).rows);
	put_text(out, "filter", t->filter);
	put_key(out, "probes");
	buf_putc(out, '[');
	for (u32 k = 0; k < s->probe_cnt; k++) {
		put_item(out);
		format_str_json(s->probes[k].name, out);
	}
	buf_putc(out, ']');
	put_key(out, "columns");
	buf_putc(out, '[');
	for (u32 k = 0; k < s->col_cnt; k++)
		put_column(t, &s->cols[k], out);
	buf_puts(out, "]}");
}

static void put_losses(const struct tape_state *s, struct buf *out)
{
	put_key(out, "losses");
	buf_putc(out, '[');
	for (u32 i = 0; i < s->loss_cnt; i++) {
		const struct tape_loss *l = &s->losses[i];

		put_item(out);
		buf_putc(out, '{');
		put_text(out, "cause", str_of(tape_loss_cause_name(l->cause)));
		put_num(out, "count", l->count);
		if (l->table != TAPE_NONE)
			put_num(out, "table", l->table);
		if (l->cpu != TAPE_NONE)
			put_num(out, "cpu", l->cpu);
		if (l->last_ts)	/* else nobody knows when */
			put_num(out, "first_ts", l->first_ts);
		if (l->last_ts && l->last_ts != UINT64_MAX)
			put_num(out, "last_ts", l->last_ts);
		buf_putc(out, '}');
	}
	buf_putc(out, ']');
}

static void put_maps(const struct tape_plan *p, struct buf *out)
{
	put_key(out, "maps");
	buf_putc(out, '[');
	for (u32 i = 0; i < p->map_cnt; i++) {
		put_item(out);
		buf_putc(out, '{');
		put_text(out, "name", p->maps[i].name);
		put_text(out, "class", p->maps[i].cls == TAPE_MAP_K ? STR("kernel") : STR("tape"));
		put_text(out, "why", p->maps[i].why);
		buf_putc(out, '}');
	}
	buf_putc(out, ']');
}

static void json_put(struct info *i, struct buf *out)
{
	const struct tape_state *s = recording_state(&i->rec);
	struct info_names n = info_names(s);

	buf_putc(out, '{');
	put_text(out, "tape", str_of(i->rec.name));
	put_num(out, "major", s->header.major);
	put_num(out, "minor", s->header.minor);
	put_meta(s, out);
	put_num(out, "start_ts", recording_start(s));
	put_num(out, "end_ts", recording_end(s) == UINT64_MAX ? 0 : recording_end(s));
	put_key(out, "finished");
	buf_puts(out, s->has_end ? "true" : "false");
	put_num(out, "rows", i->stats.rows);
	put_num(out, "row_bytes", i->stats.row_bytes);
	put_key(out, "tables");
	buf_putc(out, '[');
	for (u32 k = 0; s->plan && k < s->plan->table_cnt; k++)
		put_table(i, &s->plan->tables[k], out);
	buf_putc(out, ']');
	if (s->plan)
		put_maps(s->plan, out);
	put_losses(s, out);
	put_num(out, "stacks", n.stacks);
	put_num(out, "frames", n.frames);
	put_num(out, "files", n.files);
	put_num(out, "symbols", n.symbols);
	if (i->blocks.len) {
		put_key(out, "blocks");
		buf_putc(out, '[');
		buf_put(out, i->blocks.data, i->blocks.len);
		buf_putc(out, ']');
	}
	buf_puts(out, "}\n");
}

static void json_part(const struct info_part *p, struct buf *out)
{
	put_item(out);
	buf_putc(out, '{');
	put_text(out, "name", p->col->name);
	put_text(out, "encoding", str_of(p->enc));
	put_num(out, "raw", p->raw);
	put_num(out, "stored", p->stored);
	buf_putc(out, '}');
}

static void json_block(void *ctx, const struct tape_item *item)
{
	struct info *i = ctx;
	struct buf *out = &i->blocks;

	buf_puts(out, out->len ? ", {" : "{");
	put_num(out, "offset", item->off);
	if (item->kind == TAPE_ITEM_DAMAGE) {
		put_text(out, "damage", str_of(item->damage));
		put_num(out, "length", item->damage_len);
		buf_putc(out, '}');
		return;
	}
	put_text(out, "type", str_of(info_block_name(item->block.type)));
	put_num(out, "rows", item->kind == TAPE_ITEM_ROWS ? item->n_rows : item->block.n_rows);
	put_num(out, "stored", item->block.stored_len);
	put_num(out, "raw", item->block.raw_len);
	if (item->kind == TAPE_ITEM_ROWS)
		put_text(out, "table", item->schema->name);
	put_num(out, "ts_min", item->ts_min);
	put_num(out, "ts_max", item->ts_max);
	if (item->kind == TAPE_ITEM_ROWS) {
		put_key(out, "columns");
		buf_putc(out, '[');
		info_each_part(i, item, json_part, out);
		buf_putc(out, ']');
	}
	buf_putc(out, '}');
}

const struct info_format info_json = { .block = json_block, .put = json_put };

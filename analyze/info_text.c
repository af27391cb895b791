/*
 * `info` for people.  All texts come from the tape: control bytes are escaped.
 */
#include <inttypes.h>

#include "analyze/info_parts.h"
#include "base/escape.h"
#include "base/units.h"

static void put_str(struct buf *out, struct str s)
{
	escape_put(out, s.s ? s.s : "", s.len, "");
}

static void put_label(struct buf *out, const char *label)
{
	buf_printf(out, "%-10s", label);
}

static void put_when(struct buf *out, const struct info *i, u64 ts)
{
	timefmt_strftime(&i->time, "%Y-%m-%d %H:%M:%S %Z", ts, COMPAT_27, out);
}

static void put_size(struct buf *out, u64 bytes)
{
	char text[24];

	buf_puts(out, units_bytes(bytes, text));
}

static void put_cnt(struct buf *out, u64 n)
{
	char text[32];

	buf_puts(out, units_cnt(n, text));
}

static void put_host(const struct info *i, struct buf *out)
{
	const struct tape_state *s = recording_state(&i->rec);

	put_label(out, "host");
	put_str(out, tape_state_text(s, TAPE_KEY_HOSTNAME));
	buf_puts(out, ", Linux ");
	put_str(out, tape_state_text(s, TAPE_KEY_KERNEL));
	buf_putc(out, ' ');
	put_str(out, tape_state_text(s, TAPE_KEY_ARCH));
	buf_printf(out, ", %" PRIu64 " CPUs\n", tape_state_num(s, TAPE_KEY_NCPUS, 0));
	put_label(out, "by");
	put_str(out, tape_state_text(s, TAPE_KEY_TOOL));
	if (tape_state_text(s, TAPE_KEY_COMMAND).s) {
		buf_puts(out, ": ");
		put_str(out, tape_state_text(s, TAPE_KEY_COMMAND));
	}
	buf_putc(out, '\n');
}

static void put_span(const struct info *i, struct buf *out)
{
	const struct tape_state *s = recording_state(&i->rec);
	u64 start = recording_start(s), end = recording_end(s);
	char text[24];

	put_label(out, "recorded");
	put_when(out, i, start);
	if (end != UINT64_MAX && end >= start)
		buf_printf(out, ", %s", units_ns(end - start, text));
	buf_puts(out, s->has_end ? "\n" : ", not finished\n");
	put_label(out, "script");
	put_str(out, tape_state_text(s, TAPE_KEY_SCRIPT_NAME));
	if (tape_state_text(s, TAPE_KEY_COMPAT).s) {
		buf_puts(out, ", as bpftrace ");
		put_str(out, tape_state_text(s, TAPE_KEY_COMPAT));
	}
	if (tape_state_num(s, TAPE_KEY_FILTER_PID, 0))
		buf_printf(out, ", only process %" PRIu64,
			   tape_state_num(s, TAPE_KEY_FILTER_PID, 0));
	buf_putc(out, '\n');
}

static void put_resolution(const struct info *i, struct buf *out)
{
	u64 quantum = recording_quantum(recording_state(&i->rec));
	char text[24];

	if (quantum == 1)
		return;
	put_label(out, "times");
	buf_printf(out, "rounded down to %s\n", units_ns(quantum, text));
}

static void put_rows(const struct info *i, struct buf *out)
{
	const struct tape_state *s = recording_state(&i->rec);
	struct loss_sum l;

	put_label(out, "rows");
	put_cnt(out, i->stats.rows);
	buf_puts(out, ", ");
	put_size(out, i->stats.row_bytes);
	if (i->stats.rows)
		buf_printf(out, ", %.2f bytes a row",
			   (double)i->stats.row_bytes / (double)i->stats.rows);
	buf_putc(out, '\n');
	loss_sum_init(&l);
	recording_losses(s, 0, UINT64_MAX, NULL, 0, &l);
	put_label(out, "losses");
	buf_puts(out, l.lost + l.damaged ? buf_cstr(&l.text) : l.places ? "not known" : "none");
	if (l.orphans)
		buf_printf(out, "; %" PRIu64 " rows of tables whose SCHEMA is lost", l.orphans);
	if (l.places)
		buf_printf(out, "; damaged in %" PRIu64 " place%s", l.places,
			   l.places == 1 ? "" : "s");
	if (l.late)
		buf_printf(out, "; %" PRIu64 " rows came late", l.late);
	if (l.stacks)
		buf_printf(out, "; %" PRIu64 " definitions of stacks were lost", l.stacks);
	buf_putc(out, '\n');
	loss_sum_fini(&l);
}

static void put_names(const struct info *i, struct buf *out)
{
	struct info_names n = info_names(recording_state(&i->rec));

	if (!n.stacks && !n.frames && !n.files)
		return;
	put_label(out, "stacks");
	put_cnt(out, n.stacks);
	buf_puts(out, " of ");
	put_cnt(out, n.frames);
	buf_puts(out, " frames in ");
	put_cnt(out, n.files);
	buf_puts(out, " files, ");
	put_cnt(out, n.symbols);
	buf_puts(out, " symbols\n");
}

static const char *phys_name(const struct tape_column *c)
{
	static const char *const names[] = { "u64", "s64", "bytes" };

	return c->phys < countof(names) ? names[c->phys] : "?";
}

static void put_column(const struct tape_plan_table *t, const struct tape_column *c,
		       struct buf *out)
{
	const struct tape_plan_col *p = info_plan_col(t, c->id);

	buf_puts(out, "    ");
	put_str(out, c->name);
	buf_putc(out, ' ');
	if (p && p->type.s)
		put_str(out, p->type);
	else
		buf_puts(out, phys_name(c));
	if (c->flags & TAPE_COL_LIST)
		buf_puts(out, "[]");
	if (p && p->leaf.s && !str_eq(p->leaf, c->name)) {
		buf_puts(out, "  ");
		put_str(out, p->leaf);
	}
	if (p && p->cond.s) {
		buf_puts(out, "  if ");
		put_str(out, p->cond);
	}
	buf_putc(out, '\n');
}

static void put_table(const struct info *i, const struct tape_plan_table *t, struct buf *out)
{
	const struct tape_schema *s = tape_state_schema(recording_state(&i->rec), t->table);

	if (!s && t->table == TAPE_NONE)
		return;
	buf_puts(out, "\n  ");
	put_str(out, t->name);
	buf_puts(out, ": ");
	if (!s) {
		buf_puts(out, "its SCHEMA is lost\n");
		return;
	}
	put_cnt(out, info_table(i, s->id).rows);
	buf_puts(out, " rows\n");
	for (u32 k = 0; k < s->probe_cnt; k++) {
		buf_puts(out, "    ");
		put_str(out, s->probes[k].name);
		buf_putc(out, '\n');
	}
	if (t->filter.s) {
		buf_puts(out, "    where ");
		put_str(out, t->filter);
		buf_putc(out, '\n');
	}
	for (u32 k = 0; k < s->col_cnt; k++)
		put_column(t, &s->cols[k], out);
}

static void put_maps(const struct tape_plan *p, struct buf *out)
{
	for (u32 i = 0; i < p->map_cnt; i++) {
		if (!i)
			buf_puts(out, "\nmaps\n");
		buf_puts(out, "  ");
		put_str(out, p->maps[i].name);
		buf_puts(out, p->maps[i].cls == TAPE_MAP_K ? " in the kernel: " : " on the tape: ");
		put_str(out, p->maps[i].why);
		buf_putc(out, '\n');
	}
}

static void text_put(struct info *i, struct buf *out)
{
	const struct tape_state *s = recording_state(&i->rec);

	put_label(out, "tape");
	escape_put(out, i->rec.name, str_of(i->rec.name).len, "");
	if (s->header.major)
		buf_printf(out, ", version %u.%u\n", s->header.major, s->header.minor);
	else
		buf_puts(out, ", its file header is damaged\n");
	put_host(i, out);
	put_span(i, out);
	put_resolution(i, out);
	put_rows(i, out);
	put_names(i, out);
	if (s->plan) {
		buf_puts(out, "\ntables");
		for (u32 k = 0; k < s->plan->table_cnt; k++)
			put_table(i, &s->plan->tables[k], out);
		if (!s->schema_cnt && !s->plan->table_cnt)
			buf_puts(out, ": none\n");
		put_maps(s->plan, out);
	}
	if (i->blocks.len) {
		buf_puts(out, "\nblocks\n");
		buf_put(out, i->blocks.data, i->blocks.len);
	}
}

/* Columns of blocks: what was chosen, and what it came to. */
static void text_part(const struct info_part *p, struct buf *out)
{
	size_t at = out->len;

	buf_puts(out, "                  ");
	put_str(out, p->col->name);
	while (out->len < at + 38 && !out->is_full)
		buf_putc(out, ' ');
	buf_putc(out, ' ');
	put_str(out, str_of(p->enc));
	while (out->len < at + 63 && !out->is_full)
		buf_putc(out, ' ');
	if (p->stored)
		buf_printf(out, " %8" PRIu64 " of %8" PRIu64 " bytes, %.2f:1", p->stored, p->raw,
			   (double)p->raw / (double)p->stored);
	else
		buf_puts(out, "        0 bytes");
	buf_putc(out, '\n');
}

static void put_ratio(const struct tape_item *item, struct buf *out)
{
	if (item->block.stored_len && item->block.stored_len != item->block.raw_len)
		buf_printf(out, ", %.2f:1",
			   (double)item->block.raw_len / (double)item->block.stored_len);
	if (item->block.type == TAPE_EVENTS && item->n_rows)
		buf_printf(out, ", %.2f a row",
			   (double)item->block.stored_len / (double)item->n_rows);
}

static void text_block(void *ctx, const struct tape_item *item)
{
	struct info *i = ctx;

	if (item->kind == TAPE_ITEM_DAMAGE) {
		buf_printf(&i->blocks, "  %12" PRIu64 "  damaged    %" PRIu64 " bytes: %s\n",
			   item->off, item->damage_len, item->damage);
		return;
	}
	buf_printf(&i->blocks, "  %12" PRIu64 "  %-10s %8u rows %10u bytes", item->off,
		   info_block_name(item->block.type), item->kind == TAPE_ITEM_ROWS ? item->n_rows :
		   item->block.n_rows, item->block.stored_len);
	put_ratio(item, &i->blocks);
	if (item->kind == TAPE_ITEM_ROWS) {
		buf_puts(&i->blocks, "  ");
		put_str(&i->blocks, item->schema->name);
	}
	buf_putc(&i->blocks, '\n');
	if (item->kind == TAPE_ITEM_ROWS)
		info_each_part(i, item, text_part, &i->blocks);
}

const struct info_format info_text = { .block = text_block, .put = text_put };

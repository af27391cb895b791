/*
 * tests/tapes/tape_dump.c -- everything that the reader says of a tape, as lines of text.
 *
 * usage: tape_dump [--load] TAPE     front to back, or tables first and rows by entry
 *
 * What it prints of a golden tape never changes, so it must not change when the format grows: of
 * each record only the fields of version 1.1 are printed (fields are only added at their end), and
 * a table that is not there prints nothing.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>

#include "base/escape.h"
#include "format/reader.h"

static const struct known {
	const char *name;
	u32 fields; /* of version 1.1 */
} known[] = {
	{ "tape_meta_item", 4 },  { "tape_schema", 5 },	     { "tape_probe", 2 },
	{ "tape_column", 9 },	  { "tape_plan", 2 },	     { "tape_plan_table", 11 },
	{ "tape_plan_col", 11 },  { "tape_plan_bit", 5 },    { "tape_plan_map", 8 },
	{ "tape_types", 4 },	  { "tape_type_record", 3 }, { "tape_type_field", 6 },
	{ "tape_type_const", 3 }, { "tape_expansion", 2 },   { "tape_expansion_probe", 3 },
	{ "tape_fact", 3 },	  { "tape_task", 10 },	     { "tape_file", 8 },
	{ "tape_mmap", 9 },	  { "tape_frame", 4 },	     { "tape_node", 2 },
	{ "tape_stack_id", 4 },	  { "tape_sym", 4 },	     { "tape_clock", 6 },
	{ "tape_loss", 7 },	  { "tape_mapsnap", 10 },    { "tape_snap_entry", 2 },
	{ "tape_log", 7 },	  { "tape_checkpoint", 5 },
};

static struct buf out;

static u32 known_fields(const struct fields_desc *d)
{
	for (size_t i = 0; i < countof(known); i++) {
		if (!strcmp(known[i].name, d->name))
			return known[i].fields < d->n ? known[i].fields : d->n;
	}
	fprintf(stderr, "tape_dump: %s is not in its table\n", d->name);
	exit(2);
}

static void put_text(const char *s, size_t len)
{
	buf_putc(&out, '"');
	escape_put(&out, s, len, "");
	buf_putc(&out, '"');
}

static void put_record(const struct fields_desc *d, const u8 *p, u32 depth);

static void put_records(const struct fields_desc *d, const void *p, u32 n, u32 depth)
{
	for (u32 i = 0; i < n; i++)
		put_record(d, (const u8 *)p + i * d->size, depth);
}

static void put_number(const struct fields_one *f, const u8 *p)
{
	static const u8 widths[] = {
		[FIELDS_U8] = 1, [FIELDS_U16] = 2, [FIELDS_U32] = 4, [FIELDS_U64] = 8
	};
	u64 v = 0;

	memcpy(&v, p + f->off, widths[f->kind]);
	buf_printf(&out, " %s=%" PRIu64, f->name, v);
}

/* A line a record; those of its lists follow, indented. */
static void put_record(const struct fields_desc *d, const u8 *p, u32 depth)
{
	u32 n = known_fields(d);

	buf_fill(&out, ' ', depth * 2);
	buf_puts(&out, d->name + strlen("tape_"));
	for (u32 i = 0; i < n; i++) {
		const struct fields_one *f = &d->fields[i];
		struct str s;

		if (f->kind == FIELDS_LIST)
			continue;
		if (f->kind != FIELDS_TEXT) {
			put_number(f, p);
			continue;
		}
		memcpy(&s, p + f->off, sizeof(s));
		buf_printf(&out, " %s=", f->name);
		if (s.s)
			put_text(s.s, s.len);
		else
			buf_puts(&out, "-");
	}
	buf_putc(&out, '\n');
	for (u32 i = 0; i < n; i++) {
		const struct fields_one *f = &d->fields[i];
		const void *list;
		u32 cnt;

		if (f->kind != FIELDS_LIST)
			continue;
		memcpy(&list, p + f->off, sizeof(list));
		memcpy(&cnt, p + f->cnt_off, sizeof(cnt));
		put_records(f->elem, list, cnt, depth + 1);
	}
}

/* ---- rows ---- */

static void put_value(const struct tape_column *def, const struct tape_col *c, u32 at)
{
	if (c->is_null && c->is_null[at])
		buf_puts(&out, "NULL");
	else if (def->phys == TAPE_PHYS_BYTES)
		put_text((const char *)c->bytes + c->off[at], c->off[at + 1] - c->off[at]);
	else if (def->phys == TAPE_PHYS_S64)
		buf_printf(&out, "%" PRId64, c->v[at]);
	else
		buf_printf(&out, "%" PRIu64, (u64)c->v[at]);
}

static void put_cell(const struct tape_column *def, const struct tape_col *c, u32 row)
{
	buf_printf(&out, " %.*s=", STR_ARG(def->name));
	if (!(def->flags & TAPE_COL_LIST)) {
		put_value(def, c, row);
		return;
	}
	buf_putc(&out, '[');
	for (u32 e = c->list_off[row]; e < c->list_off[row + 1]; e++) {
		if (e > c->list_off[row])
			buf_putc(&out, ' ');
		put_value(def, c, e);
	}
	buf_putc(&out, ']');
}

static void put_rows(const struct tape_batch *b)
{
	const struct tape_schema *s = tape_batch_schema(b);
	const struct tape_col *cols = tape_batch_cols(b);

	for (u32 row = 0; row < tape_batch_cnt(b); row++) {
		buf_printf(&out, "row %.*s", STR_ARG(s->name));
		for (u32 c = 0; c < s->col_cnt; c++)
			put_cell(&s->cols[c], &cols[c], row);
		buf_putc(&out, '\n');
	}
}

static void put_damage(const char *what, u64 off)
{
	buf_printf(&out, "damage at %" PRIu64 ": %s\n", off, what);
}

static int put_front_to_back(struct tape_reader *r, bool has_rows, struct err *err)
{
	struct tape_batch *b = tape_batch_new();
	struct tape_item it;
	int rc;

	while ((rc = tape_reader_next(r, &it, err)) > 0) {
		if (it.kind == TAPE_ITEM_ROWS && has_rows) {
			if (tape_reader_decode(r, b, NULL) == 1)
				put_rows(b);
			else
				put_damage("rows", it.off);
		} else if (it.kind == TAPE_ITEM_MAPSNAP && !has_rows) {
			put_records(&tape_mapsnap_desc, it.snaps, it.cnt, 0);
		} else if (it.kind == TAPE_ITEM_CHECKPOINT && !has_rows) {
			put_records(&tape_checkpoint_desc, &it.checkpoint, 1, 0);
		} else if (it.kind == TAPE_ITEM_DAMAGE && !has_rows) {
			put_damage(it.damage, it.off);
		}
	}
	tape_batch_free(b);
	return rc;
}

static void put_by_entry(struct tape_reader *r)
{
	struct tape_access *a = tape_access_new(r);
	struct tape_batch *b = tape_batch_new();
	const struct tape_index_entry *e;
	u32 n;

	e = tape_reader_entries(r, &n);
	for (u32 i = 0; i < n; i++) {
		if (tape_access_read(a, &e[i], b, NULL) == 1)
			put_rows(b);
		else
			put_damage("rows", e[i].off);
	}
	tape_batch_free(b);
	tape_access_free(a);
}

/* By id; what is lost is a record of zeros. */
static void put_files(const struct tape_state *s)
{
	static const struct tape_file lost;

	for (u32 id = 1; id <= s->file_cnt; id++) {
		const struct tape_file *f = tape_state_file(s, id);

		put_records(&tape_file_desc, f ? f : &lost, 1, 0);
	}
}

static void put_stacks(const struct tape_state *s)
{
	static const struct tape_frame no_frame;
	static const struct tape_node no_node;
	static const struct tape_stack_id no_stack;

	for (u32 id = 1; id <= s->frame_cnt; id++) {
		const struct tape_frame *f = tape_state_frame(s, id);

		put_records(&tape_frame_desc, f ? f : &no_frame, 1, 0);
	}
	for (u32 id = 1; id <= s->node_cnt; id++) {
		const struct tape_node *n = tape_state_node(s, id);

		n = n ? n : &no_node;
		buf_printf(&out, "node id=%u parent=%u frame=%u\n", id, n->parent, n->frame);
	}
	for (u32 id = 1; id <= s->stack_cnt; id++) {
		const struct tape_stack_id *k = tape_state_stack(s, id);

		put_records(tape_stacks_desc.fields[2].elem, k ? k : &no_stack, 1, 0);
	}
}

static void put_tables(const struct tape_state *s)
{
	buf_printf(&out, "tape version=%u.%u end=%d rows=%" PRIu64 "\n", s->header.major,
		   s->header.minor, s->has_end, s->end.rows);
	put_records(&tape_meta_desc, s->meta, s->meta_cnt, 0);
	for (u32 i = 0; i < s->schema_cnt; i++)
		put_records(&tape_schema_desc, s->schemas[i], 1, 0);
	put_records(&tape_plan_desc, s->plan, s->plan ? 1 : 0, 0);
	put_records(&tape_types_desc, s->types, 1, 0);
	put_records(&tape_task_desc, s->tasks, s->task_cnt, 0);
	put_records(&tape_clock_desc, s->clocks, s->clock_cnt, 0);
	put_records(&tape_loss_desc, s->losses, s->loss_cnt, 0);
	put_records(&tape_log_desc, s->logs, s->log_cnt, 0);
	put_files(s);
	put_records(&tape_mmap_desc, s->mmaps, s->mmap_cnt, 0);
	put_stacks(s);
	put_records(&tape_sym_desc, s->syms, s->sym_cnt, 0);
}

static int dump(int fd, bool by_load, struct err *err)
{
	struct tape_reader *r;
	int rc = tape_reader_open(fd, NULL, &r, err);

	if (rc)
		return rc;
	rc = by_load ? tape_reader_load(r, err) : put_front_to_back(r, true, err);
	if (!rc && by_load)
		put_by_entry(r);
	if (!rc)
		put_tables(tape_reader_state(r));
	tape_reader_close(r);
	return rc;
}

/* What is neither rows nor state. */
static int dump_rest(int fd, struct err *err)
{
	struct tape_reader *r;
	int rc = tape_reader_open(fd, NULL, &r, err);

	if (rc)
		return rc;
	rc = put_front_to_back(r, false, err);
	tape_reader_close(r);
	return rc;
}

int main(int argc, char **argv)
{
	bool by_load = argc == 3 && !strcmp(argv[1], "--load");
	const char *path = argv[argc - 1];
	struct err err = { 0 };

	if (argc != 2 + by_load) {
		fprintf(stderr, "usage: tape_dump [--load] TAPE\n");
		return 2;
	}
	buf_init(&out, (size_t)256 << 20);
	if (dump(open(path, O_RDONLY | O_CLOEXEC), by_load, &err) ||
	    dump_rest(open(path, O_RDONLY | O_CLOEXEC), &err)) {
		fprintf(stderr, "tape_dump: %s: %s\n", path, err.msg);
		return 1;
	}
	if (out.is_full || fwrite(out.data, 1, out.len, stdout) != out.len)
		return 1;
	buf_fini(&out);
	return 0;
}

/*
 * format/schema.c -- descriptions of all records of table blocks, in the order of their fields
 * on the tape.
 *
 * Fields are only ever added at the end of a description.  docs/format.md lists the same rows, and
 * tests/format/test_doc.c compares.
 */
#include "format/schema.h"

#include <errno.h>

#define U8(s, f)                                              \
	{                                                     \
#f, FIELDS_U8, offsetof(struct s, f), 0, NULL \
	}
#define U16(s, f)                                              \
	{                                                      \
#f, FIELDS_U16, offsetof(struct s, f), 0, NULL \
	}
#define U32(s, f)                                              \
	{                                                      \
#f, FIELDS_U32, offsetof(struct s, f), 0, NULL \
	}
#define U64(s, f)                                              \
	{                                                      \
#f, FIELDS_U64, offsetof(struct s, f), 0, NULL \
	}
#define TEXT(s, f)                                              \
	{                                                       \
#f, FIELDS_TEXT, offsetof(struct s, f), 0, NULL \
	}
#define LIST(s, f, cnt, d)                                                          \
	{                                                                           \
#f, FIELDS_LIST, offsetof(struct s, f), offsetof(struct s, cnt), &d \
	}
#define DESC(s, rows)                                     \
	{                                                 \
#s, sizeof(struct s), rows, countof(rows) \
	}

static const struct fields_one meta_rows[] = {
	TEXT(tape_meta_item, key),
	U8(tape_meta_item, kind),
	U64(tape_meta_item, num),
	TEXT(tape_meta_item, text),
};
const struct fields_desc tape_meta_desc = DESC(tape_meta_item, meta_rows);

static const struct fields_one probe_rows[] = {
	U32(tape_probe, id),
	TEXT(tape_probe, name),
};
static const struct fields_desc probe_desc = DESC(tape_probe, probe_rows);

static const struct fields_one column_rows[] = {
	U16(tape_column, id),	 U8(tape_column, phys),	  U8(tape_column, role),
	U8(tape_column, flags),	 U32(tape_column, ref),	  U32(tape_column, dict),
	TEXT(tape_column, name), TEXT(tape_column, unit), TEXT(tape_column, fmt),
};
static const struct fields_desc column_desc = DESC(tape_column, column_rows);

static const struct fields_one schema_rows[] = {
	U32(tape_schema, id),
	U32(tape_schema, clause),
	TEXT(tape_schema, name),
	LIST(tape_schema, probes, probe_cnt, probe_desc),
	LIST(tape_schema, cols, col_cnt, column_desc),
};
const struct fields_desc tape_schema_desc = DESC(tape_schema, schema_rows);

static const struct fields_one plan_col_rows[] = {
	U32(tape_plan_col, col),   U16(tape_plan_col, idx),	 U8(tape_plan_col, role),
	U8(tape_plan_col, flags),  U32(tape_plan_col, span_off), U32(tape_plan_col, span_len),
	U32(tape_plan_col, node),  TEXT(tape_plan_col, name),	 TEXT(tape_plan_col, leaf),
	TEXT(tape_plan_col, type), TEXT(tape_plan_col, cond),
};
static const struct fields_desc plan_col_desc = DESC(tape_plan_col, plan_col_rows);

static const struct fields_one plan_bit_rows[] = {
	U16(tape_plan_bit, idx),  U32(tape_plan_bit, span_off), U32(tape_plan_bit, span_len),
	U32(tape_plan_bit, node), TEXT(tape_plan_bit, text),
};
static const struct fields_desc plan_bit_desc = DESC(tape_plan_bit, plan_bit_rows);

static const struct fields_one plan_table_rows[] = {
	U32(tape_plan_table, table),
	U32(tape_plan_table, clause),
	U32(tape_plan_table, span_off),
	U32(tape_plan_table, span_len),
	U32(tape_plan_table, flags),
	TEXT(tape_plan_table, name),
	TEXT(tape_plan_table, text),
	TEXT(tape_plan_table, filter),
	LIST(tape_plan_table, cols, col_cnt, plan_col_desc),
	LIST(tape_plan_table, bits, bit_cnt, plan_bit_desc),
	TEXT(tape_plan_table, args),
};
static const struct fields_desc plan_table_desc = DESC(tape_plan_table, plan_table_rows);

static const struct fields_one plan_map_rows[] = {
	U32(tape_plan_map, idx),       U8(tape_plan_map, cls),	  U8(tape_plan_map, is_percpu),
	U32(tape_plan_map, max_keys),  TEXT(tape_plan_map, name), TEXT(tape_plan_map, key_type),
	TEXT(tape_plan_map, val_type), TEXT(tape_plan_map, why),
};
static const struct fields_desc plan_map_desc = DESC(tape_plan_map, plan_map_rows);

static const struct fields_one plan_rows[] = {
	LIST(tape_plan, tables, table_cnt, plan_table_desc),
	LIST(tape_plan, maps, map_cnt, plan_map_desc),
};
const struct fields_desc tape_plan_desc = DESC(tape_plan, plan_rows);

static const struct fields_one type_field_rows[] = {
	TEXT(tape_type_field, name),  TEXT(tape_type_field, type),
	U32(tape_type_field, off),    U16(tape_type_field, bit_off),
	U16(tape_type_field, bit_sz), U8(tape_type_field, is_data_loc),
};
static const struct fields_desc type_field_desc = DESC(tape_type_field, type_field_rows);

static const struct fields_one type_record_rows[] = {
	TEXT(tape_type_record, name),
	U32(tape_type_record, size),
	LIST(tape_type_record, fields, field_cnt, type_field_desc),
};
static const struct fields_desc type_record_desc = DESC(tape_type_record, type_record_rows);

static const struct fields_one type_const_rows[] = {
	TEXT(tape_type_const, name),
	TEXT(tape_type_const, type),
	U64(tape_type_const, val),
};
static const struct fields_desc type_const_desc = DESC(tape_type_const, type_const_rows);

static const struct fields_one expansion_probe_rows[] = {
	U32(tape_expansion_probe, id),
	TEXT(tape_expansion_probe, name),
	TEXT(tape_expansion_probe, args),
};
static const struct fields_desc expansion_probe_desc =
	DESC(tape_expansion_probe, expansion_probe_rows);

static const struct fields_one expansion_rows[] = {
	TEXT(tape_expansion, pattern),
	LIST(tape_expansion, probes, probe_cnt, expansion_probe_desc),
};
static const struct fields_desc expansion_desc = DESC(tape_expansion, expansion_rows);

static const struct fields_one fact_rows[] = {
	TEXT(tape_fact, space),
	TEXT(tape_fact, key),
	TEXT(tape_fact, val),
};
static const struct fields_desc fact_desc = DESC(tape_fact, fact_rows);

static const struct fields_one types_rows[] = {
	LIST(tape_types, records, record_cnt, type_record_desc),
	LIST(tape_types, consts, const_cnt, type_const_desc),
	LIST(tape_types, expansions, expansion_cnt, expansion_desc),
	LIST(tape_types, facts, fact_cnt, fact_desc),
};
const struct fields_desc tape_types_desc = DESC(tape_types, types_rows);

static const struct fields_one task_rows[] = {
	U32(tape_task, tid),	 U32(tape_task, pid),	U32(tape_task, ppid),
	U32(tape_task, uid),	 U32(tape_task, gid),	U64(tape_task, start_ts),
	U64(tape_task, from_ts), U64(tape_task, to_ts), TEXT(tape_task, comm),
	U64(tape_task, cgroup),
};
const struct fields_desc tape_task_desc = DESC(tape_task, task_rows);

static const struct fields_one file_rows[] = {
	U32(tape_file, id),	   U8(tape_file, kind),	     TEXT(tape_file, path),
	TEXT(tape_file, build_id), U64(tape_file, dev),	     U64(tape_file, inode),
	U64(tape_file, size),	   U64(tape_file, mtime_ns),
};
const struct fields_desc tape_file_desc = DESC(tape_file, file_rows);

static const struct fields_one mmap_rows[] = {
	U64(tape_mmap, ts),	U32(tape_mmap, pid),  U8(tape_mmap, kind),
	U32(tape_mmap, parent), U32(tape_mmap, file), U64(tape_mmap, start),
	U64(tape_mmap, len),	U64(tape_mmap, off),  U8(tape_mmap, prot),
};
const struct fields_desc tape_mmap_desc = DESC(tape_mmap, mmap_rows);

static const struct fields_one frame_rows[] = {
	U32(tape_frame, id),
	U32(tape_frame, file),
	U64(tape_frame, off),
	U64(tape_frame, addr),
};
const struct fields_desc tape_frame_desc = DESC(tape_frame, frame_rows);

static const struct fields_one node_rows[] = {
	U32(tape_node, parent),
	U32(tape_node, frame),
};
static const struct fields_desc node_desc = DESC(tape_node, node_rows);

static const struct fields_one stack_id_rows[] = {
	U32(tape_stack_id, id),
	U32(tape_stack_id, node),
	U8(tape_stack_id, space),
	U8(tape_stack_id, flags),
};
static const struct fields_desc stack_id_desc = DESC(tape_stack_id, stack_id_rows);

static const struct fields_one stacks_rows[] = {
	U32(tape_stacks, first_node),
	LIST(tape_stacks, nodes, node_cnt, node_desc),
	LIST(tape_stacks, stacks, stack_cnt, stack_id_desc),
};
const struct fields_desc tape_stacks_desc = DESC(tape_stacks, stacks_rows);

static const struct fields_one sym_rows[] = {
	U32(tape_sym, file),
	U64(tape_sym, off),
	U64(tape_sym, size),
	TEXT(tape_sym, name),
};
const struct fields_desc tape_sym_desc = DESC(tape_sym, sym_rows);

static const struct fields_one clock_rows[] = {
	U64(tape_clock, boot), U64(tape_clock, mono), U64(tape_clock, raw),
	U64(tape_clock, real), U64(tape_clock, tai),  U64(tape_clock, width_ns),
};
const struct fields_desc tape_clock_desc = DESC(tape_clock, clock_rows);

static const struct fields_one loss_rows[] = {
	U32(tape_loss, cause), U32(tape_loss, table),	 U32(tape_loss, cpu),
	U64(tape_loss, count), U64(tape_loss, first_ts), U64(tape_loss, last_ts),
	TEXT(tape_loss, note),	 U64(tape_loss, off),	 U64(tape_loss, len),
};
const struct fields_desc tape_loss_desc = DESC(tape_loss, loss_rows);

static const struct fields_one snap_entry_rows[] = {
	TEXT(tape_snap_entry, key),
	TEXT(tape_snap_entry, val),
};
static const struct fields_desc snap_entry_desc = DESC(tape_snap_entry, snap_entry_rows);

static const struct fields_one mapsnap_rows[] = {
	U64(tape_mapsnap, ts),	   U32(tape_mapsnap, table),
	U32(tape_mapsnap, cpu),	   U64(tape_mapsnap, seq),
	U32(tape_mapsnap, clause), U32(tape_mapsnap, action),
	U8(tape_mapsnap, reason),  U8(tape_mapsnap, is_partial),
	TEXT(tape_mapsnap, map),   LIST(tape_mapsnap, entries, entry_cnt, snap_entry_desc),
};
const struct fields_desc tape_mapsnap_desc = DESC(tape_mapsnap, mapsnap_rows);

static const struct fields_one log_rows[] = {
	U64(tape_log, ts),  U8(tape_log, level), TEXT(tape_log, text),	U32(tape_log, table),
	U32(tape_log, cpu), U64(tape_log, seq),	 U32(tape_log, action),
};
const struct fields_desc tape_log_desc = DESC(tape_log, log_rows);

static const struct fields_one checkpoint_rows[] = {
	U64(tape_checkpoint, watermark), U64(tape_checkpoint, prev_off),
	U64(tape_checkpoint, index_off), U64(tape_checkpoint, rows),
	U64(tape_checkpoint, lost),
};
const struct fields_desc tape_checkpoint_desc = DESC(tape_checkpoint, checkpoint_rows);

static const char *const loss_names[TAPE_LOSS_CAUSE_CNT] = {
	[TAPE_LOSS_NONE] = "nothing lost",
	[TAPE_LOSS_RING] = "ring full",
	[TAPE_LOSS_MAP] = "map full",
	[TAPE_LOSS_LATE] = "late",
	[TAPE_LOSS_STRING] = "string cut",
	[TAPE_LOSS_LIST] = "list cut",
	[TAPE_LOSS_RECURSION] = "recursion",
	[TAPE_LOSS_KRETPROBE] = "kretprobe missed",
	[TAPE_LOSS_THROTTLED] = "throttled",
	[TAPE_LOSS_SIDEBAND] = "side-band",
	[TAPE_LOSS_CONTROL] = "control ring full",
	[TAPE_LOSS_PARSE] = "unreadable record",
	[TAPE_LOSS_WRITE] = "not written",
	[TAPE_LOSS_CORRUPT] = "corruption",
	[TAPE_LOSS_SCRATCH] = "no scratch buffer",
	[TAPE_LOSS_STACK] = "stack definition lost",
};

const char *tape_loss_cause_name(u32 cause)
{
	return cause < TAPE_LOSS_CAUSE_CNT ? loss_names[cause] : "unknown";
}

const struct tape_column *tape_schema_role(const struct tape_schema *s, enum tape_role role)
{
	for (u32 i = 0; i < s->col_cnt; i++) {
		if (s->cols[i].role == role)
			return &s->cols[i];
	}
	return NULL;
}

/* Is a column of the role single, and a word? */
static bool is_once(u8 role)
{
	return (role >= TAPE_ROLE_TS && role <= TAPE_ROLE_PATH) || role == TAPE_ROLE_ORDER;
}

static int check_column(const struct tape_column *c, u32 i, struct err *err)
{
	bool is_fixed = is_once(c->role);

	if (c->id != i)
		return err_set(err, -EINVAL, "column %u has id %u", i, c->id);
	if (c->phys >= TAPE_PHYS_CNT)
		return err_set(err, -EINVAL, "column %u is of unknown kind %u", i, c->phys);
	if (c->flags & ~TAPE_COL_LIST)
		return err_set(err, -EINVAL, "column %u has unknown flags 0x%x", i, c->flags);
	if (c->dict && c->phys != TAPE_PHYS_BYTES)
		return err_set(err, -EINVAL, "column %u cannot have dictionary %u", i, c->dict);
	if (is_fixed && (c->phys == TAPE_PHYS_BYTES || c->flags & TAPE_COL_LIST))
		return err_set(err, -EINVAL, "column %u must be a word for its role", i);
	return 0;
}

int tape_schema_check(const struct tape_schema *s, struct err *err)
{
	if (s->id >= TAPE_MAX_TABLES || s->col_cnt > TAPE_MAX_COLS)
		return err_set(err, -EINVAL, "table %u of %u columns is beyond the limits", s->id,
			       s->col_cnt);
	for (u32 i = 0; i < s->col_cnt; i++) {
		if (s->cols[i].dict >= TAPE_MAX_DICTS)
			return err_set(err, -EINVAL,
				       "table %u: column %u cannot have dictionary %u", s->id, i,
				       s->cols[i].dict);
	}
	return tape_schema_check_shape(s, err);
}

int tape_schema_check_shape(const struct tape_schema *s, struct err *err)
{
	u32 seen[TAPE_ROLE_CNT] = { 0 };

	for (u32 i = 0; i < s->col_cnt; i++) {
		int rc = check_column(&s->cols[i], i, err);

		if (rc)
			return err_wrap(err, rc, "table %u", s->id);
		if (is_once(s->cols[i].role) && seen[s->cols[i].role]++)
			return err_set(err, -EINVAL, "table %u has two columns of role %u", s->id,
				       s->cols[i].role);
	}
	if (!seen[TAPE_ROLE_TS])
		return err_set(err, -EINVAL, "table %u has no time column", s->id);
	return 0;
}

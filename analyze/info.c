/*
 * What both forms of `info` need.
 */
#include "analyze/info.h"

static const struct {
	u16 type;
	const char *name;
} block_names[] = {
	{ TAPE_META, "META" },	 { TAPE_SCHEMA, "SCHEMA" },   { TAPE_DICT, "DICT" },
	{ TAPE_TASK, "TASK" },	 { TAPE_EVENTS, "EVENTS" },   { TAPE_LOSS, "LOSS" },
	{ TAPE_CLOCK, "CLOCK" }, { TAPE_MAPSNAP, "MAPSNAP" }, { TAPE_CHECKPOINT, "CHECKPOINT" },
	{ TAPE_LOG, "LOG" },	 { TAPE_INDEX, "INDEX" },     { TAPE_END, "END" },
	{ TAPE_PLAN, "PLAN" },	 { TAPE_TYPES, "TYPES" },     { TAPE_MIXED, "MIXED" },
	{ TAPE_TAIL, "TAIL" },	 { TAPE_FILE, "FILE" },	      { TAPE_MMAP, "MMAP" },
	{ TAPE_FRAME, "FRAME" }, { TAPE_STACK, "STACK" },     { TAPE_SYM, "SYM" },
};

const char *info_block_name(u16 type)
{
	for (u32 i = 0; i < countof(block_names); i++)
		if (block_names[i].type == type)
			return block_names[i].name;
	return "unknown";
}

struct table_stats info_table(const struct info *i, u32 id)
{
	return id < i->stats.table_max ? i->stats.tables[id] : (struct table_stats){ 0 };
}

struct info_names info_names(const struct tape_state *s)
{
	return (struct info_names){
		.stacks = s->stack_known,
		.frames = s->frame_known,
		.files = s->file_known,
		.symbols = s->sym_cnt,
	};
}

const struct tape_plan_col *info_plan_col(const struct tape_plan_table *t, u32 col)
{
	for (u32 i = 0; i < t->col_cnt; i++)
		if (t->cols[i].col == col)
			return &t->cols[i];
	return NULL;
}

/* analyze/info.h -- what `info` shows, and its two forms. */
#pragma once

#include "analyze/tape_stats.h"

struct info {
	struct recording rec;
	struct tape_stats stats;
	struct timefmt time;
	struct buf blocks;		/* what block() put */
};

struct info_format {
	/* append one to info->blocks */
	void (*block)(void *info, const struct tape_item *item);
	void (*put)(struct info *i, struct buf *out);
};

extern const struct info_format info_text, info_json;

const char *info_block_name(u16 type);		/* "EVENTS"; "unknown" */
/* Rows of table @id; zeroes if it has none. */
struct table_stats info_table(const struct info *i, u32 id);
/* How many of each are known. */
struct info_names {
	u32 stacks, frames, files, symbols;
};
struct info_names info_names(const struct tape_state *s);
/* Where the plan's column @col lies: id in the schema, or -1. */
const struct tape_plan_col *info_plan_col(const struct tape_plan_table *t, u32 col);

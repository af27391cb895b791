/* analyze/info_parts.h -- how the columns of a block are stored. */
#pragma once

#include "analyze/info.h"

struct info_part {
	const struct tape_column *col;
	char enc[96];		/* "NULLS FOR[2]/zstd": each part, bytes a value, packed or not */
	u64 raw, stored;	/* bytes of all its parts, before and after zstd */
};

/* Call @fn for each column of the ROWS item just handed out that the schema has. */
void info_each_part(const struct info *i, const struct tape_item *item,
		    void (*fn)(const struct info_part *p, struct buf *out), struct buf *out);

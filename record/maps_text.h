/* record/maps_text.h -- lines of /proc/PID/maps. */
#pragma once

#include "base/str.h"

struct maps_line {
	u64 start, end, off;
	u64 dev, inode;
	u8 prot; /* PROT_* */
	struct str path; /* borrowed; empty: memory without a name */
};

/* The next line of @text that makes sense; false: no more.  *text moves behind it. */
bool maps_text_next(struct str *text, struct maps_line *ret);
/* Without " (deleted)". */
struct str maps_text_path(struct str path);

/* format/groups.h -- what the encoder and the decoder of GROUP have in common. */
#pragma once

#include "base/compiler.h"
#include "format/tape.h"

#define GROUP_RUN_ROWS 8 /* so long on average are runs of a key that are taken one by one */

/* From how many rows each number of the key has to where the first of them stands. */
static inline void group_starts(u32 rows[TAPE_PALETTE_MAX])
{
	u32 at = 0;

	for (u32 i = 0; i < TAPE_PALETTE_MAX; i++) {
		u32 n = rows[i];

		rows[i] = at;
		at += n;
	}
}

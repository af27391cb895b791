/* format/crc32c.h -- CRC-32C (Castagnoli), by the processor's instruction where it has one. */
#pragma once

#include "base/compiler.h"

/* Of @sz bytes, continuing from the crc of what came before (0 at the start). */
u32 crc32c(u32 crc, const void *p, size_t sz);
/* The table version, for tests. */
u32 crc32c_table(u32 crc, const void *p, size_t sz);

/*
 * tests/fuzz/tape_small.h -- limits of a reader for fuzzers: who goes through all ids takes time up
 * to the limit, which is not to be found a thousand times.
 */
#pragma once

#include "format/reader.h"

static inline struct tape_reader_opts fuzz_reader_opts(void)
{
	enum { SMALL = 1 << 14 };

	return (struct tape_reader_opts){
		.limits = { .files = SMALL,
			    .frames = SMALL,
			    .nodes = SMALL,
			    .stacks = SMALL,
			    .syms = SMALL,
			    .dict_entries = SMALL,
			    .rows = SMALL,
			    .raw_len = 1 << 20 },
		.mem_max = 64u << 20,
	};
}

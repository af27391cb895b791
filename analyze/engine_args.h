/* analyze/engine_args.h -- options that all commands have which read rows through the engine. */
#pragma once

#include "analyze/engine.h"
#include "analyze/reader_args.h"

struct engine_args {
	const char *from, *to;
	bool is_strict, read_all;
	bool is_said;		/* the recorder has shown the warnings about the script */
	u64 threads, steps, memory;
	struct reader_args reader;
};

/* clang-format off */
/*
 * Rows of a table of options; E(field) gives the offset of a field of struct engine_args, R(field)
 * of its reader.
 */
#define ENGINE_RANGE_ROWS \
	{ "from", 0, OPT_STR, E(from), "T", \
	  "leave out what is earlier: +2s, -500ms, 12:30:00" }, \
	{ "to", 0, OPT_STR, E(to), "T", "leave out what is later" }
#define ENGINE_READ_ROWS \
	{ "strict", 0, OPT_FLAG, E(is_strict), NULL, \
	  "exit with 3 if rows are missing or damaged" }, \
	{ "all", 0, OPT_FLAG, E(read_all), NULL, \
	  "of an unfinished tape also what is behind its last checkpoint" }, \
	{ "threads", 0, OPT_U64, E(threads), "N", "at most so many threads (one a processor)" }, \
	{ "max-steps", 0, OPT_U64, E(steps), "N", \
	  "steps of one firing (67108864), and 64 times that of all: a round of a loop is one" }, \
	{ "max-memory", 0, OPT_BYTES, E(memory), "SIZE", \
	  "memory for the maps of a script (2G, at most half of the machine's)" }, \
	READER_ROWS
/* clang-format on */

/*
 * What they and the command line say; warnings and diagnostics go to stderr.  -EINVAL: a wrong
 * command line.
 */
int engine_args_opts(const struct engine_args *a, const char *tape, struct engine_opts *ret,
		     struct err *err);

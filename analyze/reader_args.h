/* analyze/reader_args.h -- options that all commands have which open a tape. */
#pragma once

#include "base/opt.h"
#include "format/reader.h"

struct reader_args {
	struct opt_list limits;
	u64 mem;
	bool no_sandbox, is_verbose;
};

/* clang-format off */
/* Rows of a table of options; R(field) gives the offset of a field of struct reader_args. */
#define READER_ROWS \
	{ "limit", 0, OPT_STR_LIST, R(limits), "NAME=N,...", \
	  "take more, or less, from a tape before calling it damaged" }, \
	{ "mem", 0, OPT_BYTES, R(mem), "SIZE", \
	  "memory for the tables of a tape (a quarter of the machine's)" }, \
	{ "no-sandbox", 0, OPT_FLAG, R(no_sandbox), NULL, \
	  "do not lock the process in before the tape is read" }, \
	{ "verbose", 'v', OPT_FLAG, R(is_verbose), NULL, "say which sandbox the kernel gave" }
/* clang-format on */

/* What they say.  -EINVAL: a wrong command line. */
int reader_args_opts(const struct reader_args *a, struct tape_reader_opts *ret, struct err *err);

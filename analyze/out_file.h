/*
 * analyze/out_file.h -- a file that appears under its name once it is whole, or not at all.
 *
 * Opened before the analyzer locks itself in, and named by a process that was made then: whatever
 * ends the analyzer, no half a file is left, and one that was there before stays as it was.
 */
#pragma once

#include "base/err.h"

struct out_opts {
	const char *name;
	bool replaces; /* an existing file, at the end; else it is -EEXIST */
	bool is_private; /* mode 0600; else what the user's files have */
	bool is_file; /* nothing but a regular file will do */
};

struct out_file {
	const char *name; /* as given; borrowed */
	int fd; /* to read and to write */
	bool is_stdout;
	int tell, answer; /* pipes to and from the one who names it; -1: there is none */
};

/*
 * "-" is standard output; it, pipes and devices are written as they are, and refused if @o->is_file
 * (-EINVAL).  A file that replaces another takes its mode and owner.  Forks: call it before there
 * are threads.
 */
int out_file_open(const struct out_opts *o, struct out_file *ret, struct err *err);
/*
 * @is_whole: the file has its name from now on.  -EEXIST: meanwhile there is one; -EIO and the
 * like: it could not be named.  Else nothing is left of it.
 */
int out_file_close(struct out_file *f, bool is_whole, struct err *err);

/* A file without a name in the folder of @name, for what is needed until the end. */
int out_file_scratch(const char *name, struct err *err);

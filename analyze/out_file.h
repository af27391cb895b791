/*
 * analyze/out_file.h -- a file that an answer is written to, opened before the analyzer locks
 * itself in and removed if it does not become whole, whatever ends the process.
 */
#pragma once

#include "base/err.h"

struct out_file {
	const char *name; /* as given; borrowed */
	int fd;
	bool is_stdout; /* not ours to close */
	int tell, gone; /* pipes to and from the one who removes it; -1: there is none */
};

/*
 * "-" is standard output.  An existing file keeps its content until out_file_begin().  Forks: call
 * it before there are threads.
 */
int out_file_open(const char *name, struct out_file *ret, struct err *err);
/* Before the first byte: what was in the file is gone from here on. */
int out_file_begin(struct out_file *f, struct err *err);
/*
 * Not @is_whole: a new or begun file is removed, one that was there before and has not been begun
 * stays as it was.  -EIO and the like: bytes could not be written.
 */
int out_file_close(struct out_file *f, bool is_whole, struct err *err);

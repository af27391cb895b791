/* record/child.h -- run a function in a child process without privileges and take its result. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

struct child_job {
	/* Before privileges are dropped (open a module); may be NULL. */
	int (*prepare)(void *ctx, struct err *err);
	/*
	 * Without privileges, descriptors or the right to make processes.  What lands in @out is
	 * the result.
	 */
	int (*run)(void *ctx, struct buf *out, struct err *err);
	void *ctx;
	const char *what; /* "the compiler", for messages */
	size_t max_out_sz;
	u32 max_sec; /* of CPU; the child is killed beyond it */
};

/*
 * Fork, run, wait.  The result of the job's functions is returned with its story, *out (empty
 * before) gets what it wrote, also if it failed.  -ECHILD: it died (crash, limit); -EBADMSG: what
 * it sent was malformed.
 */
int child_run(const struct child_job *job, struct buf *out, struct err *err);

/*
 * In a process that was forked for it: become nobody, for good, without the right to leave files
 * behind.  @max_sec of CPU; 0: no limit.
 */
int child_drop_privileges(u32 max_sec, struct err *err);

/* record/command.h -- the program of `-c CMD`: made stopped, let go when the probes are armed. */
#pragma once

#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"

struct command {
	pid_t pid; /* 0: none */
	int go_fd; /* a byte lets it go; closed ends it unstarted */
	int err_fd; /* execve()'s errno comes here, or an end of file when it worked */
	int pid_fd; /* readable when it has ended */
	const char *name; /* first word */
};

/*
 * Split @text and fork; the child waits.  -ENOENT, -EACCES ... with a message if the program cannot
 * be found now. Words live in @a.  @out_fd: what its standard output shall be; -1: ours.
 */
int command_prepare(struct command *c, const char *text, int out_fd, struct arena *a,
		    struct err *err);
/* Let it go; waits until it has been executed.  A failed execve() is the error. */
int command_start(struct command *c, struct err *err);
/* 1 and its exit code (128 + signal) if it has ended, 0 if it still runs. */
int command_poll(struct command *c, int *ret_code);
/* Forget it; one that was never started is ended. */
void command_fini(struct command *c);

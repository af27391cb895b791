/* record/deed_run.h -- one shell command, or one file, and what came of it. */
#pragma once

#include <pthread.h>
#include <sys/types.h>

#include "base/buf.h"

/* The command under way; zeros: none. */
struct deed_running {
	pid_t pid; /* atomic */
	bool is_over; /* atomic: no further one is started */
};

/*
 * `sh -c COMMAND` with nothing to read; what it prints on stdout and stderr, at most @max bytes
 * and a line that says so.  Returns when the shell has ended, whoever else holds its pipe.
 * Negative errno: it could not be started.
 */
int deed_run_command(struct deed_running *r, const char *command, u32 max, struct buf *out);
/*
 * Send @sig to the command that another thread runs and to what that has started in its process
 * group; no other command is started from now on.
 */
void deed_end_command(struct deed_running *r, int sig);
/* The first @max bytes of a file; negative errno. */
int deed_read_file(const char *path, u32 max, struct buf *out);

/*
 * bpftape_run.h -- `bpftape run`: recorder and analyzer joined by a pipe.
 *
 * bpftape_run.c watches over both, bpftape_options.c reads the command line, bpftape_child.c is
 * what the children do before they become the programs, bpftape_tape.c the file of -o.
 */
#pragma once

#include <sys/types.h>

#include "base/buf.h"
#include "base/disk.h"
#include "base/opt.h"
#include "base/output.h"

#define RUN_RECORD "bpftape-record"
#define RUN_ANALYZE "bpftape-analyze"

#define RUN_NOT_GIVEN UINT64_MAX

struct run_options {
	char **args;		/* for the recorder; NULL-terminated, owned */
	int arg_cnt;
	const char *tape;	/* -o, or NULL */
	u64 sync_ns, sync_bytes;	/* of it, as the recorder does: base/disk.h */
	bool is_help, is_forced;
	bool is_direct;		/* only the recorder has something to say, and on our stdout */

	/* for the analyzer: those that have been given */
	const char *format;	/* -f, or NULL */
	const char *compat;	/* --compat, for both programs; or NULL */
	u64 max_steps, max_memory, mem;	/* or RUN_NOT_GIVEN */
	struct opt_list limits;
	bool is_strict;		/* for both */
	bool no_sandbox;
};

/* argv[0] is the verb or the program.  Returns the exit code. */
int bpftape_run(int argc, char **argv);

/* Become a program of ours; argv[0] is its name.  Returns, with an exit code, only on failure. */
int bpftape_exec(char **argv);

/* Fill @o from argv[1..], to which it keeps pointing; o->args has room for argc + 1 pointers. */
int run_parse(struct run_options *o, int argc, char **argv, struct err *err);

void run_help(struct buf *out);

/* How often an end was wished for. */
int run_signal_cnt(void);

/* Whom the answers are for: the user behind sudo (true), else nobody. */
bool run_user(uid_t *ret_uid, gid_t *ret_gid);

/* bpftape_tape.c; output_init(&t.out) and zeros before */
struct run_tape {
	const struct run_options *o;	/* borrowed */
	struct output out;
	struct disk *disk;	/* NULL: no regular file, or none yet */
	u64 copied;
	bool is_broken;		/* it could not be written to its end, and that was said */
	bool is_stopped;	/* the recording is to end because of the disk, and that was said */
	u64 stop_at;		/* bytes; 0: never for the size */
};
enum run_tape_state { RUN_TAPE_GOES_ON, RUN_TAPE_STOP };
/* Can there be such a file?  It is made when there are bytes for it. */
int run_tape_open(struct run_tape *t, const struct run_options *o, struct err *err);
/* What it has to say it says.  RUN_TAPE_STOP: the recorder should end, what it sends goes on. */
enum run_tape_state run_tape_write(struct run_tape *t, const void *p, size_t sz);
/* Also of one that was never opened.  What the disk has to say. */
int run_tape_close(struct run_tape *t, struct err *err);

/* Become the analyzer at @path, with @in as its stdin. */
NORETURN void run_be_analyzer(const struct run_options *o, const char *path, int in);

/* Become the recorder at @path, with @out as its stdout; it is told to hide us and @analyzer. */
NORETURN void run_be_recorder(const struct run_options *o, const char *path, int out,
			      pid_t analyzer);

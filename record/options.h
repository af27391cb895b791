/* record/options.h -- the command line of `bpftape record`, checked. */
#pragma once

#include "base/opt.h"
#include "lang/program.h"

#define RECORD_MIN_SIZE	  (64ull << 10) /* of --max-size */
#define RECORD_MAX_QUANTUM 1000000u /* of --ts-res */

/* What --dry-run -d STAGE prints. */
enum record_stage {
	STAGE_NONE,
	STAGE_AST, /* the tree of the script, as parsed */
	STAGE_PLAN, /* what the kernel does and what the analyzer does */
	STAGE_LLVM, /* the code of the kernel's part, before machine code is made of it */
	STAGE_BPF, /* its instructions, with the lines of the script */
	STAGE_VERIFIER, /* what the kernel's verifier says of them */
	STAGE_CNT
};

struct record_opts {
	/* as given */
	const char *program; /* -e */
	const char *probes; /* -t */
	const char *stacks; /* --stacks; NULL: none */
	const char *cmd; /* -c */
	const char *out; /* -o; NULL: the default name */
	const char *compat_text;
	const char *duration; /* -d */
	const char *ts_res; /* --ts-res; NULL: 1ns */
	u64 pid; /* -p; 0: all */
	u64 buffer_sz; /* of all data rings of one CPU; 0: decided by the session */
	u64 max_sz; /* no more bytes of tape than this; 0: no limit */
	u64 sync_ns, sync_bytes; /* see disk.h */
	struct opt_list
		hide; /* --hide PID: more processes of ours (the dispatcher, run's analyzer) */
	u64 answers_fd; /* --answers-fd N: where `run` prints, so the command too; 0: none */
	bool dry_run, verbose, quiet, defer, self, unsafe, force, live;
	bool strict, version;

	/* derived */
	u64 duration_ns; /* -d; 0: until stopped */
	enum record_stage stage; /* -d with --dry-run */
	const char *script_path; /* NULL: -e or -t */
	const char *const *params; /* $1 ... */
	int param_cnt;
	enum compat compat;
	u64 quantum; /* ns; times of rows are multiples of it */
	u32 hide_pids[OPT_LIST_MAX];
};

/*
 * Parse argv[1..]; everything kept points into @argv.  1: --help was asked for (see record_help()).
 * -EINVAL with a message.
 */
int record_opts_parse(struct record_opts *o, int argc, char **argv, struct err *err);
void record_help(struct buf *out);

/*
 * "a,b" -> "a { emit(args); }\nb { emit(args); }\n" (commas in quotes do not split).  -EINVAL: an
 * empty probe.
 */
int record_probes_to_script(const char *probes, const char *stacks, struct buf *out,
			    struct err *err);

/* NAME of the tape's default file: the script's file name without ".bt", else "trace". */
void record_default_file(const struct record_opts *o, s64 unix_sec, struct buf *out);

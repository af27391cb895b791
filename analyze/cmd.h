/*
 * analyze/cmd.h -- the commands of bpftape-analyze; argv[0] is the verb, the exit code comes back.
 */
#pragma once

#include <stdbool.h>

#include "analyze/sandbox.h"

int cmd_flame(int argc, char **argv);
int cmd_fold(int argc, char **argv);
int cmd_hist(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_repair(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_sql(int argc, char **argv);
int cmd_verify(int argc, char **argv);

/* Exit codes that all share. */
enum { EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_LOSSY = 3 };

struct opt_spec;
struct err;
/*
 * Parse a command line.  0: go on; else leave with *ret_exit: help was shown, or what was wrong
 * has been said.
 */
int cmd_parse(const struct opt_spec *spec, int argc, char **argv, void *out, int *ret_n,
	      int *ret_exit);
/* Say what went wrong; the exit code. */
int cmd_fail(const struct err *err);
struct render_ops;
/* What -f names: -EINVAL, a wrong command line. */
int cmd_find_format(const char *name, const struct render_ops **ret, struct err *err);

struct reader_args;
/* How a command locks itself in. */
struct sandbox_opts cmd_sandbox(const struct reader_args *a);

/* What the engine has to say, for engine_opts. */
void cmd_warn(void *ctx, const char *text);
void cmd_show(void *ctx, const char *text);
struct engine_result;
/* What came of engine_run(); says what is to be said of an error. */
int cmd_engine_exit(int rc, const struct engine_result *r, bool is_strict, const struct err *err);

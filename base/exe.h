/*
 * base/exe.h -- where our own programs and modules are: found from the running program, never from
 * the environment or the working directory, because the recorder runs as root.
 */
#pragma once

#include "base/err.h"

#define EXE_PATH_MAX 4096

/*
 * Path of a loadable module ("bpftape-bpf.so"): beside the program, or in ../lib/bpftape.
 * @ret has EXE_PATH_MAX bytes.  -ENOENT, with the places that were looked at.
 */
int exe_find_module(const char *name, char *ret, struct err *err);

/* Path of a program of ours ("bpftape-record"): beside this one, or in ../libexec[/bpftape]. */
int exe_find_program(const char *name, char *ret, struct err *err);

/*
 * analyze/sandbox.h -- the analyzer locks itself in before it reads the first byte of a tape.
 *
 * What stays possible: to read and write the files that are open, memory, threads, clocks, and what
 * a terminal is asked.  No file can be opened, made, renamed or removed, no program started, no
 * socket made, no other process seen.  docs/security.md says what each layer does, and where.
 */
#pragma once

#include "base/err.h"

struct sandbox_opts {
	bool is_on;		/* false (--no-sandbox): nothing is done */
	bool makes_code;	/* compiles scripts: memory may become code */
	bool is_verbose;	/* tell always what holds, not only if nothing does */
	void (*warn)(void *ctx, const char *text);	/* may be NULL */
	void *ctx;
};

/* What the kernel gave. */
enum sandbox_layer {
	SANDBOX_CALLS = 1, /* seccomp */
	SANDBOX_FILES = 2, /* Landlock */
};

/*
 * Once per process, from its only thread, when the tape, all outputs and temporary files are open
 * and the compiler's module is loaded.  Bits of enum sandbox_layer: a kernel without one of them
 * is no error, and 0 says that it has neither.  A negative errno: no memory, or no such library.
 */
int sandbox_enter(const struct sandbox_opts *o, struct err *err);

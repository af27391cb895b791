/*
 * analyze/engine.h -- run a script over a tape and print its answer.
 */
#pragma once

#include "analyze/render.h"
#include "analyze/sandbox.h"
#include "analyze/script_run.h"

struct engine_opts {
	const char *tape;		/* path or "-" */
	struct tape_reader_opts reader;
	struct script_opts script;
	const struct render_ops *format;
	const char *from, *to;		/* as given, NULL: all */
	/* of an unfinished tape also what lies behind its last watermark */
	bool read_all;
	/* errors of the script are shown, its warnings were: by the recorder of `run` */
	bool is_said;
	u32 threads;			/* 0: as many as there are processors */
	u64 mem_max;			/* of the maps; 0: engine_mem_max() */
	u32 steps_max;			/* of one firing; 0: RT_STEPS_MAX */
	/* entered when the tape is open and the compiler loaded, before a byte is read */
	struct sandbox_opts sandbox;
	int out_fd;
	/* What is to be said on stderr: one warning; a block of diagnostics with places. */
	void (*warn)(void *ctx, const char *text);
	void (*show)(void *ctx, const char *text);
	void *ctx;
};

struct engine_result {
	s64 exit_code;			/* of exit(n) */
	bool is_lossy;			/* something is missing or damaged */
	u64 rows;			/* evaluated */
	u64 matched;			/* of a query: rows or keys (query.h) */
};

/*
 * -EINVAL with an empty @err: errors in the script, already shown.  Otherwise the story is in @err.
 * Output that nobody reads any more is no error.
 */
int engine_run(const struct engine_opts *o, struct engine_result *ret, struct err *err);

/*
 * record/bpf_module.h -- the one entry of bpftape-bpf.so, the only code of the recorder that
 * holds LLVM.
 *
 * It runs in the unprivileged child: it makes no map, loads nothing and knows no descriptor.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "lang/plan.h"

struct machine_facts; /* record/machine_facts.h */
struct tp_event; /* record/tp_equiv.h */

struct bpf_compile_opts {
	struct str script;	/* for line info */
	const char *script_name;	/* "opensnoop.bt", "-e" */
	/* What the running kernel has; see machine_facts_read(). */
	const struct machine_facts *facts;
	bool keep_self;		/* --self: do not ignore our own processes */
	u64 quantum;		/* nsecs is rounded down to a multiple of it; 0 or 1: not */
	/* by probe.id: what of a tracepoint its call says as well; NULL: nothing of any */
	const struct tp_event *const *equivs;
	bool mixes_routes;	/* every second clause does without them: for comparison */
	/*
	 * Every clause becomes a program for BPF_PROG_TEST_RUN, whose context stands for the event:
	 * u64 address of the record in this process, ts, pid << 32 | tid, probe.id.
	 */
	bool for_test_run;
	bool dump_ir;		/* append the IR instead of an image; for debugging */
};

/*
 * Compile the slices of @plan; append an image (record/image.h) to @out.
 * -EINVAL: the script asks for something that a kernel program cannot do (in @err); -EPROTO: a
 * bug of ours.
 */
typedef int bpf_module_compile_fn(const struct plan *plan, const struct bpf_compile_opts *o,
				  struct buf *out, struct err *err);
#define BPF_MODULE_FILE	   "bpftape-bpf.so"
#define BPF_MODULE_COMPILE "bpf_module_compile"
bpf_module_compile_fn bpf_module_compile;

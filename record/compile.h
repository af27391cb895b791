/*
 * record/compile.h -- have a plan compiled by the unprivileged child that loads LLVM.
 */
#pragma once

#include "record/image.h"
#include "record/script.h"

struct machine_facts;

struct compile_opts {
	const struct machine_facts *facts;
	bool keep_self;
	u64 quantum; /* of nsecs */
};

/*
 * The image is parsed and checked; it lives in the script's arena.  -EINVAL: a kernel program
 * cannot do what the script asks; -ENOENT: the module is missing; -ECHILD: the compiler died.
 */
/* The code before it becomes instructions, as text. */
int compile_to_ir(struct script *s, const struct compile_opts *o, struct buf *out,
		  struct err *err);

int compile_script(struct script *s, const struct compile_opts *o, struct bpf_image *ret,
		   struct err *err);

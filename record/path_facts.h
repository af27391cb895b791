/*
 * record/path_facts.h -- where the running kernel keeps what the path of an open file is made of.
 */
#pragma once

#include "base/err.h"
#include "record/bpf/capture_abi.h"

struct program;

struct path_facts {
	bool is_known;
	u32 off[CAP_PATH_OFF_CNT];	/* by enum cap_path_off */
};

/* Does some clause ask for a path? */
bool path_facts_wanted(const struct program *prog);
/* Not known without BTF, or where a member has another name: no error. */
void path_facts_read(struct path_facts *f);

/* tests/support/ref_rt_priv.h -- what the two files of the reference runtime share. */
#pragma once

#include "tests/support/ref_rt.h"

#define REF_TEXT_MAX (64u << 20)

struct entry {
	void *key;
	u32 key_sz;
	s64 num; /* word values */
	void *bytes; /* others, serialised */
	u32 bytes_sz;
	u64 cnt, digest; /* aggregations */
	s64 sum, min, max;
	struct entry *next;
};

/* What print() of a map showed, for the analyzer's print() of the same firing. */
struct snapshot {
	u32 action;
	char *text;
	struct snapshot *next;
};

struct ref_rt {
	const struct program *prog;
	struct snapshot *snapshots, **snapshots_tail;
	struct ref_rt *kernel;
	bool is_fixed;
	struct entry **maps;
	struct buf log;
	bool exited;
	s64 exit_code, session_start;
	u32 steps;
};

void ref_must(bool ok); /* aborts */
void ref_clear_map(struct ref_rt *rt, u32 map);
s64 ref_agg_number(const struct type *t, const struct entry *e);

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
	u64 serial; /* of the entry, never used again */
	struct entry *next;
};

/* What print() of a map showed, for the analyzer's print() of the same firing. */
struct snapshot {
	u32 action;
	char *text;
	struct ref_rt *copy; /* of a loop over a map: an rt with that map */
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
	u64 serial;
	struct ref_walk *walk; /* innermost loop over a map; ref_rt_for.c */
};

void ref_must(bool ok); /* aborts */
void ref_clear_map(struct ref_rt *rt, u32 map);
/* What the kernel's map held at this loop of the firing; NULL: it is the analyzer's map. */
struct ref_rt *ref_take_copy(struct ref_rt *rt, u32 action);
s64 ref_agg_number(const struct type *t, const struct entry *e);

/* record/stacks_priv.h -- shared by stacks*.c. */
#pragma once

#include "base/vec.h"
#include "base/idmap.h"
#include "record/stacks.h"

/* Frames, symbols and files of what has been seen; stacks_frames.c. */
struct frames {
	const struct stacks_opts *o;
	struct idmap by_place; /* file, offset, address -> id of the frame */
	struct idmap by_sym; /* file, offset -> symbol of the kernel, written or in new_syms */
	struct vec new_syms; /* struct tape_sym; names in texts */
	struct arena texts;
	u32 written_cnt; /* frames on the tape */
	/* the last file asked for, the kernel or a module: its build-id is read from /sys */
	struct {
		int kind; /* enum ksym_kind; 0: none yet */
		u64 base;
		u32 file;
	} last;
	bool was_refreshed; /* since the last flush: once is enough */
};

void frames_init(struct frames *f, const struct stacks_opts *o);
void frames_fini(struct frames *f);

struct cap_stack;
/* Leading frames that belong to the tracing and not to what was traced. */
u32 frames_own(struct frames *f, const u64 *ips, u32 cnt);
/* The frame's id; 0: no room. */
u32 frames_get(struct frames *f, const struct cap_stack *def, u64 ip);
int frames_write(struct frames *f, struct tape_writer *w, u64 ts, struct err *err);
int frames_write_syms(struct frames *f, struct tape_writer *w, u64 ts, struct err *err);

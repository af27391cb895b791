/*
 * record/names.h -- which file an address of a process lies in, and what is called so there.
 *
 * Mappings come from the kernel's side-band and /proc/PID/maps, kept over time (mappings.h); names
 * from ELF files that a privileged opener opens and an unprivileged child reads (names_child.h).
 * The flush of the encoder calls, in this order:
 *
 *     names_drain, then for each new frame names_find_user and names_want,
 *     names_settle, files_write (by the caller), then names_write
 *
 * One thread at a time calls these; what waits for other processes happens in a thread of its own.
 */
#pragma once

#include "base/buf.h"
#include "format/writer.h"
#include "record/files.h"

struct names;

struct names_opts {
	struct files *files; /* borrowed; gets the files that frames and mappings lie in */
	u32 cpu_cnt;
};

/*
 * Starts the side-band, the child and the thread: call it before other threads exist and before
 * anything is attached.  -EACCES, -EPERM: the kernel does not give its side-band.
 */
int names_open(const struct names_opts *o, struct names **ret, struct err *err);
void names_close(struct names *n);

/*
 * Processes of ours, which a recording hides: count written to @ret (at most 2).  The second one
 * changes when it has died.
 */
u32 names_own_pids(struct names *n, u32 ret[2]);

/* Take over all side-band events there are: what a frame seen before this call needs is known. */
void names_drain(struct names *n);

/*
 * Where @addr lay in the process @pid (tgid) at @ts.  *ret_file: id in the FILE table, or TAPE_NONE
 * (and *ret_off the address) where no mapping is known.  *ret_off: offset in the file; in memory
 * without a file the address.
 */
void names_find_user(struct names *n, u32 pid, u64 ts, u64 addr, u32 *ret_file, u64 *ret_off);

/* Ask for the name at (@file, @off), as names_find_user() gave them.  Once for each is enough. */
void names_want(struct names *n, u32 file, u64 off);

/* How long names_settle() and the names_write() after it may wait, together. */
enum names_patience {
	NAMES_HURRY, /* 20 ms: somebody watches, or rows pile up */
	NAMES_PATIENT, /* 200 ms */
	NAMES_END, /* 30 s: the last time */
};

/* Wait for build-ids of files that are not on the tape yet: they get there with the file only. */
void names_settle(struct names *n, enum names_patience patience);

/*
 * Write FILE, MMAP and SYM records of what is new.  Waits for names that were asked for, but not
 * again for one that did not come in time; what comes later is written by a later call.
 */
int names_write(struct names *n, struct tape_writer *w, u64 ts, enum names_patience patience,
		struct err *err);

/* Why names are missing, in words for a message; false: no reason is known.  At the end. */
bool names_trouble(struct names *n, struct buf *out);

/* Side-band records that the kernel or we had no room for, so far. */
u64 names_lost(struct names *n);

/*
 * record/objects.h -- files that processes have mapped with code, each once, with what is known of
 * them so far.
 *
 * Here a file is told from others by device and inode, and one that was rewritten in place (other
 * size or time than when it was opened) from what it was; memory without a file is one object for
 * all.
 * Numbers are dense from 0.  Not thread-safe.
 */
#pragma once

#include "base/vec.h"
#include "record/elf_syms.h"
#include "record/opener.h"

enum object_state {
	OBJECT_NEW, /* nobody has tried to open it */
	OBJECT_OPEN, /* fd is good */
	OBJECT_CLOSED, /* not found, or closed again to make room */
	OBJECT_BAD, /* cannot be read: not asked any more */
};

struct object {
	u8 kind; /* enum tape_file_kind */
	enum object_state state;
	char *path; /* without " (deleted)" */
	u64 dev, inode;
	u64 size, mtime_ns; /* once it was open */
	u32 pid; /* where it was seen first */
	u64 start, end;
	int fd;
	bool is_local; /* fstat() of it does not wait for others */
	u8 build_id[ELF_BUILD_ID_MAX];
	u8 build_id_len;
	bool is_reopenable; /* CLOSED to make room: may be opened again */
	bool needs_id; /* its build-id is to be asked for */
	bool is_id_pending; /* ... or is being asked for: its file had better wait */
	bool is_queued; /* waits for the child */
	u32 file; /* in the FILE table; 0: not there yet */
	struct vec wants; /* u64: offsets to ask for */
};

struct objects;

struct objects *objects_new(u32 max_open); /* NULL: no memory */
void objects_free(struct objects *o);

/* How a mapping describes its file. */
struct object_seen {
	u32 pid;
	u64 start, end;
	u64 dev, inode;
	struct str path; /* as in maps; may end in " (deleted)" */
};

/* Number of the object, made if it is new (*ret_is_new).  -1: no room. */
s64 objects_add(struct objects *o, const struct object_seen *seen, bool *ret_is_new);
struct object *objects_get(const struct objects *o, u32 idx); /* asserts idx */

/* What opener_open() gave (@st is read if @fd >= 0).  May close another one to make room. */
void objects_set_fd(struct objects *o, u32 idx, int fd, const struct stat *st);
/* One that was closed to make room is NEW again; false: it was not. */
bool objects_reopen(struct objects *o, u32 idx);
/* It is closed for good and not asked any more. */
void objects_give_up(struct objects *o, u32 idx);

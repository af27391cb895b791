/*
 * base/disk.h -- what looks after the disk under a tape, in a thread of its own: whatever takes
 * long there keeps nobody else waiting.
 *
 * It brings what was written to the disk (a power cut costs what came since the last time) and
 * looks how much room is left.
 */
#pragma once

#include "base/err.h"

#define DISK_SYNC_NS	5000000000ull /* where nobody says otherwise */
#define DISK_SYNC_BYTES (64ull << 20)

struct disk;

struct disk_opts {
	int fd; /* of the tape, a regular file; borrowed until disk_stop() */
	int dir_fd; /* its directory, made durable the first time; -1: unknown; borrowed too */
	u64 sync_ns; /* bring it to the disk this often; 0: never for the time */
	u64 sync_bytes; /* ... and when so much was written; 0: never for the size */
};

/* With neither of sync_ns and sync_bytes only the room is looked at. */
int disk_start(const struct disk_opts *o, struct disk **ret, struct err *err);
/* So many bytes are written by now.  Never waits. */
void disk_note(struct disk *d, u64 bytes);
/* Is less than 5 % of the file system free?  As of at most a second ago, if the disk answers. */
bool disk_is_full(const struct disk *d);
/* The first error of the disk, a negative errno; 0: none. */
int disk_error(const struct disk *d);
/* Bring all to the disk (unless it never was to be), end, free.  The first error there was. */
int disk_stop(struct disk *d, struct err *err);

/*
 * record/sideband.h -- what the kernel tells about mappings and processes: its perf events.
 *
 * A ring a CPU, filled by the kernel for all processes; sideband_drain() hands out what came since
 * the last call in order of time.  Only mappings with code are told.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

enum sideband_kind { SIDEBAND_MAP, SIDEBAND_EXEC, SIDEBAND_FORK, SIDEBAND_EXIT, SIDEBAND_LOST };

struct sideband_rec {
	enum sideband_kind kind;
	u32 pid, tid; /* FORK: of the new one */
	u32 parent; /* FORK: its pid */
	u64 ts; /* boot time */
	u32 seq; /* order of arrival; the drain's */
	/* MAP */
	u64 start, len, off;
	u64 dev, inode;
	u8 prot;
	struct str path; /* borrowed from the record */
	u64 lost_cnt; /* LOST */
};

/*
 * One record as the kernel wrote it, @sz bytes.  1: *ret is filled; 0: of no interest; -EBADMSG:
 * its size does not fit its type.
 */
int sideband_parse(const u8 *rec, size_t sz, struct sideband_rec *ret);

struct sideband;

/* -EACCES, -EPERM: not allowed; -ENODEV ...: no CPU would give events. */
int sideband_open(u32 cpu_cnt, struct sideband **ret, struct err *err);
void sideband_close(struct sideband *s);

/* @rec is borrowed for the call.  Count of records.  One thread at a time. */
int sideband_drain(struct sideband *s, void (*fn)(void *ctx, const struct sideband_rec *rec),
		   void *ctx);
/* Records the kernel had no room for, or we no memory or sense, so far. */
u64 sideband_lost(const struct sideband *s);

/* record/names_priv.h -- what the encoder's side and the thread of names share. */
#pragma once

#include <pthread.h>

#include "base/strmap.h"
#include "record/mappings.h"
#include "record/names.h"
#include "record/names_child.h"
#include "record/objects.h"
#include "record/sideband.h"

/* A name that was found, on its way to the tape. */
struct name_out {
	u32 object;
	u64 off, size;
	char *name; /* owned */
	u32 len;
};

struct names {
	struct names_opts o;
	pthread_t thread;
	bool is_running;
	int kick_fd; /* eventfd: the thread has something to do */

	/* Everything below is used under the lock. */
	pthread_mutex_t lock;
	pthread_cond_t changed; /* something that was waited for has come */
	bool is_over; /* the thread shall end */
	u64 rounds; /* of the thread: does it still move? */

	struct sideband *side;
	struct mappings *maps;
	struct objects *objects;
	struct vec to_open; /* u32: objects */
	struct vec to_scan; /* u32: pids */
	struct vec to_ask; /* u32: objects */
	struct vec got_id; /* u32: objects whose build-id has come */
	struct vec got_names; /* struct name_out */
	u64 got_bytes; /* of their names */
	struct strmap known; /* (object, off) of names that were found */
	u64 lost_cnt;
	u64 unasked_cnt; /* names in files that could not be opened, or asked of nobody */
	struct vec unreadable; /* u32: processes whose memory map may not be read */
	u64 unreadable_cnt; /* addresses in them that were asked for */
	u64 written_ts; /* when the encoder was here last */

	struct names_child child;
	bool is_child_gone;
	s64 asked; /* object that the child is at; -1: none */
	u64 ask_cnt; /* asks that have ended */
	u32 ids_pending; /* objects with is_id_pending */
	struct names_ask ask;
	u32 answer_cnt; /* names that came for it */
	struct names_answer answer; /* the thread's */

	/* The encoder's alone. */
	struct vec file_objects; /* u32: object + 1 of file id, by id */
	struct vec mmaps; /* struct tape_mmap: not written yet */
	struct vec syms; /* struct tape_sym; names owned */
	u64 stuck_rounds; /* the thread did not move since; UINT64_MAX: it does */
	u64 slow_ask; /* ask_cnt when an answer was waited for in vain; UINT64_MAX: never */
	u64 waited_ns; /* since the last names_write() */
};

/* ---- names_events.c: under the lock ---- */

/* Read the side-band to its end. */
void names_apply(struct names *n);
/* The object of a mapping; -1: no room. */
s64 names_object(struct names *n, const struct object_seen *seen);
void names_queue(struct vec *v, u32 what);
void names_queue_first(struct vec *v, u32 what);
void names_kick(struct names *n);

/* ---- names_thread.c ---- */

int names_thread_start(struct names *n, struct err *err);
/* false: it hangs in a file system that does not answer, and must be left alone with *n. */
bool names_thread_stop(struct names *n);

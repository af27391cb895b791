/* base/output.h -- the file (or pipe) that the tape goes to. */
#pragma once

#include "base/err.h"

struct output {
	int fd; /* -1: closed */
	int dir_fd; /* the directory of a regular file, -1: not known */
	const char *path; /* "-": stdout; borrowed */
	char *new_path; /* where it is until output_keep(); NULL: at path */
	bool is_stdout, is_stream; /* stream: pipe or socket; O_NONBLOCK */
	bool is_regular; /* a file on a disk, locked (flock) while it is open */
	int ballast_fd; /* room for the end of the tape; -1: none */
	int old_flags; /* of a descriptor that is shared and not as it was; -1: it is */
	bool is_new; /* we made the file: remove it if nothing was recorded */
};

/* Closed. */
void output_init(struct output *o);
/*
 * Can @path be written?  Before any work is done: -EEXIST (and no @force), no such folder,
 * -ENOTTY for "-" on a terminal, with hints.
 */
int output_check(const char *path, bool force, struct err *err);
/*
 * A new file of mode 0600, owned by SUDO_UID and SUDO_GID where those are set and we are root.  A
 * regular file is locked as long as it is open (LOCK_EX): who would change it sees that it is being
 * recorded.  What @force is to overwrite stays as it is until output_keep(): the new file lies
 * beside it, under a name of its own.
 */
int output_open(struct output *o, const char *path, bool force, struct err *err);
/* The greatest size that RLIMIT_FSIZE lets a tape have that begins at the end; 0: any. */
u64 output_limit(const struct output *o);
/* The disk is full: room for @o's end, which is given back.  How much; 0: none was kept. */
u64 output_make_room(struct output *o);
/* The recording goes on from here: the file takes its name, and what had it is gone. */
int output_keep(struct output *o, struct err *err);
/* Close; @keep false removes a file that we made, true is output_keep() where it was not called. */
void output_close(struct output *o, bool keep);

/*
 * record/names_child.h -- the unprivileged process that reads ELF files.
 *
 * It gets descriptors of files that are open already and answers which function an offset lies in.
 * What it sends is foreign: the caller checks what it means.  A file that crashes or occupies it
 * costs one process, which is replaced; ANSWER_DIED says so.
 */
#pragma once

#include <sys/types.h>

#include "base/err.h"

#define NAMES_ASK_MAX  256
#define NAMES_TEXT_MAX 16384

enum names_ask_kind { NAMES_ASK_BUILD_ID = 1, NAMES_ASK_SYMS = 2, NAMES_ASK_VDSO = 4 };

struct names_ask {
	u32 object; /* the asker's number; what was read of it may be kept under it */
	u16 kinds; /* enum names_ask_kind, or-ed; VDSO: of this machine's own, no descriptor */
	u16 n; /* SYMS */
	u64 offs[NAMES_ASK_MAX];
};

enum names_answer_kind { NAMES_BUILD_ID = 1, NAMES_SYM, NAMES_DONE, NAMES_DIED, NAMES_HELLO };

struct names_answer {
	u32 object; /* DIED: 0 */
	u16 kind; /* enum names_answer_kind; DONE ends the answer to an ask */
	u16 len; /* of text */
	u64 want; /* SYM: an offset that was asked for, others are in no function; HELLO: pid */
	u64 off, size;
	char text[NAMES_TEXT_MAX]; /* SYM: the name; BUILD_ID: its bytes */
};

struct names_child {
	int fd;
	pid_t pid; /* starts the one that reads, again and again */
	pid_t reader_pid; /* the first of those; 0: it never said so */
};

/* Forks: call it while there is one thread. */
int names_child_start(struct names_child *c, struct err *err);
void names_child_stop(struct names_child *c);

/* One ask at a time.  @file: -1 without; stays the caller's.  -EPIPE: the child is gone. */
int names_child_ask(const struct names_child *c, const struct names_ask *ask, int file);
/* 1: *ret is filled; 0: nothing yet (poll c->fd); -EPIPE: gone for good; -EBADMSG. */
int names_child_next(const struct names_child *c, struct names_answer *ret);

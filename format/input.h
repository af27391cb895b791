/*
 * format/input.h -- the bytes of a tape in order, from a file (with a place of its own) or a pipe.
 */
#pragma once

#include "base/compiler.h"

struct input {
	int fd;		/* borrowed */
	bool can_seek;	/* a file: pread, skipping costs nothing */
	bool has_end;	/* a regular one */
	u64 end_off;	/* how long it was when that was last asked */
	u64 base;	/* where the tape begins in the file */
	u64 pos;	/* of the next byte, from the start of the tape */
	u8 *data;	/* bytes ahead */
	size_t begin, end, cap;
	u64 work;	/* bytes read and moved so far; tests look at it */
	u64 waited_ns;	/* in read() of a pipe: for who writes it */
};

void input_init(struct input *in, int fd);
void input_fini(struct input *in);

/*
 * Look at the next @n bytes without taking them: *ret (borrowed until the next call) and how
 * many there are: fewer only at the end of the input.  -errno, -ENOMEM.
 */
s64 input_peek(struct input *in, size_t n, const u8 **ret);
/* Take @n bytes; fewer at the end.  Returns how many, or -errno. */
s64 input_skip(struct input *in, u64 n);
/* Go to @pos of a file. */
void input_seek(struct input *in, u64 pos);

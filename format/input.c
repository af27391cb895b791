/*
 * format/input.c -- read ahead over a file or a pipe.
 *
 * A pipe is read as it comes, so that a live tape is seen at once; from a file only what is
 * asked for is read, so that jumping from header to header stays cheap.
 */
#include "format/input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PIPE_CHUNK (64u << 10)
#define JUNK_SZ	   (64u << 10)

void input_init(struct input *in, int fd)
{
	struct stat st;
	off_t at;

	*in = (struct input){ .fd = fd };
	if (fstat(fd, &st) || (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)))
		return;
	at = lseek(fd, 0, SEEK_CUR);
	in->can_seek = at >= 0;
	in->has_end = S_ISREG(st.st_mode);
	in->base = at >= 0 ? (u64)at : 0;
}

void input_fini(struct input *in)
{
	free(in->data);
	in->data = NULL;
}

static u64 now_ns(void)
{
	struct timespec t = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

static ssize_t read_pipe(struct input *in, void *to, size_t n)
{
	u64 start = now_ns();
	ssize_t got = read(in->fd, to, n);

	in->waited_ns += now_ns() - start;
	return got;
}

static ssize_t read_some(struct input *in, size_t n)
{
	u64 at = in->base + in->pos + (in->end - in->begin);
	ssize_t got;

	do {
		if (in->can_seek)
			got = pread(in->fd, in->data + in->end, n, (off_t)at);
		else
			got = read_pipe(in, in->data + in->end, n);
	} while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

/*
 * Room for @n bytes from begin on.  Twice as much is held: so bytes are moved only after as many
 * have been taken.
 */
static bool make_room(struct input *in, size_t n)
{
	size_t cap = in->cap ? in->cap : PIPE_CHUNK;
	u8 *data;

	if (in->begin && in->begin + n > in->cap) {
		memmove(in->data, in->data + in->begin, in->end - in->begin);
		in->work += in->end - in->begin;
		in->end -= in->begin;
		in->begin = 0;
	}
	if (n <= in->cap)
		return true;
	while (cap < 2 * n)
		cap *= 2;
	data = realloc(in->data, cap);
	if (!data)
		return false;
	in->data = data;
	in->cap = cap;
	return true;
}

s64 input_peek(struct input *in, size_t n, const u8 **ret)
{
	size_t ahead = !in->can_seek && n < PIPE_CHUNK ? PIPE_CHUNK : n;

	if (in->end - in->begin < n && !make_room(in, ahead))
		return -ENOMEM;
	while (in->end - in->begin < n) {
		size_t have = in->end - in->begin;
		ssize_t got = read_some(in, ahead - have);

		if (got < 0)
			return got;
		if (!got)
			break;
		in->end += (size_t)got;
		in->work += (u64)got;
	}
	*ret = in->data + in->begin;
	return (s64)(in->end - in->begin < n ? in->end - in->begin : n);
}

static s64 skip_file(struct input *in, u64 n)
{
	u64 at = in->base + in->pos, left;
	struct stat st;

	/* A question a skip would cost as much as reading a header. */
	if (in->has_end && (at > in->end_off || n > in->end_off - at)) {
		if (fstat(in->fd, &st))
			return -errno;
		in->end_off = (u64)st.st_size;
	}
	left = !in->has_end ? n : at < in->end_off ? in->end_off - at : 0;
	n = n < left ? n : left;
	in->pos += n;
	return (s64)n;
}

s64 input_skip(struct input *in, u64 n)
{
	size_t have = in->end - in->begin;
	u64 taken = n < have ? n : have;

	in->begin += (size_t)taken;
	in->pos += taken;
	if (in->begin == in->end)
		in->begin = in->end = 0;
	while (taken < n) {
		const u8 *p;
		s64 got;

		if (in->can_seek) {
			got = skip_file(in, n - taken);
			return got < 0 ? got : (s64)taken + got;
		}
		got = input_peek(in, n - taken < JUNK_SZ ? (size_t)(n - taken) : JUNK_SZ, &p);
		if (got <= 0)
			return got ? got : (s64)taken;
		in->begin += (size_t)got;
		in->pos += (u64)got;
		taken += (u64)got;
		if (in->begin == in->end)
			in->begin = in->end = 0;
	}
	return (s64)taken;
}

void input_seek(struct input *in, u64 pos)
{
	in->begin = in->end = 0;
	in->pos = pos;
}

/*
 * format/writer_io.c -- bytes to the descriptor, and how many more there may be.
 *
 * Room for the end (INDEX, END, TAIL, META's last items) is always kept below max_bytes, and in
 * front of it room for LOSS records, so that a tape that may not grow says what is not on it and is
 * closed like any other.
 */
#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "format/writer_priv.h"

#define META_ROOM	4096	/* of the items at the end */
#define LOSS_ROOM	4096	/* and more for each table */
#define LOSS_TABLE_ROOM 128
#define LOSS_TABLES	256
#define SLICE_MS	50

static u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000000000 + (u64)ts.tv_nsec;
}

/* A pipe is full: until it takes more, as long as there is patience, which may change meanwhile. */
static int wait_for_reader(const struct tape_writer *w)
{
	struct pollfd p = { .fd = w->fd, .events = POLLOUT };
	u64 since = now_ns();

	while (poll(&p, 1, SLICE_MS) <= 0) {
		if (now_ns() - since >= __atomic_load_n(&w->patience_ns, __ATOMIC_RELAXED))
			return -ETIMEDOUT;
	}
	return 0;
}

/* 0 or -errno; *done says how much went out. */
static int write_all(struct tape_writer *w, struct iovec *v, int n, size_t *done)
{
	*done = 0;
	while (n) {
		ssize_t got = writev(w->fd, v, n);
		int rc = got < 0 ? -errno : 0;

		if (rc == -EAGAIN)
			rc = wait_for_reader(w);
		else if (rc == -EINTR)
			rc = 0;
		if (rc)
			return rc;
		got = got < 0 ? 0 : got;
		*done += (size_t)got;
		while (n && (size_t)got >= v->iov_len) {
			got -= (ssize_t)v->iov_len;
			v++;
			n--;
		}
		if (n) {
			v->iov_base = (u8 *)v->iov_base + got;
			v->iov_len -= (size_t)got;
		}
	}
	return 0;
}

int writer_put_bytes(struct tape_writer *w, struct iovec *v, int n, struct err *err)
{
	size_t done;
	int rc;

	if (w->broken)
		return err_set_errno(err, w->broken, "writing the tape");
	rc = write_all(w, v, n, &done);
	if (!rc) {
		w->off += done;
		return 0;
	}
	if (done && (!w->is_file || ftruncate(w->fd, w->base + (off_t)w->off) ||
		     lseek(w->fd, w->base + (off_t)w->off, SEEK_SET) < 0))
		w->broken = rc;
	if (rc == -ETIMEDOUT)
		return err_set(err, w->broken = rc, "writing the tape: nobody reads it");
	return err_set_errno(err, rc, "writing the tape");
}

/* The most that INDEX, END, TAIL and META may still take when @more entries are noted. */
static u64 end_room(const struct tape_writer *w, u64 more)
{
	u64 n = w->index.n + more + 4; /* the last LOSS and META blocks have an entry too */

	return 4 * sizeof(struct tape_block_header) + sizeof(struct tape_index) +
	       n * sizeof(struct tape_index_entry) + 8 + META_ROOM + sizeof(struct tape_end);
}

static u64 loss_room(const struct tape_writer *w)
{
	u64 tables = w->tables.n < LOSS_TABLES ? w->tables.n : LOSS_TABLES;

	return LOSS_ROOM + tables * LOSS_TABLE_ROOM;
}

int writer_check_room(struct tape_writer *w, const struct tape_block_header *h, struct err *err)
{
	u64 more = h->type == TAPE_MIXED ? w->runs.n : 1;
	u64 end = w->off + sizeof(*h) + (((u64)h->stored_len + 7) & ~7ull);

	if (!w->o.max_bytes)
		return 0;
	if (w->stage < WRITER_END && h->type != TAPE_INDEX)
		end += end_room(w, more);
	if (w->stage == WRITER_ROWS || (w->stage == WRITER_LOSSES && h->type != TAPE_LOSS))
		end += loss_room(w);
	if (end <= w->o.max_bytes)
		return 0;
	w->is_at_max = true;
	return err_set(err, -EFBIG, "the tape may not be larger than %llu bytes",
		       (unsigned long long)w->o.max_bytes);
}

void tape_writer_set_max(struct tape_writer *w, u64 max_bytes)
{
	w->o.max_bytes = max_bytes;
}

void tape_writer_set_patience(struct tape_writer *w, u64 ns)
{
	__atomic_store_n(&w->patience_ns, ns, __ATOMIC_RELAXED);
}

void tape_writer_rows_end(struct tape_writer *w)
{
	if (w->stage == WRITER_ROWS)
		w->stage = WRITER_LOSSES;
}

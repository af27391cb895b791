/*
 * bpftape_tape.c -- the tape of `run -o`.
 *
 * Bytes are copied as they come from the recorder, which cannot see the disk behind the pipe: what
 * ends a recording because of the disk is watched for here, early enough that the rest of the tape,
 * with its end, finds room.
 *
 * (1) A file is made when the first byte comes: a recorder that cannot begin leaves none, and the
 *     old one of --force stays.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mono.h"
#include "bpftape_run.h"

#define REST_SZ	  ((u64)1 << 20) /* what may still come of a recording that is stopped */
#define READER_NS 5000000000ull /* as the recorder waits for who reads a tape */
#define SLICE_MS  50

static int make(struct run_tape *t, struct err *err)
{
	const struct run_options *o = t->o;
	struct disk_opts d = { .sync_ns = o->sync_ns, .sync_bytes = o->sync_bytes };
	int rc = output_open(&t->out, o->tape, o->is_forced, err);
	u64 limit;

	if (rc || !t->out.is_regular)
		return rc;
	signal(SIGXFSZ, SIG_IGN); /* EFBIG instead */
	limit = output_limit(&t->out);
	if (limit)
		t->stop_at = limit - (limit / 4 < REST_SZ ? limit / 4 : REST_SZ);
	d.fd = t->out.fd;
	d.dir_fd = t->out.dir_fd;
	return disk_start(&d, &t->disk, err);
}

int run_tape_open(struct run_tape *t, const struct run_options *o, struct err *err)
{
	struct stat st;
	int rc = output_check(o->tape, o->is_forced, err);

	t->o = o;
	if (rc || lstat(o->tape, &st) || S_ISREG(st.st_mode) || S_ISLNK(st.st_mode))
		return rc; /* (1) */
	return make(t, err);
}

int run_tape_close(struct run_tape *t, struct err *err)
{
	int rc;

	disk_note(t->disk, t->copied);
	rc = disk_stop(t->disk, err);
	t->disk = NULL;
	output_close(&t->out, t->copied);
	return rc ? err_wrap(err, rc, "%s", t->o->tape) : 0;
}

/* A pipe is full: its reader is waited for, but not for long once an end is wanted. */
static int wait_for_reader(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	u64 end = 0;

	while (poll(&p, 1, SLICE_MS) <= 0) {
		int cnt = run_signal_cnt();

		if (cnt && !end)
			end = mono_now_ns() + READER_NS;
		if (cnt > 1 || (end && mono_now_ns() >= end))
			return -ETIMEDOUT;
	}
	return 0;
}

/* All of it: 0; how much went out is in t->copied. */
static int write_some(struct run_tape *t, const u8 *p, size_t sz)
{
	while (sz) {
		ssize_t n = write(t->out.fd, p, sz);
		int rc = n < 0 && errno != EINTR ? -errno : 0;

		if (rc == -EAGAIN)
			rc = wait_for_reader(t->out.fd);
		if (rc)
			return rc;
		if (n < 0)
			continue;
		t->copied += (u64)n;
		p += n;
		sz -= (size_t)n;
	}
	disk_note(t->disk, t->copied);
	return 0;
}

/* Why the recording has to end now; NULL: it goes on. */
static const char *reason_to_stop(struct run_tape *t)
{
	if (t->is_stopped)
		return NULL;
	if (t->stop_at && t->copied >= t->stop_at)
		return "no larger file may be written (ulimit -f)";
	if (disk_error(t->disk))
		return "the tape cannot be brought to the disk";
	return disk_is_full(t->disk) ? "less than 5 % of the disk is free" : NULL;
}

static enum run_tape_state give_up(struct run_tape *t, const struct err *err)
{
	log_err(err);
	t->is_broken = t->is_stopped = true;
	return RUN_TAPE_STOP;
}

enum run_tape_state run_tape_write(struct run_tape *t, const void *p, size_t sz)
{
	u64 before = t->copied;
	struct err err = {};
	const char *why;
	int rc;

	if (t->is_broken)
		return RUN_TAPE_GOES_ON;
	if (t->out.fd < 0 && make(t, &err))
		return give_up(t, &err);
	rc = write_some(t, p, sz);
	why = reason_to_stop(t);
	if ((rc == -ENOSPC || rc == -EDQUOT) && output_make_room(&t->out)) {
		err_set_errno(&err, rc, "%s", t->o->tape);
		log_err(&err);
		rc = write_some(t, (const u8 *)p + (t->copied - before), sz - (t->copied - before));
	} else if (why) {
		log_warn("%s: stopping", why);
	}
	if (rc == -ETIMEDOUT)
		err_set(&err, rc, "%s: nobody reads it", t->o->tape);
	else if (rc)
		err_set_errno(&err, rc, "%s", t->o->tape);
	if (rc)
		return give_up(t, &err);
	if (!why && !err.code)
		return RUN_TAPE_GOES_ON;
	t->is_stopped = true;
	return RUN_TAPE_STOP;
}

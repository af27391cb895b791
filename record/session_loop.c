/*
 * record/session_loop.c -- the main thread while the recording runs: waits for what may end it, and
 * comes by regularly for what must be read.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/io.h"
#include "record/session_priv.h"

#define TICK_LIVE_MS 10
#define TICK_FILE_MS 50
#define FULL_NS	     100000000ull
#define PROGRESS_NS  500000000ull
#define CLOCK_NS     10000000000ull

enum { FD_SIGNAL, FD_COMMAND, FD_TARGET, FD_FAIL, FD_READER, FD_CNT };

struct loop {
	struct session *s;
	struct pollfd fds[FD_CNT];
	u64 full_ns, progress_ns, clock_ns; /* when it was done last */
};

static int open_signals(struct err *err)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? err_set_errno(err, -errno, "waiting for signals") : fd;
}

static int init_loop(struct loop *l, struct session *s, struct err *err)
{
	int fds[FD_CNT] = { -1, s->command.pid ? s->command.pid_fd : -1, -1, s->fail_fd, -1 };

	*l = (struct loop){ .s = s };
	fds[FD_TARGET] = s->target_fd;
	fds[FD_SIGNAL] = open_signals(err);
	if (fds[FD_SIGNAL] < 0)
		return fds[FD_SIGNAL];
	if (s->output.is_stream)
		fds[FD_READER] = s->output.fd;
	for (int i = 0; i < FD_CNT; i++)
		l->fds[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
	l->fds[FD_READER].events = 0; /* only POLLERR */
	return 0;
}

static void check_fds(struct loop *l)
{
	struct session *s = l->s;

	if (l->fds[FD_SIGNAL].revents) {
		struct signalfd_siginfo info;

		/* Taken: left pending it would end us when signals are let through again. */
		if (read(l->fds[FD_SIGNAL].fd, &info, sizeof(info)) > 0)
			s->end = END_SIGNAL;
	}
	if (l->fds[FD_COMMAND].revents) {
		s->has_command_code = command_poll(&s->command, &s->command_code);
		s->end = END_COMMAND;
	}
	if (l->fds[FD_TARGET].revents)
		s->end = END_TARGET;
	if (l->fds[FD_FAIL].revents)
		s->end = spool_stats(s->spool).is_almost_full ? s->max_end : END_WRITE;
	if (l->fds[FD_READER].revents & POLLERR)
		s->end = END_READER;
}

struct report_sums session_sums(const struct session *s)
{
	struct spool_stats st = s->spool ? spool_stats(s->spool) : (struct spool_stats){ 0 };
	struct report_sums sums = { .rows = st.rows, .bytes = st.bytes };
	u64 now = s->end_ts ? s->end_ts : clock_now_ns();

	handover_losses(s->handover, &sums.lost, &sums.late);
	sums.ns = s->armed_ns && now > s->armed_ns ? now - s->armed_ns : 0;
	return sums;
}

static void check_limits(struct loop *l, u64 now)
{
	struct session *s = l->s;

	if (s->o->duration_ns && now - s->armed_ns >= s->o->duration_ns)
		s->end = END_DURATION;
	if (control_has_exited(&s->control))
		s->end = END_EXIT;
}

static void check_clock(struct loop *l, u64 now)
{
	struct clock_sample c;

	clock_read(&c);
	if (now - l->clock_ns < CLOCK_NS && !clock_has_stepped(&l->s->clock, &c))
		return;
	l->clock_ns = now;
	l->s->clock = c;
	session_put_clock(l->s);
}

static void check_disk(struct loop *l)
{
	struct session *s = l->s;

	disk_note(s->disk, spool_stats(s->spool).bytes);
	if (disk_is_full(s->disk))
		s->end = END_DISK;
	if (disk_error(s->disk))
		s->end = END_WRITE;
}

static int do_tick(struct loop *l, struct err *err)
{
	struct session *s = l->s;
	u64 now = clock_now_ns();
	bool is_full = now - l->full_ns >= FULL_NS;
	int rc = session_poll(s, is_full, err);

	if (is_full) {
		l->full_ns = now;
		check_clock(l, now);
		check_disk(l);
	}
	if (now - l->progress_ns >= PROGRESS_NS) {
		struct report_sums sums = session_sums(s);

		report_progress(&s->report, &sums);
		l->progress_ns = now;
	}
	check_limits(l, now);
	return rc;
}

static int wait_ms(const struct loop *l)
{
	const struct session *s = l->s;
	int tick = s->is_live ? TICK_LIVE_MS : TICK_FILE_MS;
	u64 now = clock_now_ns(), end = s->armed_ns + s->o->duration_ns;

	if (!s->o->duration_ns || now >= end || end - now >= (u64)tick * 1000000)
		return tick;
	return (int)((end - now + 999999) / 1000000);
}

int session_loop(struct session *s, struct err *err)
{
	struct loop l;
	int rc = init_loop(&l, s, err);

	while (!rc && s->end == END_NOT_YET) {
		if (poll(l.fds, FD_CNT, wait_ms(&l)) > 0)
			check_fds(&l);
		rc = do_tick(&l, err);
	}
	if (rc)
		s->end = END_FAILED;
	io_close(&l.fds[FD_SIGNAL].fd);
	return rc;
}

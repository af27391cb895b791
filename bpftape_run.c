/*
 * bpftape_run.c -- record and answer at once.
 *
 *	bpftape-record -o -  |  bpftape-analyze replay -                     run SCRIPT
 *	bpftape-record -o -  |  this process  |  bpftape-analyze replay -    run SCRIPT -o TAPE
 *	                             \-> TAPE
 *
 * (1) The analyzer's process is made first, so that the recorder can be told to hide it.
 * (2) The terminal's ^C goes to the whole group: the recorder stops and closes the tape, the
 *     analyzer ignores it and ends at the end of its input.  A signal sent to this process alone
 *     goes on to the recorder.
 * (3) This process keeps the reading end of the recorder's pipe.  When the analyzer ends early or
 *     nobody reads the answers any more (`| head`), the recorder is stopped and what it still
 *     writes is read away, so it ends in order and has nothing to complain about.  With -o the tape
 *     gets its proper end.
 */
#include "bpftape_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/exe.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mono.h"

#define COPY_SZ ((size_t)1 << 18)

struct run {
	struct run_options o;

	/* the processes; a pid is 0 when its process has ended, and then its status is known */
	pid_t record_pid, analyze_pid;
	int record_status, analyze_status;
	int record_fd, analyze_fd;	/* pidfds */
	int from, to;	/* our ends of the recorder's and (-o) the analyzer's pipe */
	struct run_tape tape;	/* -o */
	bool is_early;		/* (3): the answers ended first */
	bool is_unread;		/* their reader went away, which is no failure */
};

#define SIGNAL_GRACE_NS 500000000ull	/* as the recorder's: signals so close are one */

static volatile sig_atomic_t forward_to;	/* the recorder, 0 while there is none */
static volatile sig_atomic_t signal_cnt;
static u64 signal_ns;	/* the last one's time */

/* (2): what the terminal sent has reached the recorder without us. */
static void on_signal(int sig, siginfo_t *info, void *context UNUSED)
{
	int saved = errno;
	u64 now = mono_now_ns();

	if (!signal_cnt || now - signal_ns >= SIGNAL_GRACE_NS) {
		signal_cnt = signal_cnt + 1;
		signal_ns = now;
	}
	if (forward_to > 0 && info->si_code == SI_USER)
		kill((pid_t)forward_to, sig);
	errno = saved;
}

int run_signal_cnt(void)
{
	return signal_cnt;
}

static void catch_signals(void)
{
	struct sigaction act = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };

	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGHUP, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int start_both(struct run *r, struct err *err)
{
	char record[EXE_PATH_MAX], analyze[EXE_PATH_MAX];
	int from[2], to[2], rc;

	rc = exe_find_program(RUN_RECORD, record, err);
	if (!rc)
		rc = exe_find_program(RUN_ANALYZE, analyze, err);
	if (!rc && r->o.tape)
		rc = run_tape_open(&r->tape, &r->o, err);
	if (rc)
		return rc;
	if (pipe2(from, O_CLOEXEC) || (r->o.tape && pipe2(to, O_CLOEXEC)))
		return err_set_errno(err, -errno, "making a pipe");
	r->analyze_pid = fork();
	if (!r->analyze_pid) {
		/* it waits before it executes anything: a writing end kept would have no end */
		close(from[1]);
		if (r->o.tape)
			close(to[1]);
		run_be_analyzer(&r->o, analyze, r->o.tape ? to[0] : from[0]);
	}
	if (r->analyze_pid < 0)
		return err_set_errno(err, -errno, "starting %s", RUN_ANALYZE);
	r->record_pid = fork();
	if (!r->record_pid)
		run_be_recorder(&r->o, record, from[1], r->analyze_pid);
	if (r->record_pid < 0)
		return err_set_errno(err, -errno, "starting %s", RUN_RECORD);
	forward_to = r->record_pid;
	r->record_fd = pidfd_open(r->record_pid, 0);
	r->analyze_fd = pidfd_open(r->analyze_pid, 0);
	if (r->record_fd < 0 || r->analyze_fd < 0)
		return err_set_errno(err, -errno, "watching the programs");
	close(from[1]);
	r->from = from[0];
	if (r->o.tape) {
		close(to[0]);
		r->to = to[1];
	}
	return 0;
}

static void stop_recorder(const struct run *r)
{
	if (r->record_pid > 0)
		kill(r->record_pid, SIGINT);
}

/* (3) */
static void end_early(struct run *r)
{
	io_close(&r->to);
	if (r->is_early)
		return;
	r->is_early = true;
	stop_recorder(r);
}

/*
 * What the recorder wrote, to the tape (-o) and to the analyzer if it still reads.  Called when
 * there is something, or the end.
 */
static void copy_some(struct run *r)
{
	static u8 chunk[COPY_SZ];
	ssize_t n = read(r->from, chunk, COPY_SZ);

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		io_close(&r->from);
		io_close(&r->to);
		return;
	}
	if (r->o.tape && run_tape_write(&r->tape, chunk, (size_t)n) == RUN_TAPE_STOP)
		stop_recorder(r);
	if (r->to >= 0 && io_write_full(r->to, chunk, (size_t)n))
		end_early(r);
}

/* True when the recorder closed its pipe and everything was read. */
static bool is_at_end(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1 && !(p.revents & POLLIN);
}

static void reap_recorder(struct run *r)
{
	if (waitpid(r->record_pid, &r->record_status, WNOHANG) <= 0)
		return;
	r->record_pid = 0;
	forward_to = 0;
	io_close(&r->record_fd);
}

static void reap_analyzer(struct run *r)
{
	if (waitpid(r->analyze_pid, &r->analyze_status, WNOHANG) <= 0)
		return;
	r->analyze_pid = 0;
	io_close(&r->analyze_fd);
	if (r->from >= 0 && is_at_end(r->from))
		io_close(&r->from);
	if (r->from >= 0)
		end_early(r);
}

/* Until both have ended.  Whatever happens is seen by poll(). */
static int attend(struct run *r, struct err *err)
{
	int answers = STDOUT_FILENO;

	while (r->record_pid || r->analyze_pid) {
		bool is_copying = r->o.tape || r->is_early;
		struct pollfd p[] = {
			{ .fd = r->record_fd, .events = POLLIN },
			{ .fd = r->analyze_fd, .events = POLLIN },
			{ .fd = is_copying ? r->from : -1, .events = POLLIN },
			{ .fd = r->to },
			{ .fd = answers },
		};

		if (poll(p, countof(p), -1) < 0) {
			if (errno == EINTR)
				continue;
			return err_set_errno(err, -errno, "waiting for the programs");
		}
		if (p[0].revents)
			reap_recorder(r);
		if (p[2].revents)
			copy_some(r);
		if (p[1].revents)
			reap_analyzer(r);
		/* nobody reads the answers any more, or the analyzer no tape */
		if ((p[3].revents | p[4].revents) & POLLERR && r->from >= 0)
			end_early(r);
		if (p[4].revents) {
			r->is_unread = p[4].revents & POLLERR;
			answers = -1;
		}
	}
	return 0;
}

static int exit_code(const char *program, int status)
{
	int sig;

	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	sig = WTERMSIG(status);
	/* stopped before it could arm, or its output was closed: no failure of ours */
	if (sig == SIGINT || sig == SIGTERM || sig == SIGHUP)
		return 128 + sig;
	if (sig == SIGPIPE)
		return 0;
	log_warn("%s was killed by signal %d (%s)", program, sig, strsignal(sig));
	return 1;
}

/* Usage, then failures, then what the script or the command said, then losses. */
static int merge_codes(const struct run *r)
{
	int record = exit_code(RUN_RECORD, r->record_status);
	int analyze = exit_code(RUN_ANALYZE, r->analyze_status);

	if (r->tape.is_stopped)
		return 1;
	if (r->is_early)
		return r->is_unread ? 0 : analyze;
	if (record == 1 || record == 2)
		return record;
	if (analyze == 1 || analyze == 2)
		return analyze;
	return record ? record : analyze;
}

static int run_both(struct run *r, struct err *err)
{
	int rc, tape_rc;

	catch_signals();
	rc = start_both(r, err);
	if (!rc)
		rc = attend(r, err);
	tape_rc = run_tape_close(&r->tape, rc ? NULL : err);
	return rc ? rc : tape_rc;
}

static int print_help(void)
{
	struct buf b;
	int rc;

	buf_init(&b, 1 << 16);
	run_help(&b);
	rc = io_write_full(STDOUT_FILENO, b.data, b.len);
	buf_fini(&b);
	return rc ? 1 : 0;
}

static int run_direct(struct run *r)
{
	memmove(r->o.args + 1, r->o.args, (size_t)r->o.arg_cnt * sizeof(*r->o.args));
	r->o.args[0] = (char *)RUN_RECORD;
	return bpftape_exec(r->o.args);
}

int bpftape_run(int argc, char **argv)
{
	struct run r = { .from = -1, .to = -1 };
	struct err err = {};
	int rc;

	output_init(&r.tape.out);
	r.o.args = calloc((size_t)argc + 2, sizeof(*r.o.args));
	rc = r.o.args ? run_parse(&r.o, argc, argv, &err) : err_oom(&err);
	if (!rc && r.o.is_help)
		return print_help();
	if (!rc && r.o.is_direct)
		return run_direct(&r);
	if (!rc)
		rc = run_both(&r, &err);
	free(r.o.args);
	if (!rc)
		return merge_codes(&r);
	log_err(&err);
	return rc == -EINVAL ? 2 : 1;
}

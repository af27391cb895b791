/*
 * record/session_signals.c -- what SIGINT, SIGTERM and SIGHUP mean, the first time and later.
 *
 * While the recording runs they are blocked, and a signalfd tells of them.  From its end on each
 * one makes us less patient: the first wants an end, the second wants it now, whatever it costs,
 * and the third has it.
 */
#include <signal.h>

#include "record/session_priv.h"

#define SIGNAL_GRACE_NS 500000000ull
/* Who reads the tape from a pipe takes something this often. */
#define READER_NS	5000000000ull

enum { PATIENT, END_WANTED, END_AT_ONCE };

static struct session *ending; /* NULL: all that a signal could hurry is done */
static u64 raised_ns; /* when the level was raised last */
static volatile sig_atomic_t level, is_hurried;

void session_block_signals(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(how, &set, NULL);
}

/* `run` reads its tape as long as somebody looks at its answers, and that may be a while. */
static void want_end(void)
{
	if (ending && !ending->o->live)
		tape_writer_set_patience(ending->writer, READER_NS);
}

static void want_end_at_once(void)
{
	if (!ending)
		return;
	spool_give_up(ending->spool);
	tape_writer_set_patience(ending->writer, 0);
}

/*
 * One wish to end may come as several signals: timeout(1) signals its child and then its group.
 * Only one that comes later means that it takes too long.
 */
static void on_late_signal(int sig)
{
	u64 now = clock_now_ns();

	if (now - raised_ns < SIGNAL_GRACE_NS)
		return;
	raised_ns = now;
	is_hurried = 1;
	if (level == PATIENT) {
		level = END_WANTED;
		want_end();
	} else if (level == END_WANTED) {
		level = END_AT_ONCE;
		want_end_at_once();
	} else {
		signal(sig, SIG_DFL);
		raise(sig);
	}
}

void session_let_signals_through(struct session *s)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction act = { .sa_handler = on_late_signal, .sa_flags = SA_RESTART };

	ending = s;
	if (s->end == END_SIGNAL) {
		raised_ns = clock_now_ns();
		level = END_WANTED;
		want_end();
	}
	for (size_t i = 0; i < countof(sigs); i++)
		sigaction(sigs[i], &act, NULL);
	session_block_signals(SIG_UNBLOCK);
}

/* They are delivered to this thread alone: the others were made while they were blocked. */
void session_is_over(void)
{
	ending = NULL;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

const volatile sig_atomic_t *session_is_hurried(void)
{
	return &is_hurried;
}

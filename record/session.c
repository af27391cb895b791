/*
 * record/session.c -- the life of a recording.
 *
 *     script -> command waits -> compile, load -> tape opened -> BEGIN -> attach -> armed,
 *     command goes
 *     ... loop ...
 *     detach -> drain -> END, maps -> tape closed -> last line
 *
 * Invariants
 * (1) Whatever was opened is closed by session_fini(), from any point.
 * (2) Once a row may have been written, every way out closes the tape properly if it can.
 * (3) Signals are blocked from before the tape is opened (and any thread made) until the recording
 *     has ended (session_signals.c).
 */
#include "record/session.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "record/clock.h"
#include "record/features.h"
#include "record/session_priv.h"
#include "record/stages.h"

#define SESSION_ARENA_MAX (512u << 20)
#define PLAN_TEXT_MAX	  (16u << 20)

void session_start(struct session *s)
{
	u64 now = clock_now_ns();

	s->start_ns = now - now % s->o->quantum;
}

static int session_init(struct session *s, const struct record_opts *o, struct err *err)
{
	memset(s, 0, sizeof(*s));
	s->o = o;
	output_init(&s->output);
	s->target_fd = -1;
	s->command = (struct command){ .go_fd = -1, .err_fd = -1, .pid_fd = -1 };
	arena_init(&s->arena, SESSION_ARENA_MAX);
	report_init(&s->report, o);
	s->cpu_cnt = features_cpu_cnt();
	session_start(s);
	clock_read(&s->clock);
	s->handover = handover_new();
	s->fail_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return s->handover && s->fail_fd >= 0 ? 0 : err_oom(err);
}

static void session_fini(struct session *s)
{
	session_is_over();
	deeds_free(s->deeds);
	session_unload(s);
	spool_free(s->spool);
	session_close_stacks(s);
	tape_writer_close(s->writer);
	disk_stop(s->disk, NULL);
	output_close(&s->output, true);
	handover_free(s->handover);
	if (s->command.pid && s->command.go_fd < 0)
		kill(s->command.pid, SIGTERM); /* it was let go and outlived the recording */
	command_fini(&s->command);
	io_close(&s->fail_fd);
	io_close(&s->target_fd);
	script_close(&s->script);
	arena_fini(&s->arena);
}

static void show_diags(const struct session *s)
{
	struct buf b;

	buf_init(&b, PLAN_TEXT_MAX);
	script_show(&s->script, &b);
	if (b.len)
		fwrite(b.data, 1, b.len, stderr);
	buf_fini(&b);
}

static int open_script(struct session *s, struct err *err)
{
	int rc = script_open(&s->script, s->o, err);

	if (!s->o->quiet || rc)
		show_diags(s);
	if (rc == -EINVAL && s->script.diags.error_cnt)
		err->code = 0; /* all is said */
	return rc;
}

static int print_plan(const struct session *s, struct err *err)
{
	struct buf b;
	int rc;

	buf_init(&b, PLAN_TEXT_MAX);
	plan_print(s->script.plan, &b);
	rc = io_write_full(STDOUT_FILENO, b.data, b.len);
	buf_fini(&b);
	return rc ? err_set_errno(err, rc, "stdout") : 0;
}

static int dry_run(struct session *s, struct err *err)
{
	int rc;

	if (s->o->stage)
		return stage_print(s, err);
	rc = s->o->verbose ? print_plan(s, err) : 0;

	if (!rc && s->script.needs_kernel)
		rc = session_compile(s, err);
	if (!rc)
		report_note(&s->report, "%s: compiles", s->script.src.name);
	return rc;
}

static int build_tables(struct session *s, struct err *err)
{
	const struct plan *p = s->script.plan;
	int rc = schema_out_build(p, s->o->quantum, &s->arena, &s->out, err);

	s->layouts = arena_new_n(&s->arena, struct row_layout, p->table_cnt + 1);
	if (!s->layouts)
		return err_oom(err);
	for (u32 i = 0; i < p->table_cnt && !rc; i++)
		rc = row_layout_init(&p->tables[i], &s->arena, &s->layouts[i], err);
	return rc;
}

static int open_target(struct session *s, struct err *err)
{
	if (!s->o->pid)
		return 0;
	s->target_fd = (int)syscall(SYS_pidfd_open, (pid_t)s->o->pid, 0);
	return s->target_fd < 0 ? err_set_errno(err, -errno, "-p %d", (int)s->o->pid) : 0;
}

/* Where the tape goes, nothing else may. */
static int command_output(const struct record_opts *o)
{
	if (!o->out || strcmp(o->out, "-"))
		return -1;
	return o->answers_fd ? (int)o->answers_fd : STDERR_FILENO;
}

static int prepare(struct session *s, int argc, char **argv, struct err *err)
{
	int rc = s->o->out ? output_check(s->o->out, s->o->force, err) : 0;

	if (!rc)
		rc = open_target(s, err);
	if (!rc && s->o->cmd)
		rc = command_prepare(&s->command, s->o->cmd, command_output(s->o), &s->arena, err);
	if (!rc)
		rc = deeds_new(s->script.prog, s->handover, &s->deeds, err);
	if (!rc)
		rc = build_tables(s, err);
	if (!rc && s->script.needs_kernel)
		rc = session_load(s, err);
	session_block_signals(SIG_BLOCK);
	return rc ? rc : session_open_tape(s, argc, argv, err);
}

u32 session_attached_cnt(const struct session *s)
{
	const struct program *p = s->script.prog;
	u32 n = 0;

	for (u32 i = 0; i < p->probe_cnt; i++)
		n += p->probes[i]->kind != PROBE_BEGIN && p->probes[i]->kind != PROBE_END;
	return n;
}

/* Arm and wait for the end; 0 also when nothing had to be waited for. */
static int run(struct session *s, struct err *err)
{
	bool needs_end = s->o->cmd || s->o->duration_ns;
	int rc = session_arm(s, err);

	if (!rc)
		rc = output_keep(&s->output, err);
	if (rc)
		return rc;
	if (!s->armed_ns) {
		s->armed_ns = s->start_ns;
		s->end = s->has_exit ? END_EXIT : END_NOT_YET;
		return 0;
	}
	report_armed(&s->report, session_attached_cnt(s),
		     needs_end ? "" : "; ^C ends the recording");
	rc = s->o->cmd ? command_start(&s->command, err) : 0;
	return rc ? rc : session_loop(s, err);
}

#define DEEDS_GRACE_NS 1000000000ull /* for system() and cat() once somebody wants an end */

/* END's rows, then everything closed; the first error is told, later ones follow from it. */
static int finish(struct session *s, struct err *err)
{
	bool exited = false;
	s64 code = 0;
	struct err later = { 0 };
	int rc, rc2;

	session_let_signals_through(s);
	rc = session_disarm(s, err);
	clock_pass(s->o->quantum); /* END is behind all that fired */
	if (!rc)
		rc = own_rows_put(&s->own, PROBE_END, &exited, &code, err);
	if (exited) { /* it comes last, so its code does */
		s->has_exit = true;
		s->exit_code = code;
	}
	deeds_finish(s->deeds, s->end == END_SIGNAL ? DEEDS_GRACE_NS : 0, session_is_hurried());
	if (s->own.last_ts > s->end_ts)
		s->end_ts = s->own.last_ts;
	rc2 = session_close_tape(s, rc ? &later : err);
	return rc ? rc : rc2;
}

static const char *end_text(enum session_end end)
{
	switch (end) {
	case END_SIZE:
		return "stopped at --max-size";
	case END_FILE_LIMIT:
		return "stopped: no larger file may be written (ulimit -f)";
	case END_READER:
		return "stopped: nobody reads the tape any more";
	case END_DISK:
		return "stopped: less than 5 % of the disk is free";
	case END_WRITE:
		return "stopped: the tape cannot be written";
	default:
		return NULL;
	}
}

/* What is not the end that was asked for. */
static bool is_failure(enum session_end end)
{
	return end == END_DISK || end == END_FILE_LIMIT || end == END_WRITE || end == END_READER;
}

static int exit_code(const struct session *s, const struct report_sums *sums)
{
	if (is_failure(s->end) && !(s->end == END_READER && s->o->live))
		return 1;
	if (s->has_exit && s->exit_code)
		return (int)(s->exit_code & 0xff);
	if (s->has_command_code && s->command_code)
		return s->command_code;
	return s->o->strict && sums->lost ? 3 : 0;
}

/* Nothing was recorded: no file is left. */
static void drop_tape(struct session *s)
{
	disk_stop(s->disk, NULL);
	s->disk = NULL;
	output_close(&s->output, false);
}

static int record(struct session *s, int argc, char **argv, struct err *err)
{
	struct report_sums sums;
	int rc = prepare(s, argc, argv, err), rc2;

	if (rc) {
		drop_tape(s);
		return rc;
	}
	rc = run(s, err);
	if (rc && !s->armed_ns) {
		drop_tape(s);
		return rc;
	}
	rc2 = finish(s, rc ? &(struct err){ 0 } : err);
	rc = rc ? rc : rc2;
	/* `run ... | head` has read enough: no reason to complain. */
	if (rc == -EPIPE && s->o->live)
		return 0;
	if (rc == -EFBIG && tape_writer_stats(s->writer).is_at_max) {
		s->end = s->max_end; /* what had no room is counted */
		rc = 0;
	}
	sums = session_sums(s);
	sums.rows = spool_stats(s->spool).written;
	report_end(&s->report, s->output.is_stdout ? NULL : s->output.path, end_text(s->end),
		   &sums);
	return rc ? rc : exit_code(s, &sums);
}

int session_record(const struct record_opts *o, int argc, char **argv)
{
	struct err err = { 0 };
	struct session s;
	int rc;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* EFBIG instead */
	rc = session_init(&s, o, &err);
	if (!rc)
		rc = open_script(&s, &err);
	if (!rc)
		rc = o->dry_run ? dry_run(&s, &err) : record(&s, argc, argv, &err);
	if (rc < 0 && err.code)
		log_err(&err);
	session_fini(&s);
	return rc < 0 ? 1 : rc;
}
